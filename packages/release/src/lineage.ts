/**
 * Where a model comes from, as its own papers say: the YAML at the head of README.md (the Hub's model card,
 * huggingface_hub's ModelCardData), the hub's own reading of it (`cardData`), and config.json. Nothing here is proven: it
 * is what the author wrote, kept in the record so that people and rules (licences) can look at it.
 */

export interface Lineage {
  /** `org/name` each; of a merge several. */
  baseModels?: string[];
  /** `finetune`, `adapter`, `quantized` or `merge`. */
  baseModelRelation?: string;
  /** An SPDX id, or `other`; then `licenseName` and `licenseLink` say which. */
  licenses?: string[];
  licenseName?: string;
  licenseLink?: string;
  datasets?: string[];
  languages?: string[];
  pipelineTag?: string;
  libraryName?: string;
  /** From config.json: `LlamaForCausalLM`. */
  architectures?: string[];
}

/** Field of the card and ours; those that may be lists. */
const LISTS = [
  ['base_model', 'baseModels'],
  ['license', 'licenses'],
  ['datasets', 'datasets'],
  ['language', 'languages'],
] as const;
const TEXTS = [
  ['base_model_relation', 'baseModelRelation'],
  ['license_name', 'licenseName'],
  ['license_link', 'licenseLink'],
  ['pipeline_tag', 'pipelineTag'],
  ['library_name', 'libraryName'],
] as const;
/** A card is a stranger's text: so much of it goes into the record. */
const MAX_TEXT = 200;
const MAX_ENTRIES = 50;

/** @param card parsed YAML or JSON; what is of another type than it should be is left out */
export function lineageOfCard(card: unknown): Lineage {
  const fields = asFields(card);
  const lineage: Lineage = {};
  for (const [name, key] of LISTS) {
    const found = texts(fields[name]);
    if (found.length > 0) lineage[key] = found;
  }
  for (const [name, key] of TEXTS) {
    const [found] = texts(fields[name]);
    if (found !== undefined) lineage[key] = found;
  }
  return lineage;
}

/** @param config parsed config.json */
export function lineageOfConfig(config: unknown): Lineage {
  const architectures = texts(asFields(config)['architectures']);
  return architectures.length > 0 ? { architectures } : {};
}

/**
 * The YAML between the two lines `---` that README.md begins with (huggingface_hub, REGEX_YAML_BLOCK); undefined when
 * there is none. `fault` says where it isn't YAML, without quoting it.
 */
export async function readFrontMatter(
  readme: string,
): Promise<{ card?: unknown; fault?: string } | undefined> {
  const block = /^\s*---[ \t]*\r?\n(.*?)(?:\r?\n)?---[ \t]*(?:\r?\n|$)/s.exec(readme)?.[1];
  if (block === undefined) return undefined;
  const { parseDocument } = await import('yaml');
  try {
    const document = parseDocument(block, { uniqueKeys: false });
    const [fault] = document.errors;
    if (fault) return { fault: `${fault.code} in line ${(fault.linePos?.[0].line ?? 0) + 1}` };
    return { card: document.toJS({ maxAliasCount: 100 }) as unknown };
  } catch {
    return { fault: 'it nests or repeats too much' };
  }
}

/** `name: value` for people, in the order in which they ask. */
export function describeLineage(lineage: Lineage): [name: string, value: string][] {
  const { baseModels, baseModelRelation: relation, licenses, licenseName, licenseLink } = lineage;
  const named = [licenseName, licenseLink].filter((text) => text !== undefined).join(', ');
  const rows: [string, string][] = [
    [
      'base model',
      `${(baseModels ?? []).join(', ')}${relation === undefined ? '' : ` (${relation})`}`.trim(),
    ],
    ['licence', `${(licenses ?? []).join(', ')}${named === '' ? '' : ` (${named})`}`.trim()],
    ['data sets', (lineage.datasets ?? []).join(', ')],
    ['languages', (lineage.languages ?? []).join(', ')],
    ['task', lineage.pipelineTag ?? ''],
    ['library', lineage.libraryName ?? ''],
    ['architecture', (lineage.architectures ?? []).join(', ')],
  ];
  return rows.filter(([, value]) => value !== '');
}

/** One text, a list of them, or (as some cards have it) a list of objects with a name. */
function texts(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list
    .map((one) => (typeof one === 'object' ? asFields(one)['name'] : one))
    .filter((one) => typeof one === 'string')
    .map((text) => text.trim().slice(0, MAX_TEXT).toWellFormed())
    .filter((text) => text !== '')
    .slice(0, MAX_ENTRIES);
}

function asFields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
