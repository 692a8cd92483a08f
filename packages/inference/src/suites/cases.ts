/** From a suite to its cases: prompts times tests, defaults merged, templates filled in. */
import { createHash } from 'node:crypto';
import { findAssertionFault } from '../assertions/faults.ts';
import type { Assertion, Case, Scalar, SuiteFile, SuiteTest, TestOptions, Vars } from './types.ts';
import type { Fault } from './validate.ts';
import { fillTemplate, findTemplateFault } from './template.ts';

const DEFAULT_PROMPTS = ['{{prompt}}'];

/** More tests out of one than anybody means. */
const MOST_VARIANTS = 10_000;

/** Faults are templates that can't be filled in and tests that any answer would pass; then there are no cases. */
export function buildCases(suite: SuiteFile, file: string): { cases: Case[]; faults: Fault[] } {
  const cases: Case[] = [];
  const faults: Fault[] = [];
  const prompts = suite.prompts ?? DEFAULT_PROMPTS;
  suite.tests.forEach((test, index) => {
    const merged = mergeTest(suite.defaultTest ?? {}, test);
    const found = findTestFaults(suite, prompts, merged, index);
    faults.push(...found);
    if (found.length > 0) return;
    const variants = expandVars(merged.vars ?? {});
    for (const vars of variants) {
      prompts.forEach((prompt, at) => {
        const marks = [
          ...(variants.length > 1 ? [describeVars(vars, merged.vars ?? {})] : []),
          ...(prompts.length > 1 ? [`prompt ${at + 1}`] : []),
        ];
        const label = test.description ?? `test ${index + 1}`;
        const description = marks.length === 0 ? label : `${label} (${marks.join(', ')})`;
        const built = buildCase(prompt, { ...merged, vars }, description, file);
        cases.push(built);
        faults.push(...findFilledFaults(suite, index, merged.assert ?? [], built.assert));
      });
    }
  });
  return { cases: faults.length > 0 ? [] : cases, faults };
}

function findTestFaults(
  suite: SuiteFile,
  prompts: readonly string[],
  merged: SuiteTest,
  index: number,
): Fault[] {
  const faults: Fault[] = [];
  const vars = merged.vars ?? {};
  const add = (path: Fault['path'], message: string | undefined): void => {
    if (message !== undefined) faults.push({ path, atKey: false, message });
  };
  prompts.forEach((prompt, at) => {
    const message = findTemplateFault(prompt, vars);
    // A test without the variable is at fault when others have it; the template itself otherwise.
    const isTest = suite.prompts === undefined || message?.includes('no value') === true;
    add(isTest ? ['tests', index] : ['prompts', at], message);
  });
  (merged.assert ?? []).forEach((assertion, place) => {
    add([...placeOf(suite, index, place), 'value'], findValueFault(assertion.value, vars));
  });
  if ((merged.assert ?? []).length === 0) {
    add(
      ['tests', index],
      'the test demands nothing, so every answer would pass; give it an `assert`, at the least [{type: ends}]',
    );
  }
  const variants = Object.values(vars).reduce<number>(
    (product, value) => product * (Array.isArray(value) ? value.length : 1),
    1,
  );
  if (variants === 0) add(['tests', index, 'vars'], 'an empty list makes no test; remove it or fill it');
  if (variants > MOST_VARIANTS)
    add(['tests', index, 'vars'], `the lists make ${variants} tests; at most ${MOST_VARIANTS} may be`);
  return faults;
}

/** With the variables filled in, an assertion may hold for every answer (`contains: ''`) or be no pattern. */
function findFilledFaults(
  suite: SuiteFile,
  index: number,
  written: readonly Assertion[],
  filled: readonly Assertion[],
): Fault[] {
  return filled.flatMap((assertion, place): Fault[] => {
    const before = written[place];
    // What is wrong as written is told there.
    if (before === undefined || findAssertionFault(before) !== undefined) return [];
    const fault = findAssertionFault(assertion);
    return fault === undefined
      ? []
      : [
          {
            path: [...placeOf(suite, index, place), fault.key],
            atKey: false,
            message: `${fault.message} (with its variables filled in)`,
          },
        ];
  });
}

/** Where a merged test's assertion stands: those of defaultTest come first. */
function placeOf(suite: SuiteFile, index: number, place: number): (string | number)[] {
  const inherited = suite.defaultTest?.assert?.length ?? 0;
  return place < inherited ? ['defaultTest', 'assert', place] : ['tests', index, 'assert', place - inherited];
}

/** As promptfoo: lists of values are multiplied out. */
function expandVars(vars: Vars): Record<string, Scalar>[] {
  return Object.entries(vars).reduce<Record<string, Scalar>[]>(
    (variants, [name, value]) =>
      variants.flatMap((variant) =>
        (Array.isArray(value) ? value : [value]).map((one) => ({ ...variant, [name]: one })),
      ),
    [{}],
  );
}

function describeVars(chosen: Record<string, Scalar>, vars: Vars): string {
  return Object.entries(chosen)
    .filter(([name]) => Array.isArray(vars[name]))
    .map(([name, value]) => `${name}: ${String(value).slice(0, 60)}`)
    .join(', ');
}

function mergeTest(defaults: Omit<SuiteTest, 'description'>, test: SuiteTest): SuiteTest {
  const body = { ...defaults.options?.body, ...test.options?.body };
  const options: TestOptions = { ...defaults.options, ...test.options };
  if (Object.keys(body).length > 0) options.body = body;
  const threshold = test.threshold ?? defaults.threshold;
  return {
    vars: { ...defaults.vars, ...test.vars },
    assert: [...(defaults.assert ?? []), ...(test.assert ?? [])],
    options,
    metadata: { tags: [...(defaults.metadata?.tags ?? []), ...(test.metadata?.tags ?? [])] },
    ...(threshold === undefined ? {} : { threshold }),
  };
}

function buildCase(template: string, test: SuiteTest, description: string, suite: string): Case {
  const vars = test.vars ?? {};
  const prompt = fillTemplate(template, vars);
  const options = test.options ?? {};
  const assert = (test.assert ?? []).map((assertion): Assertion => {
    return 'value' in assertion ? { ...assertion, value: fillValue(assertion.value, vars) } : assertion;
  });
  const content = { prompt, options, assert, threshold: test.threshold ?? null };
  return {
    id: createHash('sha256').update(stableJson(content)).digest('hex'),
    description,
    suite,
    tags: [...new Set(test.metadata?.tags ?? [])],
    kind: assert.some((assertion) => assertion.type === 'rejected') ? 'bad-input' : 'functional',
    prompt,
    options,
    assert,
    threshold: test.threshold,
  };
}

function findValueFault(value: unknown, vars: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof value === 'string') return value.includes('{{') ? findTemplateFault(value, vars) : undefined;
  if (!Array.isArray(value)) return undefined;
  return value.map((entry) => findValueFault(entry, vars)).find((fault) => fault !== undefined);
}

function fillValue(value: unknown, vars: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === 'string') return fillTemplate(value, vars);
  return Array.isArray(value) ? value.map((entry) => fillValue(entry, vars)) : value;
}

/** JSON with sorted keys: equal contents, equal text. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
