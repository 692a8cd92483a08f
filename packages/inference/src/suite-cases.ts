/** From a suite to its cases: prompts times tests, defaults merged, templates filled in. */
import { createHash } from 'node:crypto';
import type { Assertion, Case, SuiteFile, SuiteTest, TestOptions } from './suite-types.ts';
import type { Fault } from './suite-validate.ts';
import { fillTemplate, findTemplateFault } from './template.ts';

const DEFAULT_PROMPTS = ['{{prompt}}'];

/** Faults are templates that can't be filled in; then there are no cases. */
export function buildCases(suite: SuiteFile, file: string): { cases: Case[]; faults: Fault[] } {
  const cases: Case[] = [];
  const faults: Fault[] = [];
  const prompts = suite.prompts ?? DEFAULT_PROMPTS;
  suite.tests.forEach((test, index) => {
    const merged = mergeTest(suite.defaultTest ?? {}, test);
    const vars = merged.vars ?? {};
    const before = faults.length;
    prompts.forEach((prompt, at) => {
      const message = findTemplateFault(prompt, vars);
      if (message === undefined) return;
      // A test without the variable is at fault when others have it; the template itself otherwise.
      const path =
        suite.prompts === undefined || message.includes('no value') ? ['tests', index] : ['prompts', at];
      faults.push({ path, atKey: false, message });
    });
    for (const [place, assertion] of (test.assert ?? []).entries()) {
      const message = findValueFault(assertion.value, vars);
      if (message !== undefined)
        faults.push({ path: ['tests', index, 'assert', place, 'value'], atKey: false, message });
    }
    if (faults.length > before) return;
    prompts.forEach((prompt, at) => {
      const label = test.description ?? `test ${index + 1}`;
      cases.push(buildCase(prompt, merged, prompts.length > 1 ? `${label} (prompt ${at + 1})` : label, file));
    });
  });
  return { cases: faults.length > 0 ? [] : cases, faults };
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
