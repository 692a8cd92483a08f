/** What users copy works as printed: every `uses:` of ours names a real action, every input is built and accepted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseRules } from '@sluice/evaluation/rules-parser';
import { readSuite } from '@sluice/inference/suites/load-suites';
import { parseLiveRules } from '@sluice/rollout/parse-live-rules';
import { parseSteps } from '@sluice/rollout/steps';
import { ConfigError } from '@sluice/runtime/errors';
import { environmentName } from '@sluice/runtime/inputs';
import { actionNames, readAction, ROOT } from '../../../scripts/action-metadata.ts';
import {
  markdownSnippets,
  tree,
  usesIn,
  workflowFiles,
  type Snippet,
  type Tree,
} from '../../../scripts/yaml-snippets.ts';

const OURS = /^(?:OWNER\/sluice|\$|\.)\/actions\/([\w-]+)(?:@(.+))?$/;
const OUR_WORKFLOW = /\/(\.github\/workflows\/[\w.-]+)@/;
const EXPRESSION = /\$\{\{\s*(.*?)\s*\}\}/;

const snippets = [...markdownSnippets(), ...workflowFiles()];

interface Step {
  origin: string;
  action: string;
  given: Tree;
  snippet: Snippet;
}

const steps: Step[] = snippets.flatMap((snippet) =>
  usesIn(snippet.value).flatMap((step) => {
    const action = OURS.exec(step.uses)?.[1];
    return action === undefined
      ? []
      : [{ origin: snippet.origin, action, given: tree(step['with']), snippet }];
  }),
);

/** `${{ env.X }}` and `${{ inputs.x }}` by the document's own values; undefined when only a run knows it. */
function resolved(value: unknown, { value: document }: Snippet): string | undefined {
  const env = tree(tree(document)['env']);
  const called = tree(tree(tree(tree(document)['on'])['workflow_call'])['inputs']);
  const parts = text(value).split(EXPRESSION);
  // Every second part is what stands inside an expression.
  const values = parts.map((part, i) => {
    if (i % 2 === 0) return part;
    const [scope, name = ''] = part.split('.');
    return scope === 'env' ? env[name] : scope === 'inputs' ? tree(called[name])['default'] : undefined;
  });
  return values.includes(undefined) ? undefined : values.map(text).join('');
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What the action's own reader and parsers say against a step. */
async function faultsOf({ action, given, snippet }: Step): Promise<string[]> {
  const { inputs } = readAction(action);
  const unknown = Object.keys(given).filter((name) => !inputs.some((input) => input.name === name));
  const env: NodeJS.ProcessEnv = {};
  const faults = unknown.map((name) => `no input '${name}'`);
  for (const input of inputs) {
    const value = input.name in given ? resolved(given[input.name], snippet) : input.default;
    if (input.name in given && input.planned) faults.push(`'${input.name}' is not built yet`);
    if (value !== undefined) env[environmentName(input.name)] = value;
  }
  const { readInputs } = (await import(`../../../actions/${action}/src/inputs.gen.ts`)) as {
    readInputs: (env: NodeJS.ProcessEnv) => Record<string, unknown>;
  };
  try {
    const read = readInputs(env);
    return [...faults, ...ruleFaults(action, read)];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Given, by an expression that only a run can tell.
    const toldLater = Object.keys(given).map((name) => `input \`${name}\` is required and was not given`);
    return [...faults, ...error.faults.filter((fault) => !toldLater.includes(fault))];
  }
}

function ruleFaults(action: string, read: Record<string, unknown>): string[] {
  const text = (name: string): string => (typeof read[name] === 'string' ? read[name] : '');
  const faults = parseRules(text('thresholds')).faults.map((fault) => `thresholds: ${JSON.stringify(fault)}`);
  const stable = action === 'canary-deploy' ? true : { because: 'it is stable itself' };
  for (const input of ['analysis', 'slo']) {
    if (text(input) !== '')
      faults.push(...parseLiveRules(text(input), { input, stable, optional: false }).faults);
  }
  try {
    if (text('steps') !== '') parseSteps(text('steps'));
  } catch (error) {
    faults.push(String(error));
  }
  return faults;
}

test('there are snippets of every action, in its README and in the README of all', () => {
  for (const action of actionNames()) {
    expect(steps.map(({ origin, action: used }) => `${origin.split(':')[0]} ${used}`)).toContain(
      `actions/${action}/README.md ${action}`,
    );
  }
  expect(steps.filter(({ origin }) => origin.startsWith('README.md')).length).toBeGreaterThanOrEqual(3);
  expect(steps.filter(({ origin }) => origin.startsWith('workflows-templates/')).length).toBe(5 + 1 + 1 + 2);
});

test('every `uses:` of ours names an action or a workflow that there is', () => {
  for (const { origin, action } of steps)
    expect([origin, actionNames()]).toEqual([origin, expect.arrayContaining([action])]);
  for (const { origin, value } of snippets) {
    for (const { uses } of usesIn(value)) {
      const workflow = OUR_WORKFLOW.exec(uses)?.[1];
      if (workflow !== undefined)
        expect(readFileSync(join(ROOT, workflow), 'utf8')).toContain('workflow_call');
      expect([origin, uses]).toEqual([origin, expect.stringMatching(/^(\$\/|.+@.+)/)]);
    }
  }
});

describe.each(steps.map((step, i) => [`${step.origin} ${step.action} (${i})`, step] as const))(
  '%s',
  (_, step) => {
    test('every input exists, is built, and takes the value', async () => {
      expect(await faultsOf(step)).toEqual([]);
    });
  },
);

test('a call of the reusable workflow gives inputs and secrets that it has, and all that it requires', () => {
  const calls = snippets.flatMap(({ value }) => usesIn(value)).filter(({ uses }) => OUR_WORKFLOW.test(uses));
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) {
    const file = OUR_WORKFLOW.exec(call.uses)?.[1];
    const { value } = workflowFiles().find(({ origin }) => origin === file) ?? { value: undefined };
    const called = tree(tree(tree(value)['on'])['workflow_call']);
    const inputs = tree(called['inputs']);
    const required = Object.keys(inputs).filter((name) => tree(inputs[name])['required'] === true);
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(tree(call['with']))));
    expect(Object.keys(tree(call['with']))).toEqual(expect.arrayContaining(required));
    expect(Object.keys(tree(called['secrets']))).toEqual(
      expect.arrayContaining(Object.keys(tree(call['secrets']))),
    );
  }
});

test('every output that an expression reads is one that the step writes', () => {
  let checked = 0;
  for (const { origin, text, value } of snippets) {
    const ids = new Map(usesIn(value).map((step) => [String(step['id']), OURS.exec(step.uses)?.[1]]));
    for (const [whole, id = '', output = ''] of text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      const action = ids.get(id);
      if (action === undefined) continue;
      checked += 1;
      const outputs = readAction(action).outputs.map(({ name }) => name);
      expect([origin, whole, outputs]).toEqual([origin, whole, expect.arrayContaining([output])]);
    }
  }
  expect(checked).toBeGreaterThan(5);
});

test('the suites in the documents are suites', () => {
  const suites = markdownSnippets().filter(({ value }) => 'tests' in tree(value));
  expect(suites.length).toBeGreaterThan(0);
  for (const { origin, text } of suites) expect(readSuite(text, origin).findings).toEqual([]);
});
