/** Figures of a step as opentelemetry-proto and prometheus-client read them. */
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { otlpRequest } from '@sluice/telemetry/otlp';
import { pointsOf } from '@sluice/telemetry/points';
import { prometheusText } from '@sluice/telemetry/pushgateway';
import { Checks } from '../sources/checks.ts';

interface Read {
  otlp: Record<string, number>;
  prometheus: Record<string, number>;
}

export async function checkTelemetry(python: string): Promise<Checks> {
  const checks = new Checks('telemetry');
  const identity = { action: 'eval-gate', step: 'test/gate', repository: 'acme/llm' };
  const metric = 'acc[a="b",\nc\\d é]';
  const points = pointsOf({
    ...{ ...identity, verdict: 'fail', outcome: 'gate-failed', outputs: { weight: '0.25' } },
    ...{ run: { id: '1', attempt: 1, sha: 'abc', ref: 'refs/heads/main' }, startedAt: 0, endedAt: 5_000 },
    stages: [
      { name: 'quality', metrics: { [metric]: { value: 0.85, unit: 'x', n: 40, low: 1e-9, high: 1e21 } } },
    ],
  });
  const input = JSON.stringify({
    otlp: otlpRequest(points, identity, Date.now()),
    text: prometheusText(points),
  });
  const { stdout } = await run(python, [join(import.meta.dirname, 'telemetry.py')], { input });
  const read = JSON.parse(stdout) as Read;
  const key = (name: string): string =>
    `${name}[('metric', '${metric.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}'), ('stage', 'quality'), ('unit', 'x')]`;
  for (const [suffix, value] of [
    ['', 0.85],
    ['_low', 1e-9],
    ['_high', 1e21],
    ['_samples', 40],
  ] as const) {
    checks.equal(`Prometheus: sluice_metric${suffix}`, read.prometheus[key(`sluice_metric${suffix}`)], value);
    const name = `sluice.metric${suffix.replace('_', '.')}`;
    checks.equal(`OTLP: ${name}`, read.otlp[key(name)], value);
  }
  checks.equal('as many points in both', Object.keys(read.otlp).length, points.length);
  checks.equal('… and in the text', Object.keys(read.prometheus).length, points.length);
  return checks;
}
