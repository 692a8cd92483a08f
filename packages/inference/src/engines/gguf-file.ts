/** Finds the GGUF file that a `model-path` or `adapter-path` means. */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { isErrno } from '@sluice/runtime/files';

const MAGIC = 'GGUF';

/**
 * The path itself when it is a GGUF file, the one `.gguf` in it when it is a folder.
 * ConfigError when there's none, more than one, or the file isn't GGUF (an LFS pointer, say).
 */
export async function findGguf(
  modelPath: string,
  { engine, input = 'model-path' }: { engine: string; input?: string },
): Promise<string> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(modelPath)).isDirectory();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new ConfigError(
      `input \`${input}\` is '${modelPath}', which doesn't exist: give a GGUF file or its folder`,
    );
  }
  if (!isFolder) return checkMagic(modelPath, input);
  const names = (await readdir(modelPath)).filter((name) => name.endsWith('.gguf')).sort();
  const first = names[0];
  if (first === undefined) {
    throw new ConfigError(
      `input \`${input}\` is '${modelPath}', which holds no .gguf file; \`engine: ${engine}\` reads GGUF only: ` +
        "pull one (model-pull's 'include: \"*.gguf\"'), convert it, or use another engine",
    );
  }
  // llama.cpp finds the other parts of a split model by the first one's name.
  const isSplit = names.every((name) => /-\d{5}-of-\d{5}\.gguf$/.test(name));
  if (names.length > 1 && !isSplit) {
    throw new ConfigError(
      `input \`${input}\` is '${modelPath}', which holds ${names.length} .gguf files: name one of ${names.join(', ')}`,
    );
  }
  return checkMagic(join(modelPath, first), input);
}

async function checkMagic(path: string, input: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead === 4 && buffer.toString('latin1') === MAGIC) return path;
  } finally {
    await file.close();
  }
  throw new ConfigError(`input \`${input}\`: '${path}' is no GGUF file (it doesn't begin with '${MAGIC}')`);
}
