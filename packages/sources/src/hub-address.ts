/** Where the hub is and what proves who asks, each by a readable precedence whose answer carries its source. */
import { ConfigError } from '@sluice/runtime/errors';

export interface Chosen<T> {
  value: T;
  /** What it came from, for the log: `input endpoint`, `HF_ENDPOINT`, `default`. */
  from: string;
}

const DEFAULT_ENDPOINT = 'https://huggingface.co';

/** The hub's address without a trailing slash; one with a path, a query or credentials is refused. */
export function chooseEndpoint(input: string | undefined, env: NodeJS.ProcessEnv): Chosen<string> {
  const candidates: Chosen<string | undefined>[] = [
    { value: input, from: 'input `endpoint`' },
    { value: env['HF_ENDPOINT'], from: '`HF_ENDPOINT`' },
    { value: DEFAULT_ENDPOINT, from: 'the default' },
  ];
  for (const { value, from } of candidates) {
    if (value !== undefined && value.trim() !== '') return { value: checkEndpoint(value.trim(), from), from };
  }
  throw new Error('unreachable: the default is always there');
}

/** `HF_TOKEN` first, as huggingface_hub does; the older name still works. Undefined means: as a stranger. */
export function chooseToken(input: string | undefined, env: NodeJS.ProcessEnv): Chosen<string> | undefined {
  const candidates: Chosen<string | undefined>[] = [
    { value: input, from: 'input `token`' },
    { value: env['HF_TOKEN'], from: '`HF_TOKEN`' },
    { value: env['HUGGING_FACE_HUB_TOKEN'], from: '`HUGGING_FACE_HUB_TOKEN`' },
  ];
  for (const { value, from } of candidates) {
    const token = value?.trim();
    if (token !== undefined && token !== '') return { value: token, from };
  }
  return undefined;
}

function checkEndpoint(value: string, from: string): string {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new ConfigError(`${from} = ${JSON.stringify(value)} is no address; write it as https://host`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(`${from} holds a user name or a password; pass a secret by \`token\` instead`);
  }
  if (!['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new ConfigError(`${from} = ${JSON.stringify(value)} must be https://host or https://host/path`);
  }
  return url.href.replace(/\/+$/, '');
}
