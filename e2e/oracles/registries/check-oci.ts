/** Versions and tags in Debian's docker-registry, behind a login: a registry that was not written for models. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { register } from '@sluice/registries/open';
import { hashModelPath } from '@sluice/release/weights';
import { Checks, readAll, resolveText } from '../sources/checks.ts';
import { startOciRegistry } from '../sources/oci-registry.ts';
import { contextOf, pointerTo, subjectOf } from './check-mlflow.ts';

const BACK = { who: 'octocat', why: 'broken', link: '' };

export async function checkOci(folder: string): Promise<Checks> {
  const checks = new Checks('oci');
  await using server = await startOciRegistry(folder);
  const { host } = new URL(server.url);
  const login = async (password: string): Promise<Record<string, string>> => {
    const own = join(folder, `docker-${password}`);
    await mkdir(own);
    const auth = Buffer.from(`oracle:${password}`).toString('base64');
    await writeFile(join(own, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    return { HOME: folder, DOCKER_CONFIG: own, RUNNER_TEMP: folder };
  };
  const env = await login('oracle');
  const context = contextOf(env);
  const repository = `${host}/org/model`;
  const target = { kind: 'oci', given: `oci://${repository}`, repository } as const;
  const subject = async (name: string) => {
    const root = join(folder, name);
    await mkdir(join(root, 'sub'), { recursive: true });
    await writeFile(join(root, 'm.gguf'), name.repeat(1_000_000));
    await writeFile(join(root, 'sub/empty'), '');
    const { digest, files } = await hashModelPath(root);
    return { ...subjectOf('a', 's3://elsewhere/llm'), digest, local: { root, files } };
  };
  const [a, b] = [await subject('a'), await subject('b')];
  const [one, two] = [await register(target, a, context), await register(target, b, context)];
  checks.equal('registered', [one.changed, two.changed], [true, true]);
  checks.equal('again: nothing', await register(target, a, context), { ...one, changed: false });
  const pulled = await readAll(await resolveText(one.address, { env }));
  const expected = Object.fromEntries(a.local.files.map(({ path, sha256 }) => [path, sha256]));
  checks.equal('pulled as it was pushed', pulled, expected);
  const live = await pointerTo(`oci://${repository}:live`, context);
  await live.promote(a, null);
  checks.equal('moved', (await live.promote(b, one.version)).from, one.version);
  await checks.refused('a race lost', live.promote(a, one.version), `points at ${two.version} now`);
  checks.equal('put back', (await live.restore(one.version, two.version, BACK)).changed, true);
  await checks.refused(
    'a tag that this registry keeps',
    live.restore(null, one.version, BACK),
    'takes no tag off',
  );
  const stranger = await pointerTo(`oci://${repository}:live`, contextOf(await login('wrong')));
  await checks.refused('a wrong login', stranger.observe(), 'log in with docker before');
  return checks;
}
