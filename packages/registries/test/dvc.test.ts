import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listingOf } from '@sluice/registries/dvc-register';
import { register } from '@sluice/registries/open';
import type { RegistryContext, Subject } from '@sluice/registries/registry';
import { parseRegister } from '@sluice/registries/targets';
import { resolveDvc } from '@sluice/sources/dvc-source';
import { serveS3, type StoredObject } from '../../sources/test/support/s3-server.ts';
import { bytesOfFile, serve, testContext } from '../../sources/test/support/serve.ts';
import { contextWith, Weights } from './support/subjects.ts';

let weights: Weights;
let workspace: string;
let context: RegistryContext;
beforeEach(() => {
  weights = new Weights();
  workspace = join(weights.root, 'checkout');
  context = { ...contextWith({}), workspace };
  mkdirSync(join(workspace, '.dvc'), { recursive: true });
});
afterEach(() => {
  weights.remove();
});

const configure = (settings: string): void =>
  writeFileSync(join(workspace, '.dvc/config'), `[core]\n    remote = r\n['remote "r"']\n${settings}`);
const put = (subject: Subject, given = 'dvc:models/llm') => {
  const parsed = parseRegister(given);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return register(parsed.target, subject, context);
};
const readBack = async (): Promise<Record<string, string>> => {
  const { files } = await resolveDvc({ rest: 'models/llm' }, testContext({ workspace }));
  const read = files.map(async (file) => [file.path, (await bytesOfFile(file)).bytes.toString()] as const);
  return Object.fromEntries(await Promise.all(read));
};
const FILES = { 'model.gguf': 'GGUF', 'sub/ü config.json': '{}', empty: '' };

test('a folder goes to the remote by md5, and its .dvc file into the checkout; a second run changes nothing', async () => {
  configure(`    url = ${join(weights.root, 'objects')}\n`);
  const subject = await weights.subject(FILES);
  const told = await put(subject);
  expect(told).toMatchObject({ address: 'dvc:models/llm', changed: true });
  expect(told.version).toMatch(/^[0-9a-f]{32}\.dir$/u);
  expect(await readBack()).toEqual(FILES);
  const card = join(workspace, 'models/llm.dvc');
  expect(readFileSync(card, 'utf8')).toContain(
    'sluice.comment: "octocat: gate passed (https://ci.example/1)"',
  );
  expect(await put(subject)).toMatchObject({ version: told.version, changed: false });
  // What a remote has lost is sent again.
  const lost = join(weights.root, 'objects/files/md5', told.version.slice(0, 2));
  rmSync(lost, { recursive: true });
  expect(await put(subject)).toMatchObject({ changed: true });
  expect(readdirSync(lost)).toEqual([told.version.slice(2)]);
  writeFileSync(card, `# ours\n${readFileSync(card, 'utf8')}desc: kept\n`);
  const next = await put(await weights.subject({ ...FILES, 'model.gguf': 'new' }));
  expect(readFileSync(card, 'utf8')).toMatch(/^# ours\nouts:[^]*desc: kept$/mu);
  expect(next).toMatchObject({ changed: true });
  expect(await readBack()).toEqual({ ...FILES, 'model.gguf': 'new' });
});

test('a web server is asked before, by its user; what it refuses is told', async () => {
  const held = new Map<string, Buffer>();
  const secret = `Basic ${Buffer.from('u:p').toString('base64')}`;
  await using server = await serve(({ method, url, headers, bytes }, response) => {
    const known = held.get(url.pathname);
    if (headers.authorization !== secret) response.writeHead(401).end();
    else if (method === 'PUT') response.writeHead(405).end();
    else if (method === 'POST') {
      held.set(url.pathname, bytes);
      response.writeHead(201).end();
    } else if (known)
      response.writeHead(200, { 'content-length': known.length }).end(method === 'HEAD' ? '' : known);
    else response.writeHead(404).end();
  });
  const subject = await weights.subject(FILES);
  const settings = `    url = ${server.url}/dvc\n    user = u\n    auth = basic\n`;
  configure(`${settings}    password = p\n`);
  await put(subject);
  expect(await readBack()).toEqual(FILES);
  server.seen.length = 0;
  expect(await put(subject)).toMatchObject({ changed: false });
  expect(new Set(server.seen.map(({ method }) => method))).toEqual(new Set(['HEAD']));
  const other = await weights.subject({ m: 'other' });
  configure(`${settings}    password = p\n    method = PUT\n`);
  await expect(put(other)).rejects.toThrow('takes no PUT; set `method`');
  configure(`${settings}    password = wrong\n`);
  await expect(put(other)).rejects.toThrow('set its user and password');
});

test('S3 takes it with the remote’s own login', async () => {
  const objects = new Map<string, StoredObject>();
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
  await using server = await serveS3({ bucket: 'models', objects, credentials });
  const login = `    access_key_id = AKID\n    secret_access_key = secret\n`;
  configure(`    url = s3://models/dvc\n    endpointurl = ${server.url}\n${login}`);
  await put(await weights.subject({ 'model.gguf': 'GGUF' }), 'dvc:models/model.gguf');
  // One file of the output's own name is an output that is a file.
  expect([...objects.keys()]).toEqual(['dvc/files/md5/88/5645c60785bf454743b7905ab7e933']);
  expect(readFileSync(join(workspace, 'models/model.gguf.dvc'), 'utf8')).toContain('path: model.gguf');
});

test('what can’t be is told before anything is sent', async () => {
  const subject = await weights.subject(FILES);
  await expect(put(subject)).rejects.toThrow('no DVC remote is chosen');
  configure('    url = gs://models/dvc\n');
  await expect(put(subject)).rejects.toThrow('where `register` is not built yet');
  configure(`    url = ${join(weights.root, 'objects')}\n`);
  await expect(put({ ...subject, local: undefined })).rejects.toThrow('set input `model-path`');
  writeFileSync(join(subject.local?.root ?? '', 'model.gguf'), 'GGUG');
  await expect(put(subject)).rejects.toThrow('model.gguf has changed since it was judged');
  rmSync(join(workspace, '.dvc'), { recursive: true });
  await expect(put(subject)).rejects.toThrow('is in no DVC repository');
  expect(parseRegister('dvc:../llm')).toHaveProperty('fault');
});

test('a folder’s listing is spelled as Python spells it', () => {
  const files = [
    { path: 'ü/\u007f😀"', md5: 'b'.repeat(32) },
    { path: 'a', md5: 'a'.repeat(32) },
  ];
  expect(listingOf(files)).toBe(
    `[{"md5": "${'a'.repeat(32)}", "relpath": "a"}, {"md5": "${'b'.repeat(32)}", "relpath": "\\u00fc/\\u007f\\ud83d\\ude00\\""}]`,
  );
});
