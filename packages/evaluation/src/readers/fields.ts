/** Small hands of the readers: fields of untrusted JSON taken as what they should be, and metrics made of them. */
import { createHash } from 'node:crypto';
import { knownFacts } from '../metrics-table.ts';
import { finite, isObject, type EvalMetric } from '../model.ts';

export type Fields = Record<string, unknown>;

/** What a reader is told beside the data. */
export interface ReadContext {
  /** Where the file is; empty for what came from a server. */
  path: string;
  /** The file as people know it, for messages. */
  source: string;
  /** Said to the user, never deciding. */
  notes: string[];
}

export function asFields(value: unknown): Fields {
  return isObject(value) ? value : {};
}

/** The objects of a list; what else stands in it is passed over. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A count: a whole number from 0 on. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** `Answer Relevancy` and `Correctness [GEval]` as a rule can name them: `answer_relevancy`, `correctness`. */
export function slug(name: string): string {
  const plain = name
    .replace(/\s*\[(?:GEval|DAG|Conversational\w*|Arena\w*)\]\s*$/u, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_@.]+/gu, '_')
    .replace(/^_+|_+$/gu, '');
  return plain === '' ? name : plain;
}

/** A name that can't be told from others in messages and rules is cut to what people can read. */
export function shorten(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined ? 'not there' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

type Extra = Partial<Omit<EvalMetric, 'name' | 'value' | 'missing'>>;

/** A metric out of one field; what isn't a finite number is missing, and the message names the field. */
export function fieldMetric(
  name: string,
  raw: unknown,
  { source, field, ...extra }: { source: string; field: string } & Extra,
): EvalMetric {
  const value = finite(raw);
  return {
    name,
    value,
    ...(value === null
      ? { missing: `field ${field} ${raw === undefined ? 'is not there' : `is ${shorten(raw)}`}` }
      : {}),
    source,
    ...knownFacts(name),
    ...extra,
  };
}

/** Identity of an item by what was asked, for tools that give no id which holds from run to run. */
export function contentId(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
}

/** A record with its keys in order, so that equal contents give equal ids. */
export function inOrder(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, value[key]]);
}
