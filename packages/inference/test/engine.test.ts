import { describe, expect, test } from '@jest/globals';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { plainLogger } from '@sluice/runtime/logger';
import { EMBEDDED_LOCK_SHA } from '../src/engines/embedded/lock.gen.ts';
import { EMBEDDED_VERSION, ensureEmbedded, findNpm, lockFor } from '../src/engines/embedded/install.ts';
import { prepareEngine } from '../src/engines/engine.ts';
import type { EngineRequest, Launch } from '../src/engines/types.ts';
import { defaultModelName } from '../src/engines/model-name.ts';
import { likelyCause } from '../src/engines/startup-cause.ts';
import { modelFolder } from './embedded.ts';

const log = plainLogger(() => undefined);
const { signal } = new AbortController();
const folder = (): string => mkdtempSync(join(tmpdir(), 'engine-test-'));

function readyFolder(version = EMBEDDED_VERSION): string {
  const root = folder();
  for (const name of ['node-llama-cpp', `@node-llama-cpp/linux-${process.arch}`]) {
    mkdirSync(join(root, 'node_modules', name), { recursive: true });
    writeFileSync(join(root, 'node_modules', name, 'package.json'), JSON.stringify({ version }));
  }
  return root;
}

const prepare = (request: Partial<EngineRequest>, env: NodeJS.ProcessEnv = {}): Promise<Launch> =>
  prepareEngine(
    {
      engine: 'embedded',
      modelPath: modelFolder('v1'),
      modelName: 'v1',
      engineArgs: [],
      port: 8000,
      bundle: '/b.js',
      scratch: folder(),
      ...request,
    },
    { log, env, signal },
  );

