/** YAML or JSON files of the user's: read, and held against a schema, with faults for a person. */
import { readFile } from 'node:fs/promises';
import { ConfigError } from '@sluice/runtime/errors';
import type { ValidateFunction } from 'ajv';

const MAX_BYTES = 4 * 1024 * 1024;

/** @param shown names input and file, as "input `data-schema` = 'data/schema.yaml'"; @throws ConfigError */
export async function readYamlFile(path: string, shown: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) throw new ConfigError(`${shown}: ${path} can't be read`);
  if (text.length > MAX_BYTES) throw new ConfigError(`${shown} is larger than ${MAX_BYTES / 2 ** 20} MiB`);
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new ConfigError(document.errors.map(({ message }) => `${shown}: ${message.split('\n')[0] ?? ''}`));
  }
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw new ConfigError(`${shown} can't be read as YAML`, { cause: error });
  }
}

/** Faults of a value by a precompiled validator, each with its key. */
export function schemaFaults(validate: ValidateFunction, value: unknown, shown: string): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params, keyword }) => {
    const at = instancePath.slice(1).replaceAll('/', '.') || 'it';
    const more =
      keyword === 'enum'
        ? ` (${JSON.stringify(params['allowedValues'])})`
        : keyword === 'additionalProperties'
          ? ` (${JSON.stringify(params['additionalProperty'])} is none)`
          : '';
    return `${shown}: ${at} ${message ?? 'is not valid'}${more}`;
  });
}
