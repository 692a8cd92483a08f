/** Against the published REST API; a real HDFS (Hadoop's mini cluster) is met in e2e/oracles. */
import { describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { parseWebhdfsAddress, resolveWebhdfs } from '@sluice/sources/webhdfs-source';
import { bytesOfFile, testContext } from './support/serve.ts';
import { serveHdfs } from './support/webhdfs-server.ts';
import type { HdfsCluster, HdfsFile, HdfsOptions } from './support/webhdfs-server.ts';

const content = (): Map<string, HdfsFile> =>
  new Map(
    ['/models/llm/config.json', '/models/llm/a b/w%.bin', '/models/llm/empty', '/models/x'].map((path) => [
      path,
      { bytes: Buffer.from(path.endsWith('empty') ? '' : path), modified: 1_700_000_000_000 },
    ]),
  );

const start = (more: Partial<HdfsOptions> = {}): Promise<HdfsCluster> =>
  serveHdfs({ files: content(), who: { 'user.name': 'ml' }, pageSize: 1, ...more });

const address = (cluster: HdfsCluster, path: string): { given: string } => ({
  given: `${cluster.url.replace('http', 'webhdfs')}${path}`,
});
const user = { HOME: '/nonexistent', HADOOP_USER_NAME: 'ml' };

describe('webhdfs://', () => {
  test.each([false, true])('a folder by pages and, on an old server (%s), whole', async (old) => {
    await using cluster = await start({ old });
    const { source, revision, files } = await resolveWebhdfs(
      address(cluster, '/models/llm/'),
      testContext({ env: user }),
    );
    expect(source).toBe(address(cluster, '/models/llm').given);
    expect(revision).toMatch(/^listing:[0-9a-f]{64}$/);
    expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['a b/w%.bin', 22],
      ['config.json', 23],
      ['empty', 0],
    ]);
    expect(files[1]).toMatchObject({ hash: null, acceptsRanges: true });
    expect(files[1]?.etag).toMatch(/^MD5-of-0MD5-of-512CRC32C:/);
    expect((await bytesOfFile(files[0])).bytes.toString()).toBe('/models/llm/a b/w%.bin');
    expect(await bytesOfFile(files[1], { start: 8, end: 10 })).toEqual({
      status: 206,
      bytes: Buffer.from('llm'),
    });
    expect((await bytesOfFile(files[2])).bytes).toHaveLength(0);
    // Who we are is the name node's business; a data node sees what the name node gave.
    expect(cluster.dataNode.seen.every(({ url }) => !url.searchParams.has('user.name'))).toBe(true);
    const again = await resolveWebhdfs(address(cluster, '/models/llm'), testContext({ env: user }));
    expect(again.revision).toBe(revision);
  });

  test('one file; its time is part of the revision', async () => {
    const files = content();
    await using cluster = await start({ files });
    const first = await resolveWebhdfs(address(cluster, '/models/x'), testContext({ env: user }));
    expect(first.files.map(({ path }) => path)).toEqual(['x']);
    files.set('/models/x', { bytes: Buffer.from('/models/x'), modified: 1_700_000_000_001 });
    const second = await resolveWebhdfs(address(cluster, '/models/x'), testContext({ env: user }));
    expect(second.revision).not.toBe(first.revision);
  });

  test.each([
    ['longer', Buffer.from('/models/xyz')],
    ['of the same length', Buffer.from('/models/y')],
  ])('a file that is written anew meanwhile, %s, is refused before its last byte', async (_, bytes) => {
    const files = content();
    const onOpen = (path: string): void =>
      void setImmediate(() => files.set(path, { bytes, modified: 1_700_000_009_000 }));
    await using cluster = await start({ files, onOpen });
    const { files: found } = await resolveWebhdfs(address(cluster, '/models/x'), testContext({ env: user }));
    const opened = await found[0]?.open(undefined, AbortSignal.timeout(5000));
    const seen: Buffer[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of opened?.body ?? []) seen.push(chunk as Buffer);
    };
    await expect(read()).rejects.toThrow('changed while it was read');
    expect(Buffer.concat(seen).length).toBeLessThan('/models/x'.length);
  });

  test('a delegation token goes to the name node alone, is masked, and needs no user', async () => {
    await using cluster = await start({ who: { delegation: 'HAAFrealmToken' } });
    const asked = testContext({ env: user, token: 'HAAFrealmToken' });
    const { files } = await resolveWebhdfs(address(cluster, '/models/x'), asked);
    await bytesOfFile(files[0]);
    expect(asked.secrets).toEqual(['HAAFrealmToken']);
    expect(cluster.seen.every(({ url }) => !url.searchParams.has('user.name'))).toBe(true);
    expect(
      cluster.dataNode.seen.every(({ url }) => url.searchParams.get('delegation') === 'of-the-block'),
    ).toBe(true);
    const refused = resolveWebhdfs(
      address(cluster, '/models/x'),
      testContext({ env: user, token: 'otherToken' }),
    );
    await expect(refused).rejects.toThrow(/wants a delegation token.*fetchdt/);
    await expect(refused.catch(String)).resolves.not.toContain('otherToken');
  });

  test.each([
    ['/none', user, {}, 'does not exist (404 FileNotFoundException'],
    ['/models', {}, {}, 'without a user (403 AccessControlException'],
    ['/models', user, { revision: 'v1' }, 'keeps no versions'],
    ['/../etc', user, {}, 'is no WebHDFS address'],
  ])('%s as %j with %j is the user’s to mend', async (path, env, more, part) => {
    await using cluster = await start();
    const failure = resolveWebhdfs(address(cluster, path), testContext({ env, ...more }));
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(part);
  });

  test('names that lead out are refused; ports have their defaults', async () => {
    const files = new Map([['/models/..\\x', { bytes: Buffer.from('x'), modified: 1 }]]);
    await using cluster = await start({ files });
    await expect(resolveWebhdfs(address(cluster, '/models'), testContext({ env: user }))).rejects.toThrow(
      InfraError,
    );
    expect(parseWebhdfsAddress('webhdfs://nn/a/')).toEqual({ url: 'http://nn:9870', path: '/a' });
    expect(parseWebhdfsAddress('swebhdfs://nn')).toEqual({ url: 'https://nn:9871', path: '' });
    expect(() => parseWebhdfsAddress('webhdfs://u:p@nn/a')).toThrow(ConfigError);
  });
});
