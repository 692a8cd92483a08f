/**
 * An ONNX model: a protobuf message (onnx.proto), followed through graphs, functions and attributes, however deep. Tensor
 * data is passed over; data that lies in other files is named, for whoever knows which files there are.
 */
import { MalformedError } from './byte-reader.ts';
import type { ForwardReader } from './forward-reader.ts';
import type { ExternalData } from './onnx-tensor.ts';
import { readTensor } from './onnx-tensor.ts';
import type { Field } from './protobuf-fields.ts';
import { readFields, readText, readVarint } from './protobuf-fields.ts';

export interface OnnxFacts {
  irVersion: number;
  /** Operator sets outside ONNX itself and ONNX Runtime: libraries bring them. */
  customDomains: string[];
  external: ExternalData[];
}

type Kind =
  'model' | 'graph' | 'node' | 'attribute' | 'tensor' | 'sparse' | 'training' | 'function' | 'opset';

/** Of each message the fields that are followed: number to kind. */
const FOLLOWED: Readonly<Record<Exclude<Kind, 'tensor'>, Readonly<Record<number, Kind>>>> = {
  model: { 7: 'graph', 8: 'opset', 20: 'training', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 9: 'opset', 11: 'attribute' },
  opset: {},
};

/** Where a message names an operator set. */
const DOMAIN: Readonly<Partial<Record<Kind, number>>> = { node: 7, opset: 1 };
const FUNCTION_DOMAIN = 10;

/** What ONNX itself and ONNX Runtime bring, and the older name of the first. */
const BUILT_IN =
  /^(ai\.onnx|ai\.onnx\.ml|ai\.onnx\.training|ai\.onnx\.preview(\.training)?|com\.microsoft(\.nchwc|\.internal\.\w+|\.experimental|\.dml)?|com\.ms\.\w+)?$/;

const MAX_DEPTH = 32;
/** protobuf's own limit for a message. */
const MAX_BYTES = 2 ** 31 - 1;
const MAX_FIELDS = 50_000_000;
const MAX_DOMAINS = 1000;
const MAX_IR_VERSION = 1000;

interface Walk {
  reader: ForwardReader;
  irVersion: number | undefined;
  domains: Set<string>;
  /** Domains of the model's own functions. */
  own: Set<string>;
  external: ExternalData[];
  fields: number;
}

/**
 * Whether a file's first bytes are a model's: an ir_version, then fields of a model only, up to its graph. TensorFlow's
 * saved models begin alike, and have no graph at that place.
 */
export function startsAsOnnx(head: Buffer, size: number): boolean {
  if (head[0] !== 0x08) return false;
  let at = 0;
  const u8 = (): number => head[at++] ?? 0x80;
  try {
    while (at < head.byteLength) {
      const tag = readVarint({ u8 });
      const number = Math.floor(tag / 8);
      if ((tag & 7) !== MODEL_FIELDS[number]) return false;
      const value = readVarint({ u8 });
      if (number === 1 && (value < 1 || value > MAX_IR_VERSION)) return false;
      if (number === 7) return true;
      if ((tag & 7) === 2 && at + value > size) return false;
      if ((tag & 7) === 2) at += value;
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  return false;
}

/** Wire types of a model's fields. */
const MODEL_FIELDS: Readonly<Record<number, number>> = {
  1: 0,
  2: 2,
  3: 2,
  4: 2,
  5: 0,
  6: 2,
  7: 2,
  8: 2,
  14: 2,
  20: 2,
  25: 2,
  26: 2,
};

/** Throws MalformedError with the first thing that is wrong. */
export async function readOnnx(reader: ForwardReader): Promise<OnnxFacts> {
  const walk: Walk = {
    reader,
    irVersion: undefined,
    domains: new Set(),
    own: new Set(),
    external: [],
    fields: 0,
  };
  await follow('model', walk, 0);
  if (reader.position > MAX_BYTES)
    throw new MalformedError(`it is larger than any protobuf (${MAX_BYTES} bytes)`);
  if (walk.irVersion === undefined) throw new MalformedError('it has no ir_version');
  // Before version 3 there was one operator set.
  if (walk.irVersion >= 3 && walk.domains.size === 0) throw new MalformedError('it imports no operator set');
  const customDomains = [...walk.domains].filter((domain) => !BUILT_IN.test(domain) && !walk.own.has(domain));
  return { irVersion: walk.irVersion, customDomains: customDomains.sort(), external: walk.external };
}

async function follow(kind: Exclude<Kind, 'tensor'>, walk: Walk, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) throw new MalformedError('its graphs lie in each other too deep');
  const { reader } = walk;
  const followed = FOLLOWED[kind];
  const seen = { domain: false };
  await readFields(reader, (field) => {
    walk.fields += 1;
    if (walk.fields > MAX_FIELDS) throw new MalformedError(`it has more than ${MAX_FIELDS} fields`);
    const inner = followed[field.number];
    if (inner !== undefined) return descend(inner, field, walk, depth);
    if (kind === 'model' && field.number === 1) walk.irVersion = irVersion(field);
    if (field.number === DOMAIN[kind]) {
      seen.domain = true;
      addTo(walk.domains, readText(reader, field, 'the domain of an operator'));
    }
    if (kind === 'function' && field.number === FUNCTION_DOMAIN) {
      addTo(walk.own, readText(reader, field, 'the domain of a function'));
    }
    return undefined;
  });
  // protobuf leaves out what is empty: ONNX's own operator set.
  if (kind === 'opset' && !seen.domain) walk.domains.add('');
}

function descend(kind: Kind, field: Field, walk: Walk, depth: number): Promise<void> {
  if (field.wire !== 2) throw new MalformedError(`its ${kind} is no message`);
  const { reader } = walk;
  return reader.within(field.value, async () => {
    if (kind !== 'tensor') return follow(kind, walk, depth + 1);
    const external = await readTensor(reader);
    if (external !== null) walk.external.push(external);
  });
}

function irVersion({ wire, value }: Field): number {
  if (wire !== 0 || value < 1 || value > MAX_IR_VERSION)
    throw new MalformedError(`its ir_version is ${value}`);
  return value;
}

function addTo(domains: Set<string>, domain: string): void {
  domains.add(domain);
  if (domains.size > MAX_DOMAINS) throw new MalformedError(`it names more than ${MAX_DOMAINS} operator sets`);
}
