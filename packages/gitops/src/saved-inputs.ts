/** The `gitops-*` inputs as the clean-up step has them: what main saved, and the tokens that only the environment knows. */
import { addSecret } from '@sluice/runtime/secrets';
import type { GitopsInputs } from './inputs.ts';

export function withoutTokens<T extends GitopsInputs>(inputs: T | undefined): T | undefined {
  return inputs === undefined ? undefined : { ...inputs, gitopsToken: undefined, githubToken: undefined };
}

export function withTokens<T extends GitopsInputs>(
  saved: T | undefined,
  { env }: { env: NodeJS.ProcessEnv },
): T | undefined {
  if (saved === undefined) return undefined;
  const read = (name: string): string | undefined => {
    const value = env[`INPUT_${name}`]?.trim() ?? '';
    if (value !== '') addSecret(value);
    return value === '' ? undefined : value;
  };
  return { ...saved, gitopsToken: read('GITOPS-TOKEN'), githubToken: read('GITHUB-TOKEN') };
}
