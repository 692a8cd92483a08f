/** The ports of a server that is about to be started, in place of their names. */
import { freePort } from '@sluice/process/free-port';
import type { ServerSpec } from './types.ts';

const NAME = /\{(?:port|spare-port-\d+)\}/g;

/** @param port of `{port}`; each `{spare-port-…}` is another free one, the same at every place */
export async function fillPorts(
  { args, env }: Pick<ServerSpec, 'args' | 'env'>,
  port: number,
): Promise<Pick<ServerSpec, 'args' | 'env'>> {
  const ports = new Map([['{port}', String(port)]]);
  const texts = [...args, ...Object.values(env)];
  for (const [name] of texts.flatMap((text) => [...text.matchAll(NAME)]))
    if (!ports.has(name)) ports.set(name, String(await freePort()));
  const fill = (text: string): string => text.replaceAll(NAME, (name) => ports.get(name) ?? name);
  return {
    args: args.map(fill),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)])),
  };
}
