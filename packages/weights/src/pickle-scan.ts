/** A file or entry that holds pickles: every stream in it, and PyTorch's old format with its raw storages behind them. */
import { MalformedError } from './byte-reader.ts';
import type { ByteStream } from './byte-stream.ts';
import { ForwardReader } from './forward-reader.ts';
import type { Finding, PickleRules } from './pickle-findings.ts';
import { Findings } from './pickle-findings.ts';
import type { StreamEnd } from './pickle-stream.ts';
import { followPickle } from './pickle-stream.ts';
import { storageBytes } from './pickle-calls.ts';
import type { Value } from './pickle-values.ts';
import { Named, Tuple } from './pickle-values.ts';

/** torch/serialization.py: MAGIC_NUMBER. */
const MAGIC = 0x1950a86a20f9469cfc6cn;

export interface PickleReport {
  findings: readonly Finding[];
  /** Why it can't be followed to its end. */
  broken: string | null;
}

/** Follows stream after stream to the end of the file. */
export async function scanPickles(stream: ByteStream, rules: PickleRules): Promise<PickleReport> {
  const reader = new ForwardReader(stream);
  const findings = new Findings();
  let inGroup = 0;
  let legacy = false;
  let storages: StreamEnd['storages'] = new Map();
  do {
    const persistent = legacy && inGroup === 3 ? 'storages' : rules.persistent;
    const end = await followPickle(reader, { ...rules, persistent }, findings);
    if (end.broken !== null) return { findings: findings.list, broken: end.broken };
    inGroup += 1;
    if (inGroup === 1) legacy = end.value === MAGIC;
    if (!legacy) inGroup = 0;
    // Magic, version, system, the object, the storages' keys; then each storage behind its count.
    if (legacy && inGroup === 4) storages = end.storages;
    if (legacy && inGroup === 5) {
      const bytes = [...storages.values()].reduce((sum, size) => sum + 8 + size, 0);
      const broken = await pass(reader, bytes);
      if (broken !== null) return { findings: findings.list, broken };
      inGroup = 0;
      legacy = false;
    }
  } while (!(await reader.atEnd()));
  return {
    findings: findings.list,
    broken: legacy ? 'it ends before its storages' : null,
  };
}

async function pass(reader: ForwardReader, bytes: number): Promise<string | null> {
  try {
    await reader.skip(bytes);
    return null;
  } catch (error) {
    if (error instanceof MalformedError) return error.message;
    throw error;
  }
}

/**
 * The `storages` and `tensors` of PyTorch's tar files (2016): a number, then that many times a pickle and the raw
 * data that it announces.
 */
export async function scanTarPart(
  stream: ByteStream,
  part: 'storages' | 'tensors',
  rules: PickleRules,
): Promise<PickleReport> {
  const reader = new ForwardReader(stream);
  const findings = new Findings();
  const follow = async (): Promise<Value> => {
    const { broken, value } = await followPickle(reader, rules, findings);
    if (broken !== null) throw new MalformedError(broken);
    return value;
  };
  try {
    const count = await follow();
    for (let index = 0; typeof count === 'number' && index < count; index++) {
      const entry = await follow();
      const type = entry instanceof Tuple ? entry.items[2] : undefined;
      if (!(type instanceof Named)) throw new MalformedError('an entry names no type');
      await reader.refill();
      if (part === 'storages') {
        const elements = Number(reader.take(8).readBigUInt64LE());
        await reader.skip(elements * storageBytes(type.name));
      } else {
        const dimensions = reader.take(4).readUInt32LE();
        await reader.skip(4 + dimensions * 16 + 8);
      }
    }
    // Views of storages follow in `storages`: one more pickle.
    while (!(await reader.atEnd())) await follow();
    return { findings: findings.list, broken: null };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { findings: findings.list, broken: error.message };
  }
}
