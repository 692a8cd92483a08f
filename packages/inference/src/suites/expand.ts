/** From what a suite says to all that it means: files read, rows and scenarios made tests, templates of assertions put in. */
import { findPackage } from '../assertions/faults.ts';
import { isScript } from '../assertions/script-kinds.ts';
import { isPromptVersion } from '@sluice/release/prompts';
import { isMap, type SuiteFiles } from './files.ts';
import { testFromCells } from './rows.ts';
import type { Tensor } from '../clients/answer.ts';
import type { Assertion, SuiteFile, SuiteTest, TestOptions, WrittenSuite, WrittenTest } from './types.ts';
import type { Fault } from './validate.ts';

/** Where a test of the expanded suite stands in the file. */
export type Origin = (string | number)[];

export interface Expanded {
  suite: SuiteFile;
  origins: Origin[];
  faults: Fault[];
}

type Entry = string | WrittenTest;

export function expandSuite(written: WrittenSuite, files: SuiteFiles): Expanded {
  const faults: Fault[] = [];
  const tests: SuiteTest[] = [];
  const origins: Origin[] = [];
  const attempt = <T>(path: Origin, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      faults.push({ path, atKey: false, message: (error as Error).message });
      return undefined;
    }
  };
  const settle = (list: readonly Assertion[], path: Origin): Assertion[] =>
    list.flatMap(
      (assertion, at) =>
        attempt(path.at(-1) === 'assert' ? [...path, at] : path, () =>
          settleAssertion(assertion, written, files),
        ) ?? [],
    );
  const settleOptions = (options: TestOptions, path: Origin): TestOptions => ({
    ...options,
    ...attempt([...path, 'transform'], () => codeFiles(options, files)),
  });
  const add = (test: WrittenTest, origin: Origin): void => {
    const { data, images, ...rest } = test;
    const made: SuiteTest = { ...rest };
    if (test.assert !== undefined) made.assert = settle(test.assert, [...origin, 'assert']);
    if (test.turns !== undefined)
      made.turns = test.turns.map((turn, at) => ({
        ...turn,
        ...(turn.assert === undefined
          ? {}
          : { assert: settle(turn.assert, [...origin, 'turns', at, 'assert']) }),
      }));
    if (images !== undefined)
      made.images =
        attempt([...origin, 'images'], () =>
          images.map((image) => (image.startsWith('data:') ? image : files.image(image))),
        ) ?? [];
    if (test.options !== undefined) made.options = settleOptions(test.options, [...origin, 'options']);
    const { inputs } = test.options ?? {};
    if (inputs !== undefined)
      made.options = {
        ...made.options,
        tensors: attempt([...origin, 'options', 'inputs'], () => readInputs(inputs, files)) ?? [],
      };
    if (data === undefined) {
      tests.push(made);
      origins.push(origin);
      return;
    }
    for (const [at, row] of (attempt([...origin, 'data'], () => readData(data, files)) ?? []).entries()) {
      // Columns of promptfoo's tables mean here what they mean there: an expectation is not left out.
      const own = attempt([...origin, 'data'], () => testFromCells(row));
      if (own === undefined) break;
      own.assert = settle(own.assert ?? [], [...origin, 'data']);
      const description = own.description ?? `${test.description ?? 'row'} ${at + 1}`;
      const assert = [...(made.assert ?? []), ...own.assert];
      const vars = { ...own.vars, ...made.vars };
      const options = { ...made.options, ...own.options };
      tests.push({ ...own, ...made, description, vars, assert, options });
      origins.push(origin);
    }
  };
  const addEntry = (entry: Entry, origin: Origin): void => {
    if (typeof entry !== 'string') add(entry, origin);
    else for (const test of attempt(origin, () => readTests(entry, files)) ?? []) add(test, origin);
  };
  (written.tests ?? []).forEach((entry, at) => addEntry(entry, ['tests', at]));
  (written.scenarios ?? []).forEach((scenario, at) => {
    scenario.config.forEach((config) =>
      scenario.tests.forEach((test, place) =>
        addEntry(mergeScenario(config, test), ['scenarios', at, 'tests', place]),
      ),
    );
  });
  const suite: SuiteFile = { tests };
  if (written.description !== undefined) suite.description = written.description;
  if (written.defaultTest !== undefined) {
    const assert = settle(written.defaultTest.assert ?? [], ['defaultTest', 'assert']);
    const { options } = written.defaultTest;
    suite.defaultTest = {
      ...written.defaultTest,
      ...(assert.length === 0 ? {} : { assert }),
      ...(options === undefined ? {} : { options: settleOptions(options, ['defaultTest', 'options']) }),
    };
  }
  if (written.prompts !== undefined)
    suite.prompts = written.prompts.flatMap(
      (prompt, at) => attempt(['prompts', at], () => readPrompts(prompt, files)) ?? [],
    );
  return { suite, origins, faults };
}

