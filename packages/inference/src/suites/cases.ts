/** From a suite to its cases: prompts times tests, defaults merged, templates filled in. */
import { findAssertionFault, findMissingVar } from '../assertions/faults.ts';
import { kindOf } from '../assertions/registry.ts';
import { isScript } from '../assertions/script-kinds.ts';
import { identify } from './case-id.ts';
import type { Origin } from './expand.ts';
import type { Assertion, Case, SuiteFile, SuiteTest, TestOptions, Vars } from './types.ts';
import { findRivalFault, splitRivals } from './rivals.ts';
import type { Fault } from './validate.ts';
import { describeVars, expandVars, listsOf } from './variants.ts';
import { fillPrompt, fillTemplate, findTemplateFault } from './template.ts';

const DEFAULT_PROMPTS = ['{{prompt}}'];

/** More tests out of one than anybody means. */
const MOST_VARIANTS = 10_000;

/** Faults are templates that can't be filled in and tests that any answer would pass; then there are no cases. */
export function buildCases(
  suite: SuiteFile,
  file: string,
  origins: readonly Origin[],
): { cases: Case[]; faults: Fault[] } {
  const cases: Case[] = [];
  const faults: Fault[] = [];
  const prompts = suite.prompts ?? DEFAULT_PROMPTS;
  suite.tests.forEach((test, index) => {
    const merged = mergeTest(suite.defaultTest ?? {}, test);
    const origin = origins[index] ?? ['tests', index];
    const found = findTestFaults(suite, prompts, merged, origin);
    faults.push(...found);
    if (found.length > 0) return;
    const variants = expandVars(merged);
    for (const [place, vars] of variants.entries()) {
      prompts.forEach((prompt, at) => {
        const marksOf = (values: string): string[] => [
          ...(variants.length > 1 ? [values] : []),
          ...(prompts.length > 1 ? [`prompt ${at + 1}`] : []),
        ];
        const label = test.description ?? `test ${index + 1}`;
        const name = (marks: string[]): string =>
          marks.length === 0 ? label : `${label} (${marks.join(', ')})`;
        const description = name(marksOf(describeVars(vars, merged.vars ?? {})));
        const neutral = name(marksOf(`variant ${place + 1}`));
        const built = {
          ...buildCase(prompt, { ...merged, vars }, description, file, `${file} ${index} ${place}`),
          ...(neutral === description ? {} : { neutral }),
        };
        cases.push(built);
        faults.push(...findFilledFaults(suite, origin, merged.assert ?? [], vars));
      });
    }
  });
  return { cases: faults.length > 0 ? [] : cases, faults };
}

function findTestFaults(
  suite: SuiteFile,
  prompts: readonly string[],
  merged: SuiteTest,
  origin: Origin,
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
    add(isTest ? origin : ['prompts', at], message);
  });
  (merged.assert ?? []).forEach((assertion, place) => {
    add([...placeOf(suite, origin, place), 'type'], findMissingVar(assertion, vars));
    add(
      [...placeOf(suite, origin, place), 'type'],
      findRivalFault(assertion, merged.assert ?? [], prompts.length),
    );
    if (!isCode(assertion))
      add([...placeOf(suite, origin, place), 'value'], findValueFault(assertion.value, vars));
    for (const entry of assertion.assert ?? [])
      if (!isCode(entry))
        add([...placeOf(suite, origin, place), 'assert'], findValueFault(entry.value, vars));
  });
  for (const [at, turn] of (merged.turns ?? []).entries()) {
    add([...origin, 'turns', at, 'prompt'], findTemplateFault(turn.prompt, vars));
    for (const [place, assertion] of (turn.assert ?? []).entries())
      add([...origin, 'turns', at, 'assert', place, 'type'], findMissingVar(assertion, vars));
  }
  if (
    merged.options?.transform !== undefined &&
    (merged.assert ?? []).some(({ type }) => kindOf(type).kind?.compares)
  )
    add([...origin, 'options', 'transform'], 'answers that are compared with one another take no transform');
  if ((merged.assert ?? []).length === 0) {
    add(
      origin,
      'the test demands nothing, so every answer would pass; give it an `assert`, at the least [{type: ends}]',
    );
  }
  const variants = listsOf(merged).reduce((product, [, values]) => product * values.length, 1);
  if (variants === 0) add([...origin, 'vars'], 'an empty list makes no test; remove it or fill it');
  if (variants > MOST_VARIANTS)
    add([...origin, 'vars'], `the lists make ${variants} tests; at most ${MOST_VARIANTS} may be`);
  return faults;
}

