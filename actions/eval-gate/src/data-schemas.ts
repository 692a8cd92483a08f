/** The schemas that data are held against: the input's, and the one that the list of data sets names. */
import { relative, resolve, sep } from 'node:path';
import type { DataSchema } from '@sluice/data/data-schema';
import type { DatasetEntry } from '@sluice/data/datasets-list';
import { ConfigError } from '@sluice/runtime/errors';

export async function readSchemas(
  path: string | undefined,
  entry: DatasetEntry | undefined,
  workspace: string,
): Promise<DataSchema[]> {
  const { readDataSchema } = await import('@sluice/data/data-schema');
  const schemas: DataSchema[] = [];
  if (path !== undefined)
    schemas.push(await readDataSchema(path, `input \`data-schema\` = ${JSON.stringify(path)}`));
  if (entry?.schema !== undefined) {
    const shown = `input \`data\`: the entry ${JSON.stringify(entry.name)}: its schema ${JSON.stringify(entry.schema)}`;
    const own = resolve(workspace, entry.schema);
    if (relative(workspace, own).split(sep)[0] === '..')
      throw new ConfigError(`${shown} lies outside the workspace`);
    if (own !== path) schemas.push(await readDataSchema(own, shown));
  }
  return schemas;
}
