/** A model that the real model_signing signed: taken as it is, refused after each way of tampering. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '@sluice/model-store/content-hash';
import { parseDemand } from '@sluice/signing/demand';
import { verifyModel } from '@sluice/signing/verify-model';
import { writeFileAtomic } from '@sluice/runtime/files';
import { listFiles } from './models.ts';

export interface SignedModel {
  name: string;
  demand: string;
  /** A key or authority that did not sign it. */
  other: string;
  /** model_signing itself refuses it. */
  refused?: boolean;
}

interface Outcome {
  name: string;
  ok: boolean;
  detail: string;
}
interface File {
  path: string;
  at: string;
  bytes: number;
  sha256: string;
}

const SIGNATURE = 'model.sig';

export async function checkSigned(folder: string, model: SignedModel): Promise<Outcome[]> {
  const { signal } = new AbortController();
  const files: File[] = [];
  for (const file of await listFiles(join(folder, 'model'))) {
    const { sha256 } = await hashFile(file.at, { bytes: file.bytes, etag: '0'.repeat(64) }, signal);
    files.push({ ...file, sha256 });
  }
  const verify = async (some: readonly File[], demand = model.demand): Promise<string> => {
    const result = await verifyModel(parseDemand([demand], folder), {
      files: some,
      select: (paths) => [...paths],
      workspace: folder,
      signal,
    });
    return result.state === 'valid' ? '' : result.why;
  };
  const whole = await verify(files);
  if (model.refused === true) {
    return [{ name: 'refused, as model_signing does', ok: whole !== '', detail: whole }];
  }
  const target = files.find(({ path }) => path === 'deep/model.bin');
  const config = files.find(({ path }) => path === 'config.json');
  if (!target || !config) throw new Error(`${folder} has not the files that sign.py writes`);
  const others = files.filter((file) => file !== target);
  // Other bytes behind the same name and size: what a hub that was broken into serves.
  const swapped = join(folder, 'swapped');
  const bytes = await readFile(target.at);
  bytes[5000] = (bytes[5000] ?? 0) ^ 1;
  await writeFileAtomic(swapped, bytes);
  const hash = await hashFile(swapped, { bytes: target.bytes, etag: '0'.repeat(64) }, signal);
  const tampered: [string, Promise<string>][] = [
    ['a changed file', verify([...others, { ...target, at: swapped, sha256: hash.sha256 }])],
    ['an added file', verify([...files, { ...config, path: 'modeling.py' }])],
    ['a missing file', verify(others)],
    ['a renamed file', verify([...others, { ...target, path: 'deep/other.bin' }])],
    ['another signer', verify(files, model.other)],
    ['an altered statement', verify(await alterStatement(folder, files))],
  ];
  const outcomes = [{ name: 'taken', ok: whole === '', detail: whole }];
  for (const [name, why] of tampered)
    outcomes.push({ name: `${name} is refused`, ok: (await why) !== '', detail: await why });
  return outcomes;
}

/** The same signature over a statement that lets one more path be unsigned. */
async function alterStatement(folder: string, files: readonly File[]): Promise<File[]> {
  const signature = files.find(({ path }) => path === SIGNATURE);
  if (!signature) throw new Error(`${folder} has no ${SIGNATURE}`);
  const bundle = JSON.parse(await readFile(signature.at, 'utf8')) as { dsseEnvelope: { payload: string } };
  const statement = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
  const altered = statement.replace(/"ignore_paths"\s*:\s*\[/, '"ignore_paths": ["evil", ');
  if (altered === statement) throw new Error('the statement names no ignored paths');
  bundle.dsseEnvelope.payload = Buffer.from(altered).toString('base64');
  const at = join(folder, 'altered.sig');
  await writeFileAtomic(at, JSON.stringify(bundle));
  return files.map((file) => (file === signature ? { ...file, at } : file));
}
