/** Bills of materials over what lineages say, well and badly. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelBom } from '@sluice/release/bom';
import type { BomFacts } from '@sluice/release/bom';
import type { Lineage } from '@sluice/release/lineage';

const LINEAGES: Readonly<Record<string, Lineage>> = {
  nothing: {},
  everything: {
    baseModels: ['acme/base', 'acme/other'],
    baseModelRelation: 'merge',
    licenses: ['apache-2.0'],
    datasets: ['acme/data'],
    languages: ['en'],
    pipelineTag: 'text-generation',
    libraryName: 'transformers',
    architectures: ['LlamaForCausalLM'],
  },
  'own-licence': {
    licenses: ['other'],
    licenseName: 'acme "licence"',
    licenseLink: 'https://acme.example.com/l',
  },
  'odd-licence': { licenses: ['other'], licenseLink: 'LICENSE file' },
  'several-licences': { licenses: ['mit', 'llama3', 'gpl-3.0'] },
  hostile: { licenses: ['<script>\u0007'], baseModels: ['../../x'], datasets: ['é"\\'] },
};

/** Also one that the schema refuses: a check that can't fail is none. */
export async function writeBoms(folder: string): Promise<void> {
  const facts: BomFacts = {
    name: 's3://bucket/a model',
    revision: 'listing:00',
    digest: `sha256:${'a'.repeat(64)}`,
    files: ['a.bin', 'ä/"b".json'].map((path) => ({ path, bytes: 1, sha256: 'b'.repeat(64) })),
    url: 'https://hub.example.com/acme/m/tree/main',
    lineage: {},
    signer: 'dev@acme.com (https://accounts.example.com)',
    at: '2026-01-02T03:04:05.678Z',
  };
  for (const [name, lineage] of Object.entries(LINEAGES)) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify(modelBom({ ...facts, lineage })));
    const bare = modelBom({ ...facts, lineage, url: null, signer: null, files: [] });
    await writeFile(join(folder, `${name}-bare.json`), JSON.stringify(bare));
  }
  await writeFile(join(folder, 'wrong.json'), JSON.stringify({ ...modelBom(facts), serialNumber: 'x' }));
}