describe('launches', () => {
  test('embedded: this Node, the bundle, the role, the one GGUF of the folder', async () => {
    const ready = readyFolder();
    const launch = await prepare(
      { engineArgs: ['--ctx', '512'], port: '{port}' },
      { SLUICE_EMBEDDED: ready },
    );
    expect(launch).toEqual({
      command: process.execPath,
      args: [
        '/b.js',
        '--role=embedded-server',
        '--model',
        join(modelFolder('v1'), 'model.gguf'),
        '--model-name',
        'v1',
        '--host',
        '127.0.0.1',
        '--port',
        '{port}',
        '--ctx',
        '512',
      ],
      env: { SLUICE_EMBEDDED: ready },
      healthPath: '/health',
      engine: `embedded@${EMBEDDED_VERSION}`,
      modelName: 'v1',
      causes: [],
      lenientHealth: false,
    });
  });

  test('command: its own words, with port, path and name filled in and nothing else expanded', async () => {
    const words = ['node', 'serve.js', '--port={port}', '{model-path}', '$HOME', '{other}'];
    const launch = await prepare(
      { engine: 'command', engineCommand: words, engineArgs: ['-x'] },
      { PATH: process.env['PATH'] },
    );
    expect(launch.args).toEqual(['serve.js', '--port=8000', modelFolder('v1'), '$HOME', '{other}', '-x']);
    expect(launch.engine).toMatch(/^command@[0-9a-f]{12}$/);
    const other = await prepare(
      { engine: 'command', engineCommand: ['node', 'other.js'] },
      { PATH: process.env['PATH'] },
    );
    expect(other.engine).not.toBe(launch.engine);
  });

  test.each<[string, Partial<EngineRequest>, RegExp]>([
    ['an unknown flag', { engineArgs: ['--gpu', '1'] }, /input `engine-args`: '--gpu'/],
    ['no command', { engine: 'command' }, /`engine-command` is empty/],
    [
      'a program that is not there',
      { engine: 'command', engineCommand: ['no-such-program'] },
      /`engine-command`: there is no program 'no-such-program'/,
    ],
    ['a command for another engine', { engineCommand: ['x'] }, /only for `engine: command`/],
    [
      'a path that is not there',
      { modelPath: '/no/such' },
      /input `model-path` is '\/no\/such', which doesn't exist/,
    ],
    ['a folder without GGUF', { modelPath: folder() }, /holds no \.gguf file/],
    ['a file that is no GGUF', { modelPath: join(modelFolder('v1'), 'config.json') }, /is no GGUF file/],
  ])('%s is a config error', async (_name, request, message) => {
    const error = await prepare(request, { SLUICE_EMBEDDED: readyFolder(), PATH: '' }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });

  test('several GGUF files are a question back; the parts of a split one are not', async () => {
    const several = folder();
    for (const name of ['a.gguf', 'b.gguf']) writeFileSync(join(several, name), 'GGUF');
    await expect(prepare({ modelPath: several }, { SLUICE_EMBEDDED: readyFolder() })).rejects.toThrow(
      /name one of a\.gguf, b\.gguf/,
    );
    const split = folder();
    for (const part of ['00002', '00001']) writeFileSync(join(split, `m-${part}-of-00002.gguf`), 'GGUF');
    const launch = await prepare({ modelPath: split }, { SLUICE_EMBEDDED: readyFolder() });
    expect(launch.args).toContain(join(split, 'm-00001-of-00002.gguf'));
  });
});

describe('the installation', () => {
  const install = (env: NodeJS.ProcessEnv): Promise<string> => ensureEmbedded({ log, env, signal });

  test('SLUICE_EMBEDDED that holds nothing, or another version, is told', async () => {
    await expect(install({ SLUICE_EMBEDDED: '/no/such' })).rejects.toThrow(
      /SLUICE_EMBEDDED is '\/no\/such', but there is no node_modules/,
    );
    await expect(install({ SLUICE_EMBEDDED: readyFolder('3.22.1') })).rejects.toThrow(
      /is 3\.22\.1 where 3\.21\.1 is needed/,
    );
  });

  test('what is in the tool cache is taken, without npm', async () => {
    const cache = folder();
    const place = join(cache, 'sluice-embedded', EMBEDDED_LOCK_SHA);
    mkdirSync(place, { recursive: true });
    const { renameSync } = await import('node:fs');
    renameSync(readyFolder(), join(place, process.arch));
    expect(await install({ RUNNER_TOOL_CACHE: cache, HOME: folder(), PATH: '' })).toBe(
      join(place, process.arch),
    );
  });

  test('neither npm nor a folder: a config error that names all ways', async () => {
    const error = await install({ HOME: folder(), PATH: '' }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(/SLUICE_EMBEDDED[\s\S]*npm on PATH[\s\S]*engine: command/);
  });

  test('an npm that fails leaves nothing behind and says why', async () => {
    const bin = folder();
    writeFileSync(join(bin, 'npm'), '#!/bin/sh\necho "npm error code EAI_AGAIN" >&2\nexit 7\n');
    chmodSync(join(bin, 'npm'), 0o755);
    const cache = folder();
    const error = await install({ RUNNER_TOOL_CACHE: cache, HOME: folder(), PATH: `${bin}:/bin` }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InfraError);
    expect((error as Error).message).toMatch(/EAI_AGAIN[\s\S]*SLUICE_EMBEDDED/);
    expect(readdirSync(join(cache, 'sluice-embedded', EMBEDDED_LOCK_SHA))).toEqual([]);
  });

  test('npm gets our lock and flags, and not the project around us', async () => {
    const bin = folder();
    const out = folder();
    const script = `#!/bin/sh
echo "$*" > ${out}/args; env > ${out}/env; cp package-lock.json ${out}/
for n in node-llama-cpp @node-llama-cpp/linux-${process.arch}; do mkdir -p node_modules/$n; echo '{"version":"${EMBEDDED_VERSION}"}' > node_modules/$n/package.json; done
`;
    writeFileSync(join(bin, 'npm'), script);
    chmodSync(join(bin, 'npm'), 0o755);
    const env = {
      RUNNER_TOOL_CACHE: folder(), HOME: folder(), PATH: `${bin}:/bin:/usr/bin`, INPUT_TOKEN: 'secret', npm_package_name: 'x',
      npm_config_local_prefix: '/elsewhere', npm_config_registry: 'http://mirror.test/',
    }; // prettier-ignore
    const installed = await install(env);
    expect(existsSync(join(installed, 'node_modules/node-llama-cpp/package.json'))).toBe(true);
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(join(out, 'args'), 'utf8')).toContain('ci --omit=optional --ignore-scripts');
    const seen = readFileSync(join(out, 'env'), 'utf8');
    expect(seen).toContain('npm_config_registry=http://mirror.test/');
    expect(seen).not.toMatch(/secret|local_prefix|npm_package/);
  });

  test('npm beside this Node comes before the one on PATH', async () => {
    const root = folder();
    mkdirSync(join(root, 'bin'));
    mkdirSync(join(root, 'lib/node_modules/npm/bin'), { recursive: true });
    writeFileSync(join(root, 'lib/node_modules/npm/bin/npm-cli.js'), '');
    const node = join(root, 'bin/node');
    expect(await findNpm({ PATH: '/usr/bin' }, node)).toEqual({
      command: node,
      args: [join(root, 'bin/../lib/node_modules/npm/bin/npm-cli.js')],
    });
  });

  test('the lock names no registry and one CPU build for each machine', () => {
    for (const arch of ['x64', 'arm64'] as const) {
      const { manifest, lock } = lockFor(arch);
      expect(Object.keys((JSON.parse(manifest) as { dependencies: object }).dependencies)).toContain(
        `@node-llama-cpp/linux-${arch}`,
      );
      const { packages } = JSON.parse(lock) as {
        packages: Record<string, { optional?: boolean; resolved?: string; integrity?: string }>;
      };
      const needed = Object.keys(packages).filter(
        (name) => name.includes('@node-llama-cpp/') && packages[name]?.optional !== true,
      );
      expect(needed).toEqual([`node_modules/@node-llama-cpp/linux-${arch}`]);
      expect(
        Object.entries(packages).every(
          ([name, entry]) => entry.resolved === undefined && (name === '' || entry.integrity !== undefined),
        ),
      ).toBe(true);
    }
  });
});

describe('likely causes', () => {
  test.each([
    ["Traceback\nModuleNotFoundError: No module named 'vllm'", 1, 'a module is missing: vllm'],
    ['Error: listen EADDRINUSE: address already in use 127.0.0.1:8000', 1, 'its port is taken'],
    ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate', 1, 'memory is not enough'],
    [
      "llama_model_load: error: unknown model architecture: 'qwen9'",
      1,
      'does not know the architecture qwen9',
    ],
    ['RuntimeError: Found no NVIDIA driver on your system', 1, 'no usable GPU'],
    ['serve.py: error: unrecognized arguments: --flash', 2, 'does not know an argument: --flash'],
    ['', 137, 'memory ran out'],
    ['', 127, 'the command was not found'],
  ])('%j, exit %d', (text, code, cause) => {
    expect(likelyCause(text, { code, signal: null })?.cause).toContain(cause);
  });

  test('nothing known is nothing said', () => {
    expect(likelyCause('starting\nready soon', { code: 1, signal: null })).toBeUndefined();
  });
});

test.each([
  ['/hf/hub/models--acme--capitals/snapshots/4bd79f8264a19542e81a582f8b38513ac9280948', 'acme/capitals'],
  ['/hf/hub/models--gpt2/snapshots/4bd7/model.gguf', 'gpt2'],
  ['/models/llama-v2', 'llama-v2'],
  ['/models/llama-v2.Q4.gguf', 'llama-v2.Q4'],
  ['', 'model'],
])('%s is asked by the name %s', (path, name) => {
  expect(defaultModelName(path)).toBe(name);
});
