import { expect, test } from '@jest/globals';
import { largestOf, parsePrometheusText, sumOf } from '../src/prometheus-text.ts';

const TEXT = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="org/m"} 3.0
vllm:num_requests_running{engine="1",model_name="org/m",} 4.0
vllm:e2e_request_latency_seconds_bucket{le="+Inf",model_name="a\\"b}\\\\c\\nd"} 12.0 1700000000123
with_exemplar_bucket{le="0.5"} 7 # {trace_id="x"} 0.4 1.5
  nothing NaN
cold -Inf
small 1.5e-3
# EOF
`;

test('names with colons, labels with whatever, times, exemplars and special values', () => {
  const samples = parsePrometheusText(TEXT);
  expect(samples).toHaveLength(7);
  expect(sumOf(samples, 'vllm:num_requests_running')).toBe(7);
  expect(largestOf(samples, 'vllm:num_requests_running')).toBe(4);
  expect(samples[2]).toEqual({
    name: 'vllm:e2e_request_latency_seconds_bucket',
    labels: { le: '+Inf', model_name: 'a"b}\\c\nd' },
    value: 12,
  });
  expect(samples[3]).toMatchObject({ value: 7 });
  expect(sumOf(samples, 'cold')).toBe(-Infinity);
  expect(sumOf(samples, 'small')).toBe(0.0015);
});

test('what is missing or no number is no 0', () => {
  const samples = parsePrometheusText(TEXT);
  expect(sumOf(samples, 'nothing')).toBeUndefined();
  expect(largestOf(samples, 'absent')).toBeUndefined();
});

test.each([['<html>'], ['a{b="c} 1'], ['a{b=c} 1'], ['a one'], ['a{b="c"}'], ['0a 1']])(
  'a line that is none is named: %s',
  (line) => {
    expect(() => parsePrometheusText(`fine 1\n${line}\n`)).toThrow('line 2 is no sample');
  },
);
