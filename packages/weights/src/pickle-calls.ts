/** What even the allowed names may not be used for: odd codecs, forged NumPy types, state put where it does not belong. */
import { STORAGE_BYTES } from './allowed-globals.ts';
import type { Findings } from './pickle-findings.ts';
import type { Value } from './pickle-values.ts';
import { Made, Named, Table, Tuple } from './pickle-values.ts';

/** Python 2's way to write bytes (`_codecs.encode(text, 'latin1')`) needs no other. */
const CODECS = ['latin1', 'latin-1', 'iso-8859-1', 'iso8859-1', 'utf-8', 'utf8', 'ascii'];
const DTYPE = /^[<>|=]?[?a-zA-Z]\d*(\[\w+\])?$/;
const MAX_BYTEARRAY = 2 ** 30;

export function checkCall(name: string, args: Value, findings: Findings): void {
  const [first, second] = args instanceof Tuple ? args.items : [];
  if (name === '_codecs.encode') {
    if (second !== undefined && !(typeof second === 'string' && CODECS.includes(second.toLowerCase()))) {
      findings.add('structure', 'calls `_codecs.encode` with a codec that no bytes need');
    }
  } else if (name === 'builtins.bytearray' || name === 'builtins.bytes') {
    if (typeof first === 'bigint' || (typeof first === 'number' && first > MAX_BYTEARRAY)) {
      findings.add('structure', 'asks for more memory than a file of this kind needs');
    }
  } else if (name === 'numpy.ndarray') {
    findings.add('structure', 'builds a NumPy array over memory of its choice');
  } else if (name === 'numpy.dtype' && !(typeof first === 'string' && DTYPE.test(first))) {
    findings.add('structure', 'builds a NumPy type out of something that is no name of one');
  }
}

/** BUILD: state may go into an object that the pickle made, and may not replace Python's own methods. */
export function checkState(owner: Value, state: Value, findings: Findings): void {
  if (owner instanceof Named) findings.add('structure', 'changes a class or function that it imported');
  else if (!(owner instanceof Made))
    findings.add('structure', 'sets the state of something that it did not make');
  else if (owner.by === 'numpy.dtype') checkDtypeState(owner, state, findings);
  const parts = state instanceof Tuple ? state.items : [state];
  if (parts.some((part) => part instanceof Table && part.internals)) {
    findings.add('structure', "replaces Python's own methods by state");
  }
}

/** What np.dtype('O').__reduce__() gives as flags; anything else could pass raw bytes off as pointers. */
const OBJECT_FLAGS = 63;
/** NumPy's flags for references, list pickles and pointers: only object types have them. */
const POINTER_FLAGS = 0x07;

function checkDtypeState(dtype: Made, state: Value, findings: Findings): void {
  const [, , subtype, , fields, , , flags] = state instanceof Tuple ? state.items : [];
  const forged =
    !(state instanceof Tuple) ||
    (isObject(dtype) ? flags !== OBJECT_FLAGS : typeof flags !== 'number' || (flags & POINTER_FLAGS) !== 0) ||
    !(subtype === null || (subtype !== undefined && isFlat(subtype))) ||
    !(
      fields === null ||
      (fields instanceof Table && !fields.more && [...fields.entries.values()].every(isFlat))
    );
  if (forged) findings.add('structure', 'builds a NumPy type that could pass bytes off as objects');
}

/** A field (type, offset, …) or subtype (type, shape) without objects. */
function isFlat(value: Value): boolean {
  const type = value instanceof Tuple ? value.items[0] : value;
  return type instanceof Made && type.by === 'numpy.dtype' && !isObject(type);
}

function isObject(dtype: Made): boolean {
  const name = dtype.args instanceof Tuple ? dtype.args.items[0] : undefined;
  return typeof name !== 'string' || name.includes('O');
}

/** Bytes of an element in a storage class such as `torch.cuda.FloatStorage`; 1 when unknown. */
export function storageBytes(name: string): number {
  const kind = name.replace(/^.*\./, '').replace(/Storage$/, '');
  return Object.hasOwn(STORAGE_BYTES, kind) ? (STORAGE_BYTES[kind] ?? 1) : 1;
}

export interface ArrayData {
  objects: boolean;
  bytes: number;
  /** Whether a byte with the padding's length comes first. */
  padded: boolean;
}

/** What follows a joblib NumpyArrayWrapper in the stream; null when its state does not say. */
export function arrayData(wrapper: Made): ArrayData | null {
  const entries = wrapper.state instanceof Table ? wrapper.state.entries : undefined;
  const shape = entries?.get('shape');
  const dtype = entries?.get('dtype');
  if (!(shape instanceof Tuple) || !(dtype instanceof Made) || dtype.by !== 'numpy.dtype') return null;
  let bytes = itemBytes(dtype);
  for (const dimension of shape.items) {
    if (typeof dimension !== 'number' || dimension < 0) return null;
    bytes *= dimension;
  }
  const padding = entries?.get('numpy_array_alignment_bytes');
  return { objects: isObject(dtype), bytes, padded: padding !== undefined && padding !== null };
}

function itemBytes(dtype: Made): number {
  const size = dtype.state instanceof Tuple ? dtype.state.items[5] : undefined;
  if (typeof size === 'number' && size > 0) return size;
  const name = dtype.args instanceof Tuple ? dtype.args.items[0] : undefined;
  return typeof name === 'string' ? Number(/\d+/.exec(name)?.[0] ?? 1) : NaN;
}
