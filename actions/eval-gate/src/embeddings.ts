/** Drift of texts by their meaning: which columns rules ask it of, and their vectors from the user's server. */
import type { Embedded } from '@sluice/data/drift';
import type { ColumnProfile } from '@sluice/data/profile';
import { metricsOf, type RuleSet } from '@sluice/evaluation/rules';
import { endpointFaults } from '@sluice/inference/clients/endpoint-faults';
import type { ActionContext } from '@sluice/runtime/action';
import type { Inputs } from './inputs.gen.ts';

export type EmbeddingInputs = Pick<
  Inputs,
  'embeddingsEndpoint' | 'embeddingsModel' | 'embeddingsToken' | 'driftReference'
>;

const ASKED = /^(.+)\.embedding\.(?:mmd|mmd_p|cosine)$/su;
/** Of a text; models of embeddings see some 8,000 tokens at most. */
const MOST_CHARACTERS = 8000;
const BATCH_TIMEOUT_MS = 2 * 60_000;

/** Columns whose embeddings a rule or a definition names. Pure. */
export function embeddedColumns({ rules, definitions }: Pick<RuleSet, 'rules' | 'definitions'>): Set<string> {
  const names = [
    ...rules.flatMap((rule) => [rule.metric, ...(rule.kind === 'bar' ? metricsOf(rule.bar) : [])]),
    ...definitions.flatMap(({ expression }) => metricsOf(expression)),
  ];
  return new Set(names.flatMap(({ name }) => ASKED.exec(name)?.[1] ?? []));
}

/** Pure. */
export function embeddingFaults(inputs: EmbeddingInputs, rules: RuleSet): string[] {
  const { embeddingsEndpoint: endpoint, embeddingsModel, embeddingsToken } = inputs;
  if (endpoint === undefined) {
    return Object.entries({ 'embeddings-model': embeddingsModel, 'embeddings-token': embeddingsToken })
      .filter(([, value]) => value !== undefined)
      .map(([name]) => `input \`${name}\` needs \`embeddings-endpoint\``);
  }
  const faults = endpointFaults(endpoint, 'embeddings-endpoint');
  if (embeddedColumns(rules).size === 0)
    faults.push(
      "input `embeddings-endpoint` was given, but no rule asks for embeddings; write one, such as 'prompt.embedding.mmd_p >= 0.001'",
    );
  return faults;
}

export type Embedder = (
  reference: readonly ColumnProfile[],
  current: readonly ColumnProfile[],
) => Promise<Map<string, Embedded>>;

/** Asks the server once a side and column; undefined without a server. @throws ConfigError, InfraError */
export async function openEmbedder(
  inputs: EmbeddingInputs,
  context: Pick<ActionContext, 'signal' | 'log'>,
): Promise<Embedder | undefined> {
  if (inputs.embeddingsEndpoint === undefined) return undefined;
  const { serverBase } = await import('@sluice/inference/clients/openai-request');
  const { embedTexts } = await import('@sluice/inference/clients/embeddings');
  const { findModelName } = await import('@sluice/inference/clients/openai-server');
  const address = { origin: serverBase(inputs.embeddingsEndpoint), token: inputs.embeddingsToken };
  const modelName =
    inputs.embeddingsModel ?? (await findModelName(address, context.signal, 'embeddings-model'));
  const known = new Map<ColumnProfile, Promise<Float64Array[]>>();
  const vectorsOf = (profile: ColumnProfile): Promise<Float64Array[]> => {
    const there = known.get(profile);
    if (there !== undefined) return there;
    const texts = (profile.texts?.items ?? []).map((text) => text.slice(0, MOST_CHARACTERS));
    context.log.info(`${texts.length} texts of column ${JSON.stringify(profile.name)} are embedded`);
    const options = { signal: context.signal, timeoutMs: BATCH_TIMEOUT_MS, input: 'embeddings' };
    const asked = embedTexts({ ...address, modelName }, texts, options);
    known.set(profile, asked);
    return asked;
  };
  return async (reference, current) => {
    const found = new Map<string, Embedded>();
    for (const before of reference) {
      const now = current.find(({ name }) => name === before.name);
      if (now === undefined || before.texts === undefined || before.kind === 'vector') continue;
      found.set(before.name, {
        model: modelName,
        reference: await vectorsOf(before),
        current: await vectorsOf(now),
      });
    }
    return found;
  };
}
