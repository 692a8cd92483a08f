/** `data/datasets.yaml`: what data there are and where (schemas/datasets.schema.json). */
import { resolve } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import validate from './datasets-schema.gen.ts';
import { readYamlFile, schemaFaults } from './yaml-file.ts';

export interface DatasetEntry {
  name: string;
  uri: string;
  revision?: string;
  sha256?: string;
  /** Path of a data schema, relative to the workspace. */
  schema?: string;
  /** ISO 8601. */
  created?: string;
  tokenizer?: string;
  'chat-template'?: string;
}

interface List {
  datasets: (DatasetEntry & { name?: string })[] | Record<string, DatasetEntry>;
}

/** All entries of a list. @param shown names input and file; @throws ConfigError with every fault */
export async function readDatasets(path: string, shown: string): Promise<DatasetEntry[]> {
  const value = await readYamlFile(path, shown);
  const faults = schemaFaults(validate, value, shown);
  if (faults.length > 0) throw new ConfigError(faults);
  const { datasets } = value as List;
  const entries = Array.isArray(datasets)
    ? datasets
    : Object.entries(datasets).map(([name, entry]) => ({ ...entry, name }));
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new ConfigError(`${shown}: the name ${JSON.stringify(twice)} stands there twice`);
  return entries;
}

/** Faults of a list of data sets by its schema; a list of another kind, without `datasets`, has none. @throws ConfigError */
export async function checkDatasets(path: string, shown: string): Promise<void> {
  const value = await readYamlFile(path, shown);
  if (typeof value === 'object' && value !== null && 'datasets' in value) await readDatasets(path, shown);
}

/** The entry of `data/datasets.yaml#name`; undefined when the text has another form. */
export async function findEntry(
  text: string,
  input: string,
  workspace: string,
): Promise<DatasetEntry | undefined> {
  const parts = /^(?!\w+:)(.+\.ya?ml)#(.+)$/u.exec(text.trim());
  const [, path = '', name = ''] = parts ?? [];
  if (parts === null) return undefined;
  const shown = `input \`${input}\` = ${JSON.stringify(path)}`;
  const entries = await readDatasets(resolve(workspace, path), shown);
  const entry = entries.find((one) => one.name === name);
  if (entry !== undefined) return entry;
  const there = entries.map((one) => JSON.stringify(one.name)).join(', ');
  throw new ConfigError(`${shown}: there is no entry ${JSON.stringify(name)}; there are ${there}`);
}
