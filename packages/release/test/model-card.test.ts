import { describe, expect, test } from '@jest/globals';
import { newModelCard, parseModelCard } from '../src/model-card.ts';
import { updateModelCard } from '../src/model-card-update.ts';

/** As users have it today: flow maps without padding, exponents, quoted and plain values. */
const card = `apiVersion: llm/v1
kind: ModelVersion
metadata:
  name: llama-finetuned-v2.0
  version: "2.0.0"
  labels: {team: nlp, environment: production}
spec:
  baseModel: llama-3-8b
  trainingData: s3://datasets/instruction-v3
  hyperparameters: {learningRate: 2e-5, batchSize: 32, epochs: 3, loraRank: 16}
  evaluation:
    dataset: eval-set-2024q1
    metrics: {accuracy: 0.92, latency_p99_ms: 380, memory_gb: 14.2}
  dependencies:
    - {name: transformers, version: ">=4.40.0"}
    - {name: peft, version: ">=0.10.0"}
  status: approved
  approvedBy: "zhang.wei"
  approvalDate: "2024-06-15"
`;
const path = 'models/v2.0/model-card.yaml';

describe('parseModelCard', () => {
  test('the card as users have it', async () => {
    const parsed = await parseModelCard(card, path);
    expect(parsed.metadata.version).toBe('2.0.0');
    expect(parsed.spec).toMatchObject({
      status: 'approved',
      approvedBy: 'zhang.wei',
      evaluation: { metrics: { accuracy: 0.92 } },
    });
    expect(parsed.spec.source).toBeUndefined();
  });
  test.each([
    ['models/v2.0/model-card.yaml', '2.1.0', false],
    ['models/v2.0/model-card.yaml', '2.0.3', true],
    ['models/v2.0/model-card.yaml', '2.0.0-rc.1', true],
    ['models/v2/model-card.yaml', '2.1.0', true],
    ['models/2.0.0/model-card.yaml', '2.0', true],
    ['models/v20/model-card.yaml', '2.0.0', false],
    ['models/llama/model-card.yaml', '7.0.0', true],
  ])('%s with version %s: %p', async (file, version, fits) => {
    const text = card.replace('"2.0.0"', `"${version}"`);
    if (fits) await expect(parseModelCard(text, file)).resolves.toBeDefined();
    else
      await expect(parseModelCard(text, file)).rejects.toThrow(
        `says metadata.version "${version}", but its folder is`,
      );
  });
  test.each([
    ['version: "2.0.0"', 'version: 2.0', 'metadata.version must be string; quote it'],
    [
      'status: approved',
      'status: aproved',
      'spec.status must be equal to one of the allowed values (["draft","evaluated"',
    ],
    ['apiVersion: llm/v1', 'apiVersion: llm/v2', 'apiVersion must be equal to constant'],
    ['accuracy: 0.92', 'accuracy: high', 'spec.evaluation.metrics.accuracy must be number,null'],
    ['kind: ModelVersion\n', '', "it must have required property 'kind'"],
    ['metadata:', 'metadata: [', 'the model card models/v2.0/model-card.yaml: '],
  ])('%s -> %s', async (from, to, message) => {
    await expect(parseModelCard(card.replace(from, to), path)).rejects.toThrow(message);
  });
});

describe('updateModelCard', () => {
  test('only the changed values differ, byte for byte', async () => {
    const updated = await updateModelCard(card, {
      metrics: { accuracy: 0.935, latency_p99_ms: 380, memory_gb: 14.25 },
      status: 'evaluated',
    });
    expect(updated).toBe(
      card
        .replace('accuracy: 0.92', 'accuracy: 0.935')
        .replace('memory_gb: 14.2}', 'memory_gb: 14.25}')
        .replace('status: approved', 'status: evaluated'),
    );
  });
  test('new metrics go behind the last, in the style of the map', async () => {
    const flow = await updateModelCard(card, { metrics: { 'mmlu.acc': 0.5 }, status: 'approved' });
    expect(flow).toBe(card.replace('memory_gb: 14.2}', 'memory_gb: 14.2, mmlu.acc: 0.5}'));
    const block = card.replace(
      'metrics: {accuracy: 0.92, latency_p99_ms: 380, memory_gb: 14.2}',
      'metrics:\n      accuracy: 0.92   # of 500\n      memory_gb: 14.2 # peak',
    );
    const updated = await updateModelCard(block, {
      metrics: { accuracy: 0.9, 'gsm8k.exact_match[strict]': 1 },
      status: 'approved',
    });
    expect(updated).toBe(
      block.replace('0.92', '0.9').replace('# peak\n', '# peak\n      "gsm8k.exact_match[strict]": 1\n'),
    );
  });
  test('comments and Windows line ends stay', async () => {
    const commented = `# who: nlp\n${card}# end\n`.replaceAll('\n', '\r\n');
    const updated = await updateModelCard(commented, { metrics: {}, status: 'rejected' });
    expect(updated).toBe(commented.replace('status: approved', 'status: rejected'));
  });
  test('a card without evaluation and status gets them', async () => {
    const bare =
      'apiVersion: llm/v1 # ours\nkind: ModelVersion\nmetadata: {name: a, version: "1.0.0"}\nspec: {baseModel: b}\n';
    const updated = await updateModelCard(bare, { metrics: { accuracy: 1 }, status: 'evaluated' });
    expect(updated).toContain('# ours');
    expect((await parseModelCard(updated, 'models/v1.0/c.yaml')).spec).toMatchObject({
      baseModel: 'b',
      evaluation: { metrics: { accuracy: 1 } },
      status: 'evaluated',
    });
  });
  test.each(['metrics: {}', 'metrics:', 'metrics: {accuracy: }', 'metrics: {accuracy: &a 0.5, f1: *a}'])(
    '%s',
    async (metrics) => {
      const text = card.replace('metrics: {accuracy: 0.92, latency_p99_ms: 380, memory_gb: 14.2}', metrics);
      const updated = await updateModelCard(text, { metrics: { accuracy: 0.75 }, status: 'evaluated' });
      const { spec } = await parseModelCard(updated, path);
      expect(spec.evaluation?.metrics).toMatchObject({ accuracy: 0.75 });
      expect(spec).toMatchObject({ status: 'evaluated', approvedBy: 'zhang.wei' });
    },
  );
});

test('a new card is valid, a draft, and says where the weights are', async () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const text = await newModelCard({
    name: 'tiny',
    version: '2.0',
    source: { uri: 'hf://org/tiny', revision: 'abc', digest },
  });
  const parsed = await parseModelCard(text, path);
  expect(parsed).toMatchObject({
    metadata: { name: 'tiny', version: '2.0' },
    spec: { source: { digest }, status: 'draft' },
  });
  expect(await updateModelCard(text, { metrics: { accuracy: 1 }, status: 'evaluated' })).toContain(
    'accuracy: 1',
  );
});
