import { itemText, type ItemText } from '../item-text.ts';
import { finite, isObject, itemsThatAddUp, type EvalMetric, type ItemScores } from '../model.ts';
import { knownFacts } from '../metrics-table.ts';
import { metricLabel } from '../rules.ts';
import { readStoredItems } from '../stored-items.ts';
import type { Fields, ReadContext } from './fields.ts';
import type { Reader } from './formats.ts';

/** Results of inference-test (`schemas/results.schema.json`), of eval-gate itself, and the last gate of a release record. */

/**
 * `results.json` of inference-test. Items: pass or fail per functional case for `accuracy`, the time of each for the means.
 * Where no case passed, every metric is marked: a server that answers nothing right is fast, and mustn't pass for it.
 */
export function readInferenceTest(data: Record<string, unknown>, source: string): EvalMetric[] {
  const cases = (Array.isArray(data['cases']) ? data['cases'] : []).filter(isObject);
  const passed = new Map<string, number>();
  const ttft = new Map<string, number>();
  const e2e = new Map<string, number>();
  const slices = new Map<string, readonly string[]>();
  const texts = new Map<string, ItemText>();
  let anyPassed = false;
  for (const item of cases) {
    const { id, status, kind } = item;
    anyPassed ||= status === 'passed';
    if (typeof id !== 'string' || status === 'skipped') continue;
    // What the server refuses or lives through says nothing about answers, and their times are in no metric.
    if (kind !== undefined && kind !== 'functional') continue;
    slices.set(id, slicesOf(item['tags']));
    passed.set(id, status === 'passed' ? 1 : 0);
    set(ttft, id, finite(item['ttft_ms']));
    set(e2e, id, finite(item['e2e_ms']));
    const text = itemText({ prompt: item['prompt'], answer: item['answer'] });
    if (text !== undefined) texts.set(id, text);
  }
  const itemsOf: Record<string, Map<string, number>> = {
    accuracy: passed,
    'ttft_ms.mean': ttft,
    'e2e_ms.mean': e2e,
  };
  const metrics = readMetricTable(data['metrics'], source).map((metric) => {
    const scores = itemsOf[metric.name];
    const items = scores && itemsThatAddUp(scores, metric.value);
    return {
      ...metric,
      ...(items ? { items: { ...items, slices, ...(texts.size > 0 ? { texts } : {}) } } : {}),
      ...(anyPassed ? {} : { nothingSucceeded: true }),
    };
  });
  return metrics;
}

/** Tags as slices: `smoke` as it is, `language:de` also as `language=de`, which rules can fold over. */
export function slicesOf(tags: unknown): string[] {
  const texts = (Array.isArray(tags) ? tags : []).filter((tag) => typeof tag === 'string');
  return [...new Set(texts.flatMap((tag) => [tag, tag.replace(/^([^:=]+):/u, '$1=')]))];
}

/**
 * Whether the counts of a file of inference-test are those of its cases: they are written together, so a difference is
 * an edit by hand or a cut file.
 *
 * @throws Error naming what doesn't add up
 */
function checkAddsUp(data: Record<string, unknown>): void {
  if (data['partial'] === true)
    throw new Error('is of a run that was cancelled: it holds only a part; run inference-test again');
  const all = (Array.isArray(data['cases']) ? data['cases'] : []).filter(isObject);
  // Those are compared with the cases they come from, and counted in no other number.
  const cases = all.filter(({ kind }) => kind !== 'perturbed');
  const ids = new Set(cases.map(({ id }) => id));
  if (ids.size < cases.length)
    throw new Error(`holds ${cases.length - ids.size} cases twice; it isn't as inference-test wrote it`);
  const count = (status: string, kind?: string): number =>
    cases.filter((item) => item['status'] === status && (kind === undefined || item['kind'] === kind)).length;
  const share = (kind: string): number | null => {
    const asked = cases.filter((item) => item['kind'] === kind && item['status'] !== 'skipped').length;
    return asked === 0 ? null : count('passed', kind) / asked;
  };
  const expected: Record<string, number | null> = {
    'tests.total': cases.length,
    'tests.passed': count('passed'),
    'tests.failed': count('failed'),
    'tests.errors': count('error'),
    accuracy: share('functional'),
    'bad_input.rejected_rate': share('bad-input'),
  };
  const metrics = isObject(data['metrics']) ? data['metrics'] : {};
  for (const [name, wanted] of Object.entries(expected)) {
    const entry = metrics[name];
    if (!isObject(entry)) continue;
    const told = finite(entry['value']);
    const agrees = told === null || wanted === null ? told === wanted : Math.abs(told - wanted) <= 1e-9;
    if (!agrees) {
      throw new Error(
        `says ${name} is ${told ?? 'missing'}, but its cases make it ${wanted ?? 'missing'}; it isn't as inference-test wrote it, so run that again`,
      );
    }
  }
}

