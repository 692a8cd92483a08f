import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startJudge, winner, type JudgeServer, type Shown } from '@sluice/testing/judge-server';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';

/** The committed bundle against a judge on loopback. */

const folders: string[] = [];
let workspace: string;
let judge: JudgeServer;
beforeEach(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'sluice-judge-'));
  folders.push(workspace);
  judge = await startJudge(byQuality);
  put('metrics.json', { accuracy: 0.95 });
});
afterEach(() => judge.close());
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Goes by the first word: `good` beats `bad`, alike is a tie. */
function byQuality({ a, b }: Shown): string {
  const [one, other] = [a.startsWith('good'), b.startsWith('good')];
  return winner(one === other ? 'tie' : one ? 'A' : 'B');
}
function put(path: string, content: string | object): void {
  writeFileSync(join(workspace, path), typeof content === 'string' ? content : JSON.stringify(content));
}
/** `wins` pairs that the candidate wins, then ties, then losses. */
function rows(wins: number, ties: number, losses: number): object[] {
  return Array.from({ length: wins + ties + losses }, (_, at) => ({
    id: `p${at}`,
    prompt: `question ${at}`,
    candidate: `${at < wins + ties ? 'good' : 'bad'} answer ${at}${'.'.repeat(at % 7)}`,
    baseline: `${at < wins ? 'bad' : 'good'} reply ${at}${'.'.repeat(at % 5)}`,
  }));
}
function pairs(list: readonly object[]): void {
  put('answers.jsonl', list.map((row) => `${JSON.stringify(row)}\n`).join(''));
}
async function gate(inputs: Record<string, string>): Promise<ActionOutcome> {
  const all = {
    results: 'metrics.json',
    pairwise: 'answers.jsonl',
    'judge-endpoint': judge.origin,
    ...inputs,
  };
  const done = await runAction('eval-gate', {
    inputs: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
    cwd: workspace,
  });
  return { ...done, stdout: done.stdout.replaceAll('%25', '%') };
}
const metrics = (done: ActionOutcome) =>
  JSON.parse(done.outputs['metrics'] ?? '{}') as Record<string, number>;
const E10 = 'judge.win_rate > 75% with 95%\naccuracy >= 0.90';

describe('E10, asked of a judge', () => {
  test.each([
    [165, 0, 'pass', ''],
    [160, 0, 'inconclusive', '220 samples needed'],
    [130, 0, 'fail', '65 %'],
    [140, 41, 'pass', ''],
  ])('%d wins and %d ties of 200: %s', async (wins, ties, verdict, says) => {
    pairs(rows(wins, ties, 200 - wins - ties));
    const done = await gate({ thresholds: E10 });
    expect(done.outputs).toMatchObject({ verdict, outcome: verdict === 'pass' ? 'success' : 'gate-failed' });
    expect(done.stdout).toContain(says);
    expect(judge.requests).toHaveLength(400);
    expect(metrics(done)).toMatchObject({
      'judge.win_rate': (wins + ties / 2) / 200,
      'judge.ties': ties / 200,
      'judge.n': 200,
      'judge.parse_failures': 0,
      'judge.position_consistency': 1,
    });
    expect(done.summary).toContain('judge.parse_failures <= 5%');
  });
});

