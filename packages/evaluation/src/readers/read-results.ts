import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from '@sluice/runtime/errors';
import { type EvalMetric, type Results } from '../model.ts';
import { metricLabel } from '../rules.ts';
import { readBinary } from './binary-formats.ts';
import type { ReadContext } from './fields.ts';
import { LOOSE, readText, UnknownFormatError, type Read } from './formats.ts';
import { junitMetrics, type JUnitReport } from './junit.ts';
import { applyMap, type MetricsMap } from './metrics-map.ts';

/** A file to read: where it is, and the name people know it by. */
export interface NamedFile {
  path: string;
  shown: string;
  /** What it holds, where it came from a server and not from `path`. */
  bytes?: Buffer;
}

/**
 * Reads results files of any known format, found by content, into one list of metrics.
 *
 * @param input the input that named the files, for messages
 * @param map where the numbers are in files that no tool is known by
 * @throws ConfigError naming every file that isn't a known format, and every metric that two files give different values
 */
export async function readResults(
  files: readonly NamedFile[],
  input: string,
  map?: MetricsMap,
): Promise<Results> {
  const results: Results = { files: [], metrics: [], notes: [] };
  const faults: string[] = [];
  const reports: JUnitReport[] = [];
  for (const file of files) {
    try {
      const read = await readOne(file, results.notes, map);
      results.files.push({ path: file.shown, format: read.format, sha256: read.sha256 });
      results.metrics.push(...read.metrics);
      if (read.junit) reports.push(read.junit);
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

/** A results file is some MB; what is larger is data. Text beyond 512 MB no engine holds as one string. */
const MAX_BYTES = 256 * 1024 * 1024;

async function readOne(
  { path, shown, bytes: given }: NamedFile,
  notes: string[],
  map: MetricsMap | undefined,
): Promise<Read & { sha256: string }> {
  const size = given?.byteLength ?? (await stat(path)).size;
  if (size > MAX_BYTES)
    throw new Error(
      `is ${size} bytes; results up to ${MAX_BYTES} are read, so name the tool's summary instead`,
    );
  const bytes = given ?? (await readFile(path));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const context: ReadContext = { path, source: shown, notes };
  const binary = await readBinary(bytes, context);
  if (binary !== undefined) return { ...binary, sha256 };
  return { ...(await readMapped(bytes.toString('utf8'), context, map)), sha256 };
}

/** The user's map speaks for files that no tool is known by. */
async function readMapped(text: string, context: ReadContext, map: MetricsMap | undefined): Promise<Read> {
  try {
    const read = await readText(text, context);
    const mapped = LOOSE.includes(read.format) && map ? applyMap(map, read.data, context) : undefined;
    return mapped === undefined ? read : { format: 'mapped', metrics: mapped };
  } catch (error) {
    if (!(error instanceof UnknownFormatError) || map === undefined) throw error;
    const mapped = applyMap(map, error.data, context);
    if (mapped === undefined)
      throw new Error('none of the paths of input `metrics-map` is in it', { cause: error });
    return { format: 'mapped', metrics: mapped };
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
    else if (!isSame(other.value, metric.value)) {
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

/** Two files of one run (a summary and its items) sum in another order: the last bits may differ. */
function isSame(a: number | null, b: number | null): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
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
