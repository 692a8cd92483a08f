import { describe, expect, test } from '@jest/globals';
import { describeLineage, lineageOfCard, lineageOfConfig, readFrontMatter } from '@sluice/release/lineage';

describe('the head of a README', () => {
  test.each<[string, string, unknown]>([
    ['a card', '---\nlicense: mit\n---\n# Title\n---\nlicense: no\n---\n', { card: { license: 'mit' } }],
    ['lines of Windows', '---\r\nlicense: mit\r\n---\r\ntext', { card: { license: 'mit' } }],
    ['an empty one', '---\n---\ntext', { card: null }],
    ['none', '# Title\n\n---\nlicense: mit\n---\n', undefined],
    ['one that never ends', '---\nlicense: mit\n', undefined],
    ['no YAML', '---\na: [1\n---\n', { fault: expect.stringMatching(/in line \d/) }],
  ])('%s', async (_, text, expected) => {
    expect(await readFrontMatter(text)).toEqual(expected);
  });

  test('a bomb of aliases is a fault', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i}: &l${i} [${`*l${i - 1},`.repeat(i === 0 ? 0 : 9)} 1]`,
    );
    expect(await readFrontMatter(`---\n${levels.join('\n')}\n---\n`)).toEqual({
      fault: 'it nests or repeats too much',
    });
  });
});

describe('lineage', () => {
  test('of a full card', () => {
    const lineage = lineageOfCard({
      base_model: ['meta-llama/Llama-3.1-8B', { name: 'acme/other' }],
      base_model_relation: 'merge',
      license: 'other',
      license_name: 'llama3.1',
      license_link: 'LICENSE',
      datasets: 'acme/facts',
      language: ['en', 'de'],
      pipeline_tag: 'text-generation',
      library_name: 'transformers',
      widget: [{ text: 'ignored' }],
    });
    expect(lineage).toEqual({
      baseModels: ['meta-llama/Llama-3.1-8B', 'acme/other'],
      baseModelRelation: 'merge',
      licenses: ['other'],
      licenseName: 'llama3.1',
      licenseLink: 'LICENSE',
      datasets: ['acme/facts'],
      languages: ['en', 'de'],
      pipelineTag: 'text-generation',
      libraryName: 'transformers',
    });
    expect(describeLineage(lineage).slice(0, 2)).toEqual([
      ['base model', 'meta-llama/Llama-3.1-8B, acme/other (merge)'],
      ['licence', 'other (llama3.1, LICENSE)'],
    ]);
  });

  test('what is no text, or too much, is left out', () => {
    expect(
      lineageOfCard({ license: 7, base_model: null, datasets: [{ x: 1 }, ''], language: 'x'.repeat(500) }),
    ).toEqual({
      languages: ['x'.repeat(200)],
    });
    expect(lineageOfCard({ datasets: Array.from({ length: 99 }, (_, i) => `d${i}`) }).datasets).toHaveLength(
      50,
    );
    expect([lineageOfCard('text'), lineageOfCard(null), lineageOfConfig([])]).toEqual([{}, {}, {}]);
    expect(describeLineage({})).toEqual([]);
  });

  test('of a config', () => {
    expect(lineageOfConfig({ architectures: ['LlamaForCausalLM'] })).toEqual({
      architectures: ['LlamaForCausalLM'],
    });
  });
});
