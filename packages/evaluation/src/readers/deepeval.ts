/** deepeval's test run (`test_run_*.json` in DEEPEVAL_RESULTS_FOLDER, `.deepeval/.latest_test_run.json`; deepeval/test_run). */
import { itemText, type ItemText } from '../item-text.ts';
import { finite, isObject, type EvalMetric } from '../model.ts';
import { asFields, contentId, listOf, slug, textOf, type Fields, type ReadContext } from './fields.ts';
import { averageRepeats, itemMetrics, testMetrics } from './items.ts';

export function isDeepeval(data: Fields): boolean {
  const run = runOf(data);
  return (
    Array.isArray(run['testCases']) && ('metricsScores' in run || 'testPassed' in run || 'testFile' in run)
  );
}

function runOf(data: Fields): Fields {
  return isObject(data['testRunData']) ? data['testRunData'] : data;
}

/** Metrics whose score is a share of harm: less is better, though their names don't say so. */
const HARMS = ['toxicity', 'bias', 'hallucination', 'pii_leakage', 'misuse', 'non_advice', 'role_violation'];

/**
 * `tests.*`; per metric its mean `<metric>` over test cases and `<metric>.pass_rate`. A metric whose judge broke off has no
 * score, which makes its mean missing.
 */
export function readDeepeval(data: Fields, { source }: ReadContext): EvalMetric[] {
  const run = runOf(data);
  const cases = [...listOf(run['testCases']), ...listOf(run['conversationalTestCases'])];
  const what = 'testCases';
  const ids = cases.map(caseId);
  const texts = new Map(cases.map((one, index) => [ids[index] ?? '', caseText(one)]));
  const measured = cases.flatMap((one, index) =>
    listOf(one['metricsData']).map((metric) => ({
      id: ids[index] ?? '',
      name: textOf(metric['name']) ?? 'metric',
      metric,
    })),
  );
  const byName = Map.groupBy(measured, ({ name }) => slug(name));
  return [
    ...testMetrics(
      cases.map((one, index) => ({ id: ids[index] ?? '', status: statusOf(one) })),
      { source, what },
    ),
    ...[...byName].flatMap(([name, entries]) => {
      const direction = HARMS.includes(name) ? 'lower' : 'higher';
      const owedToo = entries.map(({ id, metric }) => ({
        id,
        text: texts.get(id),
        score: isBroken(metric) ? null : finite(metric['score']),
      }));
      const passes = entries.map(({ id, metric }) => ({
        id,
        score: isBroken(metric) || typeof metric['success'] !== 'boolean' ? null : Number(metric['success']),
      }));
      const extra = { source, what: `metricsData of '${name}'`, share: true } as const;
      return [
        ...itemMetrics(name, averageRepeats(owedToo), { ...extra, direction }),
        ...itemMetrics(`${name}.pass_rate`, averageRepeats(passes), { ...extra, direction: 'higher' }),
      ];
    }),
  ];
}

/** A test case is what it asked; its name is `test_case_0`, by order alone. */
function caseId(one: Fields): string {
  return contentId(
    one['input'] ?? one['scenario'] ?? null,
    one['expectedOutput'] ?? one['expectedOutcome'] ?? null,
    one['context'] ?? null,
    one['turns'] ?? null,
  );
}

function caseText(one: Fields): ItemText | undefined {
  const { input, expectedOutput: expected, actualOutput: answer } = one;
  return itemText({ prompt: input, expected, answer });
}

function isBroken(metric: Fields): boolean {
  return typeof metric['error'] === 'string' && metric['error'] !== '';
}

function statusOf(one: Fields): 'passed' | 'failed' | 'errors' {
  const broken = listOf(one['metricsData']).some(
    (metric) => isBroken(metric) || finite(metric['score']) === null,
  );
  if (broken || typeof one['success'] !== 'boolean') return 'errors';
  return asFields(one)['success'] === true ? 'passed' : 'failed';
}
