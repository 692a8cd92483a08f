/** Checks a parsed suite against its schema; every fault comes with the path of the value at fault. */
import { nearest } from '@sluice/runtime/input-parsers';
import validate from './schema.gen.ts';
import type { WrittenSuite } from './types.ts';

export interface Fault {
  path: (string | number)[];
  /** The fault lies in the key itself (an unknown one), not in its value. */
  atKey: boolean;
  message: string;
}

export type Validated = { suite: WrittenSuite } | { faults: Fault[] };

/** What ajv tells about a fault, as far as it is used here. */
interface SchemaFault {
  instancePath: string;
  keyword: string;
  message?: string;
  params: Record<string, unknown>;
  schemaPath: string;
}

export function validateSuite(value: unknown): Validated {
  if (validate(value)) return { suite: value as WrittenSuite };
  const found = (validate.errors ?? []) as SchemaFault[];
  return { faults: found.map((fault) => toFault(fault, value)) };
}

function toFault(fault: SchemaFault, root: unknown): Fault {
  const path = parsePointer(fault.instancePath);
  const message = fault.message ?? fault.keyword;
  if (fault.keyword === 'additionalProperties') {
    const key = String(fault.params['additionalProperty']);
    return { path: [...path, key], atKey: true, message: unknownKey(key, path) };
  }
  if (fault.keyword === 'enum') {
    const allowed = fault.params['allowedValues'] as unknown[];
    return { path, atKey: false, message: notAllowed(valueAt(root, path), allowed.map(String), path.at(-1)) };
  }
  return { path, atKey: false, message };
}

/** Keys of promptfoo that change what an answer must be, and aren't built: said so instead of 'unknown'. */
const NOT_BUILT = new Set([
  'nunjucksFilters', 'extensions', 'postprocess', 'assertScoringFunction', 'rubricPrompt',
  'provider', 'providerOutput', 'redteam', 'storeOutputAs', 'transformVars', 'metricOnly',
]); // prettier-ignore

const KEYS: Readonly<Record<string, string[]>> = {
  '': ['description', 'prompts', 'defaultTest', 'tests', 'scenarios', 'assertionTemplates', 'derivedMetrics'],
  test: ['description', 'vars', 'assert', 'options', 'metadata', 'threshold', 'data', 'images', 'turns'],
  options: [
    'protocol', 'system', 'max_tokens', 'temperature', 'top_p', 'seed', 'stop', 'timeout', 'body', 'logprobs', 'prefix',
    'suffix', 'disableVarExpansion', 'inputs', 'input', 'transform',
  ], // prettier-ignore
  assertion: [
    'type', 'value', 'threshold', 'status', 'weight', 'metric', 'assert', 'config', 'model', 'endpoint', 'label', 'timeout',
    'transform', 'contextTransform', '$ref',
  ], // prettier-ignore
  turn: ['prompt', 'assert'],
  data: ['path', 'limit', 'rename'],
  derived: ['name', 'value'],
};

const KINDS_BY_PLACE = [
  ['options', 'options'],
  ['assert', 'assertion'],
  ['assertionTemplates', 'assertion'],
  ['turns', 'turn'],
  ['data', 'data'],
  ['derivedMetrics', 'derived'],
] as const;

function unknownKey(key: string, path: readonly (string | number)[]): string {
  if (NOT_BUILT.has(key)) return `'${key}' is not built yet; remove it`;
  const last = path.at(-1);
  const before = path.at(-2);
  const kind =
    path.length === 0
      ? ''
      : (KINDS_BY_PLACE.find(([place]) => last === place || before === place)?.[1] ?? 'test');
  const known = KEYS[kind] ?? [];
  return `unknown key '${key}'${suggest(key, known)}; known are ${known.join(', ')}`;
}

const AGENT = "it reads what an agent's tools left behind, and a model server has none";
const TRACE = 'it reads an OpenTelemetry trace of an agent, and a model server leaves none';

/** Assertion types of promptfoo that are not built, and why. */
const PLANNED_TYPES: Readonly<Record<string, string>> = {
  'search-rubric': 'its judge has to search the web; use llm-rubric',
  'agent-rubric': 'its judge is an agent; use llm-rubric',
  guardrails: "a model server tells nothing of a provider's guardrails; use moderation or finish-reason",
  pi: 'it is scored by a service of one company; use llm-rubric or classifier',
  'skill-used': AGENT,
  'trajectory:goal-success': TRACE,
  'trajectory:tool-args-match': `${TRACE}; use tool-call-f1 or is-valid-openai-tools-call`,
  'trajectory:step-count': TRACE,
  'trajectory:tool-sequence': `${TRACE}; use tool-call-f1`,
  'trajectory:tool-used': `${TRACE}; use tool-call-f1`,
  'trace-error-spans': TRACE,
  'trace-span-count': TRACE,
  'trace-span-duration': TRACE,
};

function notAllowed(value: unknown, allowed: string[], name: string | number | undefined): string {
  const text = String(value);
  if (name !== 'type') return `'${text}' is none of ${allowed.join(', ')}`;
  const why = PLANNED_TYPES[text.replace(/^not-/, '')];
  if (why !== undefined) return `the assertion '${text}' is not built yet${why === '' ? '' : `: ${why}`}`;
  const positive = allowed.filter((type) => !type.startsWith('not-'));
  return `unknown assertion '${text}'${suggest(text, allowed)}; known are ${positive.join(', ')}, each also with 'not-'`;
}

function suggest(text: string, known: readonly string[]): string {
  const near = nearest(text, known);
  return near === undefined ? '' : `; did you mean '${near}'?`;
}

function parsePointer(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    root,
  );
}
