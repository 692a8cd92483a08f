/** Fit before fetch: every model that the selected files hold is reckoned, and the one that needs most must fit. */
import { ConfigError } from '@sluice/runtime/errors';
import { formatBytes } from '@sluice/runtime/units';
import { UnreckonedError } from './attention-shape.ts';
import type { ListedFile } from './candidates.ts';
import { listCandidates } from './candidates.ts';
import type { Gpu } from './gpus.ts';
import type { Fit, Need } from './judge.ts';
import { judgeFit } from './judge.ts';
import type { CacheDtype } from './kv-cache.ts';
import { bytesOfToken, cacheBytes, STEP_TOKENS } from './kv-cache.ts';
import type { Headers, ReadPart } from './read-headers.ts';
import { readHeaders } from './read-headers.ts';
import { weightsSize, workingBytes } from './weights-size.ts';

export interface FitQuestion {
  /** Tokens; undefined: the longest that the model was made for. */
  contextLength: number | undefined;
  sequences: number;
  cacheDtype: CacheDtype;
  /** GPUs that share the model (tensor parallelism). */
  wanted: number;
  utilization: number;
  gpus: readonly Gpu[];
  /** Of the adapter that is served with it; 0 without one. */
  adapterBytes: number;
}

export interface FitAnswer extends Fit {
  /** On each GPU. */
  needs: Need[];
  /** The model that needs most. */
  name: string;
}

/** UnreckonedError when a need can't be told from the headers: that is no pass. */
export async function fitGpu(
  files: readonly ListedFile[],
  read: ReadPart,
  question: FitQuestion,
): Promise<FitAnswer> {
  const answers: (FitAnswer & { bytes: number })[] = [];
  for (const candidate of listCandidates(files)) {
    const needs = reckon(candidate.name, await readHeaders(candidate, files, read), question);
    const { fits, text } = judgeFit(needs, question);
    const bytes = needs.reduce((sum, need) => sum + need.bytes, 0);
    answers.push({ name: candidate.name, needs, bytes, fits, text: `${candidate.name} ${text}` });
  }
  const [most] = answers.sort((a, b) => b.bytes - a.bytes);
  if (!most) throw new UnreckonedError('there is no model among the selected files');
  const others = answers.length - 1;
  const note = others === 0 ? '' : ` (of ${answers.length} models that are selected it needs most)`;
  return {
    ...most,
    text: `${most.text}${note}${most.fits ? '' : `. Mend: ${mendsOf(most.needs, question, others)}`}`,
  };
}

function reckon(name: string, { tensors, shape }: Headers, question: FitQuestion): Need[] {
  const { wanted, sequences, cacheDtype, adapterBytes } = question;
  if (shape.heads % wanted !== 0) {
    throw new ConfigError(
      `input \`gpus\` = ${wanted}: ${name} has ${shape.heads} attention heads, which ${wanted} GPUs can't share; give a divisor`,
    );
  }
  const context = question.contextLength ?? shape.maxContext;
  if (context === null) {
    throw new UnreckonedError(
      `${name}: config.json doesn't say the longest context; give \`context-length\``,
    );
  }
  const load = { context, sequences, dtype: cacheDtype, gpus: wanted };
  const weights = weightsSize(tensors, shape, wanted);
  const dtypes = weights.byDtype.slice(0, 3).map(([dtype]) => dtype);
  const many = sequences === 1 ? '' : ` for ${sequences} sequences`;
  const perToken = formatBytes(bytesOfToken(shape, load));
  return [
    { what: `weights (${dtypes.join(', ')})`, bytes: weights.bytesPerGpu },
    {
      what: `KV cache at ${context.toLocaleString('en-US')} tokens${many} (${perToken} each)`,
      bytes: cacheBytes(shape, load),
    },
    { what: 'adapter', bytes: Math.ceil(adapterBytes / wanted) },
    { what: 'working memory (estimate)', bytes: workingBytes(shape, Math.min(context, STEP_TOKENS), wanted) },
  ];
}

/** What would help, most likely first. */
function mendsOf(needs: readonly Need[], { wanted, cacheDtype }: FitQuestion, others: number): string {
  const [weights, cache] = needs.map(({ bytes }) => bytes);
  const mends = [
    ...(others > 0 ? ['name one model by `include`'] : []),
    ...((cache ?? 0) * 4 > (weights ?? 0) ? ['a smaller `context-length`'] : []),
    ...(cacheDtype === 'auto' && (cache ?? 0) * 4 > (weights ?? 0) ? ['`kv-cache-dtype: fp8`'] : []),
    `more GPUs (\`gpus: ${wanted * 2}\`)`,
    'a quantised model',
    'or end what uses the GPU',
  ];
  return mends.join(', ');
}
