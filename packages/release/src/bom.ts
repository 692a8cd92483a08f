/**
 * A bill of materials for a pulled model: CycloneDX 1.6 JSON, an ML-BOM. The same model and time give the same bytes.
 * What isn't known is left out: a field that is there says that somebody said so.
 */
import { createHash } from 'node:crypto';
import type { Lineage } from './lineage.ts';

export interface BomFacts {
  /** As in the record: `hf://org/name`. */
  name: string;
  revision: string;
  /** `sha256:…`, of the list of files. */
  digest: string;
  files: readonly { path: string; bytes: number; sha256: string }[];
  /** Where it came from, as an address; null where that is this machine. */
  url: string | null;
  lineage: Lineage;
  /** Who signed it; null: nobody was asked for. */
  signer: string | null;
  /** ISO 8601, the record's own. */
  at: string;
}

/** The card's names (the Hub's list of licences) that SPDX writes otherwise; others are given as names. */
const SPDX: Readonly<Record<string, string>> = {
  'apache-2.0': 'Apache-2.0',
  mit: 'MIT',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'cc0-1.0': 'CC0-1.0',
  'cc-by-4.0': 'CC-BY-4.0',
  'cc-by-sa-4.0': 'CC-BY-SA-4.0',
  'cc-by-nc-4.0': 'CC-BY-NC-4.0',
  'mpl-2.0': 'MPL-2.0',
  isc: 'ISC',
  unlicense: 'Unlicense',
};

/** What the pipeline tag says a model does, as far as CycloneDX has a field for it. */
export function modelBom(facts: BomFacts): Record<string, unknown> {
  const { name, revision, digest, files, lineage } = facts;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialNumber(facts),
    version: 1,
    metadata: {
      timestamp: facts.at,
      tools: { components: [{ type: 'application', name: 'sluice model-pull' }] },
      component: {
        type: 'machine-learning-model',
        'bom-ref': digest,
        name,
        version: revision,
        ...licenses(lineage),
        ...pedigree(lineage),
        ...(facts.url !== null && { externalReferences: [{ type: 'distribution', url: facts.url }] }),
        modelCard: modelCard(lineage),
        properties: [
          { name: 'sluice:digest', value: digest },
          ...(facts.signer === null ? [] : [{ name: 'sluice:signer', value: facts.signer }]),
        ],
      },
    },
    components: files.map(({ path, bytes, sha256 }) => ({
      type: 'file',
      // A reference is unique, whatever a file's name is.
      'bom-ref': `file:${createHash('sha256').update(path).digest('hex').slice(0, 32)}`,
      name: path,
      hashes: [{ alg: 'SHA-256', content: sha256 }],
      properties: [{ name: 'sluice:bytes', value: String(bytes) }],
    })),
    dependencies: [],
  };
}

/** A UUID (RFC 9562, version 8: of the maker's own making) out of what the bill says. */
function serialNumber({ name, revision, digest, at }: BomFacts): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([name, revision, digest, at]))
    .digest('hex');
  const variant = (0x8 | (Number.parseInt(hex[16] ?? '0', 16) & 0x3)).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function licenses({ licenses: given = [], licenseName, licenseLink }: Lineage): Record<string, unknown> {
  if (given.length === 0) return {};
  return {
    licenses: given.map((text) => {
      const id = SPDX[text.toLowerCase()];
      if (id !== undefined) return { license: { id } };
      const isOther = text === 'other';
      const link =
        isOther && licenseLink !== undefined && URL.canParse(licenseLink) ? licenseLink : undefined;
      return {
        license: { name: isOther ? (licenseName ?? text) : text, ...(link !== undefined && { url: link }) },
      };
    }),
  };
}

function pedigree({ baseModels = [], baseModelRelation }: Lineage): Record<string, unknown> {
  if (baseModels.length === 0) return {};
  const ancestors = baseModels.map((name) => ({ type: 'machine-learning-model', name }));
  return { pedigree: { ancestors, ...(baseModelRelation !== undefined && { notes: baseModelRelation }) } };
}

function modelCard({ pipelineTag, architectures = [], datasets = [] }: Lineage): Record<string, unknown> {
  const parameters = {
    ...(pipelineTag !== undefined && { task: pipelineTag }),
    ...(architectures.length > 0 && { modelArchitecture: architectures.join(', ') }),
    ...(datasets.length > 0 && { datasets: datasets.map((name) => ({ type: 'dataset', name })) }),
  };
  return Object.keys(parameters).length > 0 ? { modelParameters: parameters } : {};
}
