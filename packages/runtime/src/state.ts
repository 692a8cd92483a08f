/** State between an action's main and post (STATE_* variables); the runner keeps it in a file, so no secrets. */
import * as core from '@actions/core';
import { holdsSecret } from './secrets.ts';

const PREFIX = 'sluice_';

/** Saves one value as JSON for `post`. */
export function saveState(key: string, value: unknown): void {
  // undefined has no JSON.
  const text = JSON.stringify(value === undefined ? null : value);
  if (holdsSecret(text)) throw new Error(`state '${key}' holds a secret and is not saved`);
  core.saveState(PREFIX + key, text);
}

/** What main saved, by key; empty in main itself. */
export function savedState(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const state: Record<string, unknown> = {};
  const prefix = `STATE_${PREFIX}`;
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(prefix) || text === undefined || text === '') continue;
    try {
      state[name.slice(prefix.length)] = JSON.parse(text) as unknown;
    } catch {
      // Not ours, or cut short: post must do without it.
    }
  }
  return state;
}
