/**
 * What a judge said, kept by content, so that a second run asks nothing again: JSONL of `{key, model, text, seal}`.
 * The key is the digest of everything that was asked. The seal is an HMAC over key and text, keyed by the judge's token
 * where there is one: lines that somebody without it wrote into the workspace are not believed. Without a token it
 * only finds what was cut or changed by accident.
 */
import { createHash, createHmac } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readFileIfThere } from '@sluice/runtime/files';
import type { Judge } from './ask-judge.ts';
import { TEMPLATE_VERSION } from './prompts.ts';

export class JudgeCache {
  readonly #path: string;
  readonly #judge: Judge;
  readonly #texts: Map<string, string>;
  /** A line that was cut short must not take the next one with it. */
  #needsBreak: boolean;
  /** Lines that were there and aren't believed. */
  readonly ignored: number;
  #writes: Promise<void> = Promise.resolve();

  private constructor(
    path: string,
    judge: Judge,
    read: { texts: Map<string, string>; ignored: number; needsBreak: boolean },
  ) {
    this.#path = path;
    this.#judge = judge;
    this.#texts = read.texts;
    this.#needsBreak = read.needsBreak;
    this.ignored = read.ignored;
  }

  static async open(path: string, judge: Judge): Promise<JudgeCache> {
    const text = (await readFileIfThere(path)) ?? '';
    const texts = new Map<string, string>();
    let ignored = 0;
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const entry = readLine(line);
      if (entry === undefined || entry.seal !== seal(judge, entry.key, entry.text)) ignored += 1;
      else texts.set(entry.key, entry.text);
    }
    return new JudgeCache(path, judge, { texts, ignored, needsBreak: text !== '' && !text.endsWith('\n') });
  }

  /** Undefined when this was never asked. */
  get(prompt: string, seed: number): string | undefined {
    return this.#texts.get(cacheKey(this.#judge, prompt, seed));
  }

  /** Written line by line while judging goes on, so that a run that is cut short keeps what it paid for. */
  async put(prompt: string, seed: number, text: string): Promise<void> {
    const key = cacheKey(this.#judge, prompt, seed);
    this.#texts.set(key, text);
    const entry = { key, model: this.#judge.modelName, text, seal: seal(this.#judge, key, text) };
    const lead = this.#needsBreak ? '\n' : '';
    this.#needsBreak = false;
    const write = this.#writes.then(async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      await appendFile(this.#path, `${lead}${JSON.stringify(entry)}\n`, { mode: 0o600 });
    });
    this.#writes = write.catch(() => undefined);
    await write;
  }
}

/** sha256 over model, version of the template, seed and the whole prompt: question, both answers, their order. */
function cacheKey({ modelName }: Judge, prompt: string, seed: number): string {
  return createHash('sha256')
    .update(JSON.stringify([TEMPLATE_VERSION, modelName, seed, prompt]))
    .digest('hex');
}

function seal({ token = '' }: Judge, key: string, text: string): string {
  return createHmac('sha256', `sluice judge cache\n${token}`).update(`${key}\n${text}`).digest('hex');
}

function readLine(line: string): { key: string; text: string; seal: string } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const { key, text, seal: sealed } = value as Record<string, unknown>;
    return typeof key === 'string' && typeof text === 'string' && typeof sealed === 'string'
      ? { key, text, seal: sealed }
      : undefined;
  } catch {
    return undefined;
  }
}
