/** What is registered in tests: real files in a folder, and the context that registries are handed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openPointer } from '@sluice/registries/open';
import type { Comment, Pointer, RegistryContext, Subject } from '@sluice/registries/registry';
import { parsePromote } from '@sluice/registries/targets';
import { hashModelPath } from '@sluice/release/weights';
import { plainLogger } from '@sluice/runtime/logger';

export const BACK: Comment = { who: 'octocat', why: 'broken', link: '' };

export class Weights {
  readonly root = mkdtempSync(join(tmpdir(), 'sluice-weights-'));

  /** A subject whose files these are. */
  async subject(files: Record<string, string>, source = 's3://elsewhere/llm'): Promise<Subject> {
    const folder = mkdtempSync(join(this.root, 'v-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { digest, root, files: listed } = await hashModelPath(folder);
    return { ...bareSubject(digest, source), local: { root, files: listed } };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function bareSubject(digest: string, source: string, revision = 'r1'): Subject {
  return {
    ...{ digest, source, revision },
    description: 'gated',
    tags: { 'sluice.verdict': 'pass' },
    comment: { who: 'octocat', why: 'gate passed', link: 'https://ci.example/1' },
  };
}

export function contextWith(env: Record<string, string>): RegistryContext {
  const log = plainLogger(() => undefined);
  return { env: { HOME: '/nonexistent', ...env }, log, signal: AbortSignal.timeout(10_000), workspace: '/' };
}

export function pointerTo(given: string, context: RegistryContext): Promise<Pointer> {
  const parsed = parsePromote(given);
  if ('fault' in parsed) throw new Error(parsed.fault);
  if (parsed.target.kind === 'git') throw new Error('no pointer');
  return openPointer(parsed.target, context);
}
