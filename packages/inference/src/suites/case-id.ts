/** What makes a case the same in every file, at every place, in every run: what is asked and demanded, with the code for it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { kindOf } from '../assertions/registry.ts';
import type { Assertion, TestOptions, Turn } from './types.ts';

export interface CaseContent {
  prompt: string;
  options: TestOptions;
  assert: readonly Assertion[];
  threshold: number | undefined;
  compare: readonly Assertion[];
  images: readonly string[] | undefined;
  said: readonly Required<Turn>[];
}

/** sha256 in hex. */
export function identify({ prompt, options, assert, threshold, compare, images, said }: CaseContent): string {
  const { transformFile, ...asked } = options;
  const content = {
    prompt,
    options: { ...asked, ...contentOf('transformContent', transformFile) },
    assert: assert.map(withoutPlaces),
    threshold: threshold ?? null,
    ...(compare.length === 0 ? {} : { compare }),
    ...(images === undefined ? {} : { images }),
    ...(said.length === 0
      ? {}
      : { turns: said.map((turn) => ({ ...turn, assert: turn.assert.map(withoutPlaces) })) }),
  };
  return createHash('sha256').update(stableJson(content)).digest('hex');
}

/** Where a file lies is no part of what is demanded; what it holds is, but for a package's. */
function withoutPlaces({ file, contextFile, transformFile, ...demand }: Assertion): object {
  const isPackage = kindOf(demand.type).kind?.package !== undefined;
  return {
    ...demand,
    ...contentOf('content', isPackage ? undefined : file),
    ...contentOf('contextContent', contextFile),
    ...contentOf('transformContent', transformFile),
    ...(demand.assert === undefined ? {} : { assert: demand.assert.map(withoutPlaces) }),
  };
}

function contentOf(name: string, file: string | undefined): Record<string, string> {
  if (file === undefined) return {};
  return { [name]: createHash('sha256').update(readFileSync(file)).digest('hex') };
}

/** JSON with sorted keys: equal contents, equal text. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
