/**
 * One pickle stream, followed opcode by opcode as CPython's unpickler would (Modules/_pickle.c), with a stack, marks
 * and a memo, but nothing is imported or called. Whatever it can't tell is unsafe where it matters.
 */
import { MalformedError } from './byte-reader.ts';
import { canonicalName } from './allowed-globals.ts';
import type { Findings, PickleRules } from './pickle-findings.ts';
import { show } from './pickle-findings.ts';
import { checkCall, checkState, storageBytes } from './pickle-calls.ts';
import type { Value } from './pickle-values.ts';
import {
  decimal,
  keepText,
  Made,
  MAX_ENTRIES,
  MAX_ITEMS,
  Named,
  OPAQUE,
  Table,
  Tuple,
} from './pickle-values.ts';

/** More than these no ordinary pickle holds at once; the bound is on memory. */
const MAX_STACK = 1_000_000;
const MAX_MEMO = 400_000;
/** Keys beyond the first that is free: picklers leave none. */
const MAX_HOLES = 50_000;

export class PickleMachine {
  readonly rules: PickleRules;
  readonly findings: Findings;
  /** torch storage key to its bytes, out of persistent ids. */
  readonly storages = new Map<string, number>();
  #stack: Value[] = [];
  #marks: number[] = [];
  /** Only values that can matter; others are OPAQUE when asked for. */
  readonly #memo = new Map<bigint | number, Value>();
  /** Keys 0 to #dense - 1 and those of #sparse are in the memo: their number is MEMOIZE's next key. */
  #dense = 0;
  readonly #sparse = new Set<bigint | number>();

  constructor(rules: PickleRules, findings: Findings) {
    this.rules = rules;
    this.findings = findings;
  }

