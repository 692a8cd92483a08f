/** The models in a Triton model repository. */
import { readdir } from 'node:fs/promises';
import { ConfigError } from '@sluice/runtime/errors';
import { errnoCode } from '@sluice/runtime/files';

/** The name to ask for: the one given, else the only model of the repository. ConfigError: none, several, or another. */
export async function chooseModel(repository: string, given: string | undefined): Promise<string> {
  const entries = await readdir(repository, { withFileTypes: true }).catch((error: unknown) => {
    throw new ConfigError(
      `input \`model-path\` is '${repository}', which is no folder (${errnoCode(error) ?? 'unreadable'}): Triton wants a model repository`,
    );
  });
  const models = entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  if (models.length === 0) {
    throw new ConfigError(
      `input \`model-path\` is '${repository}', which holds no model: Triton wants a repository, a folder for each model (config.pbtxt and numbered versions) in it`,
    );
  }
  if (given !== undefined && models.includes(given)) return given;
  const [only] = models;
  if (given === undefined && only !== undefined && models.length === 1) return only;
  const said = given === undefined ? 'is empty' : `= "${given}" is none of them`;
  throw new ConfigError(
    `input \`model-name\` ${said}: the repository ${repository} holds ${models.slice(0, 20).join(', ')}; name one`,
  );
}
