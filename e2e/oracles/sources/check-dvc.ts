/**
 * `dvc:` against DVC itself: it makes a repository, pushes, and pulls in a clone; we read the same outputs in another
 * clone, from a folder, a web server and S3, and must get the same bytes.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { run } from '@sluice/process/run';
import { registerInDvc } from '@sluice/registries/dvc-register';
import { hashModelPath } from '@sluice/release/weights';
import { testContext } from '../../../packages/sources/test/support/serve.ts';
import { Checks, hashFolder, readAll, resolveText } from './checks.ts';
import { freePort } from './servers.ts';

export interface DvcRepository {
  checks: Checks;
  /** Where DVC made and added the outputs. */
  repo: string;
  /** A clone in which nothing was pulled. */
  clone: string;
  /** Runs DVC in a folder. */
  dvc: (cwd: string, ...args: string[]) => Promise<unknown>;
  /** The remote's folder. */
  objects: string;
  /** Of the output `models/llm`, as `dvc pull` gave it. */
  pulled: Record<string, string>;
}

export async function checkDvc(python: string, folder: string): Promise<DvcRepository> {
  const checks = new Checks('dvc');
  const [repo, pulledClone, clone, objects] = ['repo', 'theirs', 'ours', 'objects'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const env = {
    PATH: `${dirname(python)}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    DVC_NO_ANALYTICS: '1',
    // Else gcsfs asks by gRPC for a minute what kind of bucket this is; the emulator speaks none.
    GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT: 'false',
    GIT_AUTHOR_NAME: 'o',
    GIT_AUTHOR_EMAIL: 'o@localhost',
    GIT_COMMITTER_NAME: 'o',
    GIT_COMMITTER_EMAIL: 'o@localhost',
  };
  const dvc = (cwd: string, ...args: string[]) =>
    run(python, ['-m', 'dvc', ...args], { cwd, env, timeoutMs: 120_000 });
  const git = (cwd: string, ...args: string[]) => run('git', args, { cwd, env, timeoutMs: 60_000 });

  await mkdir(join(repo, 'models/llm/sub'), { recursive: true });
  await mkdir(objects);
  await writeFile(join(repo, 'models/llm/model.bin'), Buffer.alloc(3_000_001, 'weights'));
  await writeFile(join(repo, 'models/llm/empty'), '');
  await writeFile(join(repo, 'models/llm/sub/ü config.json'), '{"crlf": 1}\r\n');
  await writeFile(join(repo, 'single.txt'), 'one\r\ntwo\r\n');
  await git(repo, 'init', '-q');
  await dvc(repo, 'init', '-q');
  await dvc(repo, 'remote', 'add', '-d', 'store', objects);
  await dvc(repo, 'add', '-q', 'models/llm', 'single.txt');
  await mkdir(join(repo, 'pipe'));
  const stage = ['stage', 'add', '-q', '-n', 'fit', '-w', '..', '-o', 'out/final.bin'];
  await dvc(join(repo, 'pipe'), ...stage, 'mkdir -p out && printf trained > out/final.bin');
  await dvc(repo, 'repro', '-q', 'pipe/dvc.yaml');
  await dvc(repo, 'push', '-q');
  // As DVC 2 left it: the old place in the remote, and the hash of a text with LF.
  const old = createHash('md5').update('old\ntext\n').digest('hex');
  await mkdir(join(objects, old.slice(0, 2)), { recursive: true });
  await writeFile(join(objects, old.slice(0, 2), old.slice(2)), 'old\r\ntext\r\n');
  await writeFile(join(repo, 'old.txt.dvc'), `outs:\n- md5: ${old}\n  size: 11\n  path: old.txt\n`);
  await git(repo, 'add', '-A');
  await git(repo, 'commit', '-qm', 'all');
  await git(folder, 'clone', '-q', repo, pulledClone);
  await git(folder, 'clone', '-q', repo, clone);
  await dvc(pulledClone, 'pull', '-q');

  const theirs = async (path: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(join(pulledClone, path)))
      .digest('hex');
  const ours = (text: string, dvcRemote?: string) =>
    resolveText(text, { workspace: clone, ...(dvcRemote !== undefined && { dvcRemote }) });
  const pulled = await hashFolder(join(pulledClone, 'models/llm'));
  checks.equal('a tracked folder, as dvc pull', await readAll(await ours('dvc:models/llm')), pulled);
  checks.equal('by its .dvc file', await readAll(await ours('dvc:models/llm.dvc')), pulled);
  checks.equal('a file in it', await readAll(await ours('dvc:models/llm/model.bin')), {
    'model.bin': pulled['model.bin'],
  });
  checks.equal('a file, as dvc pull', await readAll(await ours('dvc:single.txt')), {
    'single.txt': await theirs('single.txt'),
  });
  checks.equal('an output that only dvc.lock names', await readAll(await ours('dvc:out/final.bin')), {
    'final.bin': await theirs('out/final.bin'),
  });
  checks.equal('what DVC 2 left, as dvc pull', await readAll(await ours('dvc:old.txt')), {
    'old.txt': await theirs('old.txt'),
  });
  const md5 = /md5: ([0-9a-f]{32}\.dir)/.exec(await readFile(join(clone, 'models/llm.dvc'), 'utf8'))?.[1];
  checks.equal('the revision is DVC’s own', (await ours('dvc:models/llm')).revision, md5);
  await checkRegistered(checks, repo, async (card) => {
    const other = join(folder, 'registered');
    await git(folder, 'clone', '-q', repo, other);
    await cp(card, join(other, 'models/new.dvc'));
    await dvc(other, 'pull', '-q', 'models/new.dvc');
    // Hashed anew by DVC itself, it is what the file says.
    await dvc(other, 'commit', '-q', '-f', 'models/new.dvc');
    const [before, after] = await Promise.all(
      [card, join(other, 'models/new.dvc')].map((at) => readFile(at, 'utf8')),
    );
    checks.equal('registered: its hash, as DVC computes it', md5Of(after), md5Of(before));
    return hashFolder(join(other, 'models/new'));
  });
  await checkWebRemote(checks, objects, pulled, ours, async (url) => {
    const again = join(folder, 'again');
    await git(folder, 'clone', '-q', repo, again);
    await dvc(again, 'remote', 'add', '-q', 'web', url);
    await dvc(again, 'pull', '-q', '-r', 'web', 'models/llm');
    return hashFolder(join(again, 'models/llm'));
  });
  return { checks, repo, clone, dvc, objects, pulled };
}

function md5Of(card: string | undefined): string | undefined {
  return /md5: ([0-9a-f]{32}\.dir)/u.exec(card ?? '')?.[1];
}

/** What `register: dvc:models/new` pushes, `dvc pull` brings elsewhere by the file that it wrote. */
async function checkRegistered(
  checks: Checks,
  workspace: string,
  pullByDvc: (card: string) => Promise<Record<string, string>>,
): Promise<void> {
  const root = join(workspace, '../weights');
  await mkdir(join(root, 'sub'), { recursive: true });
  await writeFile(join(root, 'model.gguf'), Buffer.alloc(500_000, 'new'));
  await writeFile(join(root, 'sub/ü 😀.json'), '{}');
  await writeFile(join(root, 'empty'), '');
  const { digest, files } = await hashModelPath(root);
  const subject = {
    ...{ digest, source: 's3://elsewhere/llm', revision: 'r1', description: '', tags: {} },
    ...{ comment: { who: 'o', why: 'gate passed', link: '' }, local: { root, files } },
  };
  const context = { ...testContext({ workspace }), env: {} };
  await registerInDvc({ given: 'dvc:models/new', path: 'models/new' }, subject, context);
  const theirs = await pullByDvc(join(workspace, 'models/new.dvc'));
  checks.equal('registered: dvc pull brings its files', theirs, await hashFolder(root));
}

async function checkWebRemote(
  checks: Checks,
  objects: string,
  pulled: Record<string, string>,
  ours: (text: string, remote: string) => ReturnType<typeof resolveText>,
  pullByDvc: (url: string) => Promise<Record<string, string>>,
): Promise<void> {
  const port = await freePort();
  const server = createServer((request, response) => {
    const path = join(objects, decodeURIComponent(request.url ?? '/'));
    stat(path)
      .then((info) => {
        if (!info.isFile()) throw new Error('a folder');
        response.writeHead(200, { 'content-length': String(info.size) });
        if (request.method === 'HEAD') response.end();
        else createReadStream(path).pipe(response);
      })
      .catch(() => void response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${port}`;
    checks.equal('a web remote, ours', await readAll(await ours('dvc:models/llm', url)), pulled);
    checks.equal('a web remote, DVC’s', await pullByDvc(url), pulled);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The same objects behind S3: `dvc[s3]` is not needed to have made them. */
export async function checkDvcOverS3(
  { checks, clone, pulled }: DvcRepository,
  env: Record<string, string>,
): Promise<void> {
  const workspace = `${clone}-s3`;
  await cp(clone, workspace, { recursive: true });
  const remote = `['remote "cloud"']\nurl = s3://models/dvc\nendpointurl = ${env['AWS_ENDPOINT_URL'] ?? ''}\n`;
  await writeFile(join(workspace, '.dvc/config.local'), remote);
  const { HOME, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = env;
  const source = await resolveText('dvc:models/llm', {
    workspace,
    dvcRemote: 'cloud',
    env: { HOME, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
  });
  checks.equal('an S3 remote', await readAll(source), pulled);
}