describe('judges not to be believed', () => {
  test('one who prefers what stands first gives ties, not wins', async () => {
    pairs(rows(20, 0, 20));
    judge.decide = () => winner('A');
    const done = await gate({ thresholds: 'judge.win_rate > 50%\njudge.position_consistency >= 60%' });
    expect(done.outputs['verdict']).toBe('fail');
    expect(metrics(done)).toMatchObject({
      'judge.win_rate': 0.5,
      'judge.ties': 1,
      'judge.position_consistency': 0,
    });
  });
  test('one who talks instead of judging: parse failures fail by a rule of their own', async () => {
    pairs(rows(40, 0, 0));
    judge.decide = (shown, count) =>
      count % 4 === 0 ? 'Answer A is better: {"winner": "A"}!' : byQuality(shown);
    const done = await gate({ thresholds: 'judge.win_rate > 75%' });
    expect(done.outputs).toMatchObject({ verdict: 'fail', failures: 'judge.parse_failures <= 5%' });
    expect(metrics(done)['judge.win_rate']).toBe(1);
    judge.decide = () => '::error::<b>no</b>';
    pairs(rows(3, 0, 1).map((row) => ({ ...row, prompt: 'another' })));
    const missing = await gate({ thresholds: 'judge.win_rate > 75%' });
    expect(missing.outputs['verdict']).toBe('fail');
    expect(missing.stdout).toContain('no readable verdict');
    expect(missing.stdout).not.toMatch(/^::error::<b>no/mu);
    expect(missing.summary).not.toContain('<b>no</b>');
  });
  test('one who dies in mid-run ends it as infrastructure; what was answered is not asked again', async () => {
    pairs(rows(9, 0, 1));
    judge.decide = (shown, count) => (count > 12 ? undefined : byQuality(shown));
    const died = await gate({ thresholds: 'judge.win_rate > 50%' });
    expect(died.exitCode).toBe(1);
    expect(died.outputs).toMatchObject({ verdict: 'error', outcome: 'infra-error' });
    judge.decide = byQuality;
    judge.requests.length = 0;
    const done = await gate({
      thresholds: 'judge.win_rate > 50%\njudge.cost <= 0.01',
      'judge-price': '1, 4',
    });
    expect(done.outputs['verdict']).toBe('pass');
    expect(judge.requests).toHaveLength(8);
    // 90 tokens of prompt and 10 of answer each.
    expect(metrics(done)).toMatchObject({ 'judge.tokens': 800, 'judge.cost': (8 * 90 + 4 * 80) / 1e6 });
  }, 60_000);
  test('the candidate as its own judge is told; a busy one is asked again', async () => {
    pairs(rows(4, 0, 0));
    put('run.json', results('judge-70b', 'good', 4));
    judge.decide = (shown, count) =>
      count === 1 ? { status: 429, headers: { 'retry-after': '0' } } : byQuality(shown);
    const done = await gate({
      results: 'run.json',
      'judge-model': 'org/Judge-70B',
      thresholds: 'judge.win_rate > 50%',
    });
    expect(done.outputs['verdict']).toBe('pass');
    expect(done.stdout).toContain('is the candidate itself by its name');
    expect(judge.requests).toHaveLength(9);
  });
});

describe('what was said before', () => {
  test('asks nothing twice; cut and forged lines are told and not believed; a token seals', async () => {
    pairs(rows(6, 0, 2));
    const inputs = { thresholds: 'judge.win_rate > 50%', 'judge-token': 'sk-judge-secret-1' };
    const first = await gate(inputs);
    expect(metrics(first)['judge.win_rate']).toBe(0.75);
    expect(judge.requests).toHaveLength(16);
    expect(judge.requests.every(({ headers }) => headers.authorization === 'Bearer sk-judge-secret-1')).toBe(
      true,
    );
    const path = join(workspace, 'sluice-run/judge-answers.jsonl');
    const kept = readFileSync(path, 'utf8');
    expect(
      kept + first.summary + readFileSync(join(workspace, 'sluice-run/release.json'), 'utf8'),
    ).not.toContain('sk-judge');
    expect(metrics(await gate(inputs))['judge.win_rate']).toBe(0.75);
    expect(judge.requests).toHaveLength(16);
    // Every verdict turned to a win for what stands first in it, and a line cut short.
    writeFileSync(path, kept.replaceAll('\\"B\\"', '\\"A\\"'));
    appendFileSync(path, '{"key": "abc');
    const forged = await gate(inputs);
    expect(metrics(forged)['judge.win_rate']).toBe(0.75);
    expect(forged.stdout).toContain('9 lines of the judge');
    expect(judge.requests).toHaveLength(24);
    await gate(inputs);
    expect(judge.requests).toHaveLength(24);
    await gate({ ...inputs, 'judge-token': 'sk-other' });
    expect(judge.requests).toHaveLength(40);
  });
});

