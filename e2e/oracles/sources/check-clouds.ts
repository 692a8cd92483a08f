/**
 * `gs://` against fake-gcs-server and `az://` against Azurite (which checks every signature), filled by Google's and
 * Microsoft's own Python clients; then DVC pushes to both, and we read what it pushed.
 */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { runAction } from '@sluice/testing/runner';
import type { DvcRepository } from './check-dvc.ts';
import { Checks, hashFolder, readAll, resolveText } from './checks.ts';
import type { Hashes } from './checks.ts';
import { startAzurite, startGcs } from './cloud-servers.ts';

interface Facts {
  llm: Hashes;
  /** Bytes 1000 to 1003 of the weights. */
  part: string;
  generations: [string, string];
  composed: string;
  sas: string;
  ended: string;
  writing: string;
  oneBlob: string;
}

/** The emulator's account, the same everywhere. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
/** No metadata server answers there, so none is waited for. */
const NOWHERE = { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9', NO_GCE_CHECK: 'true' };

export async function checkClouds(
  python: string,
  folder: string,
  repository: DvcRepository | undefined,
): Promise<Checks[]> {
  const [gcsFolder, azureFolder] = [join(folder, 'gcs'), join(folder, 'azure')];
  await Promise.all([mkdir(gcsFolder), mkdir(azureFolder)]);
  await using gcs = await startGcs(gcsFolder);
  await using azurite = await startAzurite(azureFolder);
  const endpoint = `${azurite.url}/${ACCOUNT}`;
  const connection = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint}`;
  const script = join(import.meta.dirname, 'cloud_fill.py');
  const { stdout } = await run(python, [script, gcs.url, connection], { timeoutMs: 120_000 });
  const facts = JSON.parse(stdout) as Facts;
  const [google, azure] = [new Checks('gs'), new Checks('az')];
  await checkGcs(google, facts, { HOME: folder, ...NOWHERE, STORAGE_EMULATOR_HOST: gcs.url });
  const env = { HOME: folder, ...NOWHERE };
  await checkAzure(azure, facts, { ...env, AZURE_STORAGE_CONNECTION_STRING: connection }, { env, endpoint });
  if (repository) {
    const gs = { endpointurl: gcs.url, allow_anonymous_login: 'true' };
    await checkDvcOver(google, repository, 'gs://models/dvc/deep', gs, env);
    await checkDvcOver(azure, repository, 'azure://dvc/deep', { connection_string: connection }, env);
  }
  return [google, azure];
}

async function checkGcs(checks: Checks, facts: Facts, env: Record<string, string>): Promise<void> {
  const llm = await resolveText('gs://models/llm', { env });
  checks.equal('a folder: names, bytes, hashes', await readAll(llm), facts.llm);
  checks.equal(
    'a listing of two pages',
    (await resolveText('gs://models/many/', { env })).files.length,
    1100,
  );
  const composed = await resolveText('gs://models/composed.bin', { env });
  checks.equal('an object composed of two', await readAll(composed), { 'composed.bin': facts.composed });
  const [old, current] = facts.generations;
  const latest = await resolveText('gs://models/v/model.bin', { env });
  checks.equal('the newest generation is the revision', latest.revision, current);
  const first = await resolveText('gs://models/v/model.bin', { env, revision: old });
  checks.equal('a generation that is asked for', await readAll(first), {
    'model.bin': 'a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e',
  });
  await checks.refused('no such bucket', resolveText('gs://nothing/x', { env }), 'no bucket');
  await checks.refused('no such object', resolveText('gs://models/none', { env }), 'no object under it');
  await checkBundle(checks, 'gs://models/llm', facts.llm, env, {});
}

async function checkAzure(
  checks: Checks,
  facts: Facts,
  keyed: Record<string, string>,
  { env, endpoint }: { env: Record<string, string>; endpoint: string },
): Promise<void> {
  const address = `az://${ACCOUNT}/models/llm`;
  const llm = await resolveText(address, { env: keyed });
  checks.equal('a folder by its key: names, bytes, hashes', await readAll(llm), facts.llm);
  const weights = llm.files.find(({ path }) => path === 'model.safetensors');
  const located = await weights?.locate?.(AbortSignal.timeout(10_000));
  const part = await fetch(located?.url ?? '', {
    headers: { ...located?.headers(), range: 'bytes=1000-1003' },
  });
  checks.equal('a range by a grant that the key signed', [part.status, await part.text()], [206, facts.part]);
  const bySas = (token: string, text = address) => resolveText(text, { env, endpoint, token });
  checks.equal('by a SAS token of the container', await readAll(await bySas(facts.sas)), facts.llm);
  const one = await bySas(facts.oneBlob, `${address}/model.safetensors`);
  checks.equal('by a SAS token of one blob', await readAll(one), {
    'model.safetensors': facts.llm['model.safetensors'],
  });
  const open = await resolveText(`az://${ACCOUNT}/public/llm/`, { env, endpoint });
  checks.equal('a public container, as a stranger', Object.keys(await readAll(open)), ['model.bin']);
  await checks.refused('a SAS token that ended', bySas(facts.ended), 'ended at');
  await checks.refused('a SAS token that only writes', bySas(facts.writing), 'read and list (sp=rl)');
  await checks.refused(
    'a stranger',
    resolveText(address, { env, endpoint }),
    'may not be read with no credentials',
  );
  const wrong = { ...keyed, AZURE_STORAGE_CONNECTION_STRING: '', AZURE_STORAGE_KEY: `${'A'.repeat(86)}==` };
  await checks.refused('a wrong key', resolveText(address, { env: wrong, endpoint }), 'the key is wrong');
  const at = (text: string) => resolveText(`az://${ACCOUNT}/${text}`, { env: keyed });
  await checks.refused('no such container', at('nothing/x'), 'no container');
  await checks.refused('no such blob', at('models/none'), 'no object under it');
  await checkBundle(checks, address, facts.llm, keyed, {});
  await checkBundle(checks, address, facts.llm, env, { endpoint, token: facts.sas });
}

