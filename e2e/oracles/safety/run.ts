/**
 * The safety check against real files: every ordinary file that the real libraries write must pass, every file that
 * makes Python run code must be caught, and other scanners are asked about the same files, for comparison.
 * `node e2e/oracles/safety/run.ts` prints a line per group, then `N passed, N failed`; exit 1 when one failed.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { describeError } from '@sluice/runtime/errors';
import { inspectFile } from '@sluice/weights/inspect';
import { BAD_CONTAINERS } from '../../../packages/weights/test/bad-containers.ts';
import { BAD_MODELS } from '../../../packages/weights/test/bad-models.ts';
import { BAD_PICKLES } from '../../../packages/weights/test/bad-pickles.ts';
import { prepareVenv } from '../hub/venv.ts';
import { writeBoms } from './boms.ts';
import { checkFolders } from './models.ts';
import { checkSigned } from './signatures.ts';
import type { SignedModel } from './signatures.ts';

const HERE = import.meta.dirname;
const OURS = 'model-pull';

interface Made {
  name: string;
  executed: boolean | null;
}
interface Peer {
  peer: string;
  version: string;
  flagged: string[];
}

let passed = 0;
let failed = 0;

function tell(check: string, ok: boolean, detail = ''): void {
  if (ok) passed += 1;
  else failed += 1;
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${check}${detail === '' ? '' : `: ${detail}`}\n`);
}

async function python<T>(interpreter: string, script: string, folder: string): Promise<T[]> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout } = await run(interpreter, [join(HERE, script), folder], { env, timeoutMs: 240_000 });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as T);
}

/** Names of the files in `folder` that our check refuses, with why. */
async function refused(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(folder)) {
    const { problem } = await inspectFile(name, join(folder, name), new Set());
    if (problem !== null) found.set(name, problem);
  }
  return found;
}

/** A column per scanner: what it catches of the bad files, and what it refuses of the ordinary ones. */
function compare(rows: readonly { who: string; cells: readonly string[] }[], heads: readonly string[]): void {
  const width = Math.max(...rows.map(({ who }) => who.length)) + 2;
  const line = (who: string, cells: readonly string[]): string =>
    `${who.padEnd(width)}${cells.map((cell) => cell.padStart(26)).join('')}\n`;
  process.stdout.write(line('', heads));
  for (const { who, cells } of rows) process.stdout.write(line(who, cells));
}

async function check(scratch: string): Promise<void> {
  const interpreter = await prepareVenv(join(HERE, 'requirements.txt'));
  const folders = {
    ordinary: join(scratch, 'ordinary'),
    real: join(scratch, 'real'),
    samples: join(scratch, 'samples'),
  };
  for (const folder of Object.values(folders)) await mkdir(folder);

  await python(interpreter, 'ordinary.py', folders.ordinary);
  const ordinary = await readdir(folders.ordinary);
  const wrong = await refused(folders.ordinary);
  for (const name of ordinary) tell(`ordinary ${name} passes`, !wrong.has(name), wrong.get(name));

  const made = await python<Made>(interpreter, 'malicious.py', folders.real);
  const executed = made.filter((file) => file.executed === true).length;
  tell('most of the bad files do run code in Python', executed > 55, `${executed} of ${made.length}`);
  const caught = await refused(folders.real);
  for (const { name } of made) tell(`bad ${name} is caught`, caught.has(name));

  const samples = [...BAD_PICKLES, ...BAD_CONTAINERS, ...BAD_MODELS];
  for (const [name, content] of samples) await writeFile(join(folders.samples, name), content);
  const unsafe = await refused(folders.samples);
  for (const [name] of samples) tell(`sample ${name} is caught`, unsafe.has(name));

  const models = join(scratch, 'models');
  await python(interpreter, 'onnx_models.py', models);
  for (const [name, problems] of await checkFolders(join(models, 'ordinary')))
    tell(`ordinary ONNX model ${name} passes`, problems.length === 0, problems.join('; '));
  for (const [name, problems] of await checkFolders(join(models, 'bad')))
    tell(`bad ONNX model ${name} is caught`, problems.length > 0);

  const signed = join(scratch, 'signed');
  for (const model of await python<SignedModel>(interpreter, 'sign.py', signed)) {
    for (const { name, ok, detail } of await checkSigned(join(signed, model.name), model))
      tell(`signed ${model.name}: ${name}`, ok, detail);
  }

  const boms = join(scratch, 'boms');
  await mkdir(boms);
  await writeBoms(boms);
  const judged = await python<{ name: string; fault: string | null }>(interpreter, 'check_bom.py', boms);
  tell('bills of materials were judged', judged.length > 10);
  for (const { name, fault } of judged) {
    const ok = (fault === null) === (name !== 'wrong.json');
    tell(`bill of materials ${name} is judged by CycloneDX's schema as it should be`, ok, fault ?? '');
  }

  const sets = [
    { head: 'run code in Python', folder: folders.real, names: made.map(({ name }) => name) },
    // Headers of safetensors and GGUF are nobody else's subject.
    { head: 'bad pickles', folder: folders.samples, names: BAD_PICKLES.map(([name]) => name) },
    { head: 'ordinary files refused', folder: folders.ordinary, names: ordinary },
  ];
  const ours = [caught, unsafe, wrong];
  const share = (names: readonly string[], flagged: ReadonlySet<string>): string =>
    `${names.filter((name) => flagged.has(name)).length} of ${names.length}`;
  const answers = await Promise.all(sets.map(({ folder }) => python<Peer>(interpreter, 'peers.py', folder)));
  const rows = (answers[0] ?? []).map(({ peer, version }) => ({
    who: `${peer} ${version}`,
    cells: sets.map(({ names }, index) => {
      const answer = answers[index]?.find((other) => other.peer === peer);
      return share(names, new Set(answer?.flagged));
    }),
  }));
  tell('the peers answered', rows.length === 4);
  compare(
    [
      { who: OURS, cells: sets.map(({ names }, index) => share(names, new Set(ours[index]?.keys()))) },
      ...rows,
    ],
    sets.map(({ head }) => head),
  );
}

const scratch = await mkdtemp(join(tmpdir(), 'sluice-safety-'));
try {
  await check(scratch);
} catch (error) {
  tell('the oracle ran', false, describeError(error));
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
