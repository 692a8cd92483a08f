/** Drives a PickleMachine over one stream: decodes arguments, watches frames, looks into what strings and bytes hold. */
import { MalformedError } from './byte-reader.ts';
import { memorySource, streamOf } from './byte-stream.ts';
import { ForwardReader, WINDOW_BYTES } from './forward-reader.ts';
import { arrayData } from './pickle-calls.ts';
import type { Finding, PickleRules } from './pickle-findings.ts';
import { actsAsPickle, Findings } from './pickle-findings.ts';
import { PickleMachine } from './pickle-machine.ts';
import { ARGUMENTS, mayHoldPickle, startsAsPickle } from './pickle-opcodes.ts';
import type { Made, Value } from './pickle-values.ts';
import { decimal, keepText, longOf, OPAQUE, rawUnicode, unquote } from './pickle-values.ts';

const MAX_DEPTH = 8;
/** In place of a depth: strings are not looked into. */
const SHALLOW = Infinity;
/** Texts up to this are also looked at as the bytes that `latin1` makes of them. */
const MAX_LATIN1 = 16 * 1024 * 1024;
const WRAPPER = 'joblib.numpy_pickle.NumpyArrayWrapper';

export interface StreamEnd {
  /** Why it broke off; null after STOP. */
  broken: string | null;
  value: Value;
  storages: ReadonlyMap<string, number>;
}

/** Follows one stream to its STOP or its breach. Findings stay, whatever becomes of the rest. */
export async function followPickle(
  reader: ForwardReader,
  rules: PickleRules,
  findings: Findings,
  depth = 0,
): Promise<StreamEnd> {
  return new Follower(reader, new PickleMachine(rules, findings), depth).run();
}

class Follower {
  readonly #reader: ForwardReader;
  readonly #machine: PickleMachine;
  readonly #depth: number;
  #frameEnd: number | null = null;
  #protocol = 0;

  constructor(reader: ForwardReader, machine: PickleMachine, depth: number) {
    this.#reader = reader;
    this.#machine = machine;
    this.#depth = depth;
  }

  async run(): Promise<StreamEnd> {
    const { storages } = this.#machine;
    try {
      return { broken: null, value: await this.#follow(), storages };
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return { broken: error.message, value: OPAQUE, storages };
    }
  }

  async #follow(): Promise<Value> {
    const reader = this.#reader;
    for (;;) {
      if (!reader.full) await reader.refill();
      const code = reader.u8();
      if (code === 0x2e) return this.#stop();
      const waiting = this.#step(code);
      if (waiting !== undefined) await waiting;
      if (this.#frameEnd !== null) this.#watchFrame(reader.position, this.#frameEnd);
    }
  }

  #stop(): Value {
    if (this.#frameEnd !== null && this.#reader.position !== this.#frameEnd) {
      this.#structure('ends inside a frame');
    }
    return this.#machine.pop();
  }

