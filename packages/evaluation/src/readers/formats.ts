/** Which tool wrote a file, told by what it holds and never by its name. The first that knows it reads it. */
import { isObject, type EvalMetric, type Format } from '../model.ts';
import { isAiperf, isAiperfRecords, isGenaiPerf, readAiperf } from './aiperf.ts';
import {
  isCobertura,
  isCoveragePy,
  isIstanbul,
  isJacoco,
  isLcov,
  readCobertura,
  readCoveragePy,
  readIstanbul,
  readJacoco,
  readLcov,
} from './coverage.ts';
import { parseCsv } from './csv.ts';
import {
  isGreatExpectations,
  isTfdv,
  isWhyLogsDrift,
  isWhyLogsReport,
  readGreatExpectations,
  readTfdv,
  readWhyLogsDrift,
  readWhyLogsReport,
} from './data-checks.ts';
import { isDeepeval, readDeepeval } from './deepeval.ts';
import { isEvidently, readEvidently } from './evidently.ts';
import { listOf, type Fields, type ReadContext } from './fields.ts';
import { isFlat, readFlat } from './flat.ts';
import { isGarak, readGarak } from './garak.ts';
import { isGuideLlm, readGuideLlm } from './guidellm.ts';
import { isHelmInstances, isHelmStats, readHelmInstances, readHelmStats } from './helm.ts';
import { isInferencePerf, readInferencePerf } from './inference-perf.ts';
import { isInspect, readInspect } from './inspect.ts';
import { parseJsonOrLines } from './json-lines.ts';
import { isJUnit, readJUnit, type JUnitReport } from './junit.ts';
import { isLighteval, readLighteval } from './lighteval.ts';
import { isLmEval, readLmEval } from './lm-eval.ts';
import { isOpenAiEvals, readOpenAiEvals } from './openai-evals.ts';
import { OUR_READERS } from './ours.ts';
import { isPromptfoo, readPromptfoo } from './promptfoo.ts';
import { readRows } from './rows.ts';
import { isMlflowRun, isWandbSummary, readMlflowRun, readWandbSummary } from './tracked.ts';
import { isTfdvText, readTfdvText } from './tfdv-messages.ts';
import { isVllmBench, readVllmBench } from './vllm-bench.ts';
import { parseXml } from './xml.ts';

/** What a file gave. JUnit reports are counted together later; a map of the user's may still want the data of loose formats. */
export interface Read {
  format: Format;
  metrics: EvalMetric[];
  junit?: JUnitReport;
}

export interface Reader<T> {
  format: Format;
  isIt(data: T): boolean;
  read(data: T, context: ReadContext): EvalMetric[] | Promise<EvalMetric[]>;
}

/** In this order: what says who wrote it before what is known by its shape. */
const OBJECTS: readonly Reader<Fields>[] = [
  ...OUR_READERS,
  { format: 'lm-eval', isIt: isLmEval, read: readLmEval },
  { format: 'promptfoo', isIt: isPromptfoo, read: readPromptfoo },
  {
    format: 'inspect',
    isIt: isInspect,
    read: (data, context) => readInspect(data, listOf(data['samples']), context),
  },
  { format: 'deepeval', isIt: isDeepeval, read: readDeepeval },
  { format: 'lighteval', isIt: isLighteval, read: readLighteval },
  { format: 'mlflow', isIt: isMlflowRun, read: readMlflowRun },
  { format: 'guidellm', isIt: isGuideLlm, read: readGuideLlm },
  { format: 'vllm-bench', isIt: isVllmBench, read: (data, context) => readVllmBench([data], context) },
  { format: 'aiperf', isIt: isAiperf, read: readAiperf },
  { format: 'genai-perf', isIt: isGenaiPerf, read: readAiperf },
  { format: 'inference-perf', isIt: isInferencePerf, read: readInferencePerf },
  { format: 'evidently', isIt: isEvidently, read: readEvidently },
  { format: 'great-expectations', isIt: isGreatExpectations, read: readGreatExpectations },
  { format: 'tfdv', isIt: isTfdv, read: readTfdv },
  { format: 'whylogs', isIt: isWhyLogsDrift, read: readWhyLogsDrift },
  { format: 'coverage.py', isIt: isCoveragePy, read: readCoveragePy },
  { format: 'coverage.py', isIt: isIstanbul, read: readIstanbul },
  { format: 'wandb', isIt: isWandbSummary, read: readWandbSummary },
];
const LISTS: readonly Reader<unknown[]>[] = [
  { format: 'helm', isIt: isHelmStats, read: (list, context) => readHelmStats(listOf(list), context) },
  {
    format: 'helm',
    isIt: isHelmInstances,
    read: (list, context) => readHelmInstances(listOf(list), context),
  },
  { format: 'whylogs', isIt: isWhyLogsReport, read: readWhyLogsReport },
];
const LINES: readonly Reader<Fields[]>[] = [
  { format: 'openai-evals', isIt: isOpenAiEvals, read: readOpenAiEvals },
  { format: 'garak', isIt: isGarak, read: readGarak },
  { format: 'vllm-bench', isIt: (rows) => rows.every(isVllmBench), read: readVllmBench },
];
const XMLS: readonly Reader<Fields>[] = [
  { format: 'cobertura', isIt: isCobertura, read: readCobertura },
  { format: 'jacoco', isIt: isJacoco, read: readJacoco },
];

