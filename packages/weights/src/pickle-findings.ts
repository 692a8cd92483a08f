/** What the inspector found in a pickle, and what it may spend. */

/** import and call are of names outside the allow-list; structure is a trick or a breach of the format; depth: no end. */
export interface Finding {
  kind: 'import' | 'call' | 'structure' | 'depth';
  what: string;
  /** The global, where there is one. */
  name?: string;
}

/** What persistent ids may be: none, torch's storages, or (2016's tar files) plain keys too. */
export type Persistent = 'none' | 'storages' | 'keys';

export interface PickleRules {
  isAllowed(name: string): boolean;
  persistent: Persistent;
}

const MAX_FINDINGS = 40;

export class Findings {
  readonly list: Finding[] = [];
  readonly #seen = new Set<string>();

  add(kind: Finding['kind'], what: string, name?: string): void {
    if (this.#seen.has(what) || this.list.length >= MAX_FINDINGS) return;
    this.#seen.add(what);
    this.list.push({ kind, what, ...(name !== undefined && { name }) });
  }

  addAll(others: readonly Finding[]): void {
    for (const { kind, what, name } of others) this.add(kind, what, name);
  }
}

const IDENTIFIERS = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)+$/u;

/**
 * Whether bytes that need not be a pickle act as one: they call a name that could exist, or are a pickle from their
 * first byte to their last that imports one. Random bytes and texts do neither.
 */
export function actsAsPickle(findings: readonly Finding[], whole: boolean): Finding[] {
  const real = findings.filter(({ name }) => name !== undefined && IDENTIFIERS.test(name));
  const deep = findings.filter(({ kind }) => kind === 'depth');
  if (deep.length > 0) return deep;
  return whole || real.some(({ kind }) => kind === 'call') ? real : [];
}

/** A name out of a file, fit for a message. */
export function show(name: string): string {
  return name.slice(0, 100).replace(/[^\x20-\x7e]|`/g, '?');
}
