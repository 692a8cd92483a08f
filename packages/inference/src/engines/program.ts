/** Finds programs as a shell would, without one. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The path of a program: the word itself when it has a slash, else the first on PATH; undefined when there is none. */
export async function findProgram(word: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (word.includes('/')) return (await isExecutable(word)) ? word : undefined;
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, word);
    if (folder !== '' && (await isExecutable(path))) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
