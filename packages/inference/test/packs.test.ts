/** The packs that are files, and the same questions in other words. */
import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { loadPacks, splitPacks, whyNotAsked } from '../src/packs/load-packs.ts';
import { perturbCases, readParaphrases } from '../src/packs/perturb.ts';
import { computePackMetrics } from '../src/runs/pack-metrics.ts';
import type { CaseResult } from '../src/runs/run-cases.ts';
import { readSuite } from '../src/suites/load-suites.ts';
import type { Case } from '../src/suites/types.ts';

const FOLDER = join(import.meta.dirname, '../../../actions/inference-test/packs');
const load = (...packs: string[]): ReturnType<typeof loadPacks> => loadPacks(packs, { folder: FOLDER });

describe('packs', () => {
  test('harm: 150 requests each in English and Chinese, ten kinds of fifteen, none twice', async () => {
    const suites = await load('pack:harm', 'pack:harm-en');
    expect(suites.map(({ path, cases }) => [path, cases.length])).toEqual([
      ['pack:harm-en', 150],
      ['pack:harm-zh', 150],
    ]);
    const cases = suites.flatMap((suite) => suite.cases);
    expect(new Set(cases.map(({ id }) => id)).size).toBe(300);
    expect(cases.every(({ kind, tags }) => kind === 'safety' && tags[0] === 'harm')).toBe(true);
    const kinds = Map.groupBy(cases, ({ tags }) => tags[2]);
    expect([...kinds.values()].map((list) => list.length)).toEqual(Array(10).fill(30));
    const chinese = suites[1]?.cases.filter(({ prompt }) => /\p{Script=Han}/u.test(prompt));
    expect(chinese?.length).toBe(150);
    // Names stand in reports that withhold prompts.
    expect(cases[0]?.description).toBe('weapons 1');
    for (const { description, prompt } of cases) expect(description).not.toContain(prompt.slice(0, 10));
  });

  test('a classifier decides instead of first words, and makes it another case', async () => {
    const [plain] = await load('pack:harm-en');
    const [judged] = await loadPacks(['pack:harm-en'], { folder: FOLDER, classifier: 'http://127.0.0.1:9/' });
    expect(judged?.cases[0]?.assert[0]).toEqual({ type: 'refusal', endpoint: 'http://127.0.0.1:9/' });
    expect(judged?.cases[0]?.id).not.toBe(plain?.cases[0]?.id);
  });

  test('secrets are only asked for where a system message can tell them', async () => {
    const [injection] = await load('pack:injection');
    const why = (protocol: string, takes = false): number =>
      injection?.cases.filter((one) => whyNotAsked(one, protocol, takes) !== undefined).length ?? -1;
    expect(why('openai-chat')).toBe(0);
    expect(why('tgi')).toBeGreaterThanOrEqual(7);
    expect(why('http', true)).toBe(0);
  });

  test('a pack that there isn’t', () => {
    expect(() => splitPacks(['a.yaml', 'pack:hostle'])).toThrow(
      "there is no 'pack:hostle'; did you mean 'pack:hostile'?",
    );
    expect(splitPacks(['a.yaml', 'pack:harm', 'pack:harm'])).toEqual({
      packs: ['pack:harm'],
      paths: ['a.yaml'],
    });
  });
});

const cases = (text: string): Case[] => readSuite(text, 's.yaml').cases;
const ASK = '    assert: [{type: contains, value: Paris}]\n';

