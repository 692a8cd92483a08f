/** Every secret this process knows: masked in the log, refused in state files. */
import * as core from '@actions/core';

const known = new Set<string>();

export function addSecret(value: string): void {
  if (value === '') return;
  known.add(value);
  core.setSecret(value);
}

/** Whether `text` holds a known secret. */
export function holdsSecret(text: string): boolean {
  for (const secret of known) {
    if (text.includes(secret)) return true;
  }
  return false;
}