/** Formats known by a shape that others share: a map of the user's comes before them. */
export const LOOSE: readonly Format[] = ['flat', 'rows'];

/** A file of no known tool. `data` is what it holds, for a map. */
export class UnknownFormatError extends Error {
  readonly data: unknown;

  constructor(message: string, data: unknown) {
    super(message);
    this.data = data;
  }
}

/**
 * @throws UnknownFormatError for a format that no reader knows
 * @throws Error for a file that isn't whole, or holds what its tool never writes
 */
export async function readText(text: string, context: ReadContext): Promise<Read & { data: unknown }> {
  const start = text.trimStart();
  if (start === '') throw new Error('the file is empty');
  if (start.startsWith('<')) return { ...(await readXml(text, context)), data: undefined };
  if (isTfdvText(text))
    return { format: 'tfdv', metrics: await readTfdvText(text, context), data: undefined };
  if (isLcov(text)) return { format: 'lcov', metrics: readLcov(text, context), data: undefined };
  if (!/^[[{"\d-]/u.test(start) || /^["\d-][^\n]*,/u.test(start)) return readTable(text, context);
  const parsed = parseJsonOrLines(text);
  const data = parsed.kind === 'json' ? parsed.data : parsed.rows;
  const read =
    parsed.kind === 'lines' ? await readLines(parsed.rows, context) : await readData(parsed.data, context);
  return { ...read, data };
}

async function readData(data: unknown, context: ReadContext): Promise<Read> {
  if (Array.isArray(data)) {
    const known = await firstOf(LISTS, data, context);
    if (known) return known;
    if (data.length > 0 && data.every(isObject)) return readLines(data, context);
    throw new UnknownFormatError(
      data.length === 0 ? 'holds an empty list' : 'holds a list that no known tool writes',
      data,
    );
  }
  if (!isObject(data))
    throw new UnknownFormatError(
      `holds ${data === null ? 'null' : `a ${typeof data}`}, not a JSON object`,
      data,
    );
  const known = await firstOf(OBJECTS, data, context);
  if (known) return known;
  if (isFlat(data)) return { format: 'flat', metrics: readFlat(data, context.source, context.notes) };
  // One line of JSON lines is an object like any other.
  if (LINES.some((reader) => reader.isIt([data]))) return readLines([data], context);
  throw new UnknownFormatError(
    'no known results format: expected what an evaluation tool writes (README, "Results that are read"), a flat JSON object of numbers, a table, or input `metrics-map` that says where its numbers are',
    data,
  );
}

async function readLines(rows: Fields[], context: ReadContext): Promise<Read> {
  const known = await firstOf(LINES, rows, context);
  if (known) return known;
  if (isAiperfRecords(rows))
    throw new Error(
      "holds aiperf's single requests, the warm-up among them; name its summary, profile_export_aiperf.json",
    );
  return readRows(rows, context);
}

async function readXml(text: string, context: ReadContext): Promise<Read> {
  const root = await parseXml(text);
  if (isJUnit(root)) return { format: 'junit', metrics: [], junit: readJUnit(root, context.source) };
  const known = await firstOf(XMLS, root, context);
  if (known) return known;
  throw new Error('XML without a <testsuite>, <coverage> or <report>: neither JUnit, Cobertura nor JaCoCo');
}

function readTable(text: string, context: ReadContext): Read & { data: unknown } {
  const header = text.slice(0, text.search(/\r?\n|$/u));
  if (!/[,\t]/u.test(header))
    throw new Error('is neither JSON nor XML, and its first line is no header of a table (CSV)');
  const { rows } = parseCsv(text);
  return { ...readRows(rows, context), data: rows };
}

async function firstOf<T>(
  readers: readonly Reader<T>[],
  data: T,
  context: ReadContext,
): Promise<Read | undefined> {
  const reader = readers.find((one) => one.isIt(data));
  return reader && { format: reader.format, metrics: await reader.read(data, context) };
}
