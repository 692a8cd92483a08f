import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { corpusThatAddsUp } from '../corpus.ts';
import { itemText, type ItemText } from '../item-text.ts';
import { knownFacts } from '../metrics-table.ts';
import { asFields, type Fields, type ReadContext } from './fields.ts';
import { finite, isObject, itemsThatAddUp, type EvalMetric, type ItemScores } from '../model.ts';
import { parseTolerant } from './tolerant-json.ts';

/** lm-evaluation-harness: `results_<time>.json` and the `samples_<task>_<time>.jsonl` beside it (layout of 0.4.x, tried on 0.4.13). */

export function isLmEval(data: Fields): boolean {
  return isObject(data['results']) && isObject(data['configs']) && ('n-shot' in data || 'versions' in data);
}

/** Items of one file of samples: filter -> metric -> item id -> score. */
type Samples = Map<string, SampleGroup>;

interface SampleGroup {
  scores: Map<string, Map<string, number>>;
  prompts: Map<string, string>;
  texts: Map<string, ItemText>;
  /** By metric, of each document. */
  parts: Map<string, Map<string, readonly [number, number]>>;
}

/**
 * Metrics `<task>.<metric>[<filter>]`; the filter `none` is left out. Values and standard errors are under keys
 * `metric,filter` and `metric_stderr,filter`; `name`, `alias`, `sample_len` and `sample_count` stand among them and are none.
 */
export async function readLmEval(data: Fields, { path, source, notes }: ReadContext): Promise<EvalMetric[]> {
  const metrics: EvalMetric[] = [];
  const sampleFiles = await samplesBeside(path);
  const rows = { ...asFields(data['groups']), ...asFields(data['results']) };
  for (const [task, row] of Object.entries(rows)) {
    if (!isObject(row)) continue;
    const sampleFile = sampleFiles.get(task);
    const samples: Samples =
      sampleFile === undefined ? new Map<string, SampleGroup>() : await readSamples(sampleFile);
    for (const [key, raw] of Object.entries(row)) {
      const comma = key.indexOf(',');
      const metric = key.slice(0, comma);
      if (comma < 0 || metric.endsWith('_stderr')) continue;
      metrics.push(
        toMetric(data, { task, row, key, metric, filter: key.slice(comma + 1), raw, source }, samples, notes),
      );
    }
  }
  return metrics;
}

interface Cell {
  task: string;
  row: Fields;
  /** `acc,none` */
  key: string;
  metric: string;
  filter: string;
  raw: unknown;
  source: string;
}

function toMetric(data: Fields, cell: Cell, samples: Samples, notes: string[]): EvalMetric {
  const { task, row, metric, filter, raw, source } = cell;
  const value = finite(raw);
  const facts = knownFacts(metric);
  const result: EvalMetric = {
    name: `${task}.${metric}`,
    value,
    source,
    ...facts,
    setup: setupOf(data, task),
  };
  if (filter !== 'none') result.selector = filter;
  if (value === null) result.missing = `field results.${task}['${cell.key}'] is ${String(raw).slice(0, 40)}`;
  const better = asFields(asFields(data['higher_is_better'])[task])[metric];
  if (typeof better === 'boolean') result.direction = better ? 'higher' : 'lower';
  const n = countOf(data, cell);
  if (n !== undefined) result.n = n;
  // "N/A" stands where no standard error could be had; it isn't 0.
  const stderr = finite(row[`${metric}_stderr,${filter}`]);
  if (stderr !== null) result.stderr = stderr;
  const found = samples.get(filter);
  const corpus = found && corpusThatAddsUp(metric, found.parts.get(metric) ?? new Map(), value);
  if (corpus) result.corpus = corpus;
  const scores = found?.scores.get(metric);
  if (found && scores) {
    const items: ItemScores | undefined = itemsThatAddUp(scores, value, found.prompts);
    if (items) result.items = { ...items, ...(found.texts.size > 0 ? { texts: found.texts } : {}) };
    else
      notes.push(
        `${source}: the samples of ${result.name} don't add up to its value; it isn't paired item by item`,
      );
  }
  return result;
}

/** A group's own count of the metric, else the task's effective samples (`--limit` taken off), else its length. */
function countOf(data: Fields, { task, row, key }: Cell): number | undefined {
  const ofMetric = finite(asFields(row['sample_count'])[key]);
  const effective = finite(asFields(asFields(data['n-samples'])[task])['effective']);
  const isGroup = asFields(data['group_subtasks'])[task] !== undefined;
  // A group's sample_len adds up subtasks that may not have this metric.
  return ofMetric ?? effective ?? (isGroup ? undefined : (finite(row['sample_len']) ?? undefined));
}