/** The scenario's values stand behind the test's own. */
function mergeScenario(config: WrittenTest, test: Entry): Entry {
  if (typeof test === 'string') return test;
  const assert = [...(config.assert ?? []), ...(test.assert ?? [])];
  return {
    ...config,
    ...test,
    vars: { ...config.vars, ...test.vars },
    ...(assert.length === 0 ? {} : { assert }),
  };
}

function readInputs(inputs: NonNullable<TestOptions['inputs']>, files: SuiteFiles): Tensor[] {
  return Object.entries(inputs).map(([name, given]) => {
    if (typeof given !== 'string') {
      const count = given.shape.reduce((product, size) => product * size, 1);
      if (count !== given.data.length)
        throw new Error(`'${name}' has ${given.data.length} values, its shape needs ${count}`);
      return { name, ...given };
    }
    return { name, ...files.tensor(given) };
  });
}

function readTests(reference: string, files: SuiteFiles): WrittenTest[] {
  const rows = files.rows(reference);
  return /\.(?:csv|parquet)$/.test(reference)
    ? rows.map(testFromCells)
    : rows.map((row) => row as WrittenTest);
}

function readData(data: NonNullable<WrittenTest['data']>, files: SuiteFiles): Record<string, unknown>[] {
  const { path, limit, rename = {} } = typeof data === 'string' ? { path: data } : data;
  const rows = files.rows(path).slice(0, limit);
  return rows.map((row) => {
    const missing = Object.keys(rename).find((name) => !Object.hasOwn(row, name));
    if (missing !== undefined)
      throw new Error(`'${path}' has no column '${missing}', only ${Object.keys(row).join(', ')}`);
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [rename[name] ?? name, value]));
  });
}

/** A text, a file (several prompts in a .txt are parted by lines of ---), or a version of one: prompts/x@v2. */
function readPrompts(prompt: NonNullable<WrittenSuite['prompts']>[number], files: SuiteFiles): string[] {
  if (typeof prompt !== 'string') return [prompt.raw];
  const isVersion = isPromptVersion(prompt);
  if (!isVersion && !prompt.startsWith('file://')) return [prompt];
  const path = isVersion ? files.versioned(prompt) : files.find(prompt);
  if (/\.(?:json|ya?ml)$/.test(path)) return [JSON.stringify(files.value(path))];
  const text = files.text(path);
  const parts = path.endsWith('.txt') ? text.split(/^---\s*$/m) : [text];
  const filled = parts
    .map((part) => part.replace(/\r?\n$/, '').replace(/^\r?\n/, ''))
    .filter((part) => part.trim() !== '');
  if (filled.length === 0) throw new Error(`'${prompt}' is empty`);
  return filled;
}

/** `file://check.js:name` */
const FUNCTION_NAME = /:[A-Za-z_]\w*$/;

function settleAssertion(assertion: Assertion, written: WrittenSuite, files: SuiteFiles): Assertion {
  const named = assertion.$ref;
  if (named !== undefined) {
    const name = named.replace(/^#\/assertionTemplates\//, '');
    const template = written.assertionTemplates?.[name];
    if (template === undefined) throw new Error(`there is no assertionTemplates.${name}`);
    if (template.$ref !== undefined) throw new Error(`assertionTemplates.${name} names another template`);
    const own = Object.entries({ ...template, ...assertion }).filter(([key]) => key !== '$ref');
    return settleAssertion(Object.fromEntries(own) as unknown as Assertion, written, files);
  }
  return settleValue({ ...assertion, ...codeFiles(assertion, files) }, written, files);
}

/** Files that code is in, besides that of a value. */
function codeFiles(
  { transform, contextTransform }: { transform?: string; contextTransform?: string },
  files: SuiteFiles,
): { transformFile?: string; contextFile?: string } {
  const find = (code: string | undefined): string | undefined =>
    code?.startsWith('file://') === true ? files.find(code.replace(FUNCTION_NAME, '')) : undefined;
  const [transformFile, contextFile] = [find(transform), find(contextTransform)];
  return {
    ...(transformFile === undefined ? {} : { transformFile }),
    ...(contextFile === undefined ? {} : { contextFile }),
  };
}

function settleValue(assertion: Assertion, written: WrittenSuite, files: SuiteFiles): Assertion {
  const { value, assert } = assertion;
  const file = findPackage(assertion, (path) => files.find(path));
  if (file !== undefined)
    return {
      ...assertion,
      ...(typeof value === 'string' && value.startsWith('file://') ? { value: files.value(value) } : {}),
      file,
    };
  if (assert !== undefined)
    return { ...assertion, assert: assert.map((entry) => settleAssertion(entry, written, files)) };
  const close = isMap(value) ? value['close'] : undefined;
  if (/^(?:not-)?tensor$/.test(assertion.type) && typeof close === 'string')
    return { ...assertion, file: files.find(close) };
  if (typeof value !== 'string' || !value.startsWith('file://')) return assertion;
  if (isScript(assertion.type)) return { ...assertion, file: files.find(value.replace(FUNCTION_NAME, '')) };
  return { ...assertion, value: files.value(value) };
}