/** The committed action itself, into a cache of its own; its log and record say no secret. */
async function checkBundle(
  checks: Checks,
  model: string,
  expected: Hashes,
  env: Record<string, string>,
  inputs: Record<string, string>,
): Promise<void> {
  const options = { inputs: { model, 'cache-dir': 'cache', 'min-free-space': '0B', ...inputs }, env };
  const ran = await runAction('model-pull', options);
  const who = `the bundle${inputs['token'] === undefined ? '' : ' with a token'}`;
  if (ran.exitCode !== 0) checks.tell(who, false, ran.stdout.slice(-500));
  else checks.equal(who, await hashFolder(ran.outputs['path'] ?? ''), expected);
  const said = ran.stdout.replace(/^::add-mask::.*$/gm, '') + ran.stderr + ran.summary;
  checks.tell(`${who} says no secret`, !said.includes(KEY) && !/sig=|AccountKey/.test(said));
}

/** DVC pushes there with its own settings; we read the same remote by the same settings. */
async function checkDvcOver(
  checks: Checks,
  { clone, dvc, pulled, repo }: DvcRepository,
  url: string,
  settings: Record<string, string>,
  env: Record<string, string>,
): Promise<void> {
  await dvc(repo, 'remote', 'add', '-q', '--force', '--local', 'cloud', url);
  for (const [key, value] of Object.entries(settings))
    await dvc(repo, 'remote', 'modify', '-q', '--local', 'cloud', key, value);
  await dvc(repo, 'push', '-q', '-r', 'cloud');
  const workspace = `${clone}-${url.slice(0, 2)}`;
  await cp(clone, workspace, { recursive: true });
  await cp(join(repo, '.dvc/config.local'), join(workspace, '.dvc/config.local'));
  const read = (text: string) => resolveText(text, { workspace, dvcRemote: 'cloud', env });
  checks.equal('a folder that DVC pushed', await readAll(await read('dvc:models/llm')), pulled);
  const file = await read('dvc:single.txt');
  checks.equal('a file that DVC pushed', (await readAll(file))['single.txt'] !== undefined, true);
}
