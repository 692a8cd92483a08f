/** Finds the LoRA adapter that `adapter-path` means. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readAdapterConfig } from '@sluice/fit/adapter';
import { ConfigError } from '@sluice/runtime/errors';
import { findGguf } from '../gguf-file.ts';
import type { Adapter } from './description.ts';

const CONFIG = 'adapter_config.json';

/** ConfigError when there is none of the kind that the engine reads. */
export async function findAdapter(
  path: string,
  kind: 'peft' | 'gguf' | 'either',
  engine: string,
): Promise<Adapter> {
  const isGguf = path.endsWith('.gguf');
  if (kind === 'gguf' || (kind === 'either' && isGguf)) {
    return { path: await findGguf(path, { input: 'adapter-path', engine }), rank: null };
  }
  const wrong = `input \`adapter-path\` is '${path}', which`;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new ConfigError(`${wrong} doesn't exist: give the folder that model-pull output`);
  const text = await readFile(join(path, CONFIG), 'utf8').catch(() => undefined);
  const config = text === undefined ? undefined : readAdapterConfig(parse(text));
  if (config === undefined) {
    throw new ConfigError(
      `${wrong} is no PEFT adapter (a folder with ${CONFIG}); \`engine: ${engine}\` reads no other`,
    );
  }
  if (config.type !== 'LORA') {
    throw new ConfigError(
      `${wrong} holds a ${JSON.stringify(config.type)} adapter; \`engine: ${engine}\` reads LORA`,
    );
  }
  return { path, rank: config.rank };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