describe('wrong input', () => {
  test.each<[Record<string, string>, string]>([
    [{ 'judge-endpoint': '' }, 'needs `judge-endpoint` or `human-review`'],
    [{ pairwise: '' }, 'input `judge-endpoint` needs `pairwise`'],
    [{ 'judge-endpoint': 'http://u:p@127.0.0.1:1' }, 'holds a user or password'],
    [{ pairwise: 'auto' }, 'name a baseline'],
    [{ pairwise: 'broken.jsonl' }, 'broken.jsonl, line 2: `candidate` has to be a text'],
    [{ pairwise: 'twice.jsonl' }, 'line 2: the id "a" stands on line 1 already'],
    [{ 'judge-max-requests': '9' }, '10 requests are needed'],
    [{ 'human-review': 'review.xlsx' }, 'has to end in .csv or .json'],
    [{ results: 'told.json' }, 'tells judge.win_rate, which `pairwise` measures here'],
  ])('%j', async (inputs, says) => {
    pairs(rows(5, 0, 0));
    put('told.json', { 'judge.win_rate': 0.99 });
    const row = { id: 'a', prompt: 'p', candidate: 'c', baseline: 'b' };
    put('twice.jsonl', `${JSON.stringify(row)}\n${JSON.stringify(row)}\n`);
    put('broken.jsonl', `${JSON.stringify(row)}\n${JSON.stringify({ ...row, id: 'b', candidate: null })}\n`);
    const done = await gate({ thresholds: 'judge.win_rate > 50%', ...inputs });
    expect(done.outputs).toMatchObject({ verdict: 'error', outcome: 'config-error' });
    expect(done.stdout).toContain(says);
  });
  test('a token that is refused, a model that is not there', async () => {
    pairs(rows(2, 0, 0));
    judge.decide = () => ({ status: 401, body: '{"error": {"message": "no key"}}' });
    const refused = await gate({ thresholds: 'judge.win_rate > 50%' });
    expect(refused.outputs['outcome']).toBe('config-error');
    expect(refused.stdout).toContain('input `judge-token` is empty');
    judge.decide = () => ({ status: 400, body: '{"error": {"message": "temperature"}}' });
    expect((await gate({ thresholds: 'judge.win_rate > 50%' })).outputs['outcome']).toBe('infra-error');
  });
});

/** Results of inference-test whose texts are kept. */
function results(modelName: string, quality: string, n: number, texts = true): object {
  const cases = Array.from({ length: n }, (_, at) => ({
    id: `case${at}`,
    description: `case ${at}`,
    kind: 'functional',
    status: 'passed',
    tags: [`language:${at % 2 === 0 ? 'de' : 'en'}`],
    prompt: texts ? `question ${at}` : null,
    answer: texts ? `${quality} answer ${at}` : null,
  }));
  const metrics = { accuracy: { value: 1, n }, 'tests.passed': { value: n } };
  return { schemaVersion: 1, tool: 'sluice-inference-test', modelName, cases, metrics };
}

test('auto pairs the texts of both results, by slices too; withheld texts are wrong input', async () => {
  put('new.json', results('new', 'good', 20));
  put('old.json', results('old', 'bad', 20));
  const inputs = { results: 'new.json', baseline: 'old.json', pairwise: 'auto' };
  const thresholds = 'judge.win_rate > 80% with 95%\njudge.win_rate[language=de] >= 90%';
  const done = await gate({ ...inputs, thresholds });
  expect(done.stdout).not.toContain('::error');
  expect(done.outputs['verdict']).toBe('pass');
  put('old.json', results('old', 'bad', 20, false));
  const withheld = await gate({ ...inputs, thresholds });
  expect(withheld.stdout).toContain('the texts of 20 cases are withheld');
  put('old.json', results('old', 'bad', 18));
  expect((await gate({ ...inputs, thresholds })).stdout).toContain('2 of 20 cases are in only one');
});