  #structure(what: string): void {
    this.#machine.findings.add('structure', what);
  }

  #watchFrame(position: number, end: number): void {
    if (position < end) return;
    if (position > end) this.#structure('has an opcode that crosses the end of its frame');
    this.#frameEnd = null;
  }

  /** One opcode; a promise where bytes have to be waited for. */
  #step(code: number): Promise<void> | undefined {
    const reader = this.#reader;
    const machine = this.#machine;
    switch (ARGUMENTS[code]) {
      case 'none': {
        const built = machine.plain(code);
        return built?.by === WRAPPER ? this.#array(built) : undefined;
      }
      case 'u1':
        if (code === 0x80) this.#protocol = reader.peek(1)[0] ?? 0;
        machine.number(code, reader.u8());
        return;
      case 'u2':
        machine.number(code, reader.take(2).readUInt16LE());
        return;
      case 'u4':
        machine.number(code, code === 0x4a ? reader.take(4).readInt32LE() : reader.take(4).readUInt32LE());
        return;
      case 'u8':
        this.#frame(reader.take(8).readBigUInt64LE());
        return;
      case 'f8':
        reader.take(8);
        machine.push(OPAQUE);
        return;
      case 'line':
        return this.#line(String.fromCharCode(code), reader.line());
      case 'line2':
        machine.global(code === 0x69, reader.line(), reader.line());
        return;
      case 'count1':
        return this.#counted(code, reader.u8());
      case 'count4':
        return this.#counted(code, reader.take(4).readUInt32LE());
      case 'count8':
        return this.#counted(code, Number(reader.take(8).readBigUInt64LE()));
      default:
        throw new MalformedError(`byte ${reader.position - 1} is no opcode`);
    }
  }

  #frame(length: bigint): void {
    if (this.#frameEnd !== null && this.#reader.position < this.#frameEnd) {
      this.#structure('has a frame inside a frame');
    }
    if (this.#protocol < 4) this.#structure('has a frame, which its protocol does not know');
    if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedError(`a frame claims ${length} bytes`);
    this.#frameEnd = this.#reader.position + Number(length);
  }

  #line(name: string, line: Buffer): Promise<void> | undefined {
    const machine = this.#machine;
    if (name === 'g' || name === 'p' || name === 'P') {
      machine.line(name, line);
      return;
    }
    if (name === 'S' || name === 'V') {
      const text = name === 'S' ? unquote(line) : rawUnicode(line);
      if (text === null) throw new MalformedError('a text is not quoted');
      machine.push(keepText(text));
      return mayHoldPickle(text) ? this.#lookInto(text) : undefined;
    }
    if (name === 'F') machine.push(OPAQUE);
    else {
      const value = decimal(line);
      if (value === null) throw new MalformedError('a number is none');
      machine.push(value);
    }
  }

  #counted(code: number, length: number): Promise<void> | undefined {
    if (length > WINDOW_BYTES - 64) return this.#long(code, length);
    const bytes = this.#reader.take(length);
    const name = String.fromCharCode(code);
    if (name === '\x8a' || name === '\x8b') {
      this.#machine.push(longOf(bytes));
      return;
    }
    const isText = 'XU\x8cT\x8d'.includes(name);
    this.#machine.push(isText ? keepText(bytes) : OPAQUE);
    return mayHoldPickle(bytes) || startsAsLatin1(bytes) ? this.#lookInto(bytes) : undefined;
  }

  /** Bytes longer than the window: looked into where they lie, then passed over. */
  async #long(code: number, length: number): Promise<void> {
    const reader = this.#reader;
    await reader.refill();
    const head = reader.peek(WINDOW_BYTES);
    this.#machine.push(OPAQUE);
    if (startsAsLatin1(head) && length <= MAX_LATIN1) {
      const chunks: Buffer[] = [];
      for (let left = length; left > 0;) {
        await reader.refill();
        const chunk = reader.take(Math.min(left, Math.max(1, reader.ready)));
        chunks.push(Buffer.from(chunk));
        left -= chunk.byteLength;
      }
      await this.#lookInto(Buffer.concat(chunks));
    } else if (mayHoldPickle(head) || startsAsPickle(head)) {
      await reader.within(length, () => this.#probe(reader));
    } else await reader.skip(length);
    if (startsAsLatin1(head) && length > MAX_LATIN1)
      this.#structure('holds a long text that starts as a pickle');
    if (code === 0x54 && length >= 2 ** 31) throw new MalformedError('a text has a negative length');
  }

  async #lookInto(bytes: Buffer): Promise<void> {
    await this.#probe(new ForwardReader(streamOf(memorySource(bytes))));
    if (!startsAsLatin1(bytes)) return;
    const text = Buffer.from(bytes.toString('utf8'), 'latin1');
    await this.#probe(new ForwardReader(streamOf(memorySource(text))));
  }

  async #probe(reader: ForwardReader): Promise<void> {
    if (this.#depth === SHALLOW) return;
    if (this.#depth >= MAX_DEPTH) {
      this.#machine.findings.add('depth', 'nests pickles without end');
      return;
    }
    const { acts } = await probePickle(reader, this.#machine.rules, this.#depth + 1);
    this.#machine.findings.addAll(acts.map((finding) => ({ ...finding, what: inside(finding) })));
  }

  /**
   * joblib writes an array's bytes behind its wrapper, between two opcodes. A plain unpickler takes those bytes for
   * opcodes, so both readings are followed.
   */
  async #array(wrapper: Made): Promise<void> {
    const reader = this.#reader;
    const data = arrayData(wrapper);
    if (data === null) throw new MalformedError('an array does not say how long it is');
    if (this.#frameEnd !== null && reader.position < this.#frameEnd) {
      this.#structure('has array data inside a frame');
    }
    this.#frameEnd = null;
    await reader.refill();
    if (data.objects) {
      if (this.#depth >= MAX_DEPTH) throw new MalformedError('it nests pickles without end');
      const { broken } = await followPickle(
        reader,
        this.#machine.rules,
        this.#machine.findings,
        this.#depth + 1,
      );
      if (broken !== null) throw new MalformedError(broken);
    } else {
      const findings = new Findings();
      const ahead = new ForwardReader(streamOf(memorySource(Buffer.from(reader.peek(WINDOW_BYTES)))));
      await new Follower(ahead, this.#machine.fork(findings), SHALLOW).run();
      this.#machine.findings.addAll(actsAsPickle(findings.list, false));
      const padding = data.padded ? reader.u8() : 0;
      await reader.skip(padding + data.bytes);
    }
    this.#machine.replaceTop(OPAQUE);
  }
}

function inside({ kind, what }: Finding): string {
  return kind === 'depth' ? what : `inside a string ${what.replace(/^inside a string /, '')}`;
}

/** U+0080 and a protocol: a pickle in a text that `latin1` turns back to bytes. */
function startsAsLatin1(bytes: Buffer): boolean {
  return bytes[0] === 0xc2 && bytes[1] === 0x80 && (bytes[2] ?? 0) >= 2 && (bytes[2] ?? 0) <= 5;
}

export interface Probe {
  /** What the bytes would do if they were unpickled. */
  acts: Finding[];
  /** All that a strict look objects to; only worth something when `whole`. */
  findings: readonly Finding[];
  /** One pickle from the first byte to the last. */
  whole: boolean;
  /** A pickle first, whatever follows. */
  ended: boolean;
}

/** Follows bytes that need not be a pickle at all. */
export async function probePickle(reader: ForwardReader, rules: PickleRules, depth = 0): Promise<Probe> {
  const findings = new Findings();
  const { broken } = await followPickle(reader, rules, findings, depth);
  let whole = false;
  if (broken === null) {
    await reader.refill();
    whole = reader.ready <= 16 && reader.peek(16).toString('latin1').trim() === '';
  }
  return { acts: actsAsPickle(findings.list, whole), findings: findings.list, whole, ended: broken === null };
}