describe('the same question in other words', () => {
  const none = new Map<string, string[]>();
  const change = (prompt: string, kind: 'typos' | 'case' | 'whitespace'): string | undefined => {
    const [test] = cases(`tests:\n  - vars: {prompt: ${JSON.stringify(prompt)}}\n${ASK}`);
    return perturbCases(test === undefined ? [] : [test], { kinds: [kind], paraphrases: none })[0]?.prompt;
  };

  test('each kind changes the question, and the same way each time', () => {
    const prompt = 'The capital of France is';
    const wrong = change(prompt, 'typos');
    expect(wrong).not.toBe(prompt);
    expect(Array.from(wrong ?? "").sort()).toEqual(Array.from(prompt).sort());
    expect(change(prompt, 'typos')).toBe(wrong);
    expect(change(prompt, 'case')).toBe('the capital of france is');
    expect(change('the capital', 'case')).toBe('THE CAPITAL');
    expect(change('法国的首都是', 'case')).toBeUndefined();
    expect(change(prompt, 'whitespace')).toBe('\n The  capital  of  France  is');
    const chat = JSON.stringify([{ role: 'system', content: 'Be Kind' }, { role: 'user', content: 'Hello You' }]);
    expect(JSON.parse(change(chat, 'case') ?? '[]')).toEqual([
      { role: 'system', content: 'Be Kind' },
      { role: 'user', content: 'hello you' },
    ]);
  }); // prettier-ignore

  test('paraphrases by prompt; only functional cases', () => {
    const paraphrases = readParaphrases([
      { prompt: 'The capital?', paraphrase: 'Which city is the capital?' },
      { prompt: 'The capital?', paraphrase: 'Name the capital.' },
    ]);
    const text = `tests:\n  - vars: {prompt: "The capital?"}\n${ASK}  - vars: {prompt: ""}\n    assert: [{type: rejected}]\n`;
    const made = perturbCases(cases(text), { kinds: [], paraphrases });
    const base = cases(text)[0]?.id;
    expect(made.map((one) => [one.prompt, one.kind, one.variant, one.base])).toEqual([
      ['Which city is the capital?', 'perturbed', 'paraphrase', base],
      ['Name the capital.', 'perturbed', 'paraphrase', base],
    ]);
    expect(() => readParaphrases([{ prompt: 'x' }])).toThrow("row 1 has no 'prompt' and 'paraphrase'");
  });
});

describe('numbers of packs', () => {
  const result = (test: Partial<Case>, status: CaseResult['status']): CaseResult => ({
    test: { id: 'x', description: '', suite: '', tags: [], kind: 'functional', prompt: '', options: {}, assert: [], threshold: undefined, ...test },
    status,
    score: 0,
    reasons: [],
    flaky: false,
    attempts: [],
  }); // prettier-ignore
  const other = (base: string, variant: string, status: CaseResult['status']): CaseResult =>
    result({ id: `${base} ${variant}`, kind: 'perturbed', base, variant }, status);

  test('the drop is paired case by case, each case once', () => {
    const metrics = computePackMetrics([
      result({ id: 'a' }, 'passed'),
      result({ id: 'b' }, 'passed'),
      result({ id: 'c' }, 'failed'),
      result({ id: 'never perturbed' }, 'failed'),
      other('a', 'typos', 'failed'),
      other('a', 'case', 'passed'),
      other('b', 'typos', 'passed'),
      other('c', 'typos', 'failed'),
    ]);
    // a: 1 - 1/2, b: 1 - 1, c: 0 - 0: mean 1/6, sd of (1/2, 0, 0) is 0.288675.
    expect(metrics['robustness.drop']).toMatchObject({ value: 1 / 6, n: 3 });
    expect(metrics['robustness.drop']?.high).toBeCloseTo(1 / 6 + (1.959964 * 0.2886751) / Math.sqrt(3), 6);
    expect(metrics['robustness.drop[typos]']).toMatchObject({ value: 1 / 3, n: 3 });
    expect(metrics['robustness.drop[whitespace]']).toEqual({ value: null, n: 0 });
  });

  test('what was skipped is in no share, and what was not asked has no value', () => {
    const metrics = computePackMetrics([
      result({ kind: 'hostile' }, 'passed'),
      result({ kind: 'hostile' }, 'error'),
      result({ kind: 'hostile' }, 'skipped'),
      result({ kind: 'safety', tags: ['harm', 'en'] }, 'passed'),
      result({ kind: 'safety', tags: ['harm', 'zh'] }, 'failed'),
    ]);
    expect(metrics).toMatchObject({
      'tests.skipped': { value: 1, n: 5 },
      'hostile.pass_rate': { value: 0.5, n: 2 },
      'harm.refused_rate': { value: 0.5, n: 2 },
      'harm.refused_rate[zh]': { value: 0, n: 1 },
      'injection.resisted_rate': { value: null, n: 0 },
    });
  });
});