test('several candidates are judged each by its own answers; the one that is taken is not asked about again', async () => {
  put('q4.json', results('q4', 'bad', 20));
  put('q8.json', results('q8', 'good', 20));
  put('old.json', results('old', 'bad', 20));
  const inputs = { results: '', candidates: 'q4=q4.json\nq8=q8.json', select: 'best judge.win_rate' };
  const rule = { baseline: 'old.json', pairwise: 'auto', thresholds: 'judge.win_rate > 80% with 95%' };
  const done = await gate({ ...inputs, ...rule });
  expect(done.stdout).not.toContain('::error');
  expect(done.outputs).toMatchObject({ verdict: 'pass', selected: 'q8' });
  expect(metrics(done)['judge.win_rate']).toBe(1);
  // q4's answers are the baseline's, word for word: nobody has to be asked about those.
  expect(judge.requests).toHaveLength(40);
  const named = await gate({ ...inputs, ...rule, pairwise: 'answers.jsonl' });
  expect(named.stdout).toContain("with `candidates` write 'auto'");
});

test("rubrics, people's labels and their kappa", async () => {
  const list = rows(6, 0, 4).map((row, at) => ({
    ...row,
    rubric: 'is good',
    human: at < 5 ? 'candidate' : 'baseline',
  }));
  pairs(list);
  judge.decide = (shown) => {
    if (shown.rubric === undefined) return byQuality(shown);
    const pass = shown.answer?.startsWith('good') === true;
    return JSON.stringify({ reason: 'so', pass, score: pass ? 0.9 : 0.2 });
  };
  const done = await gate({
    thresholds: 'judge.rubric.pass_rate >= 60%\njudge.rubric.score >= 0.6\njudge.kappa >= 0.7',
  });
  expect(done.outputs['verdict']).toBe('pass');
  expect(metrics(done)).toMatchObject({
    'judge.rubric.pass_rate': 0.6,
    'judge.rubric.score': expect.closeTo(0.62),
    'judge.agreement': 0.9,
    'judge.kappa': 0.8,
  });
});

