/** Metrics and verdict of a gate as a run of an MLflow experiment. */
import { arrayOf, fieldsOf, textOf } from '@sluice/sources/json-fields';
import type { MlflowApi } from './mlflow-api.ts';

export interface Tracked {
  /** Tells this gate of this release in this run from any other: a second try of the same logs nothing twice. */
  key: string;
  name: string;
  metrics: Readonly<Record<string, number | null>>;
  params: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
}

/** MLflow takes no more in one call. */
const METRICS_A_CALL = 1_000;
const PARAMS_A_CALL = 100;
const KEY_TAG = 'sluice.key';
const LONGEST_PARAM = 6_000;

/** Id of the run that holds it, and whether it was made now. */
export async function trackRun(
  api: MlflowApi,
  experiment: string,
  tracked: Tracked,
): Promise<{ run: string; changed: boolean }> {
  const what = `the experiment ${experiment}`;
  const id = await experimentId(api, experiment, what);
  const filter = `tags.\`${KEY_TAG}\` = '${tracked.key}' and attributes.status = 'FINISHED'`;
  const found = await api.send('POST', 'runs/search', { experiment_ids: [id], filter, max_results: 1 }, what);
  const [known] = arrayOf(found['runs'], what);
  if (known !== undefined)
    return {
      run: textOf(fieldsOf(fieldsOf(known, what)['info'], what)['run_id'], what, 'run_id'),
      changed: false,
    };
  const now = Date.now();
  const tags = { ...tracked.tags, [KEY_TAG]: tracked.key };
  const made = await api.send(
    'POST',
    'runs/create',
    { experiment_id: id, run_name: tracked.name, start_time: now, tags: pairs(tags, 5_000) },
    what,
  );
  const info = fieldsOf(fieldsOf(made['run'], what)['info'], what);
  const run = textOf(info['run_id'], what, 'run_id');
  const metrics = Object.entries(tracked.metrics).flatMap(([key, value]) =>
    value === null ? [] : [{ key: metricName(key), value, timestamp: now, step: 0 }],
  );
  const params = pairs(tracked.params, LONGEST_PARAM);
  for (let at = 0; at < Math.max(metrics.length, 1); at += METRICS_A_CALL) {
    await api.send(
      'POST',
      'runs/log-batch',
      {
        run_id: run,
        metrics: metrics.slice(at, at + METRICS_A_CALL),
        ...(at === 0 ? { params: params.slice(0, PARAMS_A_CALL) } : {}),
      },
      what,
    );
  }
  // The gate ran to its end in either case; what it found is the tag `sluice.verdict`.
  await api.send('POST', 'runs/update', { run_id: run, status: 'FINISHED', end_time: Date.now() }, what);
  return { run, changed: true };
}

async function experimentId(api: MlflowApi, name: string, what: string): Promise<string> {
  const get = async (): Promise<string | undefined> => {
    const answer = await api.find('experiments/get-by-name', { experiment_name: name }, what);
    return answer && textOf(fieldsOf(answer['experiment'], what)['experiment_id'], what, 'experiment_id');
  };
  const there = await get();
  if (there !== undefined) return there;
  const made = await api.send('POST', 'experiments/create', { name }, what, ['RESOURCE_ALREADY_EXISTS']);
  const id = made['experiment_id'] ?? (await get());
  return textOf(id, what, 'experiment_id');
}

/** MLflow takes letters, digits, `_ - . / :` and blanks: `acc[strict]` becomes `acc/strict`. */
export function metricName(label: string): string {
  return label
    .replace(/\[([^\]]*)\]$/u, '/$1')
    .replaceAll('%', 'percent')
    .replace(/[^\w\-. :/]/gu, '_');
}

function pairs(values: Readonly<Record<string, string>>, longest: number): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: value.slice(0, longest) }));
}