/** With the variables filled in, an assertion may hold for every answer (`contains: ''`) or be no pattern. */
function findFilledFaults(
  suite: SuiteFile,
  origin: Origin,
  written: readonly Assertion[],
  vars: Vars,
): Fault[] {
  return written.flatMap((assertion, place): Fault[] => {
    // What is wrong as written is told there.
    if (findAssertionFault(assertion) !== undefined) return [];
    const fault = findAssertionFault(fillAssertion(assertion, vars));
    return fault === undefined
      ? []
      : [
          {
            path: [...placeOf(suite, origin, place), fault.key],
            atKey: false,
            message: `${fault.message} (with its variables filled in)`,
          },
        ];
  });
}

/** Where a merged test's assertion stands: those of defaultTest come first. */
function placeOf(suite: SuiteFile, origin: Origin, place: number): Origin {
  const inherited = suite.defaultTest?.assert?.length ?? 0;
  return place < inherited ? ['defaultTest', 'assert', place] : [...origin, 'assert', place - inherited];
}

function mergeTest(defaults: Omit<SuiteTest, 'description'>, test: SuiteTest): SuiteTest {
  const body = { ...defaults.options?.body, ...test.options?.body };
  const options: TestOptions = { ...defaults.options, ...test.options };
  // A file of the default's is none of code that stands here.
  if (test.options?.transform !== undefined && test.options.transformFile === undefined)
    delete options.transformFile;
  if (Object.keys(body).length > 0) options.body = body;
  const threshold = test.threshold ?? defaults.threshold;
  return {
    vars: { ...defaults.vars, ...test.vars },
    assert: [...(defaults.assert ?? []), ...(test.assert ?? [])],
    options,
    ...(test.images === undefined ? {} : { images: test.images }),
    ...(test.turns === undefined ? {} : { turns: test.turns }),
    metadata: { tags: [...(defaults.metadata?.tags ?? []), ...(test.metadata?.tags ?? [])] },
    ...(threshold === undefined ? {} : { threshold }),
  };
}

function buildCase(
  template: string,
  test: SuiteTest,
  description: string,
  suite: string,
  group: string,
): Case {
  const vars = test.vars ?? {};
  const { prefix = '', suffix = '', ...asked } = test.options ?? {};
  // What was read stands for the files that it came from.
  const options: TestOptions = asked;
  if (options.tensors !== undefined) delete options.inputs;
  const prompt = fillPrompt(`${prefix}${template}${suffix}`, vars);
  const fill = (list: readonly Assertion[]): Assertion[] =>
    list.map((assertion) => fillAssertion(assertion, vars));
  const { assert, compare } = splitRivals(fill(test.assert ?? []));
  const { images, turns = [] } = test;
  const said = turns.map((turn) => ({
    prompt: fillTemplate(turn.prompt, vars),
    assert: fill(turn.assert ?? []),
  }));
  const content = { prompt, options, assert, threshold: test.threshold, compare, images, said };
  return {
    id: identify(content),
    description,
    suite,
    tags: [...new Set(test.metadata?.tags ?? [])],
    kind: assert.some((assertion) => assertion.type === 'rejected') ? 'bad-input' : 'functional',
    prompt,
    options,
    assert,
    threshold: test.threshold,
    vars,
    ...(compare.length === 0 ? {} : { rivals: { group, compare } }),
    ...(images === undefined ? {} : { images }),
    ...(said.length === 0 ? {} : { turns: said }),
  };
}

/** Code keeps its braces: only what answers are compared with is filled in. */
function fillAssertion(assertion: Assertion, vars: Vars): Assertion {
  const filled = { ...assertion };
  if ('value' in assertion && !isCode(assertion)) filled.value = fillValue(assertion.value, vars);
  if (assertion.assert !== undefined)
    filled.assert = assertion.assert.map((entry) => fillAssertion(entry, vars));
  return filled;
}

function isCode({ type, file }: Assertion): boolean {
  return (file !== undefined && kindOf(type).kind?.package === undefined) || isScript(type);
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