describe('people', () => {
  const inputs = { 'judge-endpoint': '', 'human-review': 'review.csv', thresholds: 'human.win_rate >= 50%' };
  const sheet = () => readFileSync(join(workspace, 'review.csv'), 'utf8');
  const key = () =>
    JSON.parse(readFileSync(join(workspace, 'review.csv.key.json'), 'utf8')) as {
      items: { item: string; id: string; first: 'candidate' | 'baseline' }[];
    };
  /** What two people write, knowing from the key what we want them to prefer. */
  const fill = (prefer: (id: string, reviewer: number) => 'candidate' | 'baseline' | 'tie' | ''): void => {
    const filled = key().items.reduce((text, { item, id, first }) => {
      const said = [0, 1].map((reviewer) => {
        const side = prefer(id, reviewer);
        return side === '' || side === 'tie' ? side : side === first ? '1' : '2';
      });
      const row = new RegExp(`("${item}",(?:"(?:[^"]|"")*",){3})"",""`, 'u');
      expect(text).toMatch(row);
      return text.replace(row, (_, head: string) => `${head}"${said[0]}","${said[1]}"`);
    }, sheet());
    put('review.csv', filled);
  };

  test('a sheet is written blind, waits, is read back; changed texts and other answers are refused', async () => {
    const list = [...rows(8, 0, 1), { id: 'f', prompt: '=1+1', candidate: '@cmd "a"\nb', baseline: "'-x" }];
    pairs(list);
    const written = await gate(inputs);
    expect(written.exitCode).toBe(1);
    expect(written.outputs).toMatchObject({ verdict: 'inconclusive', outcome: 'gate-failed' });
    expect(written.stdout).toContain('review.csv was written with 10 pairs of answers for people');
    expect(written.summary).toContain('let them fill it in');
    const firsts = new Set(key().items.map(({ first }) => first));
    expect(sheet()).not.toMatch(/candidate|baseline|p0"/u);
    expect(sheet()).toContain(`"'=1+1"`);
    expect(sheet()).toContain(`"'@cmd ""a""\nb"`);
    expect(sheet()).toContain(`"''-x"`);
    const again = await gate(inputs);
    expect(again.outputs['verdict']).toBe('inconclusive');
    expect(again.stdout).toContain('10 of 10 pairs in review.csv wait for people');
    const empty = sheet();
    fill((id) => (id === 'f' ? '' : 'candidate'));
    expect((await gate({ ...inputs, 'on-inconclusive': 'warn' })).outputs).toMatchObject({
      verdict: 'inconclusive',
      outcome: 'success',
    });
    put('review.csv', empty);
    fill((id, reviewer) => (id === 'f' ? 'tie' : id === 'p8' && reviewer === 0 ? 'baseline' : 'candidate'));
    // As a spreadsheet program saves it.
    put('review.csv', sheet().replaceAll('\n', '\r\n').replaceAll('\r\r', '\r'));
    const done = await gate({ ...inputs, thresholds: 'human.win_rate > 70%\nhuman.agreement >= 90%' });
    expect(done.outputs['verdict']).toBe('pass');
    expect(metrics(done)).toMatchObject({
      'human.win_rate': 0.9,
      'human.ties': 0.2,
      'human.n': 10,
      'human.agreement': 0.9,
      'human.pending': 0,
    });
    expect(firsts.size).toBeGreaterThan(0);
    const full = sheet();
    put('review.csv', full.replace('question 3', 'question 4'));
    expect((await gate(inputs)).stdout).toContain('its prompt was changed');
    put('review.csv', full.replace(/"(?:1|2)","(?:1|2)"/u, '"yes","1"'));
    expect((await gate(inputs)).stdout).toContain('says "yes"; write 1, 2 or tie');
    put('review.csv', full);
    pairs([...rows(9, 0, 0), ...list.slice(9)]);
    const other = await gate(inputs);
    expect(other.outputs['outcome']).toBe('config-error');
    expect(other.stdout).toContain('was written for other questions or answers');
    rmSync(join(workspace, 'review.csv.key.json'));
    expect((await gate(inputs)).stdout).toContain('has no key review.csv.key.json beside it');
  });
  test('as JSON, beside a judge whose kappa with people is told', async () => {
    pairs(rows(3, 0, 3));
    const asked = { 'human-review': 'review.json', thresholds: 'judge.kappa >= 0.9' };
    expect((await gate(asked)).outputs['verdict']).toBe('fail');
    const path = join(workspace, 'review.json');
    const items = JSON.parse(readFileSync(`${path}.key.json`, 'utf8')) as ReturnType<typeof key>;
    const text = readFileSync(path, 'utf8');
    const filled = JSON.parse(text) as { items: { item: string; verdicts: Record<string, string> }[] };
    for (const row of filled.items) {
      const { id, first } = items.items.find(({ item }) => item === row.item) ?? {
        id: '',
        first: 'candidate',
      };
      const better = ['p0', 'p1', 'p2'].includes(id) ? 'candidate' : 'baseline';
      row.verdicts = { reviewer_anna: first === better ? '1' : '2' };
    }
    put('review.json', filled);
    const done = await gate(asked);
    expect(done.outputs['verdict']).toBe('pass');
    expect(metrics(done)).toMatchObject({ 'judge.kappa': 1, 'human.win_rate': 0.5 });
  });
});
