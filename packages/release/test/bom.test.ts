import { expect, test } from '@jest/globals';
import { modelBom } from '../src/bom.ts';
import type { BomFacts } from '../src/bom.ts';

const facts: BomFacts = {
  name: 'hf://acme/capitals',
  revision: '0123456789abcdef0123456789abcdef01234567',
  digest: `sha256:${'a'.repeat(64)}`,
  files: [{ path: 'config.json', bytes: 2, sha256: 'b'.repeat(64) }],
  url: 'https://hub.example.com/acme/capitals/tree/0123456789abcdef0123456789abcdef01234567',
  lineage: {
    baseModels: ['acme/base'],
    licenses: ['apache-2.0', 'llama3'],
    architectures: ['LlamaForCausalLM'],
  },
  signer: 'key 00',
  at: '2026-01-02T03:04:05.000Z',
};

test('names model, files, licence, base and source', () => {
  const bom = modelBom(facts);
  expect(bom).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: {
      timestamp: facts.at,
      component: {
        type: 'machine-learning-model',
        licenses: [{ license: { id: 'Apache-2.0' } }, { license: { name: 'llama3' } }],
        pedigree: { ancestors: [{ type: 'machine-learning-model', name: 'acme/base' }] },
        externalReferences: [{ type: 'distribution', url: facts.url }],
        modelCard: { modelParameters: { modelArchitecture: 'LlamaForCausalLM' } },
      },
    },
    components: [
      { type: 'file', name: 'config.json', hashes: [{ alg: 'SHA-256', content: 'b'.repeat(64) }] },
    ],
  });
  expect(bom['serialNumber']).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test('the same facts give the same bytes, another digest another number', () => {
  expect(JSON.stringify(modelBom(facts))).toBe(JSON.stringify(modelBom(structuredClone(facts))));
  const other = modelBom({ ...facts, digest: `sha256:${'c'.repeat(64)}` });
  expect(other['serialNumber']).not.toBe(modelBom(facts)['serialNumber']);
});

test('what nobody said is not there', () => {
  const bare = JSON.stringify(modelBom({ ...facts, lineage: {}, url: null, signer: null }));
  for (const field of ['licenses', 'pedigree', 'externalReferences', 'modelParameters', 'signer'])
    expect(bare).not.toContain(field);
});
