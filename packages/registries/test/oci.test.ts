import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { register } from '@sluice/registries/open';
import type { Pointer, RegistryContext } from '@sluice/registries/registry';
import { parsePromote, parseRegister } from '@sluice/registries/targets';
import { resolveOci } from '@sluice/sources/oci-source';
import { digestOf, RegistryContent, serveRegistry } from '../../sources/test/support/registry.ts';
import type { TestServer } from '../../sources/test/support/serve.ts';
import { BACK, bareSubject, contextWith, pointerTo, Weights } from './support/subjects.ts';

const login = { user: 'u', password: 'very-secret' };
let server: TestServer;
let content: RegistryContent;
let context: RegistryContext;
let weights: Weights;
let repository: string;
beforeEach(async () => {
  content = new RegistryContent();
  server = await serveRegistry(content, { login });
  weights = new Weights();
  const host = new URL(server.url).host;
  repository = `${host}/org/model`;
  context = contextWith({ DOCKER_CONFIG: dockerLogin(host, login.password) });
});
afterEach(async () => {
  weights.remove();
  await server[Symbol.asyncDispose]();
});

/** What `docker login` leaves. */
function dockerLogin(host: string, password: string): string {
  const folder = mkdtempSync(join(weights.root, 'docker-'));
  mkdirSync(folder, { recursive: true });
  const auth = Buffer.from(`${login.user}:${password}`).toString('base64');
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
  return folder;
}

const put = (subject: ReturnType<typeof bareSubject>) =>
  register({ kind: 'oci', given: `oci://${repository}`, repository }, subject, context);
const tag = (name = 'live'): Promise<Pointer> => pointerTo(`oci://${repository}:${name}`, context);
const at = (name: string): string | undefined => {
  const manifest = content.manifests.get(name);
  return manifest && digestOf(manifest.bytes);
};

test('files become a version that model-pull reads; the same again is the same', async () => {
  const subject = await weights.subject({ 'a/model.gguf': 'GGUF', 'config.json': '{}', empty: '' });
  const made = await put(subject);
  expect(made).toEqual({
    ...{ target: `oci://${repository}`, changed: true },
    ...{ version: made.version, address: `oci://${repository}@${made.version}` },
  });
  expect(at(subject.digest.replace('sha256:', 'sluice-'))).toBe(made.version);
  const { revision, files } = await resolveOci({ rest: `${repository}@${made.version}` }, context);
  expect(revision).toBe(made.version);
  expect(files.map(({ path, hash }) => [path, hash?.value])).toEqual(
    subject.local?.files.map(({ path, sha256 }) => [path, sha256]).toSorted(),
  );
  server.seen.length = 0;
  expect(await put(subject)).toMatchObject({ version: made.version, changed: false });
  expect(server.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
  // A run that died before the tag: what is there isn't pushed again.
  content.manifests.clear();
  server.seen.length = 0;
  expect(await put(subject)).toMatchObject({ version: made.version, changed: true });
  expect(server.seen.filter(({ method }) => method === 'POST')).toEqual([]);
});

test('a tag moves from manifest to manifest, with a note of who and why, and is put back', async () => {
  const [a, b] = [await weights.subject({ m: 'a' }), await weights.subject({ m: 'b' })];
  const live = await tag();
  await expect(live.promote(a, null)).rejects.toThrow(`add \`register: oci://${repository}\``);
  const [one, two] = [(await put(a)).version, (await put(b)).version];
  await live.promote(a, null);
  expect(await live.promote(b, one)).toMatchObject({ from: one, to: two, changed: true });
  expect(await live.promote(b, two)).toMatchObject({ changed: false });
  await expect(live.promote(a, one)).rejects.toThrow(`points at ${two} now`);
  const notes = [...content.manifests.values()]
    .map(({ bytes }) => JSON.parse(bytes.toString()) as { subject?: { digest: string }; annotations: object })
    .filter(({ subject }) => subject?.digest === two);
  expect(notes[0]?.annotations).toMatchObject({
    ...{ 'sluice.comment': 'octocat: gate passed (https://ci.example/1)' },
    'sluice.target': `oci://${repository}:live`,
  });
  await live.restore(one, two, BACK);
  expect(at('live')).toBe(one);
  await live.restore(null, one, BACK);
  expect(await live.observe()).toBeNull();
  // What was pulled from here is its own version.
  const pulled = bareSubject(`sha256:${'0'.repeat(64)}`, `oci://${repository}:v1`, one);
  expect(await live.promote(pulled, null)).toMatchObject({ to: one });
});

test('a login that may not push is told with where to give another', async () => {
  const subject = await weights.subject({ m: 'a' });
  const host = new URL(server.url).host;
  context.env['DOCKER_CONFIG'] = dockerLogin(host, 'wrong');
  await expect(put(subject)).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('docker'),
  });
});

test('what may be named', () => {
  const named = { kind: 'oci', repository: 'ghcr.io/acme/llm', tag: 'live' };
  expect(parsePromote('oci://ghcr.io/acme/llm:live')).toMatchObject({ target: named });
  expect(parseRegister('oci://127.0.0.1:5000/llm')).toMatchObject({
    target: { repository: '127.0.0.1:5000/llm' },
  });
  for (const given of ['oci://ghcr.io/acme/llm:sluice-x', 'oci://ghcr.io/../x:y', 'oci://host/llm'])
    expect(parsePromote(given)).toMatchObject({ fault: expect.any(String) });
});
