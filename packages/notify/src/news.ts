/** Whether a step's end is news, and what it says. Pure. */
import type { RunIdentity } from '@sluice/runtime/definition';
import type { Outcome, Verdict } from '@sluice/runtime/errors';

/** What `notify-on` may name. An error is a `fail`: the release stopped either way. */
export const EVENTS = ['pass', 'fail', 'inconclusive', 'promoted', 'rolled-back', 'step'] as const;
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

/** A step of a way that isn't over. */
export interface Step extends Pick<Ended, 'action' | 'step' | 'run'> {
  text: string;
}

/** While it is under way there is neither verdict nor outcome. */
type OrRunning<T> = T | 'running';

export interface News extends Omit<Ended, 'outputs' | 'verdict' | 'outcome'> {
  verdict: OrRunning<Verdict>;
  outcome: OrRunning<Outcome>;
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
    .map((event) => `input \`notify-on\` = '${event}' is no news; use ${EVENTS.join(', ')}`);
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
    title: titleOf(action, what, run.repository),
    reasons: [...ended.reasons.slice(0, MOST_REASONS).map(short), ...(rest > 0 ? [`and ${rest} more`] : [])],
    severity: severityOf(events, outcome),
    key: keyOf(action, step, run).join('/'),
  };
}

/** undefined unless steps were asked for. */
export function newsOfStep({ text, ...of }: Step, wanted: readonly string[]): News | undefined {
  if (!wanted.includes('step')) return undefined;
  const { action, run, step } = of;
  return {
    ...of,
    ...{ verdict: 'running', outcome: 'running', events: ['step'], severity: 'info' },
    title: titleOf(action, 'a step', run.repository),
    reasons: [short(text)],
    key: [...keyOf(action, step, run), 'step'].join('/'),
  };
}

function titleOf(action: string, what: string, repository: string): string {
  return `${action}: ${what}${repository === '' ? '' : ` in ${repository}`}`;
}

function keyOf(action: string, step: string, run: Ended['run']): string[] {
  return ['sluice', run.repository, run.id, action, step];
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
