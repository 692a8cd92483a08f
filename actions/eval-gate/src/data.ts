/** Data beside results: validated, profiled, compared with a reference and with training data. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenContext, OpenedData } from '@sluice/data/open-data';
import type { MeasuredData, MeasuredDrift, Show } from '@sluice/data/report-json';
import type { EvalMetric } from '@sluice/evaluation/model';
import { againstIn, type RuleSet } from '@sluice/evaluation/rules';
import type { ReleaseRecord } from '@sluice/release/record';
import type { ActionContext } from '@sluice/runtime/action';
import type { Inputs } from './inputs.gen.ts';
import { dataNotes } from './data-notes.ts';
import { textShower } from './show-text.ts';
import { embeddedColumns, openEmbedder, type EmbeddingInputs } from './embeddings.ts';
import type { DataFinder, RecordedData } from './release-data.ts';
import type { KnownRelease } from './stored.ts';

export type DataInputs = EmbeddingInputs &
  Pick<
    Inputs,
    | 'data'
    | 'dataSchema'
    | 'dataReport'
    | 'driftReference'
    | 'driftCurrent'
    | 'leakageAgainst'
    | 'texts'
    | 'redact'
  >;

export interface DataResults {
  metrics: EvalMetric[];
  notes: string[];
  /** For the stage: what was looked at. */
  recorded: Record<string, unknown>;
}

/**
 * @param rules say what drift is measured against (`training` is `drift-reference`, `release` the data of `release`, all
 *   else is a path), and by which columns' embeddings
 * @throws ConfigError naming input and mend
 */
