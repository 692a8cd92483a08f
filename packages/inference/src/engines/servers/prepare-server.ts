/** The launch of a server that has a name of its own in `engine`. */
import { mkdir } from 'node:fs/promises';
import { freePort } from '@sluice/process/free-port';
import { ConfigError } from '@sluice/runtime/errors';
import { findGguf } from '../gguf-file.ts';
import { defaultModelName } from '../model-name.ts';
import { releaseArgs } from '../settings.ts';
import type { EngineContext, EngineRequest, Launch, ServerName } from '../types.ts';
import { findAdapter } from './adapter.ts';
import { findServer } from './version.ts';
import type { Adapter, ServerDescription } from './description.ts';
import { chooseModel } from './repository.ts';
import { SERVERS } from './table.ts';

/** ConfigError: the server isn't installed, the model or adapter is of another kind, the name can't be asked for. */
export async function prepareServer(
  request: EngineRequest & { engine: ServerName },
  context: EngineContext,
): Promise<Launch> {
  const { engine, modelPath, adapterPath, port, scratch, bundle, engineArgs } = request;
  const server = SERVERS[engine];
  const model = server.model === 'gguf' ? await findGguf(modelPath, { engine }) : modelPath;
  const name = await nameModel(server, request);
  const adapter = await adapterFor(server, adapterPath, engine);
  const fault = server.nameFault?.(name, adapter !== undefined);
  if (fault !== undefined) {
    throw new ConfigError(`input \`model-name\` = "${name}" ${fault}: give another, \`engine: ${engine}\``);
  }
  const found = await findServer(engine, server, context);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const args = releaseArgs(engine, request, engineArgs);
  const sparePorts: string[] = [];
  for (let count = 1; count <= (server.sparePorts ?? 0); count += 1)
    sparePorts.push(port === '{port}' ? `{spare-port-${count}}` : String(await freePort()));
  const start = server.start({ model, name, port: String(port), sparePorts, adapter, scratch, args, bundle });
  const command =
    start.role === undefined
      ? { command: found.program, args: [...found.lead, ...start.args] }
      : {
          command: process.execPath,
          args: [bundle, `--role=${start.role}`, '--program', found.program, ...start.args],
        };
  return {
    ...command,
    env: start.env ?? {},
    healthPath: server.healthPath,
    engine: found.engine,
    modelName: start.askedName ?? name,
    causes: server.causes,
    lenientHealth: false,
    ...(start.metricsUrl === undefined ? {} : { metricsUrl: start.metricsUrl }),
  };
}

async function nameModel(server: ServerDescription, request: EngineRequest): Promise<string> {
  if (server.model === 'repository') return chooseModel(request.modelPath, request.modelName);
  return request.modelName ?? defaultModelName(request.modelPath);
}

async function adapterFor(
  { adapter: kind }: ServerDescription,
  path: string | undefined,
  engine: string,
): Promise<Adapter | undefined> {
  if (path === undefined || (kind !== 'peft' && kind !== 'gguf' && kind !== 'either')) return undefined;
  return findAdapter(path, kind, engine);
}
