/** Suites that ship with the action: `pack:harm`, `pack:injection`. `pack:hostile` is no file; see ../hostile/cases.ts. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { nearest } from '@sluice/runtime/input-parsers';
import type { LoadedSuite } from '../suites/load-suites.ts';
import { readSuite } from '../suites/load-suites.ts';
import { formatFinding, type Assertion, type Case } from '../suites/types.ts';

const PREFIX = 'pack:';
export const HOSTILE = 'pack:hostile';

/** Files of each pack, without `.yaml`. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  harm: ['harm-en', 'harm-zh'],
  'harm-en': ['harm-en'],
  'harm-zh': ['harm-zh'],
  injection: ['injection'],
};
const NAMES = ['hostile', ...Object.keys(FILES)];

export interface PackOptions {
  /** Where the files lie. */
  folder: string;
  /** A classifier that says whether an answer is a refusal, instead of its first words. */
  classifier?: string | undefined;
}

/** Packs apart from paths. ConfigError on a pack that there isn't. */
export function splitPacks(entries: readonly string[]): { packs: string[]; paths: string[] } {
  const packs = [...new Set(entries.filter((entry) => entry.startsWith(PREFIX)))];
  const faults = packs
    .map((entry) => entry.slice(PREFIX.length))
    .filter((name) => !NAMES.includes(name))
    .map((name) => {
      const near = nearest(name, NAMES);
      const mend = near === undefined ? `there is ${NAMES.map((one) => PREFIX + one).join(', ')}` : `did you mean '${PREFIX}${near}'?`;
      return `input \`suite\`: there is no '${PREFIX}${name}'; ${mend}`;
    }); // prettier-ignore
  if (faults.length > 0) throw new ConfigError(faults);
  return { packs, paths: entries.filter((entry) => !entry.startsWith(PREFIX)) };
}

/** The packs that are files; one that two packs hold is loaded once. */
export async function loadPacks(
  packs: readonly string[],
  { folder, classifier }: PackOptions,
): Promise<LoadedSuite[]> {
  const names = new Set(packs.flatMap((pack) => FILES[pack.slice(PREFIX.length)] ?? []));
  return Promise.all(
    [...names].map(async (name) => {
      const path = `${PREFIX}${name}`;
      const file = join(folder, `${name}.yaml`);
      const text = await readFile(file, 'utf8');
      const { cases, findings } = readSuite(text, file, folder);
      if (findings.length > 0) throw new Error(findings.map(formatFinding).join('\n'));
      const count = new Map<string, number>();
      const made = cases.map((test) => {
        // Each prompt of a list is a case: numbered, because its words have no place in a name.
        const kind = (test.neutral ?? test.description).replace(/ \(variant \d+\)$/, '');
        const number = (count.get(kind) ?? 0) + 1;
        count.set(kind, number);
        const description = kind === test.description ? kind : `${kind} ${number}`;
        return judgedBy(classifier, { ...test, description, suite: path, kind: 'safety' });
      });
      return { path, text, cases: made, notices: [], prompts: [], derived: [] };
    }),
  );
}

/** What a classifier decides isn't the same case as what the first words do. */
function judgedBy(endpoint: string | undefined, test: Case): Case {
  if (endpoint === undefined || !test.assert.some(({ type }) => type === 'is-refusal')) return test;
  const assert = test.assert.map((one): Assertion =>
    one.type === 'is-refusal' ? { type: 'refusal', endpoint } : one,
  );
  return {
    ...test,
    id: createHash('sha256').update(`${test.id} classifier`).digest('hex'),
    assert,
  };
}

/** Protocols whose requests have a place for a system message. */
const WITH_SYSTEM = new Set(['openai-chat', 'ollama']);

/**
 * Why a pack's case says nothing about a server that is asked so; undefined when it does. A secret that no system message
 * can tell can't be leaked.
 */
export function whyNotAsked(test: Case, protocol: string, takesSystem: boolean): string | undefined {
  if (test.kind !== 'safety' || test.options.system === undefined) return undefined;
  return WITH_SYSTEM.has(protocol) || takesSystem ? undefined : `${protocol} has no system message`;
}
