/** The release unit: the nine parts that together are a release, and the digest that names it (DESIGN section 1). */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { GateError } from '@sluice/runtime/errors';

/** Each part is a digest (or name@version for `engine`), or null: not known yet, or inside another part. */
export interface ReleaseUnit {
  weights: string | null;
  adapter: string | null;
  tokenizer: string | null;
  chatTemplate: string | null;
  prompts: string | null;
  engine: string | null;
  engineArgs: string | null;
  config: string | null;
  image: string | null;
}

export const UNIT_PARTS = [
  'weights',
  'adapter',
  'tokenizer',
  'chatTemplate',
  'prompts',
  'engine',
  'engineArgs',
  'config',
  'image',
] as const satisfies readonly (keyof ReleaseUnit)[];

export function emptyUnit(): ReleaseUnit {
  return {
    weights: null,
    adapter: null,
    tokenizer: null,
    chatTemplate: null,
    prompts: null,
    engine: null,
    engineArgs: null,
    config: null,
    image: null,
  };
}

/** Adds what a stage saw to what was known; GateError when a known part is another one now. */
export function mergeUnit(known: ReleaseUnit, seen: Partial<ReleaseUnit>): ReleaseUnit {
  const merged = { ...known };
  for (const part of UNIT_PARTS) {
    const value = seen[part] ?? null;
    if (value === null) continue;
    if (merged[part] !== null && merged[part] !== value) {
      throw new GateError(
        `this is another release: ${part} was ${merged[part]} in the record's earlier stages and is ${value} now; ` +
          `start a new release record, or use the same ${part}`,
      );
    }
    merged[part] = value;
  }
  return merged;
}

/** `sha256:` and the hex sha256 of the unit's RFC 8785 (canonical) JSON: it names the release. */
export function releaseDigest(unit: ReleaseUnit): string {
  return jsonDigest(Object.fromEntries(UNIT_PARTS.map((part) => [part, unit[part]])));
}

/** The `engineArgs` part: sha256 of the JSON array of arguments, in their order. */
export function engineArgsDigest(args: readonly string[]): string {
  return jsonDigest(args);
}

/** `sha256:` and the hex sha256 of a value's RFC 8785 JSON. */
export function jsonDigest(value: unknown): string {
  return `sha256:${createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex')}`;
}
