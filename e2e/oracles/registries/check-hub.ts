/** What we write to the fixture hub, read by huggingface_hub; and what that writes there, read by us: one meaning of tags and commits. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { register } from '@sluice/registries/open';
import { hashModelPath } from '@sluice/release/weights';
import { startHub } from '@sluice/testing/hub/server';
import { Checks } from '../sources/checks.ts';
import { contextOf, pointerTo, subjectOf } from './check-mlflow.ts';

const TOKEN = 'hf_oracle';

export async function checkHub(python: string, folder: string): Promise<Checks> {
  const checks = new Checks('hub');
  const revisions = ['v1', 'v2'].map((name) => ({ name, files: { 'm.gguf': name } }));
  await using hub = await startHub({ repos: [{ id: 'acme/llm', revisions }], token: TOKEN });
  const env = { HOME: folder, HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN };
  const context = contextOf(env);
  const client = async (...words: string[]): Promise<unknown> => {
    const script = join(import.meta.dirname, 'hub_client.py');
    const own = {
      ...env,
      PATH: process.env['PATH'] ?? '',
      HF_HUB_DISABLE_TELEMETRY: '1',
      HF_HUB_DISABLE_XET: '1',
    };
    const { stdout } = await run(python, [script, ...words], { env: own, timeoutMs: 120_000 });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown;
  };
  const [v1, v2] = [hub.commit('acme/llm', 'v1'), hub.commit('acme/llm', 'v2')];
  checks.equal('its client makes a tag', await client('tag', 'acme/llm', 'live', 'v1'), v1);
  const live = await pointerTo('hf:acme/llm@live', context);
  checks.equal('… which we see', await live.observe(), v1);
  const pulled = { ...subjectOf('a', 'acme/llm'), revision: v2 };
  checks.equal('… and move', (await live.promote(pulled, v1)).from, v1);
  checks.equal('its client sees it moved', await client('tags', 'acme/llm'), { live: v2, v1, v2 });
  const root = join(folder, 'weights');
  await mkdir(join(root, 'sub'), { recursive: true });
  await writeFile(join(root, 'm.gguf'), 'GGUF');
  await writeFile(join(root, 'sub/config.json'), '{}');
  const { digest, files } = await hashModelPath(root);
  const subject = { ...subjectOf('a', 's3://elsewhere'), digest, local: { root, files } };
  const made = await register({ kind: 'hf', given: 'hf:acme/new', repo: 'acme/new' }, subject, context);
  const seen = await client('download', 'acme/new', made.version);
  const texts = { '.gitattributes': '*.gguf filter=lfs\n', 'm.gguf': 'GGUF', 'sub/config.json': '{}' };
  checks.equal('its client downloads what we committed', seen, texts);
  checks.equal('its client commits, and so would we', await client('upload', 'acme/new', 'x.gguf'), true);
  return checks;
}