function set(map: Map<string, number>, id: string, value: number | null): void {
  if (value !== null) map.set(id, value);
}

/** `{name: {value, unit?, n?, stderr?, insufficient?, needed?}}`, as our results, records and eval-results.json hold it. */
export function readMetricTable(table: unknown, source: string): EvalMetric[] {
  if (!isObject(table)) return [];
  return Object.entries(table).map(([label, entry]) => {
    const { name, selector } = splitLabel(label);
    const facts = knownFacts(name);
    const fields = isObject(entry) ? entry : {};
    const value = finite(fields['value']);
    const metric: EvalMetric = { name, value, source, ...facts };
    if (selector !== undefined) metric.selector = selector;
    if (typeof fields['unit'] === 'string') metric.unit = fields['unit'];
    const n = finite(fields['n']);
    if (n !== null && n >= 0) metric.n = n;
    const stderr = finite(fields['stderr']);
    if (stderr !== null && stderr >= 0) metric.stderr = stderr;
    if (value === null) metric.missing = whyMissing(fields);
    return metric;
  });
}

function whyMissing(fields: Record<string, unknown>): string {
  if (fields['insufficient'] === true) {
    const needed = finite(fields['needed']);
    const n = finite(fields['n']) ?? 0;
    return `too few samples to say (${n}${needed === null ? '' : ` of ${needed} needed`})`;
  }
  const value = fields['value'];
  return typeof value === 'string' ? `its value is ${value.slice(0, 40)}` : 'it has no value';
}

/** What the gates of a release record measured, of each name the last one; undefined when no gate was there. */
function readRecordMetrics(data: Record<string, unknown>, source: string): EvalMetric[] | undefined {
  const stages = (Array.isArray(data['stages']) ? data['stages'] : []).filter(isObject);
  const gates = new Map(
    stages.filter(({ action }) => action === 'eval-gate').map((stage) => [stage['name'], stage]),
  );
  if (gates.size === 0) return undefined;
  const measured = [...gates.values()].flatMap((gate) => readGate(gate['metrics'], gate['data'], source));
  // Two gates may have looked at one metric: the younger knows better.
  return [...new Map(measured.map((metric) => [metricLabel(metric), metric])).values()];
}

/** A gate's metrics, with how they were measured and their items where its data say so. */
function readGate(table: unknown, data: unknown, source: string): EvalMetric[] {
  const setups = isObject(data) && isObject(data['setups']) ? data['setups'] : {};
  const stored = readStoredItems(isObject(data) ? data['items'] : undefined);
  return readMetricTable(table, source).map((bare) => {
    const label = metricLabel(bare);
    const items = stored.get(label);
    const setup = setups[label];
    const metric = items !== undefined && addsUp(items, bare.value) ? { ...bare, items } : bare;
    if (!isObject(setup)) return metric;
    const texts = Object.entries(setup).filter(
      (part): part is [string, string] => typeof part[1] === 'string',
    );
    return { ...metric, setup: Object.fromEntries(texts) };
  });
}

function addsUp({ scores }: ItemScores, value: number | null): boolean {
  return itemsThatAddUp(scores, value) !== undefined;
}

/** `gsm8k.exact_match[strict-match]` back into its two parts. */
export function splitLabel(label: string): { name: string; selector?: string } {
  const parts = /^(.+)\[([^\]]+)\]$/u.exec(label);
  return parts?.[1] !== undefined && parts[2] !== undefined
    ? { name: parts[1], selector: parts[2] }
    : { name: label };
}

function checkVersion(data: Fields): void {
  if (data['schemaVersion'] !== 1)
    throw new Error(
      `schemaVersion is ${JSON.stringify(data['schemaVersion'])}; this release reads version 1`,
    );
}

/** What our own actions write, by what it says of itself. */
export const OUR_READERS: readonly Reader<Fields>[] = [
  {
    format: 'sluice-inference-test',
    isIt: (data) => data['tool'] === 'sluice-inference-test',
    read: (data, { source }: ReadContext) => {
      checkVersion(data);
      checkAddsUp(data);
      return readInferenceTest(data, source);
    },
  },
  {
    format: 'sluice-eval-gate',
    isIt: (data) => data['tool'] === 'sluice-eval-gate',
    read: (data, { source }: ReadContext) => {
      checkVersion(data);
      return readGate(data['metrics'], data, source);
    },
  },
  {
    format: 'release-record',
    isIt: (data) => Array.isArray(data['stages']) && isObject(data['unit']),
    read: (data, { source }: ReadContext) => {
      const metrics = readRecordMetrics(data, source);
      if (metrics === undefined) throw new Error('the release record has no gate to take metrics from');
      return metrics;
    },
  },
];
