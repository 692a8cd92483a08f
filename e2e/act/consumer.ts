/** A user's repository made from a starter template, and the suite's repository as a release would hold it. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { stampTemplate } from '../../scripts/stamp-templates.ts';
import { ROOT } from './tools.ts';

/** The account that published the release the templates are stamped with, and the user's own organisation. */
export const SUITE_OWNER = 'suite-owner';
export const ORGANISATION = 'acme';
export const REPOSITORY = `${ORGANISATION}/llm`;
/** Stands for the release's commit. */
export const RELEASE_SHA = '5'.repeat(40);
const BRANCH = 'main';

/**
 * What `uses: OWNER/sluice/…@<sha>` fetches: metadata of the actions, bundles, reusable workflows. act knows no `$/`
 * (this repository at the running commit), so there it is written out as just that.
 */
export async function stageSuite(into: string, source = ROOT): Promise<void> {
  for (const folder of ['actions', 'dist', 'schemas']) {
    const from = join(source, folder);
    if (!existsSync(from)) continue;
    await cp(from, join(into, folder), {
      recursive: true,
      filter: (path) => !/\/(?:node_modules|src|test)(?:\/|$)/.test(path.slice(from.length)),
    });
  }
  await cp(join(source, 'package.json'), join(into, 'package.json'));
  const workflows = join(into, '.github', 'workflows');
  await mkdir(workflows, { recursive: true });
  for (const name of await readdir(join(ROOT, '.github', 'workflows'))) {
    const text = await readFile(join(ROOT, '.github', 'workflows', name), 'utf8');
    if (!/^\s+workflow_call:/m.test(text)) continue;
    const written = text.replaceAll('uses: $/', `uses: ${ORGANISATION}/sluice/`);
    // A path with a slash and no ref becomes one at the release's commit.
    const pinned = written.replaceAll(
      new RegExp(`(uses: ${ORGANISATION}/sluice/[\\w./-]+)$`, 'gm'),
      `$1@${RELEASE_SHA}`,
    );
    await writeFile(join(workflows, name), pinned);
  }
}

/** The template as GitHub gives it to a user: our release stamped, its branch placeholder filled in. */
export async function readTemplate(name: string): Promise<string> {
  const text = await readFile(join(ROOT, 'workflows-templates', name), 'utf8');
  return stampTemplate(text, { owner: SUITE_OWNER, sha: RELEASE_SHA, version: 'v0.1.0' })
    .replaceAll('$default-branch', BRANCH)
    .replaceAll('ORGANISATION/', `${ORGANISATION}/`);
}

/**
 * Sets values at the top of a template, as a user edits them: `  NAME: value`, or a block below it.
 * Throws for a name the template does not have: a renamed value must not be missed.
 */
export function editValues(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((now, [name, value]) => {
    const line = new RegExp(`^( +)${name}: (?:\\|\\n(?:\\1 +.*\\n)+|.*\\n)`, 'm');
    if (!line.test(now)) throw new Error(`the template has no value ${name}`);
    return now.replace(line, (_, indent: string) => `${indent}${name}: ${JSON.stringify(value)}\n`);
  }, text);
}

/** git with a name of its own and without the user's settings. */
async function git(folder: string, ...args: string[]): Promise<string> {
  const settings = [
    '-c',
    'user.name=act lane',
    '-c',
    'user.email=act@example.invalid',
    '-c',
    'commit.gpgsign=false',
  ];
  const { stdout } = await run('git', [...settings, ...args], {
    cwd: folder,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
  });
  return stdout.trim();
}

/** Makes the user's repository: suites, and an origin that act reads its name from. */
export async function makeConsumer(folder: string, suites: readonly string[]): Promise<void> {
  await mkdir(join(folder, 'suites'), { recursive: true });
  await mkdir(join(folder, '.github', 'workflows'), { recursive: true });
  for (const suite of suites) {
    await cp(join(ROOT, 'examples', 'suites', suite), join(folder, 'suites', suite));
  }
  await git(folder, 'init', '--quiet', `--initial-branch=${BRANCH}`);
  await git(folder, 'remote', 'add', 'origin', `https://github.com/${REPOSITORY}.git`);
}

/** Commits the workflow with these words; returns the commit. */
export async function commitWorkflow(folder: string, workflow: string, message: string): Promise<string> {
  await writeFile(join(folder, '.github', 'workflows', 'release.yml'), workflow);
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '--allow-empty', '--message', message);
  return git(folder, 'rev-parse', 'HEAD');
}
