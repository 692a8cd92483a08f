import type { ReaderCase } from './reader-cases.ts';

/** Files of load tests, checks of data, coverage and tables. */

const NAN = /(?:field|column).*(?:NaN|no score)|NaN/u;
const CUT = /isn't whole|neither JSON|not well-formed|cut/u;

export const DATA_CASES: readonly ReaderCase[] = [
  {
    file: 'vllm-bench/openai-infqps-concurrency8-capitals.json',
    format: 'vllm-bench',
    metrics: {
      'ttft_ms.p99': { value: 110, n: 300, direction: 'lower', unit: 'ms' },
      'ttft_ms.p50': { value: 45 },
      'inter_chunk_ms.p99': { value: 25 },
      tokens_per_second: { value: 600 },
      error_rate: { value: 0, n: 300 },
    },
    rule: 'ttft_ms.p99 <= 200',
    spoiled: [
      [
        'nothing succeeded',
        /"completed": 300,\n {2}"failed": 0/u,
        '"completed": 0,\n  "failed": 300',
        /none of its 300 requests succeeded/u,
      ],
      ['no request', /"completed": 300/u, '"completed": 0', /none of its 0 requests/u],
      ['NaN', '"p99_ttft_ms": 110.0', '"p99_ttft_ms": NaN', /p99_ttft_ms is NaN/u],
      ['no count', '"completed": 300', '"completed": null', /field completed/u],
    ],
  },
  {
    file: 'vllm-bench/appended.jsonl',
    format: 'vllm-bench',
    metrics: { 'ttft_ms.p99[rate=inf,concurrency=16]': { value: 210 } },
    rule: 'ttft_ms.p99[rate=inf,concurrency=8] <= 200',
    spoiled: [['one load twice', '"max_concurrency": 16', '"max_concurrency": 8', /is 110 in .* and 210/u]],
  },
  {
    file: 'guidellm/benchmarks.json',
    format: 'guidellm',
    metrics: {
      'ttft_ms.p99[synchronous]': { value: 76, n: 400 },
      'e2e_ms.mean[concurrent@8]': { value: 500, unit: 'ms' },
      'error_rate[synchronous]': { value: 0 },
    },
    rule: 'ttft_ms.p99[synchronous] <= 100',
    spoiled: [
      ['another layout', '"version": 2', '"version": 1', /metadata\.version is 1/u],
      ['NaN', '"p99": 76.0', '"p99": NaN', /percentiles\.p99 is NaN/u],
      ['no run', /"benchmarks": \[[\s\S]*$/u, '"benchmarks": []}', /no benchmark ran/u],
    ],
  },
  {
    file: 'aiperf/profile_export_aiperf.json',
    format: 'aiperf',
    metrics: {
      'ttft_ms.p50': { value: 42, n: 320 },
      'tpot_ms.mean': { value: 9 },
      requests_per_second: { value: 12.5 },
      error_rate: { value: 0 },
    },
    rule: 'ttft_ms.p99 <= 100',
    spoiled: [
      ['broken off', '"was_cancelled": false', '"was_cancelled": true', /was_cancelled/u],
      ['nothing succeeded', '"avg": 320.0', '"avg": 0', /none of its 0 requests/u],
      ['null', /"p99": 79\.8/u, '"p99": null', /time_to_first_token\.p99 is null/u],
      ['no unit', '"unit": "ms"', '"unit": "fortnights"', /time_to_first_token\.unit/u],
    ],
  },
  {
    file: 'genai-perf/profile_export_genai_perf.json',
    format: 'genai-perf',
    metrics: { 'e2e_ms.p99': { value: 912 }, tokens_per_second: { value: 640 } },
    rule: 'e2e_ms.p99 <= 1000',
    spoiled: [
      ['NaN', '"p99": 912.0', '"p99": NaN', NAN],
      ['cut', /\}\s*$/u, '', CUT],
    ],
  },
  {
    file: 'inference-perf/summary_lifecycle_metrics.json',
    format: 'inference-perf',
    metrics: {
      'ttft_ms.p50': { value: 40, n: 400 },
      'e2e_ms.p99_9': { value: 975 },
      requests_per_second: { value: 4 },
    },
    rule: 'ttft_ms.p99 <= 100',
    spoiled: [
      [
        'nothing succeeded',
        '"successes": {\n    "count": 400',
        '"successes": {\n    "count": 0',
        /none of its 0 requests/u,
      ],
      [
        'no latency',
        /"latency": \{[\s\S]*?\n {4}\},\n {4}"throughput"/u,
        '"latency": null, "throughput"',
        /no results file has ttft_ms\.p99/u,
      ],
    ],
  },
  {
    file: 'whylogs/constraints.json',
    format: 'whylogs',
    metrics: { 'tests.failed': { value: 1, n: 3 }, 'schema.violations': { value: 1, n: 3 } },
    rule: 'tests.failed <= 1',
    spoiled: [
      ['twice', 'name null count', 'age greater than number 0', /'age greater than number 0' twice/u],
      ['cut', /\]\s*$/u, '', CUT],
    ],
  },
  {
    file: 'whylogs/drift.json',
    format: 'whylogs',
    metrics: {
      'drift.ks_p[age]': { value: 0.41, direction: 'higher' },
      'drift.hellinger[price]': { value: 0.12, direction: 'lower' },
    },
    rule: 'drift.ks_p[age] >= 0.05',
    spoiled: [['NaN', '0.41', 'NaN', /age\.pvalue is NaN/u]],
  },
  {
    file: 'great-expectations/validation.json',
    format: 'great-expectations',
    metrics: { 'schema.violations': { value: 0, n: 2 }, 'tests.passed': { value: 2 } },
    rule: 'schema.violations == 0',
    spoiled: [
      [
        'an empty suite that says success',
        /"results": \[[\s\S]*?\n {2}\],/u,
        '"results": [],',
        /statistics\.evaluated_expectations is 2/u,
      ],
      [
        'a raised exception',
        '"raised_exception": false',
        '"raised_exception": true',
        /schema\.violations is 1/u,
      ],
      [
        'a failed one under success: true',
        /"results": \[\n {4}\{\n {6}"success": true/u,
        '"results": [\n    {\n      "success": false',
        /schema\.violations is 1/u,
      ],
    ],
  },
  {
    file: 'tfdv/anomalies.json',
    format: 'tfdv',
    metrics: {
      'anomalies.errors': { value: 0 },
      'anomalies.warnings': { value: 1 },
      'drift.jensen_shannon_divergence[age]': { value: 0.04 },
    },
    rule: 'anomalies.errors == 0',
    spoiled: [
      ['no data', '"baseline"', '"dataMissing": true, "baseline"', /saw no data/u],
      ['an error', 'WARNING', 'ERROR', /anomalies\.errors is 1/u],
    ],
  },
  {
    file: 'test-coverage/cobertura.xml',
    format: 'cobertura',
    metrics: { 'coverage.lines': { value: 0.9, n: 500 }, 'coverage.branches': { value: 0.75 } },
    rule: 'coverage.lines >= 80%',
    spoiled: [
      [
        'empty, at rate 1',
        /lines-valid="500" lines-covered="450"/u,
        'lines-valid="0" lines-covered="0"',
        /measures no line/u,
      ],
      ['cut', '</packages>', '', /before <packages>|not well-formed/u],
    ],
  },
  {
    file: 'test-coverage/jacoco.xml',
    format: 'jacoco',
    metrics: { 'coverage.lines': { value: 0.9, n: 500 }, 'coverage.functions': { value: 0.9 } },
    rule: 'coverage.lines >= 80%',
    spoiled: [
      [
        'no counter',
        /<counter type="LINE" missed="50" covered="450"\/><counter type="METHOD"/u,
        '<counter type="METHOD"',
        /measures no line/u,
      ],
      ['cut', '</report>', '', CUT],
    ],
  },
  {
    file: 'test-coverage/lcov.info',
    format: 'lcov',
    metrics: { 'coverage.lines': { value: 0.9, n: 500 }, 'coverage.functions': { value: 1 } },
    rule: 'coverage.lines >= 80%',
    spoiled: [
      ['cut', /end_of_record\s*$/u, '', /no end_of_record/u],
      ['no lines', /^(?:DA|LF|LH):.*\n/gmu, '', /measures no line/u],
    ],
  },
  {
    file: 'test-coverage/coverage.json',
    format: 'coverage.py',
    metrics: { 'coverage.lines': { value: 0.9, n: 500 } },
    rule: 'coverage.lines >= 80%',
    spoiled: [['empty, at 100 %', '"num_statements": 500', '"num_statements": 0', /measures no line/u]],
  },
  {
    file: 'test-coverage/coverage-summary.json',
    format: 'coverage.py',
    metrics: { 'coverage.lines': { value: 0.9, n: 500 } },
    rule: 'coverage.lines >= 80%',
    spoiled: [['empty', '"total": 500', '"total": 0', /measures no line/u]],
  },
  {
    file: 'tables/items.csv',
    format: 'rows',
    metrics: { accuracy: { value: 0.75, n: 4 }, latency_ms: { value: 125 } },
    rule: 'accuracy >= 0.7',
    spoiled: [
      ['twice', 'q2', 'q1', /column 'accuracy' holds 'q1' twice/u],
      ['N/A', 'q3,1', 'q3,N/A', /1 of 4 samples/u],
      ['a column twice', 'latency_ms', 'accuracy', /column 'accuracy' twice/u],
    ],
  },
  {
    file: 'tables/metrics.csv',
    format: 'rows',
    metrics: { accuracy: { value: 0.92, n: 200 } },
    rule: 'accuracy >= 0.9',
    spoiled: [
      ['N/A', '0.92', 'N/A', /value of row 1 is N\/A/u],
      ['twice', 'f1', 'accuracy', /'accuracy' twice/u],
      ['0 samples', '0.92,200', '0.92,0', /0 samples/u],
    ],
  },
  {
    file: 'tables/items.jsonl',
    format: 'rows',
    metrics: { correct: { value: 0.75, n: 4, share: true } },
    rule: 'correct >= 0.7',
    spoiled: [
      ['null', '"correct": false', '"correct": null', /1 of 4 samples/u],
      ['twice', '"q2"', '"q1"', /'q1' twice/u],
    ],
  },
  {
    file: 'junit/pytest.xml',
    format: 'junit',
    metrics: { 'tests.failed': { value: 0, n: 2 } },
    rule: 'tests.failed == 0',
    spoiled: [
      ['a failure told of and not shown', 'failures="0"', 'failures="1"', /tells of 1 failures/u],
      ['no test', /<testcase .*(?=<\/testsuite>)/u, '', /holds no test/u],
      ['cut', '</testsuites>', '', CUT],
    ],
  },
];
