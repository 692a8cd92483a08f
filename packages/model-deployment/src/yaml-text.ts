/** A YAML file as a value that still knows its lines. */
import { lineFinder } from '@sluice/release/yaml-lines';
import { ConfigError } from '@sluice/runtime/errors';

export interface YamlText {
  /** For messages. */
  path: string;
  text: string;
}

export interface ParsedYaml {
  path: string;
  value: unknown;
  /** Counted from 1; of the nearest section above where there is no such key. */
  lineOf(keys: readonly string[]): number;
  has(keys: readonly string[]): boolean;
}

/** @throws ConfigError with each fault's line */
export async function parseYaml({ path, text }: YamlText): Promise<ParsedYaml> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map(({ pos, message }) => `${path}:${lines.linePos(pos[0]).line}: ${message}`),
    );
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ConfigError(`${path}: its aliases unfold without end`);
  }
  return { path, value, lineOf: await lineFinder(text), has: (keys) => document.hasIn(keys) };
}
