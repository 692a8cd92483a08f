/**
 * Evaluation tools really run over the tiny model, and what they write is gated by the committed bundle of eval-gate: lm-eval,
 * Inspect (zip and JSON), deepeval, Evidently and promptfoo. `node e2e/oracles/evaluators/run.ts [--keep]` prints a line per
 * check, then `N passed, N failed`; exit 1 when one failed. `--keep` renews the copies under fixtures/results.
 */
import { cp, glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run } from '@sluice/process/run';
import { describeError } from '@sluice/runtime/errors';
import { runAction } from '@sluice/testing/runner';
import { prepareVenv } from '../hub/venv.ts';
import { preparePromptfoo } from '../suites/promptfoo.ts';
import { serveTinyModel } from './model-server.ts';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../../..');
const MODEL = 'v1';
/** Five of six capitals are known to it. */
const KNOWN = 5 / 6;

interface Tool {
  name: string;
  /** Where its results lie in its folder. */
  results: string;
  /** The rule that five of six meet, and one that they miss. */
  holds: string;
  misses: string;
  /** A metric that must be five sixths. */
  metric: string;
}

const TOOLS: readonly Tool[] = [
  {
    name: 'lm-eval',
    results: 'out/**/results_*.json',
    metric: 'capitals.exact_match',
    holds: 'capitals.exact_match >= 0.8',
    misses: 'capitals.exact_match >= 0.9',
  },
  {
    name: 'inspect',
    results: 'out-eval/*.eval',
    metric: 'capitals.accuracy',
    holds: 'capitals.accuracy >= 0.8',
    misses: 'capitals.accuracy >= 0.9',
  },
  {
    name: 'inspect',
    results: 'out-json/*.json',
    metric: 'capitals.accuracy',
    holds: 'capitals.accuracy >= 0.8',
    misses: 'capitals.accuracy >= 0.9',
  },
  {
    name: 'deepeval',
    results: 'out/test_run_*.json',
    metric: 'exact_answer',
    holds: 'exact_answer >= 0.8',
    misses: 'tests.failed == 0',
  },
  {
    name: 'evidently',
    results: 'out/evidently.json',
    metric: 'mean_value[correct]',
    holds: 'mean_value[correct] >= 0.8',
    misses: 'mean_value[correct] >= 0.9',
  },
  {
    name: 'promptfoo',
    results: 'out.json',
    metric: 'tests.pass_rate',
    holds: 'tests.pass_rate >= 80%',
    misses: 'tests.failed == 0',
  },
];

let passed = 0;
let failed = 0;
function tell(check: string, ok: boolean, detail = ''): void {
  if (ok) passed += 1;
  else failed += 1;
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${check}${ok || detail === '' ? '' : `: ${detail}`}\n`);
}

async function makeResults(name: string, url: string, folder: string): Promise<void> {
  if (name === 'promptfoo') return runPromptfoo(url, folder);
  const python = await prepareVenv(join(HERE, 'requirements.txt'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    HF_HUB_OFFLINE: '1',
    HF_DATASETS_OFFLINE: '1',
    DO_NOT_TRACK: '1',
  };
  await run(python, [join(HERE, 'evaluate.py'), name, url, MODEL], { cwd: folder, env, timeoutMs: 300_000 });
}

async function runPromptfoo(url: string, folder: string): Promise<void> {
  const command = await preparePromptfoo();
  const capitals = {
    France: 'Paris',
    Germany: 'Berlin',
    Japan: 'Tokyo',
    Italy: 'Rome',
    Spain: 'Madrid',
    Atlantis: 'Poseidonis',
  };
  const config = {
    prompts: ['The capital of {{country}} is'],
    providers: [
      {
        id: `openai:completion:${MODEL}`,
        config: { apiBaseUrl: `${url}/v1`, apiKey: 'none', max_tokens: 12, temperature: 0 },
      },
    ],
    tests: Object.entries(capitals).map(([country, value]) => ({
      vars: { country },
      assert: [{ type: 'contains', value }],
    })),
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    PROMPTFOO_CONFIG_DIR: folder,
    PROMPTFOO_DISABLE_TELEMETRY: '1',
    PROMPTFOO_DISABLE_UPDATE: '1',
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
}

async function gate(tool: Tool, folder: string, thresholds: string) {
  return runAction('eval-gate', { cwd: folder, inputs: { results: tool.results, thresholds } });
}

async function check(tool: Tool, folder: string): Promise<void> {
  const good = await gate(tool, folder, tool.holds);
  const metrics = JSON.parse(good.outputs['metrics'] ?? '{}') as Record<string, number | null>;
  const value =
    metrics[tool.metric] ??
    Object.entries(metrics).find(([label]) => label.startsWith(`${tool.metric}[`))?.[1];
  tell(
    `${tool.name} ${basename(tool.results)}: ${tool.metric} is 5 of 6`,
    Math.abs((value ?? NaN) - KNOWN) < 1e-6,
    String(value),
  );
  tell(`${tool.name}: ${tool.holds} passes`, good.outputs['verdict'] === 'pass', good.stdout.slice(-300));
  const bad = await gate(tool, folder, tool.misses);
  tell(
    `${tool.name}: ${tool.misses} is red`,
    bad.outputs['verdict'] === 'fail' && bad.exitCode === 1,
    bad.stdout.slice(-300),
  );
}

/** Inspect's transcript of each sample is long, and no reader looks at it. */
function shorten(text: string): string {
  const transcript = ['events', 'messages', 'output', 'store', 'attachments', 'events_data'];
  return JSON.stringify(
    JSON.parse(text, (key, value: unknown) => (transcript.includes(key) ? undefined : value)),
    null,
    2,
  );
}

/** Copies what the tool wrote, without names of this machine. */
async function keep(tool: Tool, folder: string): Promise<void> {
  const into = join(ROOT, 'fixtures/results', tool.name);
  // lm-eval's are kept, with their samples, beside the tests of pairs.
  if (tool.name === 'lm-eval') return;
  await mkdir(into, { recursive: true });
  for await (const path of glob(tool.results, { cwd: folder })) {
    const name = `capitals${path.endsWith('.eval') ? '.eval' : '.json'}`;
    if (path.endsWith('.eval')) await cp(join(folder, path), join(into, name));
    else {
      const text = shorten(await readFile(join(folder, path), 'utf8'));
      await writeFile(join(into, name), text.replaceAll(folder, '/work').replaceAll(ROOT, '/sluice'));
    }
  }
}

const scratch = await mkdtemp(join(tmpdir(), 'sluice-evaluators-'));
try {
  const server = await serveTinyModel(join(ROOT, 'fixtures/models', MODEL), MODEL, scratch);
  try {
    const made = new Map<string, Promise<void>>();
    for (const tool of TOOLS) {
      const folder = join(scratch, tool.name);
      try {
        if (!made.has(tool.name)) {
          await mkdir(folder);
          made.set(tool.name, makeResults(tool.name, server.url, folder));
        }
        await made.get(tool.name);
        await check(tool, folder);
        if (process.argv.includes('--keep')) await keep(tool, folder);
      } catch (error) {
        tell(`${tool.name} ran to its end`, false, describeError(error).slice(0, 600));
      }
    }
  } finally {
    await server.stop();
  }
} catch (error) {
  tell('the tiny model is served', false, describeError(error));
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
