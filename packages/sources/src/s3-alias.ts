/** `s3://bucket/prefix@alias`: the name that a promotion moves, `<prefix>/aliases/<alias>.json`, and what it points at. */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { fieldsOf } from './json-fields.ts';
import { openS3, parseS3Address } from './s3-source.ts';
import type { SourceContext } from './source.ts';

const ALIASED = /^(.*)@([A-Za-z0-9][\w.-]{0,127})$/su;

/**
 * The folder of the version that an alias points at, and the digest of its files. A key may hold an @ as well: without a
 * document of this name the address is taken as it stands.
 *
 * @throws ConfigError for an alias that points nowhere, InfraError for a document that is none of ours
 */
export async function findS3Version(
  rest: string,
  context: SourceContext,
): Promise<{ uri: string; digest: string } | undefined> {
  const [, place, alias] = ALIASED.exec(rest) ?? [];
  if (place === undefined || alias === undefined) return undefined;
  const { bucket, key } = parseS3Address(place.replace(/\/+$/u, ''));
  const below = (name: string): string => (key === '' ? name : `${key}/${name}`);
  const client = await openS3({ endpoint: context.endpoint }, context);
  const text = await client.read(bucket, below(`aliases/${alias}.json`));
  if (text === undefined) return undefined;
  const shown = `s3://${bucket}/${below(`aliases/${alias}.json`)}`;
  const version = versionIn(text, shown);
  if (version === null)
    throw new ConfigError(`s3://${rest} points at nothing (${shown}); promote a version to ${alias}`);
  if (typeof version !== 'string' || !/^sha256:[0-9a-f]{64}$/u.test(version))
    throw new InfraError(`${shown} is no pointer that a promotion wrote: its \`version\` is no sha256`);
  return { uri: `s3://${bucket}/${below(version.slice('sha256:'.length))}`, digest: version };
}

function versionIn(text: string, shown: string): unknown {
  try {
    return fieldsOf(JSON.parse(text) as unknown, shown)['version'];
  } catch (error) {
    throw new InfraError(`${shown} is no pointer that a promotion wrote`, { cause: error });
  }
}
