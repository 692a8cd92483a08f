#!/usr/bin/env node
/**
 * Stands for a released model server: takes its flags (and refuses others as it does), answers its health page late, or
 * prints what it logs when it can't start. What it knows comes from `recorded.json`, which names each source.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';

const name = basename(process.argv[1]);
const recorded = JSON.parse(readFileSync(process.env.STUB_RECORDED, 'utf8'));
const server = Object.values(recorded.servers).find(({ program }) => program === name);
const argv = process.argv.slice(2);

function fail(code, text) {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

if (argv.join(' ') === server.version.args.join(' ')) {
  process.stdout.write(`${server.version.prints}\n`);
  process.exit(0);
}
if (process.env.STUB_ARGV) {
  const { LORA_ADAPTERS, PROMETHEUS_PORT, OLLAMA_HOST, OLLAMA_MODELS, CUDA_VISIBLE_DEVICES } = process.env;
  const env = { LORA_ADAPTERS, PROMETHEUS_PORT, OLLAMA_HOST, OLLAMA_MODELS, CUDA_VISIBLE_DEVICES };
  appendFileSync(process.env.STUB_ARGV, `${JSON.stringify({ argv, env })}\n`);
}
if (process.env.STUB_FAILS && (name !== 'ollama' || argv[0] === process.env.STUB_FAILS_AT)) {
  const { code, log } = recorded.failures[process.env.STUB_FAILS];
  fail(code, log.join('\n'));
}
if (name === 'ollama') runOllama();
else serve(readFlags());

/** Every flag has to be one of the released; `true` in the table is a flag without a value. */
function readFlags() {
  const rest = [...argv];
  const values = {};
  for (const word of server.lead) if (rest.shift() !== word) fail(2, `${name}: expected '${word}'`);
  while (rest.length > 0) {
    const word = rest.shift();
    if (!word.startsWith('-')) {
      if (values.positional !== undefined) fail(2, `${name}: error: unrecognized arguments: ${word}`);
      values.positional = word;
      continue;
    }
    const [flag, ...joined] = word.split('=');
    const isBare = server.flags[flag];
    if (isBare === undefined) fail(2, `${name}: error: unrecognized arguments: ${word}`);
    if (isBare) values[flag] = true;
    else {
      const value = joined.length > 0 ? joined.join('=') : rest.shift();
      if (value === undefined) fail(2, `${name}: error: argument ${flag}: expected one argument`);
      values[flag] = value;
    }
  }
  return values;
}

/** Listens at once and is well only later, as servers do that load their weights behind a 503. */
function serve(values) {
  const model = values[server.model];
  if (model === undefined || !existsSync(model)) fail(1, `${name}: no such model: ${model}`);
  const wellAt = Date.now() + Number(process.env.STUB_DELAY_MS ?? 300);
  createServer((request, response) => {
    const isHealth = request.url === server.health;
    response.statusCode = !isHealth ? 404 : Date.now() >= wellAt ? 200 : 503;
    response.end('{}');
  }).listen(Number(values[server.port]), values[server.host]);
}

function runOllama() {
  const store = process.env.OLLAMA_MODELS;
  const [host, port] = process.env.OLLAMA_HOST.split(':');
  if (argv[0] === 'create') {
    const modelfile = readFileSync(argv[argv.indexOf('--file') + 1], 'utf8');
    const from = /^FROM (.+)$/m.exec(modelfile)?.[1];
    if (!existsSync(from)) fail(1, `Error: pull model manifest: file does not exist`);
    mkdirSync(join(store, 'manifests'), { recursive: true });
    writeFileSync(join(store, 'manifests', argv[1]), modelfile);
    return;
  }
  if (argv[0] === 'cp') {
    writeFileSync(join(store, 'manifests', argv[2]), readFileSync(join(store, 'manifests', argv[1])));
    return;
  }
  if (argv[0] !== 'serve') fail(1, `Error: unknown command "${argv[0]}" for "ollama"`);
  createServer((request, response) => {
    const [, version, kind, model] = request.url.split('/');
    if (request.url === '/api/version') return void response.end('{"version":"0.17.4"}');
    if (request.url === '/api/generate') {
      setTimeout(() => {
        if (process.env.STUB_FAILS_AT === 'load') {
          response.statusCode = 500;
          return void response.end(
            JSON.stringify({ error: recorded.failures[process.env.STUB_FAILS].log.join('\n') }),
          );
        }
        response.end('{"done":true,"done_reason":"load"}');
      }, 200);
      return;
    }
    const known =
      `${version}/${kind}` === 'v1/models' && model && existsSync(join(store, 'manifests', model));
    response.statusCode = known || request.url === '/v1/models' ? 200 : 404;
    response.end('{}');
  }).listen(Number(port), host);
}
