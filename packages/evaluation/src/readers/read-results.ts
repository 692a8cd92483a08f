import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '@sluice/runtime/errors';
import { isObject, type EvalMetric, type Format, type Results } from '../model.ts';
import { isFlat, readFlat } from './flat.ts';
import { junitMetrics, readJUnit, type JUnitReport } from './junit.ts';
import { isLmEval, readLmEval } from './lm-eval.ts';
import { checkAddsUp, readEvalGate, readInferenceTest, readRecordMetrics } from './ours.ts';
import { metricLabel } from '../rules.ts';
import { parseTolerant } from './tolerant-json.ts';

/** A file to read: where it is, and the name people know it by. */
export interface NamedFile {
  path: string;
  shown: string;
}

/**
 * Reads results files of any known format, found by content, into one list of metrics.
 *
 * @param input the input that named the files, for messages
 * @throws ConfigError naming every file that isn't a known format, and every metric that two files give different values
 */
export async function readResults(files: readonly NamedFile[], input: string): Promise<Results> {
  const results: Results = { files: [], metrics: [], notes: [] };
  const faults: string[] = [];
  const reports: JUnitReport[] = [];
  for (const file of files) {
    try {
      const read = await readOne(file, results.notes, reports);
      results.files.push({ path: file.shown, format: read.format, sha256: read.sha256 });
      results.metrics.push(...read.metrics);
    } catch (error) {
      faults.push(`${input}: ${file.shown}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  results.metrics = merge([...results.metrics, ...junitMetrics(reports)], input);
  checkShares(results.metrics, input);
  return results;
}

/** A sibling of samples is read together with its results and is no results file of its own. */
export function isSampleFile(path: string): boolean {
  return /(?:^|[\\/])samples_[^\\/]*\.jsonl$/u.test(path);
}

async function readOne(
  { path, shown }: NamedFile,
  notes: string[],
  reports: JUnitReport[],
): Promise<{ format: Format; sha256: string; metrics: EvalMetric[] }> {
  const bytes = await readFile(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const text = bytes.toString('utf8');
  if (text.trim() === '') throw new Error('the file is empty');
  if (/^\uFEFF?\s*</u.test(text)) {
    reports.push(await readJUnit(text, shown));
    return { format: 'junit', sha256, metrics: [] };
  }
  const data = parseJson(text);
  if (!isObject(data))
    throw new Error(`holds ${Array.isArray(data) ? 'a list' : typeof data}, not a JSON object`);
  if (data['tool'] === 'sluice-inference-test') {
    checkVersion(data);
    checkAddsUp(data);
    return { format: 'sluice-inference-test', sha256, metrics: readInferenceTest(data, shown) };
  }
  if (data['tool'] === 'sluice-eval-gate') {
    checkVersion(data);
    return { format: 'sluice-eval-gate', sha256, metrics: readEvalGate(data, shown) };
  }
  if (Array.isArray(data['stages']) && isObject(data['unit'])) {
    const metrics = readRecordMetrics(data, shown);
    if (metrics === undefined) throw new Error('the release record has no gate to take metrics from');
    return { format: 'release-record', sha256, metrics };
  }
  if (isLmEval(data))
    return { format: 'lm-eval', sha256, metrics: await readLmEval(data, path, shown, notes) };
  if (isFlat(data)) return { format: 'flat', sha256, metrics: readFlat(data, shown, notes) };
  throw new Error(
    'no known results format: expected results of inference-test, lm-eval results_*.json, JUnit XML, or a flat JSON object of numbers',
  );
}

function parseJson(text: string): unknown {
  try {
    return parseTolerant(text);
  } catch (error) {
    throw new Error(`is neither JSON nor XML (${error instanceof Error ? error.message : String(error)})`);
  }
}

function checkVersion(data: Record<string, unknown>): void {
  if (data['schemaVersion'] !== 1) {
    throw new Error(
      `schemaVersion is ${JSON.stringify(data['schemaVersion'])}; this release reads version 1`,
    );
  }
}

/** One entry per metric. Equal values from two files are one; unequal ones leave no way to tell which is meant. */
function merge(all: readonly EvalMetric[], input: string): EvalMetric[] {
  const byLabel = new Map<string, EvalMetric>();
  const faults: string[] = [];
  for (const metric of all) {
    const label = metricLabel(metric);
    const other = byLabel.get(label);
    if (other === undefined) byLabel.set(label, metric);
    else if (other.value !== metric.value) {
      faults.push(
        `${input}: ${label} is ${other.value} in ${other.source} and ${metric.value} in ${metric.source}; name only the file that is meant`,
      );
    } else if (other.n !== undefined && metric.n !== undefined && other.n !== metric.n) {
      faults.push(
        `${input}: ${label} stands on ${other.n} samples in ${other.source} and on ${metric.n} in ${metric.source}; name only the file that is meant`,
      );
    } else if (!other.items && metric.items) byLabel.set(label, metric);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return [...byLabel.values()];
}

/** A share beyond 1 is a percentage in disguise: 85 would pass every bar of 0.9. */
function checkShares(metrics: readonly EvalMetric[], input: string): void {
  const faults = metrics
    .filter(({ share, value }) => share === true && value !== null && (value < 0 || value > 1))
    .map(
      (metric) =>
        `${input}: ${metricLabel(metric)} is ${metric.value} in ${metric.source}, but a share lies between 0 and 1; write 85 % as 0.85`,
    );
  if (faults.length > 0) throw new ConfigError(faults);
}
