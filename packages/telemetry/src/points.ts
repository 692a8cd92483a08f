/** What a step has to tell as numbers. Pure. */
import type { Stage } from '@sluice/release/record';
import type { RunIdentity } from '@sluice/runtime/definition';
import type { Outcome, Verdict } from '@sluice/runtime/errors';

/** What every point carries; of one step always the same, so that a later run replaces it. */
export interface StepIdentity {
  action: string;
  /** Job and step. */
  step: string;
  repository: string;
}

export interface StepEnd extends StepIdentity {
  verdict: Verdict;
  outcome: Outcome;
  run: Pick<RunIdentity, 'id' | 'attempt' | 'sha' | 'ref'>;
  startedAt: number;
  endedAt: number;
  outputs: Readonly<Record<string, string>>;
  /** That the step put on record. */
  stages: readonly Pick<Stage, 'name' | 'metrics'>[];
}

export interface Point {
  name: string;
  help: string;
  /** UCUM, as OpenTelemetry wants it. */
  unit: string;
  value: number;
  labels: Readonly<Record<string, string>>;
}

/** Verdicts that are green, or not: what an alert is made of. */
const VERDICTS: readonly Verdict[] = ['pass', 'fail', 'inconclusive', 'error'];
const MOST_METRICS = 1_000;

/**
 * How the step ended and how long it took, every metric of its stages with bounds and counts, and its outputs that are
 * numbers. What was not measured is left out: no point says 0 for it.
 */
export function pointsOf(end: StepEnd): Point[] {
  const { verdict, outcome, run, startedAt, endedAt, outputs, stages } = end;
  const step = (name: string, help: string, value: number, unit = '1', labels = {}): Point => ({
    ...{ name: `sluice_step_${name}`, help, unit, value, labels },
  });
  const info = { run: run.id, attempt: String(run.attempt), sha: run.sha, ref: run.ref, outcome };
  const points = [
    step('success', '1 when the step ended green.', outcome === 'success' ? 1 : 0),
    ...VERDICTS.map((one) =>
      step('verdict', '1 for the verdict of the step.', one === verdict ? 1 : 0, '1', { verdict: one }),
    ),
    step('duration_seconds', 'How long the step took.', (endedAt - startedAt) / 1_000, 's'),
    step('ended_seconds', 'When the step ended, in seconds since 1970.', endedAt / 1_000, 's'),
    step('info', 'Which run the figures are of.', 1, '1', info),
  ];
  for (const [output, text] of Object.entries(outputs)) {
    const value = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/iu.test(text) ? Number(text) : NaN;
    if (Number.isFinite(value))
      points.push(step('output', 'An output that is a number.', value, '1', { output }));
  }
  return [...points, ...stages.flatMap(stagePoints)];
}

function stagePoints({ name: stage, metrics }: Pick<Stage, 'name' | 'metrics'>): Point[] {
  return Object.entries(metrics)
    .slice(0, MOST_METRICS)
    .flatMap(([metric, { value, unit, n, low, high }]) => {
      if (value === null) return [];
      const labels = { stage, metric, ...(unit === undefined ? {} : { unit }) };
      const parts = [
        ['', 'A metric of the stage.', value],
        ['_low', 'Its one-sided lower bound.', low],
        ['_high', 'Its one-sided upper bound.', high],
        ['_samples', 'The samples behind it.', n],
      ] as const;
      return parts.flatMap(([suffix, help, part]) =>
        typeof part === 'number' && Number.isFinite(part)
          ? [{ name: `sluice_metric${suffix}`, help, unit: '1', value: part, labels }]
          : [],
      );
    });
}
