/** The adapter beside a model: pulled first, as it is small, so that one that doesn't belong is refused before the first shard. */
import { join } from 'node:path';
import type { AdapterConfig } from '@sluice/fit/adapter';
import type { TensorInfo } from '@sluice/fit/weights-size';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError, GateError } from '@sluice/runtime/errors';
import { parseSource } from '@sluice/sources/grammar';
import { describeRefusal } from './describe-pull.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Look } from './preflight.ts';
import type { Inspect, Pulled } from './pulled.ts';
import { totalBytes } from './pulled.ts';
import { readFolder } from './read-part.ts';
import { readWanted } from './wanted.ts';
import type { Wanted } from './wanted.ts';

export interface Adapter {
  name: string;
  /** `sha256:…` over its files. */
  digest: string;
  pulled: Pulled;
  config: AdapterConfig;
  /** Of its weights. */
  bytes: number;
  /** Refuses a base that it doesn't belong to. */
  look: Look;
}

/** An adapter as it was asked, with nothing opened yet. */
export interface AskedAdapter {
  /** Input `adapter`. */
  given: string;
  /** Of the pull of its own. */
  inputs: Inputs;
  wanted: Wanted;
}

type Pull = (
  wanted: Wanted,
  inputs: Inputs,
  context: ActionContext,
  inspect: Inspect | undefined,
) => Promise<Pulled>;

const CONFIG = 'adapter_config.json';

/** What `adapter` names, as inputs of a pull of its own; signature and safety hold for it as for the model. */
function adapterInputs(inputs: Inputs, adapter: string, base: Wanted): Inputs {
  // Token and address are those of the model's server: only another repository of the same hub shares them.
  const shared = base.source.kind === 'hub' && parseSource(adapter, 'adapter').kind === 'hub';
  return {
    ...inputs,
    ...(!shared && { token: undefined, endpoint: undefined }),
    model: adapter,
    revision: undefined,
    repoType: 'model',
    include: [],
    exclude: [],
    dest: undefined,
    expectDigest: undefined,
  };
}

/** What `adapter` names; undefined without it. ConfigError like `readWanted`. */
export async function readAdapter(
  inputs: Inputs,
  base: Wanted,
  env: NodeJS.ProcessEnv,
): Promise<AskedAdapter | undefined> {
  const { adapter, adapterBase } = inputs;
  if (adapter !== undefined) {
    const own = adapterInputs(inputs, adapter, base);
    return { given: adapter, inputs: own, wanted: await readWanted(own, env, 'adapter') };
  }
  if (adapterBase === undefined) return undefined;
  throw new ConfigError(
    `input \`adapter-base\` = ${JSON.stringify(adapterBase)} is only read with \`adapter\`; set that, or remove it`,
  );
}

/** Pulls and inspects it, and compares the names; undefined without `adapter`. */
export async function pullAdapter(
  asked: AskedAdapter | undefined,
  inputs: Inputs,
  base: Wanted,
  context: ActionContext,
  pull: Pull,
): Promise<Adapter | undefined> {
  if (asked === undefined) return undefined;
  const { inputs: own } = asked;
  if (asked.wanted.token) context.addSecret(asked.wanted.token.value);
  const { followRegistry } = await import('./follow-registry.ts');
  const wanted = await followRegistry(asked.wanted, own, context);
  const { inspectPull } = await import('./inspect-pull.ts');
  const { filesDigest } = await import('@sluice/release/weights');
  const pulled = await pull(wanted, own, context, (files) => inspectPull(files, own, wanted, context));
  const digest = filesDigest(pulled.files);
  const inspected =
    pulled.inspected ??
    (await inspectPull(
      pulled.files.map((file) => ({ ...file, at: join(pulled.folder, ...file.path.split('/')) })),
      own,
      wanted,
      context,
    ));
  const refused = describeRefusal(own, wanted, { digest, files: pulled.files }, inspected);
  if (refused.length > 0) throw new GateError(refused.map((reason) => `adapter: ${reason}`).join('\n'));
  const config = await readConfig(asked.given, pulled);
  const told = compareNames(inputs, base, config);
  context.log.untrusted(
    `adapter ${wanted.name}: ${config.type}${config.rank === null ? '' : ` of rank ${config.rank}`} for ${config.base ?? 'a base that it does not name'}`,
  );
  const weights = pulled.files.filter(({ path }) => /(^|\/)adapter_model\./.test(path));
  const adapter = { name: wanted.name, digest, pulled, config, bytes: totalBytes(weights) };
  return { ...adapter, look: baseLook(adapter, inputs, base, told, context) };
}

