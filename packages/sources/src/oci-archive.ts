/**
 * Layers that are archives: unpacked into a folder of the job's own while the layer's digest is checked, and handed on
 * as files of this machine. A registry vouches for the archive, not for what is in it, so the whole is read first.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { InfraError } from '@sluice/runtime/errors';
import { localFile } from './file-source.ts';
import type { OciLayer } from './oci-layers.ts';
import type { OciRegistry } from './oci-registry.ts';
import { describePathFault } from '@sluice/runtime/safe-path';
import type { RemoteFile, SourceContext } from './source.ts';
import { readTar } from './tar-reader.ts';

/** A packed layer may not grow to more than this many times its size: weights hardly pack at all. */
const MAX_RATIO = 100;
const SMALL_BYTES = 64 * 1024 * 1024;

export async function unpackLayer(
  registry: Pick<OciRegistry, 'blob'>,
  layer: OciLayer,
  context: Pick<SourceContext, 'env' | 'signal'>,
): Promise<RemoteFile[]> {
  const base = await realpath(context.env['RUNNER_TEMP'] ?? tmpdir());
  const folder = await mkdtemp(join(base, 'sluice-oci-'));
  try {
    return await unpackInto(folder, registry, layer, context.signal);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function unpackInto(
  folder: string,
  registry: Pick<OciRegistry, 'blob'>,
  layer: OciLayer,
  signal: AbortSignal,
): Promise<RemoteFile[]> {
  const { digest, bytes, path, archive } = layer;
  const { body } = await registry.blob({ digest, bytes, name: path }, undefined, signal);
  const whole = createHash('sha256');
  const packed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      whole.update(chunk);
      done(null, chunk);
    },
  });
  const plain =
    archive === 'tar+gzip'
      ? createGunzip()
      : archive === 'tar+zstd'
        ? createZstdDecompress()
        : new PassThrough();
  const flowing = pipeline(body, packed, plain, { signal });
  // Its failure reaches the reader of `plain` too; here it must only not go unheard.
  flowing.catch(() => undefined);
  const limit = Math.max(SMALL_BYTES, bytes * MAX_RATIO);
  const files: RemoteFile[] = [];
  let total = 0;
  try {
    await readTar(plain, async (entry, content) => {
      if (entry.type === 'folder') return;
      if (entry.type !== 'file')
        throw new InfraError(`it holds ${JSON.stringify(entry.path)}, which is neither a file nor a folder`);
      const fault = describePathFault(entry.path);
      if (fault !== undefined) throw new InfraError(`it holds ${JSON.stringify(entry.path)}: ${fault}`);
      total += entry.bytes;
      if (total > limit) throw new InfraError(`it unpacks to more than ${MAX_RATIO} times its size`);
      files.push(await writeFileOf(folder, entry, content, signal));
    });
    await flowing;
  } catch (error) {
    body.destroy();
    signal.throwIfAborted();
    if (error instanceof InfraError) throw new InfraError(`the layer ${path} is refused: ${error.message}`);
    throw new InfraError(`the layer ${path} can't be unpacked`, { cause: error });
  }
  const seen = `sha256:${whole.digest('hex')}`;
  if (seen !== digest)
    throw new InfraError(`the layer ${path} has the digest ${seen}, not ${digest}; refused`);
  return files;
}

async function writeFileOf(
  folder: string,
  entry: { path: string; bytes: number },
  content: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<RemoteFile> {
  const absolute = join(folder, entry.path);
  await mkdir(dirname(absolute), { recursive: true });
  const hash = createHash('sha256');
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of content) {
      hash.update(chunk);
      yield chunk;
    }
  };
  // wx: nothing in an archive may name a file twice, nor follow what an earlier entry made.
  await pipeline(Readable.from(hashed()), createWriteStream(absolute, { flags: 'wx' }), { signal });
  const { size, mtimeMs } = await stat(absolute);
  if (size !== entry.bytes) throw new InfraError(`${JSON.stringify(entry.path)} is cut off`);
  const file = { path: entry.path, absolute, bytes: size, mtimeMs };
  return { ...localFile({ ...file, hash: { algorithm: 'sha256', value: hash.digest('hex') } }) };
}
