/** What is wrong with an assertion before any answer is there: it would pass or fail for no reason. */
import type { Assertion } from '../suites/types.ts';
import type { AssertionFault, ExtraKey } from './kinds.ts';
import { kindOf } from './registry.ts';

const EXTRAS: readonly ExtraKey[] = [
  'status',
  'threshold',
  'config',
  'model',
  'endpoint',
  'label',
  'timeout',
  'contextTransform',
];

/** Those that a fault points at by their own name. */
const OWN_KEYS = ['status', 'threshold', 'endpoint', 'contextTransform'] as const;

/** Who takes what, for messages. */
const ONLY: Partial<Record<ExtraKey, string>> = { status: "; only 'rejected' does" };

/** Undefined when the assertion can be decided for any answer. */
export function findAssertionFault(assertion: Assertion): AssertionFault | undefined {
  const { type } = assertion;
  if (type === 'assert-set') return findSetFault(assertion);
  const { kind } = kindOf(type);
  if (kind === undefined) return { key: 'type', message: `unknown assertion '${type}'` };
  if (assertion.transform !== undefined && (kind.compares === true || type.endsWith('rejected')))
    return { key: 'transform', message: `'${type}' takes no transform` };
  if (assertion.assert !== undefined)
    return { key: 'assert', message: `'${type}' takes no assertions of its own; only 'assert-set' does` };
  const extra = EXTRAS.find((key) => assertion[key] !== undefined && kind.takes?.includes(key) !== true);
  if (extra !== undefined) {
    const key = OWN_KEYS.find((name) => name === extra) ?? 'config';
    return { key, message: `'${type}' takes no ${extra}${ONLY[extra] ?? ''}` };
  }
  return kind.check(assertion);
}

/** The file of the package that the assertion needs, found by `find`; undefined for one that needs none. Throws without. */
export function findPackage({ type }: Assertion, find: (path: string) => string): string | undefined {
  const needed = kindOf(type).kind?.package;
  if (needed === undefined) return undefined;
  try {
    return find(`node_modules/${needed.file}`);
  } catch {
    throw new Error(
      `'${type}' needs the package ${needed.name} in the workspace, as promptfoo does; run 'npm install --no-save ${needed.install}' in a step before`,
    );
  }
}

/** Which variable of the test the assertion reads and doesn't find; undefined when it finds all. */
export function findMissingVar(
  { type, assert = [], contextTransform }: Assertion,
  vars: Readonly<Record<string, unknown>>,
): string | undefined {
  const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
  const missing = kindOf(type).kind?.vars?.find((name) => {
    if (name === 'context' && contextTransform !== undefined) return false;
    const value = vars[name];
    return !(Array.isArray(value) ? value.length > 0 && value.every(isText) : isText(value));
  });
  if (missing !== undefined) return `'${type}' needs the variable '${missing}': a text, or a list of texts`;
  return assert.map((entry) => findMissingVar(entry, vars)).find((fault) => fault !== undefined);
}

function findSetFault({ value, assert = [], threshold, transform }: Assertion): AssertionFault | undefined {
  if (transform !== undefined)
    return { key: 'transform', message: "'assert-set' takes no transform; give it to its assertions" };
  if (value !== undefined) return { key: 'value', message: "'assert-set' takes no value, but `assert`" };
  if (assert.length === 0)
    return { key: 'assert', message: "'assert-set' holds no assertion, so every answer would pass" };
  if (threshold !== undefined && (threshold <= 0 || threshold > 1))
    return { key: 'threshold', message: "the threshold of 'assert-set' is above 0 and at most 1" };
  if (assert.some(({ type }) => type === 'assert-set' || type === 'rejected'))
    return { key: 'assert', message: "'assert-set' holds no other set and no 'rejected'" };
  const [fault] = assert.map(findAssertionFault).filter((found) => found !== undefined);
  return fault === undefined ? undefined : { key: 'assert', message: fault.message };
}