export async function measureData(
  inputs: DataInputs,
  rules: RuleSet,
  record: ReleaseRecord | undefined,
  workspace: string,
  context: ActionContext,
  release?: KnownRelease,
): Promise<DataResults> {
  const folder = await mkdtemp(join(context.env['RUNNER_TEMP'] ?? tmpdir(), 'sluice-data-'));
  try {
    let opened = 0;
    const open: DataFinder['open'] = async (text, input, revision) => {
      const { openData } = await import('@sluice/data/open-data');
      const { env, log, signal } = context;
      const where: OpenContext = {
        env,
        log,
        signal,
        workspace,
        folder: join(folder, String(opened++)),
        addSecret: (value) => context.addSecret(value),
        ...(revision === undefined ? {} : { revision }),
      };
      return openData(text, input, where);
    };
    return await measure(inputs, rules, record, { open, folder, context, workspace, release });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Tools extends DataFinder {
  folder: string;
  context: ActionContext;
  release: KnownRelease | undefined;
}

async function measure(
  inputs: DataInputs,
  rules: RuleSet,
  record: ReleaseRecord | undefined,
  tools: Tools,
): Promise<DataResults> {
  const metrics: EvalMetric[] = [];
  const measured: MeasuredData = { scan: undefined, drifts: [], leakage: undefined };
  const texts: string[] = [];
  const data = inputs.data === undefined ? undefined : await tools.open(inputs.data, 'data');
  if (data !== undefined) {
    const found = await scanInput(inputs, data, record, tools);
    metrics.push(...found.metrics);
    texts.push(...found.notes);
    measured.scan = found.scan;
  }
  const current =
    inputs.driftCurrent === undefined ? data : await tools.open(inputs.driftCurrent, 'drift-current');
  measured.drifts = await measureDrifts(inputs, rules, current, tools);
  const { driftMetrics, leakageMetrics } = await import('@sluice/data/metrics');
  for (const { columns, against: what, current } of measured.drifts)
    metrics.push(...driftMetrics(columns, current, what));
  if (inputs.leakageAgainst !== undefined && data !== undefined) {
    const training = await tools.open(inputs.leakageAgainst, 'leakage-against');
    const { findLeakage } = await import('@sluice/data/find-leakage');
    const found = await findLeakage(data.files, training.files, tools.context.signal);
    measured.leakage = { against: inputs.leakageAgainst, found };
    metrics.push(...leakageMetrics(found, data.source));
  }
  await writeReports(inputs.dataReport, measured, await textShower(inputs));
  return {
    metrics,
    notes: [...texts, ...dataNotes(measured, inputs.texts !== 'none')],
    recorded: await describe(data, current === data ? undefined : current, measured),
  };
}

async function scanInput(
  inputs: DataInputs,
  data: OpenedData,
  record: ReleaseRecord | undefined,
  { folder, context, workspace }: Tools,
) {
  const { readSchemas } = await import('./data-schemas.ts');
  const schemas = await readSchemas(inputs.dataSchema, data.entry, workspace);
  const { scanData } = await import('@sluice/data/scan');
  const { ageOf } = await import('@sluice/data/age');
  const { compareServing } = await import('@sluice/data/serving');
  const { ageMetric, likenessMetrics, scanMetrics } = await import('@sluice/data/metrics');
  const show = await textShower(inputs);
  const scanned = await scanData(data.files, {
    ...{ schemas, folder, signal: context.signal },
    ...(show === undefined ? {} : { show }),
  });
  const age = await ageOf(data, Date.now());
  const likeness = compareServing(data.entry, record);
  const { source, revision } = data;
  return {
    metrics: [...scanMetrics(scanned, source), ageMetric(age, source), ...likenessMetrics(likeness, source)],
    notes: likeness.filter(({ isEqual }) => isEqual !== true).map(({ text }) => text),
    scan: { source, revision, ageDays: 'days' in age ? age.days : null, data: scanned },
  };
}

/** Of `drift-reference`, of the last release, and of each file that a rule names. */
async function measureDrifts(
  inputs: DataInputs,
  rules: RuleSet,
  current: OpenedData | undefined,
  tools: Tools,
): Promise<MeasuredDrift[]> {
  const { driftReference } = inputs;
  const references = [
    ...(driftReference === undefined
      ? []
      : [{ text: driftReference, input: 'drift-reference', whats: [undefined, 'training'] }]),
    ...againstIn(rules)
      .filter((what) => what !== 'training')
      .map((what) => ({ text: what, input: 'thresholds', whats: [what] })),
  ];
  if (references.length === 0 || current === undefined) return [];
  const { context } = tools;
  const { measureDrift } = await import('@sluice/data/drift');
  const { profileData } = await import('@sluice/data/scan');
  const embed = await openEmbedder(inputs, context);
  const keep = embed === undefined ? new Set<string>() : embeddedColumns(rules);
  const now = await profileData(current.files, context.signal, keep);
  const drifts: MeasuredDrift[] = [];
  for (const { text, input, whats } of references) {
    const opened = await openReference(text, input, tools);
    if (opened === undefined) continue;
    const before = await profileData(opened.files, context.signal, keep).finally(() => opened.drop?.());
    const columns = measureDrift(before, now, await embed?.(before, now));
    for (const what of whats)
      drifts.push({ against: what, reference: text, current: current.source, columns });
  }
  return drifts;
}

/** Undefined for `release` where there was none: the rule is missing then, and a note has said why. */
async function openReference(
  text: string,
  input: string,
  tools: Tools,
): Promise<{ files: OpenedData['files']; drop?: () => Promise<void> } | undefined> {
  if (text !== 'release') return tools.open(text, input);
  if (tools.release === undefined) return undefined;
  return (await import('./release-data.ts')).openReleaseData(tools.release, tools);
}

async function writeReports(
  dataReport: string | undefined,
  measured: MeasuredData,
  show: Show,
): Promise<void> {
  if (dataReport === undefined) return;
  const { toReport } = await import('@sluice/data/report-json');
  const { renderDataReport } = await import('@sluice/data/report-html');
  const { writeFileAtomic } = await import('@sluice/runtime/files');
  // The page shows each comparison once: `against training` is the same as none.
  const drifts = measured.drifts.filter(({ against }) => against !== 'training');
  const report = toReport({ ...measured, drifts }, show);
  await writeFileAtomic(dataReport, renderDataReport(report));
  await writeFileAtomic(dataReport.replace(/\.html?$/u, '.json'), JSON.stringify(report, undefined, 1));
}

/** @param current what drift was measured in, where that isn't `data` */
async function describe(
  data: OpenedData | undefined,
  current: OpenedData | undefined,
  { drifts, leakage }: MeasuredData,
): Promise<Record<string, unknown>> {
  return {
    ...(data === undefined ? {} : { data: await describeFiles(data) }),
    ...(current === undefined ? {} : { current: await describeFiles(current) }),
    ...(drifts.length === 0
      ? {}
      : {
          drift: drifts.map(({ against, reference, current }) => ({
            against: against ?? null,
            reference,
            current,
          })),
        }),
    ...(leakage === undefined
      ? {}
      : { leakage: { against: leakage.against, run: leakage.found.run, keptRuns: leakage.found.keptRuns } }),
  };
}

/** What `against release` of a later gate opens again. */
async function describeFiles({ source, revision, files }: OpenedData): Promise<RecordedData> {
  const { digestFile } = await import('@sluice/data/digest-file');
  const hashed = [];
  for (const { path, shown } of files) hashed.push({ path: shown, sha256: await digestFile(path) });
  return { source, revision, files: hashed };
}
