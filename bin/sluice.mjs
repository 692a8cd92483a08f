#!/usr/bin/env node
/**
 * Runs an action where there is no GitHub runner: `sluice eval-gate --results metrics.json --thresholds 'accuracy >= 0.9'`.
 * Every input of the action is an option (`--name value`, `--name=value`; given again it is one more line; without a value it
 * is `true`). `--outputs <file>` writes the outputs as JSON. Paths start at the current folder, the exit code is the action's.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = resolve(import.meta.dirname, '..');
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM']);

const [action = '', ...words] = process.argv.slice(2);
const actions = readdirSync(join(ROOT, 'actions')).filter((name) =>
  existsSync(join(ROOT, 'actions', name, 'action.yml')),
);
if (!actions.includes(action))
  leave(`usage: sluice <action> --<input> <value> …; actions: ${actions.join(', ')}`);
const names = inputNames(readFileSync(join(ROOT, 'actions', action, 'action.yml'), 'utf8'));
const { outputs, ...inputs } = readOptions(words);
const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
try {
  process.exitCode = await runBundle();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The keys right below `inputs:`; action.yml is written by one generator, two blanks deep. */
function inputNames(/** @type {string} */ text) {
  const block = /^inputs:\n((?:[ #].*\n|\n)*)/m.exec(text)?.[1] ?? '';
  return [...block.matchAll(/^ {2}([a-z][a-z0-9-]*):/gm)].map(([, name]) => name ?? '');
}

function readOptions(/** @type {string[]} */ given) {
  /** @type {Record<string, string>} */
  const options = {};
  for (let i = 0; i < given.length; i += 1) {
    const [, name = '', inline] = /^--([a-z0-9-]+)(?:=([\s\S]*))?$/.exec(given[i] ?? '') ?? [];
    if (name !== 'outputs' && !names.includes(name))
      leave(`'${given[i]}' is no input of ${action}; see actions/${action}/README.md`);
    const next = given[i + 1];
    const follows = inline === undefined && next !== undefined && !/^--[a-z]/.test(next);
    if (follows) i += 1;
    const value = inline ?? (follows ? next : 'true');
    options[name] = options[name] === undefined ? value : `${options[name]}\n${value}`;
  }
  return options;
}

/** Command files as the runner gives them; a later job step has no part in any of them here. */
async function runBundle() {
  const files = Object.fromEntries(
    ['OUTPUT', 'STATE', 'STEP_SUMMARY', 'ENV', 'PATH'].map((name) => [`GITHUB_${name}`, join(folder, name)]),
  );
  for (const path of Object.values(files)) writeFileSync(path, '');
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const env = { ...process.env, ...files, RUNNER_TEMP: folder, ...Object.fromEntries(given) };
  const bundle = join(ROOT, 'dist', action, 'index.js');
  const child = spawn(process.execPath, [bundle], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  const ended = new Promise((done) => child.on('close', (code) => done(code ?? 1)));
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Infinity })) tell(line);
  const code = await ended;
  if (outputs !== undefined)
    writeFileSync(outputs, `${JSON.stringify(readOutputs(files['GITHUB_OUTPUT']), null, 2)}\n`);
  return code;
}

/** Workflow commands as plain lines; those that only a runner understands are left out. */
function tell(/** @type {string} */ line) {
  const [, command = '', text = ''] = /^::([a-z-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? [];
  const plain = text.replaceAll('%0D', '').replaceAll('%0A', '\n').replaceAll('%25', '%');
  if (command === '') process.stdout.write(`${line}\n`);
  else if (['error', 'warning', 'notice'].includes(command)) process.stdout.write(`${command}: ${plain}\n`);
  else if (command === 'group') process.stdout.write(`${plain}\n`);
}

/** `name<<mark`, lines, `mark`. */
function readOutputs(/** @type {string} */ path) {
  /** @type {Record<string, string>} */
  const found = {};
  const lines = readFileSync(path, 'utf8').split(/\r?\n/);
  for (let i = 0; i < lines.length; i += 1) {
    const [, name, mark] = /^([^<=]+)<<(.+)$/.exec(lines[i] ?? '') ?? [];
    if (name === undefined) continue;
    const end = lines.indexOf(mark ?? '', i + 1);
    found[name] = lines.slice(i + 1, end).join('\n');
    i = end;
  }
  return found;
}

/** @returns {never} */
function leave(/** @type {string} */ message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
