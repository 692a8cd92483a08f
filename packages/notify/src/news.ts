/** Whether a step's end is news, and what it says. Pure. */
import type { RunIdentity } from '@sluice/runtime/definition';
import type { Outcome, Verdict } from '@sluice/runtime/errors';

/** What `notify-on` may name. An error is a `fail`: the release stopped either way. */
export const EVENTS = ['pass', 'fail', 'inconclusive', 'promoted', 'rolled-back'] as const;
export type NewsEvent = (typeof EVENTS)[number];

export interface Ended {
  action: string;
  verdict: Verdict;
  outcome: Outcome;
  reasons: readonly string[];
  outputs: Readonly<Record<string, string>>;
  /** Job and step, so that two gates of one job are two pieces of news. */
  step: string;
  run: Omit<RunIdentity, 'eventName'>;
}

export interface News extends Omit<Ended, 'outputs'> {
  events: NewsEvent[];
  title: string;
  severity: 'info' | 'warning' | 'error' | 'critical';
  /** The same for every try to tell the same thing: receivers that can, merge by it. */
  key: string;
}

/** Reasons that a message carries, and characters of each: Teams takes 28 kB in all. */
const MOST_REASONS = 10;
const LONGEST_REASON = 1_000;

/** The faults of `notify-on`. */
export function eventFaults(wanted: readonly string[]): string[] {
  return wanted
    .filter((event) => !(EVENTS as readonly string[]).includes(event))
    .map((event) =>
      event === 'step'
        ? "input `notify-on` = 'step' is not built yet in this version; remove it"
        : `input \`notify-on\` = '${event}' is no news; use ${EVENTS.join(', ')}`,
    );
}

/** undefined when nothing that happened was asked for. */
export function newsOf(ended: Ended, wanted: readonly string[]): News | undefined {
  const events = eventsOf(ended).filter((event) => wanted.includes(event));
  if (events.length === 0) return undefined;
  const { action, verdict, outcome, step, run } = ended;
  const rest = ended.reasons.length - MOST_REASONS;
  const what = events.includes('rolled-back')
    ? 'rolled back'
    : events.includes('promoted')
      ? 'promoted'
      : verdict;
  return {
    ...{ action, verdict, outcome, step, run },
    events,
    title: `${action}: ${what}${run.repository === '' ? '' : ` in ${run.repository}`}`,
    reasons: [...ended.reasons.slice(0, MOST_REASONS).map(short), ...(rest > 0 ? [`and ${rest} more`] : [])],
    severity: severityOf(events, outcome),
    key: ['sluice', run.repository, run.id, action, ended.step].join('/'),
  };
}

function eventsOf({ verdict, outputs }: Ended): NewsEvent[] {
  return [
    verdict === 'error' ? 'fail' : verdict,
    ...(outputs['promoted'] ? (['promoted'] as const) : []),
    ...(outputs['rolled-back'] === 'true' ? (['rolled-back'] as const) : []),
  ];
}

function severityOf(events: readonly NewsEvent[], outcome: Outcome): News['severity'] {
  if (events.includes('rolled-back')) return 'critical';
  return outcome === 'success' ? (events.includes('inconclusive') ? 'warning' : 'info') : 'error';
}

function short(reason: string): string {
  return reason.length <= LONGEST_REASON ? reason : `${reason.slice(0, LONGEST_REASON).toWellFormed()} …`;
}
