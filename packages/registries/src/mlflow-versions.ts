/** Versions of a model in MLflow's registry: one digest is one version, told by the tag `sluice.digest`. */
import { ConfigError, GateError } from '@sluice/runtime/errors';
import { arrayOf, fieldsOf, textOf } from '@sluice/sources/json-fields';
import type { MlflowApi } from './mlflow-api.ts';
import { commentLine, type Comment, type Registered, type Subject } from './registry.ts';

const DIGEST_TAG = 'sluice.digest';
const COMMENT_TAG = 'sluice.comment';
/** Longest value of a version's tag; MLflow refuses more. */
const LONGEST_TAG = 5_000;

/** Creates the model and the version where they aren't there; a second run finds its version and changes nothing. */
export async function registerVersion(api: MlflowApi, name: string, subject: Subject): Promise<Registered> {
  const done = (version: string, changed: boolean): Registered => ({
    target: `mlflow:${name}`,
    version,
    address: `models:/${name}/${version}`,
    changed,
  });
  const there = await findVersion(api, name, subject);
  if (there !== undefined) return done(there, false);
  const what = `models:/${name}`;
  await api.send('POST', 'registered-models/create', { name }, what, ['RESOURCE_ALREADY_EXISTS']);
  const answer = await api.send(
    'POST',
    'model-versions/create',
    {
      name,
      ...sourceOf(subject),
      description: subject.description,
      tags: Object.entries(tagsOf(subject)).map(([key, value]) => ({ key, value })),
    },
    `${what}: a version of ${subject.source}`,
  );
  const made = textOf(fieldsOf(answer['model_version'], what)['version'], what, 'version');
  // Another run of the same digest may have made one at the same moment: the older one stays.
  const winner = (await versionsOfDigest(api, name, subject.digest))[0] ?? made;
  if (winner === made) return done(made, true);
  await api.send('DELETE', 'model-versions/delete', { name, version: made }, `${what}/${made}`, [
    'RESOURCE_DOES_NOT_EXIST',
  ]);
  return done(winner, false);
}

/** The subject's version; undefined when the model has none. One that was pulled from this very model gets its tags now. */
export async function findVersion(
  api: MlflowApi,
  name: string,
  subject: Subject,
): Promise<string | undefined> {
  const [known] = await versionsOfDigest(api, name, subject.digest);
  if (known !== undefined) return known;
  const [, of, own] = /^(?:mlflow:)?models:\/([^/]+)\/(\d+)$/u.exec(subject.source) ?? [];
  if (own === undefined || of !== name) return undefined;
  const what = `models:/${name}/${own}`;
  const answer = await api.get('model-versions/get', { name, version: own }, what);
  const digest = tagOf(fieldsOf(answer['model_version'], what)['tags'], DIGEST_TAG, what);
  if (digest !== undefined && digest !== subject.digest)
    throw new GateError(`${what} is tagged ${digest}, and the weights that were gated are ${subject.digest}`);
  for (const [key, value] of Object.entries(tagsOf(subject)))
    await api.send('POST', 'model-versions/set-tag', { name, version: own, key, value }, what);
  return own;
}

/** The subject's version, or a ConfigError that says how it gets one. */
export async function needVersion(api: MlflowApi, name: string, subject: Subject): Promise<string> {
  const version = await findVersion(api, name, subject);
  if (version !== undefined) return version;
  throw new ConfigError(
    `no version of the model ${name} in MLflow has the digest ${subject.digest}; add \`register: mlflow:${name}\`, which makes one`,
  );
}

/** Who moved it, why, and where to read on: on the version, where its readers look. */
export async function writeComment(
  api: MlflowApi,
  name: string,
  version: string,
  comment: Comment,
): Promise<void> {
  const value = commentLine(comment).slice(0, LONGEST_TAG);
  await api.send(
    'POST',
    'model-versions/set-tag',
    { name, version, key: COMMENT_TAG, value },
    `models:/${name}/${version}`,
  );
}

/** Versions with this digest, oldest first. */
async function versionsOfDigest(api: MlflowApi, name: string, digest: string): Promise<string[]> {
  const what = `models:/${name}`;
  const filter = `name = '${name}' and tag.\`${DIGEST_TAG}\` = '${digest}'`;
  const answer = await api.find('model-versions/search', { filter, max_results: '1000' }, what);
  return arrayOf(answer?.['model_versions'], what)
    .map((each) => textOf(fieldsOf(each, what)['version'], what, 'version'))
    .sort((a, b) => Number(a) - Number(b));
}

function tagsOf(subject: Subject): Record<string, string> {
  const tags = { ...subject.tags, [DIGEST_TAG]: subject.digest, [COMMENT_TAG]: commentLine(subject.comment) };
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, value.slice(0, LONGEST_TAG)]));
}

/** MLflow wants the run named beside an address in it; a hub's name gets a scheme, or it would be taken for a folder of the server's. */
function sourceOf({ source, revision }: Subject): { source: string; run_id?: string } {
  const bare = source.replace(/^mlflow:/u, '');
  const run = /^runs:\/([0-9a-f]{32})\//u.exec(bare)?.[1];
  if (run !== undefined) return { source: bare, run_id: run };
  if (/^models:\//u.test(bare)) return { source: bare };
  const hub = /^[\w.-]+\/[\w.-]+$/u.test(bare) ? `hf://${bare}` : bare;
  return { source: hub.startsWith('hf://') && revision !== '' ? `${hub}@${revision}` : hub };
}

export function tagOf(tags: unknown, key: string, what: string): string | undefined {
  for (const each of arrayOf(tags, what)) {
    const { key: name, value } = fieldsOf(each, what);
    if (name === key && typeof value === 'string') return value;
  }
  return undefined;
}
