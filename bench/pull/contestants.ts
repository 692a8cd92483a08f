/** Who is measured: each is a command that brings the same files into an empty folder. */
import { join } from 'node:path';
import { prepareVenv } from '../../e2e/oracles/hub/venv.ts';

export interface Course {
  hubUrl: string;
  cdnUrl: string;
  /** Folder of the files under their sha256. */
  source: string;
  repo: string;
  files: { path: string; bytes: number; sha256: string }[];
}

export interface Contestant {
  name: string;
  kind: 'ours' | 'peer' | 'limit';
  /** What it does about hashes. */
  verifies: string;
  command(course: Course, target: string): { command: string; args: string[]; env?: Record<string, string> };
}

const HERE = import.meta.dirname;
const ORACLES = join(HERE, '../../e2e/oracles/hub');

const PYTHON = `
import sys, huggingface_hub
huggingface_hub.snapshot_download(sys.argv[1], cache_dir=sys.argv[2])
`;

const SCRIPT = `
import { snapshotDownload } from '@huggingface/hub';
const [repo, cacheDir, hubUrl] = process.argv.slice(1);
await snapshotDownload({ repo, cacheDir, hubUrl });
`;

const HASH = `
import { createHash } from 'node:crypto';
import { openSync, readSync } from 'node:fs';
const buffer = Buffer.allocUnsafeSlow(1 << 20);
for (const path of process.argv.slice(1)) {
  const [file, hash] = [openSync(path), createHash('sha256')];
  for (let read; (read = readSync(file, buffer)) > 0;) hash.update(buffer.subarray(0, read));
  hash.digest('hex');
}
`;

export async function pythonClient(version: string): Promise<Contestant> {
  const python = await prepareVenv(join(ORACLES, `requirements-${version}.txt`));
  return {
    name: `huggingface_hub ${version}`,
    kind: 'peer',
    verifies: 'size',
    command: ({ repo, hubUrl }, target) => ({
      command: python,
      args: ['-c', PYTHON, repo, target],
      env: {
        HF_ENDPOINT: hubUrl,
        HF_HOME: target,
        HF_HUB_DISABLE_XET: '1',
        HF_HUB_DISABLE_TELEMETRY: '1',
        HF_HUB_DISABLE_PROGRESS_BARS: '1',
      },
    }),
  };
}

export const SCRIPT_CLIENT: Contestant = {
  name: '@huggingface/hub',
  kind: 'peer',
  verifies: 'nothing',
  command: ({ repo, hubUrl }, target) => ({
    command: process.execPath,
    args: ['--input-type=module', '-e', SCRIPT, repo, target, hubUrl],
  }),
};

export const ARIA2: Contestant = {
  name: 'aria2 (4 files, 4 connections each)',
  kind: 'peer',
  verifies: 'nothing',
  command: ({ cdnUrl, files }, target) => ({
    command: 'aria2c',
    args: [
      ...[
        '--quiet',
        '--dir',
        target,
        '--max-concurrent-downloads=4',
        '--split=4',
        '--file-allocation=falloc',
      ],
      ...['--max-connection-per-server=4', '--force-sequential=true'],
      ...files.map(({ sha256 }) => `${cdnUrl}/repos/${sha256}`),
    ],
  }),
};

export const LIMITS: Contestant[] = [
  {
    name: 'raw copy',
    kind: 'limit',
    verifies: 'nothing',
    command: ({ source, files }, target) => ({
      command: 'cp',
      args: ['--reflink=never', ...files.map(({ sha256 }) => join(source, sha256)), target],
    }),
  },
  {
    name: 'sha256 of the same bytes, one core',
    kind: 'limit',
    verifies: 'sha256',
    command: ({ source, files }) => ({
      command: process.execPath,
      args: ['--input-type=module', '-e', HASH, ...files.map(({ sha256 }) => join(source, sha256))],
    }),
  },
];

export function actionBundle(): Contestant {
  const bundle = join(HERE, '../../dist/model-pull/index.js');
  return {
    name: 'model-pull',
    kind: 'ours',
    verifies: 'sha256',
    command: ({ repo, hubUrl }, target) => ({
      command: process.execPath,
      args: [bundle],
      env: {
        INPUT_MODEL: repo,
        INPUT_ENDPOINT: hubUrl,
        'INPUT_CACHE-DIR': target,
        INPUT_SAFETY: 'off',
        INPUT_CONNECTIONS: process.env['BENCH_CONNECTIONS'] ?? '16',
        'INPUT_MIN-FREE-SPACE': '1GB',
        'INPUT_RELEASE-RECORD': join(target, 'release.json'),
        INPUT_SUMMARY: 'false',
        INPUT_TIMEOUT: '30s',
        INPUT_VERIFY: 'fast',
      },
    }),
  };
}
