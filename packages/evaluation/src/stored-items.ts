/**
 * Items in a release record: ids and prompts as short digests, scores packed, no texts. A later gate that compares with the
 * release pairs by them; what doesn't fit is left out, and compared unpaired.
 */
import { createHash } from 'node:crypto';
import { isObject, type EvalMetric, type ItemScores } from './model.ts';
import { metricLabel } from './rules.ts';

/** Metrics over the same items share their ids. Lists are base64 of fixed-width entries, in the order of the ids. */
interface StoredSet {
  ids: string;
  prompts?: string;
  /** By metric: bits of scores that are all 0 or 1, else floats of 4 or 8 bytes. */
  scores: Record<string, { width: 1 | 32 | 64; data: string }>;
}

/** 40 bits: among 15,000 items two are alike once in 10,000 sets, and then the set isn't stored. */
const DIGEST_BYTES = 5;
/** Of a gate's items in its record: some 14,000 passes and fails. */
const MOST_BYTES = 96 * 1024;

/** @param metrics what must not be left out first */
export function storeItems(metrics: readonly EvalMetric[], mostBytes = MOST_BYTES): StoredSet[] {
  const sets = new Map<string, StoredSet>();
  let bytes = 0;
  for (const metric of metrics) {
    const { items } = metric;
    // What a record gave stands for another run's items.
    if (items === undefined || items.digests === true || items.scores.size === 0) continue;
    const order = [...items.scores.keys()].sort();
    const ids = packDigests(order);
    const prompts = items.prompts && packDigests(order.map((id) => items.prompts?.get(id) ?? ''));
    const scores = packScores(order.map((id) => items.scores.get(id) ?? NaN));
    const key = `${ids} ${prompts ?? ''}`;
    const known = sets.get(key);
    const added = scores.data.length + (known === undefined ? ids.length + (prompts?.length ?? 0) : 0);
    if (new Set(order.map(shortDigest)).size < order.length || bytes + added > mostBytes) continue;
    bytes += added;
    const set = known ?? { ids, ...(prompts === undefined ? {} : { prompts }), scores: {} };
    set.scores[metricLabel(metric)] = scores;
    sets.set(key, set);
  }
  return [...sets.values()];
}

/** Items by a metric's label; what isn't as it was stored is left out. */
export function readStoredItems(stored: unknown): Map<string, ItemScores> {
  const found = new Map<string, ItemScores>();
  for (const set of (Array.isArray(stored) ? stored : []).filter(isObject)) {
    const ids = unpackDigests(set['ids']);
    const prompts = set['prompts'] === undefined ? undefined : unpackDigests(set['prompts']);
    for (const [label, packed] of Object.entries(isObject(set['scores']) ? set['scores'] : {})) {
      const scores = unpackScores(packed, ids.length);
      if (
        ids.length === 0 ||
        scores?.length !== ids.length ||
        (prompts !== undefined && prompts.length !== ids.length)
      )
        continue;
      found.set(label, {
        digests: true,
        scores: new Map(ids.map((id, at) => [id, scores[at] ?? NaN])),
        ...(prompts === undefined ? {} : { prompts: new Map(ids.map((id, at) => [id, prompts[at] ?? ''])) }),
      });
    }
  }
  return found;
}

/** The reference with its items named as the candidate names them, so that both can be laid side by side. */
export function nameStoredItems(
  reference: readonly EvalMetric[],
  candidate: readonly EvalMetric[],
): EvalMetric[] {
  const own = new Map(candidate.map((metric) => [metricLabel(metric), metric.items]));
  return reference.map((metric) => {
    const { items, ...rest } = metric;
    if (items?.digests !== true) return metric;
    const there = own.get(metricLabel(metric));
    return there === undefined ? rest : { ...rest, items: named(items, there) };
  });
}

function named(stored: ItemScores, candidate: ItemScores): ItemScores {
  const ids = new Map([...candidate.scores.keys()].map((id) => [shortDigest(id), id]));
  const prompts = new Map<string, string>();
  for (const [digest, prompt] of stored.prompts ?? []) {
    const id = ids.get(digest) ?? digest;
    const own = candidate.prompts?.get(id);
    prompts.set(id, own !== undefined && shortDigest(own) === prompt ? own : prompt);
  }
  return {
    scores: new Map([...stored.scores].map(([digest, score]) => [ids.get(digest) ?? digest, score])),
    ...(stored.prompts === undefined ? {} : { prompts }),
  };
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest().toString('hex', 0, DIGEST_BYTES);
}

function packDigests(texts: readonly string[]): string {
  return Buffer.from(texts.map(shortDigest).join(''), 'hex').toString('base64');
}

function unpackDigests(data: unknown): string[] {
  const bytes = Buffer.from(typeof data === 'string' ? data : '', 'base64');
  const count = bytes.length % DIGEST_BYTES === 0 ? bytes.length / DIGEST_BYTES : 0;
  return Array.from({ length: count }, (_, at) =>
    bytes.toString('hex', at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES),
  );
}

function packScores(scores: readonly number[]): StoredSet['scores'][string] {
  if (scores.every((score) => score === 0 || score === 1)) {
    const bits = Buffer.alloc(Math.ceil(scores.length / 8));
    scores.forEach((score, at) => {
      if (score === 1) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
    });
    return { width: 1, data: bits.toString('base64') };
  }
  const isShort = scores.every((score) => Math.fround(score) === score);
  const floats = isShort ? Float32Array.from(scores) : Float64Array.from(scores);
  return { width: isShort ? 32 : 64, data: Buffer.from(floats.buffer).toString('base64') };
}

function unpackScores(packed: unknown, count: number): number[] | undefined {
  if (!isObject(packed) || typeof packed['data'] !== 'string') return undefined;
  const bytes = Buffer.from(packed['data'], 'base64');
  const { width } = packed;
  if (width === 1)
    return bytes.length === Math.ceil(count / 8)
      ? Array.from({ length: count }, (_, at) => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1)
      : undefined;
  if ((width !== 32 && width !== 64) || bytes.length !== (count * width) / 8) return undefined;
  const scores = Array.from({ length: count }, (_, at) =>
    width === 32 ? bytes.readFloatLE(at * 4) : bytes.readDoubleLE(at * 8),
  );
  return scores.every(Number.isFinite) ? scores : undefined;
}
