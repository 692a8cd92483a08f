/** `webhdfs://` against a real HDFS: Hadoop's own mini cluster from Maven, filled by Hadoop's own client. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { run } from '@sluice/process/run';
import { Checks, readAll, resolveText } from '../sources/checks.ts';
import type { Hashes } from '../sources/checks.ts';

const START_MS = 120_000;

/** Hadoop's jars, fetched once into the cache. */
async function fetchHadoop(): Promise<string> {
  const folder = join(process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice'), 'hadoop-3.4.1');
  const done = join(folder, '.complete');
  if (await stat(done).catch(() => undefined)) return join(folder, 'lib');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await copyFile(join(import.meta.dirname, 'pom.xml'), join(folder, 'pom.xml'));
  const args = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'];
  await run('mvn', args, { cwd: folder, timeoutMs: 400_000 });
  await writeFile(done, '');
  return join(folder, 'lib');
}

class Cluster {
  readonly #child: ChildProcessWithoutNullStreams;
  #said = '';

  constructor(jars: string, folder: string) {
    const source = join(import.meta.dirname, 'MiniHdfs.java');
    const args = ['-Xmx600m', '-cp', `${jars}/*`, source, join(folder, 'hdfs')];
    this.#child = spawn('java', args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
  }

  /** What stands behind a word at the start of a line, once it does. */
  async until(word: string): Promise<string> {
    for (const end = Date.now() + START_MS; ;) {
      const found = new RegExp(`^${word}(?: (.*))?$`, 'm').exec(this.#said);
      if (found) {
        this.#said = '';
        return found[1] ?? '';
      }
      if (this.#child.exitCode !== null || Date.now() > end)
        throw new Error(`the cluster did not say '${word}': ${this.#said.slice(-800)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async writeAnew(): Promise<void> {
    this.#child.stdin.write('t');
    await this.until('written');
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    if (this.#child.exitCode === null) await new Promise((resolve) => this.#child.once('close', resolve));
    clearTimeout(timer);
  }
}

function hashOf(bytes: number): string {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at++) content[at] = (at * 31 + bytes) & 0xff;
  return createHash('sha256').update(content).digest('hex');
}

export async function checkHdfs(folder: string): Promise<Checks> {
  const checks = new Checks('webhdfs');
  const cluster = new Cluster(await fetchHadoop(), folder);
  try {
    const base = `webhdfs://localhost:${await cluster.until('ready')}`;
    const env = { HOME: folder, HADOOP_USER_NAME: 'ml' };
    const whole = await resolveText(`${base}/models/llm`, { env });
    const expected: Hashes = {
      'config.json': hashOf(700),
      'weights, part 1 of 2 %.bin': hashOf(3_300_000),
      empty: hashOf(0),
    };
    for (let at = 0; at < 7; at++) expected[`shards/${at}/s.bin`] = hashOf(2000 + at);
    checks.equal('a folder by pages, files of several blocks in ranges', await readAll(whole), expected);
    const etag = whole.files.find(({ path }) => path === 'config.json')?.etag ?? '';
    checks.tell("HDFS's own checksum names the content", etag.startsWith('MD5-of-0MD5-of-512CRC32C:'), etag);
    const again = await resolveText(`${base}/models/llm/`, { env });
    checks.equal('the same revision while nothing changes', again.revision, whole.revision);
    const one = await resolveText(`${base}/models/llm/config.json`, { env });
    checks.equal('one file', await readAll(one), { 'config.json': hashOf(700) });
    await cluster.writeAnew();
    await checks.refused(
      'a file written anew since it was listed',
      one.files[0]?.open(undefined, AbortSignal.timeout(20_000)).then(({ body }) => buffer(body)) ??
        Promise.resolve(),
      'changed while it was read',
    );
    const after = await resolveText(`${base}/models/llm`, { env });
    checks.tell('another revision afterwards', after.revision !== whole.revision);
    checks.equal(
      'the same checksum: equal bytes',
      after.files.find(({ path }) => path === 'config.json')?.etag,
      etag,
    );
    await checks.refused('no such path', resolveText(`${base}/none`, { env }), 'does not exist');
    await checks.refused('an empty folder', resolveText(`${base}/models/nothing`, { env }), 'holds no file');
    await checks.refused(
      'what this user may not read',
      resolveText(`${base}/private/x`, { env }),
      'AccessControlException',
    );
    const root = await resolveText(`${base}/private/x`, {
      env: { ...env, HADOOP_USER_NAME: process.env['USER'] ?? 'root' },
    });
    checks.equal('what its owner may', await readAll(root), { x: hashOf(5) });
  } finally {
    await cluster.end();
  }
  return checks;
}
