/** What judging costs. Pure. */
import type { EvalMetric } from '@sluice/evaluation/model';
import { knownFacts } from '@sluice/evaluation/metrics-table';
import type { Tokens } from './ask-judge.ts';

/** For a million tokens each, in one currency. */
export type Price = Tokens;

/** `0.5` or `0.15, 0.60`: of prompts and of answers. @returns undefined for what is no price */
export function readPrice(text: string): Price | undefined {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > 2 || !parts.every((part) => /^(?:\d+\.?\d*|\.\d+)$/u.test(part))) return undefined;
  const [prompt = NaN, answer = prompt] = parts.map(Number);
  return { prompt, answer };
}

/** `judge.tokens`, and with a price `judge.cost`, of what was asked now: answers known from before are free. */
export function costMetrics(tokens: Tokens | null, price: Price | undefined, source: string): EvalMetric[] {
  const make = (name: string, value: number | undefined): EvalMetric => ({
    name,
    source,
    ...(value === undefined ? { value: null, missing: "the judge doesn't count its tokens" } : { value }),
    ...knownFacts(name),
  });
  const total = tokens === null ? undefined : tokens.prompt + tokens.answer;
  const cost =
    tokens === null || price === undefined
      ? undefined
      : (tokens.prompt * price.prompt + tokens.answer * price.answer) / 1e6;
  return [make('judge.tokens', total), ...(price === undefined ? [] : [make('judge.cost', cost)])];
}
