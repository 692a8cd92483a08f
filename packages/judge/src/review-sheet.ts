/**
 * A sheet on which people say which of two answers is better, without knowing whose they are. The order of the two is drawn
 * by chance for each item and kept in a key file beside the sheet, which reviewers aren't given.
 */
import { randomBytes } from 'node:crypto';
import { ConfigError } from '@sluice/runtime/errors';
import { pairsDigest, type Pair } from './pairs.ts';
import { readCsv, writeCsv } from './spreadsheet.ts';

export interface SheetItem {
  /** Drawn by chance: ids may tell which answer is whose. */
  item: string;
  id: string;
  first: 'candidate' | 'baseline';
}

export interface SheetKey {
  schemaVersion: 1;
  tool: 'sluice-human-review';
  /** Over all questions and answers. */
  pairs: string;
  /** Digest of the weights that the release record knew. */
  weights: string | null;
  items: SheetItem[];
}

export interface SheetRow {
  item: string;
  prompt: string;
  answer_1: string;
  answer_2: string;
  /** What each reviewer wrote, by the name of the column. */
  verdicts: Record<string, string>;
}

export type SheetFormat = 'csv' | 'json';

const REVIEWERS = ['reviewer_1', 'reviewer_2'];
const COLUMNS = ['item', 'prompt', 'answer_1', 'answer_2'] as const;
const HELP =
  "Which answer is better? Write 1, 2 or tie in the column of one reviewer each; names of columns beginning with 'reviewer' may be added";

/** A key of its own for these pairs, items in an order of chance. */
export function newKey(pairs: readonly Pair[], weights: string | null): SheetKey {
  const items = pairs.map(({ id }): SheetItem => {
    const bytes = randomBytes(9);
    return {
      item: bytes.subarray(0, 8).toString('hex'),
      id,
      first: (bytes[8] ?? 0) % 2 === 0 ? 'candidate' : 'baseline',
    };
  });
  items.sort((a, b) => (a.item < b.item ? -1 : 1));
  return { schemaVersion: 1, tool: 'sluice-human-review', pairs: pairsDigest(pairs), weights, items };
}

/** The rows of the sheet as it has to be: what people are shown. */
export function rowsFor(key: SheetKey, pairs: readonly Pair[]): SheetRow[] {
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  return key.items.flatMap(({ item, id, first }) => {
    const pair = byId.get(id);
    if (pair === undefined) return [];
    const [one, other] = [pair.candidate, pair.baseline ?? ''];
    const [answer_1, answer_2] = first === 'candidate' ? [one, other] : [other, one];
    return [{ item, prompt: pair.prompt, answer_1, answer_2, verdicts: {} }];
  });
}

export function writeSheet(rows: readonly SheetRow[], format: SheetFormat): string {
  if (format === 'json') {
    const verdicts = Object.fromEntries(REVIEWERS.map((name) => [name, '']));
    const items = rows.map((row) => ({ ...row, verdicts }));
    return `${JSON.stringify({ schemaVersion: 1, tool: 'sluice-human-review', help: HELP, items }, null, 2)}\n`;
  }
  const lines = rows.map((row) => [...COLUMNS.map((name) => row[name]), ...REVIEWERS.map(() => '')]);
  // A mark of its encoding, or Excel reads UTF-8 as the machine's own code page.
  return `\uFEFF${writeCsv([[...COLUMNS, ...REVIEWERS], ...lines])}`;
}

/** @throws Error saying in which row and column the sheet isn't as it was written */
export async function readSheet(text: string, format: SheetFormat): Promise<SheetRow[]> {
  return format === 'json' ? readJsonSheet(text) : readCsvSheet(text);
}

async function readCsvSheet(text: string): Promise<SheetRow[]> {
  return (await readCsv(text)).map((cells, index) => {
    const lost = COLUMNS.find((name) => cells[name] === undefined);
    if (lost !== undefined) throw new Error(`row ${index + 2} has no column '${lost}'`);
    const reviewers = Object.entries(cells).filter(([name]) => isReviewer(name));
    return { ...pick(cells), verdicts: Object.fromEntries(reviewers) };
  });
}

function readJsonSheet(text: string): SheetRow[] {
  const value: unknown = JSON.parse(text.replace(/^\uFEFF/u, ''));
  const items = typeof value === 'object' && value !== null && 'items' in value ? value.items : undefined;
  if (!Array.isArray(items)) throw new Error('it has no list `items`');
  return items.map((entry: unknown, index) => {
    const row = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {};
    const lost = COLUMNS.find((name) => typeof row[name] !== 'string');
    if (lost !== undefined) throw new Error(`items[${index}] has no text '${lost}'`);
    const said = row['verdicts'];
    const verdicts = Object.entries(typeof said === 'object' && said !== null ? said : {}).map(
      ([name, verdict]: [string, unknown]) => {
        if (!isReviewer(name))
          throw new Error(`items[${index}].verdicts has '${name}', which names no reviewer`);
        // 1 and "1" are meant alike.
        return [name, typeof verdict === 'string' || typeof verdict === 'number' ? String(verdict) : ''];
      },
    );
    return {
      ...pick(row as Record<string, string>),
      verdicts: Object.fromEntries(verdicts) as Record<string, string>,
    };
  });
}

function isReviewer(name: string): boolean {
  return /^reviewer/iu.test(name);
}

function pick(cells: Record<string, string>): Omit<SheetRow, 'verdicts'> {
  const { item = '', prompt = '', answer_1 = '', answer_2 = '' } = cells;
  return { item, prompt, answer_1, answer_2 };
}

/** @throws ConfigError when the text isn't a key of ours */
export function parseKey(text: string, path: string): SheetKey {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const key = (value ?? {}) as Partial<SheetKey>;
  const isKey =
    key.tool === 'sluice-human-review' &&
    key.schemaVersion === 1 &&
    Array.isArray(key.items) &&
    key.items.every(
      ({ item, id, first }: Partial<SheetItem>) =>
        typeof item === 'string' && typeof id === 'string' && (first === 'candidate' || first === 'baseline'),
    );
  if (!isKey)
    throw new ConfigError(
      `input \`human-review\`: ${path} is no key of a sheet; remove sheet and key to have new ones written`,
    );
  return key as SheetKey;
}