async function readConfig(given: string, pulled: Pulled): Promise<AdapterConfig> {
  const { readJson } = await import('@sluice/fit/read-headers');
  const { readAdapterConfig } = await import('@sluice/fit/adapter');
  const value = await readJson(CONFIG, pulled.files, readFolder(pulled.folder)).catch(() => undefined);
  const config = readAdapterConfig(value);
  if (config) return config;
  throw new ConfigError(
    `input \`adapter\` = ${JSON.stringify(given)} is no PEFT adapter: it has no ${CONFIG} with \`peft_type\`; ` +
      'name the folder or repository that `save_pretrained` wrote',
  );
}

/** What the step says of it. */
export function adapterOutputs({ pulled, digest }: Adapter): Record<string, string> {
  return {
    'adapter-path': pulled.path,
    'adapter-revision': pulled.revision,
    'adapter-digest': digest,
  };
}

/** Whether the names prove that they belong together; GateError when they prove the opposite. */
function compareNames(inputs: Inputs, base: Wanted, { base: trainedOn }: AdapterConfig): boolean {
  const pulledName = inputs.adapterBase ?? (base.source.kind === 'hub' ? base.source.repo : undefined);
  if (trainedOn === null) return false;
  // A path on the machine where it was trained names nothing here.
  const isName = /^[\w.-]+(\/[\w.-]+)?$/.test(trainedOn) && !/^\.{1,2}\//.test(trainedOn);
  if (!isName && inputs.adapterBase === undefined) return false;
  if (pulledName?.toLowerCase() === trainedOn.toLowerCase()) return true;
  throw new GateError(
    `the adapter ${JSON.stringify(inputs.adapter)} was trained on ${JSON.stringify(trainedOn)}, ` +
      (inputs.adapterBase === undefined
        ? `the model is ${JSON.stringify(pulledName ?? base.name)}: `
        : `input \`adapter-base\` says that the model is ${JSON.stringify(inputs.adapterBase)}: `) +
      `pull ${trainedOn} as \`model\`, or, when this model is a copy of it, say so by \`adapter-base: ${trainedOn}\``,
  );
}

/** Compares revision and shapes, once the base's files are known. */
function baseLook(
  adapter: Omit<Adapter, 'look'>,
  inputs: Inputs,
  base: Wanted,
  named: boolean,
  { log }: ActionContext,
): Look {
  return async (files, read, revision) => {
    const { config } = adapter;
    const pinned =
      config.revision !== null && /^[0-9a-f]{40}$/.test(config.revision) ? config.revision : null;
    const same = base.source.kind === 'hub' && base.source.repo.toLowerCase() === config.base?.toLowerCase();
    if (same && pinned !== null && pinned !== revision) {
      throw new GateError(
        `the adapter ${JSON.stringify(inputs.adapter)} was trained on commit ${pinned} of ${config.base ?? ''}, ` +
          `the model is at ${revision}: pull it with \`revision: ${pinned}\``,
      );
    }
    const { checkShapes } = await import('@sluice/fit/adapter');
    const { listCandidates } = await import('@sluice/fit/candidates');
    const { readTensors } = await import('@sluice/fit/read-headers');
    const sized = files.flatMap(({ path, bytes }) => (bytes === null ? [] : [{ path, bytes }]));
    const tensorsOf = async (list: typeof sized, part: typeof read): Promise<TensorInfo[]> => {
      const weights = list.filter(({ path }) => path.endsWith('.safetensors'));
      const found = weights.length === 0 ? [] : listCandidates(weights);
      return (await Promise.all(found.map((candidate) => readTensors(candidate, part)))).flat();
    };
    const ownFiles = adapter.pulled.files.filter(({ path }) => path === 'adapter_model.safetensors');
    const [ownFile] = ownFiles;
    const own = ownFile
      ? await readTensors(
          { name: ownFile.path, format: 'safetensors', files: ownFiles },
          readFolder(adapter.pulled.folder),
        )
      : [];
    const theirs = own.length === 0 ? [] : await tensorsOf(sized, read);
    const { faults, compared, packed } =
      theirs.length === 0 ? { faults: [], compared: 0, packed: 0 } : checkShapes(config, own, theirs);
    if (faults.length > 0) {
      throw new GateError(
        `the adapter ${JSON.stringify(inputs.adapter)} does not fit the model ${base.name}: ${faults.join('; ')}; ` +
          `pull the base that it was trained on${config.base === null ? '' : ` (${config.base})`}`,
      );
    }
    if (compared > 0) log.info(`adapter: the shapes of ${compared} tensors fit the model's`);
    else if (!named) {
      throw new GateError(
        `nothing proves that the adapter ${JSON.stringify(inputs.adapter)} belongs to ${base.name}: its ${CONFIG} names ` +
          `${config.base === null ? 'no base' : `the path ${JSON.stringify(config.base)}`}, and no safetensors are there to compare shapes; ` +
          'say by `adapter-base` which base this model is, exactly as the config names it',
      );
    }
    if (packed > 0)
      log.notice(`adapter: ${packed} tensors belong to packed weights, whose shapes could not be compared`);
  };
}
