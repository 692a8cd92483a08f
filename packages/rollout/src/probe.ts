/**
 * Evidence that nobody has to wait for: the user's own suite is asked of both versions, past the router, while the rollout
 * goes on. Round by round, each question of both versions one after the other, the order of questions and of versions by
 * chance, so that what the hour or the load does to one it does to the other.
 *
 * What it proves holds for these questions: asked again and again they are no sample of what users ask.
 */
import type { RequestSample } from '@sluice/host/types';
import { classifyAnswer } from '@sluice/inference/assertions/answer-kind';
import type { Answer } from '@sluice/inference/clients/answer';
import { askThrough } from '@sluice/inference/clients/ask-through';
import { detectOpenAi } from '@sluice/inference/clients/openai-server';
import { buildRequest } from '@sluice/inference/clients/protocols';
import { askAll } from '@sluice/inference/runs/converse';
import type { Case, Protocol } from '@sluice/inference/suites/types';
import { describeError } from '@sluice/runtime/errors';
import type { Compare } from './compare-answers.ts';
import type { Ask } from './target.ts';
import { pause } from './pause.ts';

export interface ProbeOptions {
  /** Those that a model has to answer; what a server has to refuse is left out. */
  cases: readonly Case[];
  /** For cases that name none; `auto`: what the new version's server answers. */
  protocol: Protocol | 'auto';
  /** The way to a version's server; undefined while it isn't up. */
  askerOf(version: string): Promise<Ask | undefined>;
  modelNameOf(version: string): string | Promise<string>;
  timeoutMs: number;
  /** From the end of a round to the beginning of the next. */
  pauseMs: number;
  signal: AbortSignal;
  warn?(text: string): void;
  /** What their answers to one question are to each other. */
  compare?: Compare;
  random?: () => number;
}

/** What the driver needs of a probe. */
export interface Prober {
  /** The samples since the last call; begins to ask when it didn't yet. */
  take(canary: string, stable: string | null): RequestSample[];
  stop(): Promise<void>;
}

interface Asked {
  sample: RequestSample;
  text: string;
}

export class Probe implements Prober {
  readonly #o: ProbeOptions;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #random: () => number;
  #samples: RequestSample[] = [];
  #running: Promise<void> | undefined;
  #number = 0;
  #spoken: Protocol | undefined;
  #warned = false;

  constructor(options: ProbeOptions) {
    this.#o = { ...options, cases: options.cases.filter(({ kind }) => kind === 'functional') };
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#random = options.random ?? Math.random;
  }

  take(canary: string, stable: string | null): RequestSample[] {
    this.#running ??= this.#run(stable === null ? [canary] : [canary, stable], canary);
    const samples = this.#samples;
    this.#samples = [];
    return samples;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(versions: readonly string[], canary: string): Promise<void> {
    if (this.#o.cases.length === 0) return;
    while (this.#spoken === undefined && !this.#stopped()) await this.#learn(canary);
    while (!this.#stopped()) {
      for (const test of this.#shuffled(this.#o.cases)) {
        const pair: Asked[] = [];
        for (const version of this.#shuffled(versions)) {
          const asked = await this.#ask(test, version, version === canary ? 'canary' : 'stable');
          if (asked !== undefined) pair.push(asked);
        }
        // A question that only one version could be asked says nothing of the difference.
        if (pair.length === versions.length) {
          const samples = await this.#compared(test, pair);
          if (!this.#stopped()) this.#samples.push(...samples);
        }
      }
      await pause(this.#o.pauseMs, this.#signal);
    }
  }

  /** How servers are asked; a server that answers nobody yet is asked again. */
  async #learn(version: string): Promise<void> {
    const { protocol } = this.#o;
    if (protocol !== 'auto') {
      this.#spoken = protocol;
      return;
    }
    const fetch = await this.#o.askerOf(version).catch(() => undefined);
    const target = { origin: 'http://server', modelName: await this.#o.modelNameOf(version) };
    if (fetch !== undefined)
      this.#spoken = await detectOpenAi(target, this.#signal, (request) => askThrough(fetch, request)).catch(
        (error: unknown) => {
          if (!this.#stopped() && !this.#warned) this.#o.warn?.(`probe: ${describeError(error)}`);
          this.#warned = true;
          return undefined;
        },
      );
    if (this.#spoken === undefined) await pause(this.#o.pauseMs, this.#signal);
  }

  /** Only whole answers are compared; what was no answer is told by other metrics. */
  async #compared(test: Case, pair: readonly Asked[]): Promise<RequestSample[]> {
    const samples = pair.map(({ sample }) => sample);
    const [canary, stable] = (['canary', 'stable'] as const).map((track) =>
      pair.find(({ sample }) => sample.track === track && sample.answer !== null),
    );
    if (this.#o.compare === undefined || canary === undefined || stable === undefined) return samples;
    const compared = await this.#o.compare({
      ...{ prompt: test.prompt, canary: canary.text, stable: stable.text },
    });
    return samples.map((sample) => (sample.track === 'canary' ? { ...sample, compared } : sample));
  }

  async #ask(test: Case, version: string, track: RequestSample['track']): Promise<Asked | undefined> {
    if (this.#stopped()) return undefined;
    // A server that can't be reached at this moment is the target's to tell; no answer is evidence, no way to ask is none.
    const fetch = await this.#o.askerOf(version).catch(() => undefined);
    if (fetch === undefined) return undefined;
    const target = { origin: 'http://server', modelName: await this.#o.modelNameOf(version) };
    const timeoutMs = test.options.timeout === undefined ? this.#o.timeoutMs : test.options.timeout * 1000;
    const protocol = test.options.protocol ?? this.#spoken ?? 'openai-chat';
    const [{ answer }] = await askAll({ ...test, turns: [] }, (prompt) =>
      askThrough(fetch, {
        ...buildRequest(target, protocol, prompt, test.options, undefined),
        ...{ timeoutMs, signal: this.#signal },
      }),
    );
    this.#number += 1;
    const sample = sampleOf(answer, { seq: this.#number, at: Date.now(), version, track });
    return { sample, text: answer.text };
  }

  #stopped(): boolean {
    return this.#signal.aborted;
  }

  #shuffled<T>(all: readonly T[]): T[] {
    const mixed = [...all];
    for (let i = mixed.length - 1; i > 0; i -= 1) {
      const other = Math.floor(this.#random() * (i + 1));
      [mixed[i], mixed[other]] = [mixed[other] as T, mixed[i] as T];
    }
    return mixed;
  }
}

/** As the router tells of a user's request. */
export function sampleOf(
  answer: Answer,
  place: Pick<RequestSample, 'seq' | 'at' | 'version' | 'track'>,
): RequestSample {
  const { status, timings, outputTokens } = answer;
  const good = status === 200 && answer.complete;
  const { chunksMs, ttftMs, e2eMs } = timings;
  const [first, last] = [chunksMs[0], chunksMs.at(-1)];
  const gaps = chunksMs.length < 2 || first === undefined || last === undefined ? null : last - first;
  return {
    ...place,
    status: status ?? 0,
    // A refusal is a whole answer; one that says 200 and then breaks off isn't.
    complete: good || (status !== null && status !== 200),
    clientGone: false,
    ttftMs,
    e2eMs,
    interChunkMs: gaps === null ? null : gaps / (chunksMs.length - 1),
    outputTokens,
    answer: good ? classifyAnswer(answer.text, answer.finishReason) : null,
    probe: false,
  };
}
