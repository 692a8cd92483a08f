#!/usr/bin/env node
/**
 * Stands for the docker command line (checked beside a real engine by e2e/oracles/containers): the commands and flags that
 * are used here and no others, containers that are processes, state in the folder FAKE_DOCKER.
 */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const home = process.env.FAKE_DOCKER;
const [command, ...rest] = process.argv.slice(2);
appendFileSync(join(home, 'calls.jsonl'), `${JSON.stringify(process.argv.slice(2))}\n`);

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const REMOTE = { good: ['8000/tcp'], dies: ['8000/tcp'], never: ['8000/tcp'], noport: [] };

function fail(text, code = 1) {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}
const say = (text) => process.stdout.write(`${text}\n`);
const containerPath = (name) => join(home, 'containers', `${name}.json`);
function readContainer(name) {
  if (!existsSync(containerPath(name))) fail(`Error: No such container: ${name}`);
  return JSON.parse(readFileSync(containerPath(name), 'utf8'));
}
const save = (container) => writeFileSync(containerPath(container.name), JSON.stringify(container));
/** A zombie runs no more: nobody reaps what a docker that ended has started. */
function alive(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !'ZX'.includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch {
    return false;
  }
}
const imageKind = (name) => /^(?:registry\.test\/)?acme\/(\w+)/.exec(name)?.[1];

mkdirSync(join(home, 'containers'), { recursive: true });
mkdirSync(join(home, 'images'), { recursive: true });

function flags(words, known) {
  const values = {};
  const left = [...words];
  while (left[0]?.startsWith('--')) {
    const flag = left.shift();
    if (!(flag in known)) fail(`unknown flag: ${flag}`, 125);
    const value = known[flag] ? left.shift() : true;
    values[flag] = [...(values[flag] ?? []), value];
  }
  return { values, left };
}

const commands = {
  version() {
    if (process.env.FAKE_DOCKER_DOWN)
      fail(
        'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      );
    say('28.2.2');
  },
  image() {
    const { left } = flags(rest.slice(1), { '--format': true });
    const kind = imageKind(left[0]);
    const isLocal = left[0].startsWith('local/');
    if (!isLocal && !existsSync(join(home, 'images', kind ?? 'none')))
      fail(`Error: No such image: ${left[0]}`);
    const repository = left[0].replace(/@.*$/, '').replace(/:[^/:]+$/, '');
    say(
      JSON.stringify({
        Id: `sha256:${'cd'.repeat(32)}`,
        RepoDigests: isLocal ? [] : [`${repository}@${DIGEST}`],
        Config: {
          ExposedPorts: Object.fromEntries((REMOTE[kind] ?? ['8000/tcp']).map((port) => [port, {}])),
        },
      }),
    );
  },
  pull() {
    const { left } = flags(rest, { '--quiet': false });
    const kind = imageKind(left[0]);
    if (!(kind in REMOTE))
      fail(
        `Error response from daemon: manifest for ${left[0]} not found: manifest unknown: manifest unknown`,
      );
    writeFileSync(join(home, 'images', kind), '');
    say(left[0]);
  },
  create() {
    const known = {
      '--name': true,
      '--label': true,
      '--publish': true,
      '--env-file': true,
      '--gpus': true,
      '--shm-size': true,
      '--mount': true,
    };
    const { values, left } = flags(rest, known);
    const [file] = values['--env-file'] ?? [];
    const env = file === undefined ? [] : readFileSync(file, 'utf8').trim().split('\n');
    const mode = file === undefined ? null : (statSync(file).mode & 0o777).toString(8);
    save({
      name: values['--name'][0],
      labels: values['--label'],
      publish: values['--publish'][0],
      env,
      mode,
      image: left[0],
      args: left.slice(1),
      mounts: values['--mount'] ?? [],
      gpus: values['--gpus'] ?? [],
    });
    say('0123456789ab');
  },
  start() {
    const container = readContainer(rest[0]);
    const log = openSync(join(home, `${container.name}.log`), 'a');
    const [, hostPort] = container.publish.split(':');
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'container.mjs'),
        imageKind(container.image) ?? 'good',
        hostPort,
        join(home, container.name),
      ],
      {
        detached: true,
        stdio: ['ignore', log, log],
        env: {
          ...Object.fromEntries(
            container.env.map((line) => [
              line.slice(0, line.indexOf('=')),
              line.slice(line.indexOf('=') + 1),
            ]),
          ),
        },
      },
    );
    child.unref();
    save({ ...container, pid: child.pid });
    say(container.name);
  },
  container() {
    const { left } = flags(rest.slice(1), { '--format': true });
    const container = readContainer(left[0]);
    const code = existsSync(join(home, `${container.name}.exit`))
      ? Number(readFileSync(join(home, `${container.name}.exit`), 'utf8'))
      : 0;
    say(JSON.stringify({ State: { Running: alive(container.pid), ExitCode: code, OOMKilled: false } }));
  },
  logs() {
    const { left } = flags(rest, { '--tail': true });
    process.stderr.write(readFileSync(join(home, `${left[0]}.log`), 'utf8'));
  },
  stop() {
    const { left } = flags(rest, { '--time': true });
    const { pid } = readContainer(left[0]);
    if (pid !== undefined && alive(pid)) process.kill(pid, 'SIGKILL');
    say(left[0]);
  },
  rm() {
    const { left } = flags(rest, { '--force': false, '--volumes': false });
    const { pid } = readContainer(left[0]);
    if (pid !== undefined && alive(pid)) process.kill(pid, 'SIGKILL');
    rmSync(containerPath(left[0]));
    say(left[0]);
  },
  ps() {
    flags(rest, { '--filter': true, '--format': true });
    for (const file of readdirSync(join(home, 'containers')))
      say(`${file.replace('.json', '')} (https://run.test/1, Up 2 hours)`);
  },
};
if (commands[command] === undefined) fail(`docker: '${command}' is not a docker command.`);
commands[command]();
