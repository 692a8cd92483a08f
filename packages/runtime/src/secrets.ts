/** Every secret this process knows: masked in the log, hidden in what leaves the step, refused in state files. */
import * as core from '@actions/core';
import { escapeMarkdown } from '@sluice/report/markdown';

/** Shorter ones would hide half of every text; the runner's own mask still covers them in the log. */
const LEAST_LENGTH = 4;

const known = new Set<string>();

export function addSecret(value: string): void {
  if (value === '') return;
  const inUrls = encodeURIComponent(value.toWellFormed());
  for (const form of new Set([value, inUrls])) core.setSecret(form);
  for (const form of [value, inUrls, JSON.stringify(value).slice(1, -1), escapeMarkdown(value)]) {
    if (form.length >= LEAST_LENGTH) known.add(form);
  }
}

/** Whether `text` holds a known secret. */
export function holdsSecret(text: string): boolean {
  return [...known].some((secret) => text.includes(secret));
}

/** `text` with every known secret replaced by `***`: the runner masks its log only, not outputs, summaries and files. */
export function hideSecrets(text: string): string {
  const longestFirst = [...known].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

/** A copy of a JSON value with the secrets in all its texts hidden, names of properties among them. */
export function hideSecretsIn<T>(value: T): T {
  return hideIn(value) as T;
}

function hideIn(value: unknown): unknown {
  if (typeof value === 'string') return hideSecrets(value);
  if (Array.isArray(value)) return value.map(hideIn);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [hideSecrets(key), hideIn(item)]));
}
