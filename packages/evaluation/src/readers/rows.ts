/** Tables: a row an item (CSV, JSON lines, a JSON list), a row a metric (`metric,value`), and ragas' own (`EvaluationResult.to_pandas`). */
import { finite, isObject, type EvalMetric, type Format } from '../model.ts';
import { contentId, fieldMetric, shorten, type Fields, type ReadContext } from './fields.ts';
import { itemMetrics, withoutItems, type Item } from './items.ts';

/** Columns that name an item, and such that hold what was asked: what an item is told by from run to run. */
const IDS = ['id', 'item_id', 'sample_id', 'doc_id', 'question_id', 'case_id', 'uuid', 'index'];
const ASKED = [
  'user_input',
  'question',
  'prompt',
  'input',
  'query',
  'instruction',
  'reference',
  'ground_truth',
  'expected',
  'expected_output',
  'target',
];
/** ragas 0.2 and later, and 0.1 before it. */
const RAGAS = [
  ['user_input', 'response'],
  ['question', 'answer', 'contexts'],
  ['user_input', 'retrieved_contexts'],
];
/** Rubric scores go from 1 to 5, the others are shares. */
const RAGAS_SHARES = [
  'faithfulness',
  'answer_relevancy',
  'response_relevancy',
  'context_precision',
  'context_recall',
  'context_entity_recall',
  'answer_correctness',
  'answer_similarity',
  'semantic_similarity',
  'factual_correctness',
  'noise_sensitivity',
];
const RAGAS_HARMS = ['noise_sensitivity'];

export function isRagas(rows: readonly Fields[]): boolean {
  const [first] = rows;
  return (
    first !== undefined &&
    RAGAS.some((columns) => columns.every((column) => column in first)) &&
    scoreColumns(rows).length > 0
  );
}

/**
 * One metric a column of numbers: its mean over the rows, which are its items where a column names them or tells what was
 * asked. A cell without a number leaves the column's metric missing. One row alone is a row of metrics without samples.
 *
 * @throws Error where there is no row, or no column of numbers
 */
export function readRows(
  rows: readonly Fields[],
  { source, notes }: ReadContext,
): { format: Format; metrics: EvalMetric[] } {
  const [first] = rows;
  if (first === undefined) throw new Error('holds no row under its header');
  const table = asMetricTable(rows, source);
  if (table !== undefined) return { format: 'rows', metrics: table };
  const columns = scoreColumns(rows);
  if (columns.length === 0)
    throw new Error(
      `has no column of numbers (columns: ${Object.keys(first).slice(0, 8).map(shorten).join(', ')})`,
    );
  const ragas = isRagas(rows);
  if (rows.length === 1 && !ragas && idOf(first) === undefined)
    return {
      format: 'rows',
      metrics: columns.map((column) =>
        fieldMetric(column, numberIn(first[column]), { source, field: column }),
      ),
    };
  const ids = uniqueIds(rows);
  if (ids === undefined)
    notes.push(
      `${source}: no column names its items (such as id or question), so they pair with no other run`,
    );
  const metrics = columns.flatMap((column) => {
    const items = rows.map((row, index): Item => ({
      id: ids?.[index] ?? `row ${index + 1}`,
      score: numberIn(row[column]),
    }));
    const base = column.replace(/\(.*\)$/u, '');
    const facts =
      ragas && RAGAS_SHARES.includes(base)
        ? { share: true, direction: RAGAS_HARMS.includes(base) ? ('lower' as const) : ('higher' as const) }
        : {};
    const made = itemMetrics(column, items, { source, what: `column '${shorten(column)}'`, ...facts });
    // Without identity a row of this run isn't that of another: the spread is kept, the pairs are not.
    return ids === undefined ? made.map(withoutItems) : made;
  });
  return { format: ragas ? 'ragas' : 'rows', metrics };
}

/** `metric,value[,n][,stderr]`: a row a metric. */
function asMetricTable(rows: readonly Fields[], source: string): EvalMetric[] | undefined {
  const [first] = rows;
  if (first === undefined || !('value' in first)) return undefined;
  const key = ['metric', 'name'].find((column) => column in first);
  if (key === undefined || rows.some((row) => typeof row[key] !== 'string' || row[key] === ''))
    return undefined;
  const seen = new Set<string>();
  return rows.map((row, index) => {
    const name = String(row[key]);
    if (seen.has(name)) throw new Error(`names the metric '${shorten(name)}' twice (column ${key})`);
    seen.add(name);
    const n = numberIn(row['n'] ?? row['samples'] ?? row['count']);
    const stderr = numberIn(row['stderr']);
    const raw = row['value'];
    return fieldMetric(name, numberIn(raw) ?? raw, {
      source,
      field: `value of row ${index + 1}`,
      ...(n !== null && n >= 0 ? { n } : {}),
      ...(stderr !== null && stderr >= 0 ? { stderr } : {}),
    });
  });
}

const NOT_A_NUMBER = /^\s*(?:|nan|none|null|n\/?a|-?inf(?:inity)?|-?Infinity|<NA>)\s*$/iu;

/** Columns where every cell is a number or owed, and at least one is either a number or NaN; ids and counters aside. */
function scoreColumns(rows: readonly Fields[]): string[] {
  const [first] = rows;
  return Object.keys(first ?? {}).filter((column) => {
    if (
      column === '' ||
      column.startsWith('_') ||
      IDS.includes(column) ||
      ASKED.includes(column) ||
      /^Unnamed: \d+$/u.test(column)
    )
      return false;
    let told = false;
    for (const row of rows) {
      const cell = row[column];
      if (numberIn(cell) !== null) told = true;
      else if (!(
        cell === null ||
        cell === undefined ||
        (typeof cell === 'string' && NOT_A_NUMBER.test(cell))
      ))
        return false;
      else if (typeof cell === 'string' && cell.trim() !== '') told = true;
    }
    return told;
  });
}

/** Booleans are 0 and 1; text counts where all of it is a number. */
function numberIn(cell: unknown): number | null {
  if (typeof cell === 'boolean') return Number(cell);
  if (typeof cell !== 'string') return finite(cell);
  if (/^\s*true\s*$/iu.test(cell)) return 1;
  if (/^\s*false\s*$/iu.test(cell)) return 0;
  return cell.trim() === '' ? null : finite(Number(cell));
}

function idOf(row: Fields): string | undefined {
  const column = IDS.find((name) => name in row && name !== 'index');
  const id = column === undefined ? undefined : row[column];
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

/** Ids as the rows give them, else by what was asked (a question asked twice is numbered); undefined where nothing tells. */
function uniqueIds(rows: readonly Fields[]): string[] | undefined {
  const given = rows.flatMap((row) => idOf(row) ?? []);
  if (given.length === rows.length) return given;
  const times = new Map<string, number>();
  const asked = rows.map((row) =>
    ASKED.flatMap((column) => (column in row && !isObject(row[column]) ? [[column, row[column]]] : [])),
  );
  if (asked.some((parts) => parts.length === 0)) return undefined;
  return asked.map((parts) => {
    const id = contentId(parts);
    times.set(id, (times.get(id) ?? 0) + 1);
    return (times.get(id) ?? 1) === 1 ? id : `${id}#${times.get(id) ?? 1}`;
  });
}
