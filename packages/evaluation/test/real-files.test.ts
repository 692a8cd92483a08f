import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readResults } from '../src/readers/read-results.ts';
import { metricLabel } from '../src/rules.ts';

/** Files that the tools themselves wrote (fixtures/results/README.md says which versions), each with what it has to give. */

const fixtures = join(import.meta.dirname, '../../../fixtures/results');
const COVERED = { 'coverage.lines': 5 / 6, 'coverage.branches': 1 };
const C8 = { 'coverage.lines': 0.75, 'coverage.branches': 2 / 3, 'coverage.functions': 0.5 };
const CASES: [file: string, format: string, values: Record<string, number | null>][] = [
  [
    'mlflow/run-3.17.2.json',
    'mlflow',
    { accuracy: 0.91, latency_p99_ms: 380.5, eval_loss: 0.3, loss: null, best: null },
  ],
  [
    'great-expectations/validation-1.24.1.json',
    'great-expectations',
    { 'tests.total': 3, 'tests.failed': 1, 'tests.errors': 1, 'schema.violations': 2 },
  ],
  [
    // A checkpoint's description doesn't tell which one broke.
    'great-expectations/checkpoint-1.24.1.json',
    'great-expectations',
    { 'tests.total': 3, 'tests.passed': 1, 'tests.failed': 2, 'schema.violations': 2 },
  ],
  ['test-coverage/coverage-7.17.3.xml', 'cobertura', COVERED],
  ['test-coverage/coverage-7.17.3.json', 'coverage.py', COVERED],
  ['test-coverage/c8-12.0.0.json', 'coverage.py', C8],
  ['test-coverage/c8-12.0.0.info', 'lcov', C8],
  ['test-coverage/c8-12.0.0.xml', 'cobertura', { 'coverage.lines': 0.75, 'coverage.branches': 2 / 3 }],
  ['test-coverage/jacoco-0.8.13.xml', 'jacoco', { 'coverage.lines': 2 / 3, 'coverage.branches': 0.5 }],
  [
    'inference-perf/summary-0.7.0.json',
    'inference-perf',
    {
      'requests.succeeded': 16,
      error_rate: 0,
      'e2e_ms.mean': 38.88196518755649,
      'e2e_ms.p50': 26.02917199692456,
    },
  ],
  [
    // Its server refused every request.
    'inference-perf/all-failed-0.7.0.json',
    'inference-perf',
    { 'requests.failed': 15, error_rate: 1, 'ttft_ms.mean': null, requests_per_second: null },
  ],
  ['test-coverage/coverage-7.17.3.info', 'lcov', { ...COVERED, 'coverage.functions': 0.5 }],
  [
    'junit/pytest-9.xml',
    'junit',
    { 'tests.total': 5, 'tests.passed': 2, 'tests.failed': 1, 'tests.errors': 1, 'tests.skipped': 1 },
  ],
  [
    'helm/stats-0.5.16.json',
    'helm',
    { exact_match: 0.75, 'exact_match[split=valid]': 1, 'exact_match[perturbation=robustness:worst]': 0.5 },
  ],
  ['helm/per_instance_stats-0.5.16.json', 'helm', { exact_match: 0.75 }],
  ['openai-evals/capitals-3.0.1.jsonl', 'openai-evals', { accuracy: 2 / 3 }],
  ['ragas/ragas-0.3.9.csv', 'ragas', { exact_match: 2 / 3, non_llm_string_similarity: 0.7333333333333334 }],
  ['ragas/ragas-0.3.9.jsonl', 'ragas', { exact_match: 2 / 3, non_llm_string_similarity: 0.7333333333333334 }],
  [
    'aiperf/capitals-0.13.0.json',
    'aiperf',
    { 'requests.succeeded': 12, error_rate: 0, 'e2e_ms.p50': 13.291148, 'ttft_ms.p99': 15.431576500000002 },
  ],
];

test.each(CASES)('%s', async (file, format, wanted) => {
  const read = await readResults([{ path: join(fixtures, file), shown: file }], 'input `results`');
  expect(read.files[0]?.format).toBe(format);
  const values = new Map(read.metrics.map((metric) => [metricLabel(metric), metric.value]));
  for (const [label, value] of Object.entries(wanted)) {
    if (value === null) expect([label, values.get(label)]).toEqual([label, null]);
    else expect(values.get(label)).toBeCloseTo(value, 12);
  }
});