function setupOf(data: Fields, task: string): Record<string, string> {
  const config = asFields(data['config']);
  const parts: Fields = {
    'few-shot': asFields(data['n-shot'])[task],
    'task version': asFields(data['versions'])[task],
    limit: config['limit'],
    'system instruction': data['system_instruction_sha'],
    'chat template': data['chat_template_sha'],
  };
  const setup: Record<string, string> = {};
  for (const [name, value] of Object.entries(parts)) {
    // Versions come as 1.0 and "1.0" for one task: both are written the shorter way.
    if (value !== undefined && value !== null)
      setup[name] = String(Number.isNaN(Number(value)) ? value : Number(value));
  }
  return setup;
}

/** `[log-likelihood, words]`: what a document adds to a corpus metric. */
function isPair(raw: unknown): raw is [number, number] {
  return Array.isArray(raw) && raw.length === 2 && raw.every((part) => finite(part) !== null);
}

/** Files `samples_<task>_<time>.jsonl` of the same run, by task. */
async function samplesBeside(path: string): Promise<Map<string, string>> {
  const time = /^results_(.+)\.json$/u.exec(basename(path))?.[1];
  const found = new Map<string, string>();
  if (time === undefined) return found;
  for (const file of await readdir(dirname(path))) {
    const end = `_${time}.jsonl`;
    if (file.startsWith('samples_') && file.endsWith(end)) {
      found.set(file.slice('samples_'.length, -end.length), join(dirname(path), file));
    }
  }
  return found;
}

/**
 * One line per (document, filter). The id is `doc_hash`, with a number behind it where a data set holds a document twice.
 * Lists are corpus metrics (`"bleu": ["4", "x"]`), no scores; NaN and null are items without a score.
 */
async function readSamples(path: string): Promise<Samples> {
  const samples: Samples = new Map();
  const seen = new Map<string, number>();
  const documents = new Set<string>();
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    number++;
    const sample = parseSample(line, basename(path), number);
    if (!isObject(sample)) continue;
    const hash = sample['doc_hash'] ?? sample['doc_id'];
    if (typeof hash !== 'string' && typeof hash !== 'number') continue;
    const filter = typeof sample['filter'] === 'string' ? sample['filter'] : 'none';
    const document = `${filter} ${String(sample['doc_id'])}`;
    if (sample['doc_id'] !== undefined && documents.has(document))
      throw new Error(
        `${basename(path)} holds doc_id ${String(sample['doc_id'])} twice for filter ${filter}`,
      );
    documents.add(document);
    const times = (seen.get(`${filter} ${hash}`) ?? 0) + 1;
    seen.set(`${filter} ${hash}`, times);
    const id = times === 1 ? String(hash) : `${hash}#${times}`;
    const group: SampleGroup = samples.get(filter) ?? {
      scores: new Map(),
      prompts: new Map(),
      texts: new Map(),
      parts: new Map(),
    };
    samples.set(filter, group);
    if (typeof sample['prompt_hash'] === 'string') group.prompts.set(id, sample['prompt_hash']);
    const text = sampleText(sample);
    if (text !== undefined) group.texts.set(id, text);
    for (const metric of Array.isArray(sample['metrics']) ? sample['metrics'] : []) {
      const raw = typeof metric === 'string' ? sample[metric] : undefined;
      if (typeof metric === 'string' && isPair(raw)) {
        const parts = group.parts.get(metric) ?? new Map<string, readonly [number, number]>();
        group.parts.set(metric, parts.set(id, raw));
      }
      const score = typeof raw === 'boolean' ? Number(raw) : finite(raw);
      if (typeof metric !== 'string' || score === null) continue;
      const scores = group.scores.get(metric) ?? new Map<string, number>();
      group.scores.set(metric, scores.set(id, score));
    }
  }
  return samples;
}

/** The question, not the few-shot prompt around it, which is long and the same for all. */
function sampleText(sample: Fields): ItemText | undefined {
  const doc = asFields(sample['doc']);
  const question = ['question', 'query', 'input', 'problem', 'prompt', 'text', 'ctx']
    .map((name) => doc[name])
    .find((value) => typeof value === 'string');
  const answers = sample['filtered_resps'];
  const answer = Array.isArray(answers) && answers.length === 1 ? (answers[0] as unknown) : answers;
  return itemText({ prompt: question ?? sample['doc'], expected: sample['target'], answer });
}

function parseSample(line: string, file: string, number: number): unknown {
  try {
    return parseTolerant(line);
  } catch (error) {
    throw new Error(`${file} line ${number} isn't whole JSON`, { cause: error });
  }
}
