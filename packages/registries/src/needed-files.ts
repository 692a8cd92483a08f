/** Files on this machine, for registries that the weights themselves are uploaded to. */
import { ConfigError } from '@sluice/runtime/errors';
import type { LocalFiles, Subject } from './registry.ts';

/** @throws ConfigError where it isn't said where they lie */
export function neededFiles(given: string, { local, source }: Pick<Subject, 'local' | 'source'>): LocalFiles {
  if (local !== undefined) return local;
  throw new ConfigError(
    `\`register\` = '${given}' uploads the weights, and ${source} lies elsewhere; set input \`model-path\` to where they are on this machine, such as model-pull's output \`path\``,
  );
}
