/** Where a model comes from, in record and summary, by the bundle. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { readRecord } from '@sluice/release/record';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';

let hub: FixtureHub;
let workspace: string;
beforeAll(async () => {
  const repository = (name: string, readme: string) => ({
    id: `acme/${name}`,
    revisions: [
      {
        name: 'v1',
        files: { 'README.md': readme, 'config.json': '{"architectures": ["LlamaForCausalLM"]}' },
      },
    ],
  });
  hub = await startHub({
    repos: [
      repository(
        'card',
        '---\nbase_model: org/base\nbase_model_relation: finetune\nlicense: llama3.1\ndatasets: [org/facts]\n---\n# Hi\n',
      ),
      repository(
        'hostile',
        '---\nlicense: "<img src=x>|**bold**"\nlicense_name: "x\\n::error::injected"\n---\n',
      ),
      repository('broken', '---\nlicense: [mit\n---\n# Hi\n'),
      repository('plain', '# Hi\n'),
    ],
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-lineage-'));
});

function pull(inputs: Record<string, string>): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { 'cache-dir': 'cache', endpoint: hub.url, ...inputs },
    env: NO_HUB_SETTINGS,
    timeoutMs: 30_000,
  });
}
const lineage = async () => (await readRecord(join(workspace, 'sluice-run/release.json')))?.model?.lineage;

test('a card goes into record and summary', async () => {
  const run = await pull({ model: 'acme/card' });
  expect(run.exitCode).toBe(0);
  expect(await lineage()).toEqual({
    baseModels: ['org/base'],
    baseModelRelation: 'finetune',
    licenses: ['llama3.1'],
    datasets: ['org/facts'],
    architectures: ['LlamaForCausalLM'],
  });
  expect(run.summary).toMatch(/base model \| org\/base \\\(finetune\\\)/);
  expect(run.summary).toMatch(/licence \| llama3\.1/);
});

test("without its README the hub's reading of it counts", async () => {
  expect((await pull({ model: 'acme/card', include: '*.json' })).exitCode).toBe(0);
  expect(await lineage()).toMatchObject({ licenses: ['llama3.1'], baseModels: ['org/base'] });
});

test('hostile text stays text', async () => {
  const run = await pull({ model: 'acme/hostile' });
  expect(run.exitCode).toBe(0);
  expect(run.summary).not.toMatch(/<img|\*\*bold\*\*/);
  expect(run.summary.split('\n').filter((line) => line.includes('licence'))).toHaveLength(1);
  expect(run.stdout).not.toMatch(/^::error::injected/m);
});

test('a head that is no YAML is a notice', async () => {
  const run = await pull({ model: 'acme/broken' });
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toMatch(
    /::notice::lineage: the head of README\.md is not valid YAML \([A-Z_]+ in line \d\)/,
  );
  expect(await lineage()).toEqual({ architectures: ['LlamaForCausalLM'] });
});

test('no card is no lineage but that of the config; a card of one’s own fills in', async () => {
  await pull({ model: 'acme/plain' });
  expect(await lineage()).toEqual({ architectures: ['LlamaForCausalLM'] });
  const spec = `baseModel: org/mine\n  license: mit\n  source: {uri: acme/plain}`;
  await writeFile(join(workspace, 'card.yaml'), `apiVersion: llm/v1\nkind: ModelVersion\nspec:\n  ${spec}\n`);
  const run = await pull({ model: 'card.yaml' });
  expect(run.exitCode).toBe(0);
  expect(await lineage()).toMatchObject({ baseModels: ['org/mine'], licenses: ['mit'] });
});
