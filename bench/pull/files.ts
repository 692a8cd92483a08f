/** Shards of random bytes, made once per size in a folder of the caller's. */
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface Shard {
  path: string;
  bytes: number;
  sha256: string;
}

const BLOCK = 4 * 1024 * 1024;

/** Writes `count` files to `<root>/repos/<sha256>`. */
export async function makeShards(root: string, count: number, bytes: number): Promise<Shard[]> {
  await mkdir(join(root, 'repos'), { recursive: true });
  const block = randomFillSync(Buffer.alloc(BLOCK));
  const shards: Shard[] = [];
  for (let index = 0; index < count; index++) {
    const hash = createHash('sha256');
    const temporary = join(root, 'repos', 'next');
    const file = openSync(temporary, 'w');
    for (let at = 0; at < bytes; at += BLOCK) {
      // Another block each time, at little cost: nothing on the way may compress or share them.
      block.writeUInt32LE(index, 0);
      block.writeDoubleLE(at, 8);
      const part = block.subarray(0, Math.min(BLOCK, bytes - at));
      hash.update(part);
      writeSync(file, part);
    }
    closeSync(file);
    const sha256 = hash.digest('hex');
    renameSync(temporary, join(root, 'repos', sha256));
    const number = String(index + 1).padStart(5, '0');
    shards.push({ path: `model-${number}-of-${String(count).padStart(5, '0')}.safetensors`, bytes, sha256 });
  }
  return shards;
}
