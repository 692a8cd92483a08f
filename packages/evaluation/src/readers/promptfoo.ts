/** promptfoo's output JSON (`promptfoo eval -o out.json`, results version 3 and later; OutputFile of its src/types). */
import { itemText, type ItemText } from '../item-text.ts';
import { finite, isObject, type EvalMetric } from '../model.ts';
import {
  asFields,
  contentId,
  countOf,
  inOrder,
  listOf,
  shorten,
  slug,
  textOf,
  type Fields,
  type ReadContext,
} from './fields.ts';
import { averageRepeats, itemMetrics, testMetrics, type Item } from './items.ts';

export function isPromptfoo(data: Fields): boolean {
  const results = asFields(data['results']);
  return isObject(results['stats']) && ('version' in results || 'evalId' in data);
}

interface Row {
  id: string;
  prompt: string;
  text: ItemText | undefined;
  status: 'passed' | 'failed' | 'errors';
  score: number | null;
  named: Fields;
  latency: number | null;
  /** Provider and prompt; what the selector names where there are several. */
  side: string;
}

/**
 * `tests.*`, `score` (mean), each named score, `latency_ms.mean`; where several providers or prompts were tried, of each in
 * brackets too. `--repeat` gives a test a new `testIdx` each time, so a test is known by what it holds.
 */
export function readPromptfoo(data: Fields, { source }: ReadContext): EvalMetric[] {
  const results = asFields(data['results']);
  const version = finite(results['version']);
  if (version === null || version < 3)
    throw new Error(`field results.version is ${shorten(results['version'])}; version 3 and later are read`);
  const list = listOf(results['results']);
  checkStats(asFields(results['stats']), list);
  const rows = list.map((row, index) => readRow(row, index));
  const sides = [...new Set(rows.map(({ side }) => side))];
  const several = sides.length > 1;
  return [
    ...metricsOf(rows, source, undefined, several),
    ...(several
      ? sides.flatMap((side) =>
          metricsOf(
            rows.filter((row) => row.side === side),
            source,
            side,
            false,
          ),
        )
      : []),
  ];
}

function metricsOf(
  rows: readonly Row[],
  source: string,
  selector: string | undefined,
  together: boolean,
): EvalMetric[] {
  const what = 'results.results';
  const extra = { source, what, ...(selector === undefined ? {} : { selector }) };
  const idOf = (row: Row): string => (together ? `${row.side} ${row.id}` : row.id);
  const items = (score: (row: Row) => number | null, of = rows): Item[] =>
    averageRepeats(
      of.map((row) => ({ id: idOf(row), prompt: row.prompt, text: row.text, score: score(row) })),
    );
  const names = [...new Set(rows.flatMap(({ named }) => Object.keys(named)))];
  const timed = rows.filter(({ latency, status }) => latency !== null && status !== 'errors');
  return [
    ...testMetrics(
      rows.map((row) => ({ id: idOf(row), status: row.status })),
      extra,
    ),
    ...itemMetrics(
      'score',
      items(({ score }) => score),
      { ...extra, direction: 'higher' },
    ),
    ...names.flatMap((name) =>
      itemMetrics(
        slug(name),
        // A row that broke off owes its score; one whose test doesn't ask for this name owes nothing.
        items(
          ({ named }) => finite(named[name]),
          rows.filter(({ named, status }) => name in named || status === 'errors'),
        ),
        { ...extra, direction: 'higher' },
      ),
    ),
    ...(timed.length === 0
      ? []
      : itemMetrics(
          'latency_ms.mean',
          items(({ latency }) => latency, timed),
          { ...extra, direction: 'lower', unit: 'ms', share: false },
        )),
  ];
}

function readRow(row: Fields, index: number): Row {
  const test = asFields(row['testCase']);
  const provider = asFields(row['provider']);
  const prompt = asFields(row['prompt']);
  const vars = row['vars'] ?? test['vars'];
  const side = [
    textOf(provider['label']) ?? textOf(provider['id']) ?? 'provider',
    `prompt ${(countOf(row['promptIdx']) ?? 0) + 1}`,
  ];
  if (typeof row['success'] !== 'boolean')
    throw new Error(`field results.results[${index}].success is ${shorten(row['success'])}`);
  // A threshold can be met although an assertion broke off: what says 2 is an error all the same.
  const status = row['failureReason'] === 2 ? 'errors' : row['success'] ? 'passed' : 'failed';
  return {
    id: contentId(inOrder(vars), test['description'] ?? null, test['assert'] ?? null),
    prompt: contentId(prompt['raw'] ?? null),
    text: itemText({ prompt: prompt['raw'], answer: asFields(row['response'])['output'] }),
    status,
    score: status === 'errors' ? null : finite(row['score']),
    named: asFields(row['namedScores']),
    latency: finite(row['latencyMs']),
    side: side.join(', '),
  };
}

/** The counts are written beside the rows: where the two differ, rows were cut out. */
function checkStats(stats: Fields, rows: readonly Fields[]): void {
  const told = ['successes', 'failures', 'errors'].map((name) => countOf(stats[name]) ?? 0);
  const total = told.reduce((sum, count) => sum + count, 0);
  if (total !== rows.length)
    throw new Error(
      `field results.stats counts ${total} tests, but results.results holds ${rows.length}; it isn't whole`,
    );
}
