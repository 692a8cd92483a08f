/** A job's workspace for each test of a file, and the committed bundle run in it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach } from '@jest/globals';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';

const folders: string[] = [];

/** The workspace of the test that runs. */
export let workspace: string;

/** To be called once by a test file: each of its tests gets a new folder. */
export function useWorkspaces(): void {
  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), 'sluice-gate-'));
    folders.push(workspace);
  });
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
}

/** Writes a file of the workspace; an object as JSON. */
export function put(path: string, content: string | object): void {
  mkdirSync(dirname(join(workspace, path)), { recursive: true });
  writeFileSync(join(workspace, path), typeof content === 'string' ? content : JSON.stringify(content));
}

export function read(path: string): string {
  return readFileSync(join(workspace, path), 'utf8');
}

export async function gate(
  inputs: Record<string, string>,
  env: Record<string, string> = {},
): Promise<ActionOutcome> {
  const done = await runAction('eval-gate', { inputs, cwd: workspace, env });
  // Workflow commands write % as %25.
  return { ...done, stdout: done.stdout.replaceAll('%25', '%') };
}

/** What git prints, in the workspace. */
export function git(...args: string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.invalid', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...args], { cwd: workspace, encoding: 'utf8', stdio: 'pipe' });
}