  /** A copy that can go another way. */
  fork(findings: Findings): PickleMachine {
    const copy = new PickleMachine(this.rules, findings);
    copy.#stack = [...this.#stack];
    copy.#marks = [...this.#marks];
    for (const [key, value] of this.#memo) copy.#memo.set(key, value);
    copy.#dense = this.#dense;
    for (const key of this.#sparse) copy.#sparse.add(key);
    return copy;
  }

  push(value: Value): void {
    if (this.#stack.length >= MAX_STACK) throw new MalformedError('its stack grows without end');
    this.#stack.push(value);
  }

  pop(): Value {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw new MalformedError('its stack runs empty');
    const value = this.#stack.pop();
    return value === undefined ? OPAQUE : value;
  }

  top(): Value {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  replaceTop(value: Value): void {
    this.pop();
    this.#stack.push(value);
  }

  #popMark(): Value[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new MalformedError('a mark is missing');
    const items = this.#stack.slice(mark);
    this.#stack.length = mark;
    return items;
  }

  #put(key: bigint | number): void {
    if (key === this.#dense) {
      do this.#dense += 1;
      while (this.#sparse.delete(this.#dense));
    } else if (typeof key === 'bigint' || key > this.#dense) this.#sparse.add(key);
    if (this.#sparse.size > MAX_HOLES) throw new MalformedError('its memo has holes without end');
    const value = this.top();
    if (isPlain(value) || this.#memo.size >= MAX_MEMO) this.#memo.delete(key);
    else this.#memo.set(key, value);
  }

  #recall(key: bigint | number): void {
    this.push(this.#memo.get(key) ?? OPAQUE);
  }

  #import(module: Value, name: Value): Named {
    if (typeof module !== 'string' || typeof name !== 'string') {
      this.findings.add('import', 'imports a name that is made up while it is loaded', '?');
      return new Named('', false);
    }
    const known = canonicalName(module, name);
    const full = known ?? `${module}.${name}`;
    if (known === null || !this.rules.isAllowed(known)) {
      this.findings.add('import', `imports \`${show(full)}\``, full);
      return new Named(full, false);
    }
    return new Named(known, true);
  }

  /** A call of `callable`: it must be a global that is allowed. */
  #call(callable: Value, args: Value): Made {
    if (callable instanceof Named && callable.allowed) {
      checkCall(callable.name, args, this.findings);
      return new Made(callable.name, args);
    }
    if (callable instanceof Named) {
      if (callable.name !== '') this.findings.add('call', `calls \`${show(callable.name)}\``, callable.name);
    } else this.findings.add('structure', 'calls something that is no global');
    return new Made('', args);
  }

  #persistentId(id: Value): void {
    const { persistent } = this.rules;
    const storage = storageOf(id);
    if (storage !== undefined) this.storages.set(storage.key, storage.bytes);
    const isKey = typeof id === 'string' || typeof id === 'number' || id instanceof Tuple;
    const isStorage = id instanceof Tuple && id.items[0] === 'storage';
    if (!(persistent === 'storages' && isStorage) && !(persistent === 'keys' && isKey)) {
      this.findings.add('structure', 'asks for an object by a persistent id');
    }
  }

  /** Opcodes without an argument. Answers the state's new owner after BUILD, so that joblib's arrays are followed. */
  plain(code: number): Made | undefined {
    switch (String.fromCharCode(code)) {
      case '(':
        if (this.#marks.length >= MAX_STACK) throw new MalformedError('its marks grow without end');
        this.#marks.push(this.#stack.length);
        return;
      case '0':
        if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
        else this.pop();
        return;
      case '1':
        this.#popMark();
        return;
      case '2':
        this.push(this.top());
        return;
      case 'N':
        this.push(null);
        return;
      case ']':
      case '\x88':
      case '\x89':
      case '\x8f':
        this.push(OPAQUE);
        return;
      case '}':
        this.push(new Table());
        return;
      case ')':
        this.push(new Tuple([]));
        return;
      case 't':
        this.push(new Tuple(this.#popMark().slice(0, MAX_ITEMS)));
        return;
      case '\x85':
      case '\x86':
      case '\x87': {
        const items: Value[] = [];
        for (let index = 0x84; index < code; index++) items.unshift(this.pop());
        this.push(new Tuple(items));
        return;
      }
      case 'a':
        this.pop();
        this.top();
        return;
      case 'e':
      case '\x90':
        this.#popMark();
        this.top();
        return;
      case 'l':
      case '\x91':
        this.#popMark();
        this.push(OPAQUE);
        return;
      case 'd':
        this.push(fill(new Table(), this.#popMark()));
        return;
      case 's': {
        const value = this.pop();
        const key = this.pop();
        fill(this.top(), [key, value]);
        return;
      }
      case 'u': {
        const items = this.#popMark();
        fill(this.top(), items);
        return;
      }
      case 'R':
      case '\x81': {
        const args = this.pop();
        this.push(this.#call(this.pop(), args));
        return;
      }
      case '\x92': {
        this.pop();
        const args = this.pop();
        this.push(this.#call(this.pop(), args));
        return;
      }
      case 'o': {
        const [callable = OPAQUE, ...args] = this.#popMark();
        this.push(this.#call(callable, new Tuple(args.slice(0, MAX_ITEMS))));
        return;
      }
      case 'b': {
        const state = this.pop();
        const owner = this.top();
        checkState(owner, state, this.findings);
        if (!(owner instanceof Made)) return;
        owner.state = state;
        return owner;
      }
      case 'Q':
        this.#persistentId(this.pop());
        this.push(OPAQUE);
        return;
      case '\x93': {
        const name = this.pop();
        this.push(this.#import(this.pop(), name));
        return;
      }
      case '\x94':
        this.#put(this.#dense + this.#sparse.size);
        return;
      default:
        this.findings.add('structure', 'takes a buffer from outside');
        this.push(OPAQUE);
    }
  }

  /** Opcodes with a number. */
  number(code: number, value: number | bigint): void {
    const name = String.fromCharCode(code);
    if (name === 'K' || name === 'M' || name === 'J') this.push(value);
    else if (name === 'G') this.push(OPAQUE);
    else if (name === 'h' || name === 'j') this.#recall(value);
    else if (name === 'q' || name === 'r') this.#put(value);
    else if (name === '\x80') {
      if (value > 5) throw new MalformedError(`it names protocol ${value}`);
    } else {
      this.findings.add('structure', 'asks for an extension code');
      this.push(new Named('', false));
    }
  }

  /** GET, PUT and PERSID, whose argument is a line. */
  line(name: string, line: Buffer): void {
    if (name === 'P') {
      this.#persistentId(OPAQUE);
      this.push(OPAQUE);
      return;
    }
    const key = decimal(line);
    if (key === null || key < 0) throw new MalformedError('a memo key is no number');
    if (name === 'g') this.#recall(key);
    else this.#put(key);
  }

  /** GLOBAL and INST. */
  global(isInstance: boolean, module: Buffer, name: Buffer): void {
    const found = this.#import(keepText(module), keepText(name));
    this.push(isInstance ? this.#call(found, new Tuple(this.#popMark().slice(0, MAX_ITEMS))) : found);
  }
}

function fill(target: Value, items: readonly Value[]): Value {
  if (!(target instanceof Table)) return target;
  for (let index = 0; index + 1 < items.length; index += 2) {
    const key = items[index];
    if (typeof key === 'string' && key.startsWith('__')) target.internals = true;
    if (typeof key === 'string' && target.entries.size < MAX_ENTRIES) {
      const value = items[index + 1];
      target.entries.set(key, value === undefined ? OPAQUE : value);
    } else target.more = true;
  }
  return target;
}

/** ('storage', class, key, location, number of elements, …) of torch.save. */
function storageOf(id: Value): { key: string; bytes: number } | undefined {
  if (!(id instanceof Tuple) || id.items[0] !== 'storage') return undefined;
  const [, type, key, , count] = id.items;
  if (!(type instanceof Named) || typeof count !== 'number') return undefined;
  return { key: String(key), bytes: storageBytes(type.name) * count };
}

/** Values that are worth nothing when they are recalled. */
function isPlain(value: Value): boolean {
  return value === OPAQUE || value === null;
}
