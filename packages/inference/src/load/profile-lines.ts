/** One line of a load profile. */
import { parseDuration } from '@sluice/runtime/units';
import type { Arrivals, Profile } from './profile.ts';

const MOST_LEVELS = 20;
const MOST_AT_ONCE = 1000;
const HIGHEST_RATE = 10_000;
const LOWEST_RATE = 0.001;
const SHORTEST_MS = 1_000;

const FORMS = {
  concurrency: 'write it as `concurrency: 1,4,16 for 30s`',
  rate: 'write it as `rate: 5/s for 60s` or `rate: 5/s, 10/s poisson for 60s`',
  ramp: 'write it as `ramp: 1/s to 20/s over 60s`',
  sweep: 'write it as `sweep: 1/s to 50/s for 20s`',
} as const;

type Kind = keyof typeof FORMS;

/** The profile, or why the line is none. */
export function readProfileLine(line: string): Profile | string {
  const match = /^([a-z]+)\s*(?::\s*(.*))?$/.exec(line);
  const kind = match?.[1] ?? '';
  if (!isKind(kind)) return `no load profile; ${Object.values(FORMS).join(', or ')}`;
  return READERS[kind](match?.[2] ?? '');
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(FORMS, kind);
}

const READERS: Readonly<Record<Kind, (text: string) => Profile | string>> = {
  concurrency: (text) => {
    const form = FORMS.concurrency;
    const match = /^(.+?)\s+for\s+(\S+)$/.exec(text);
    if (match === null) return `no load profile; ${form}`;
    const [, list = '', time = ''] = match;
    const levels = list.split(',').map((level) => Number(level.trim() === '' ? NaN : level));
    if (!levels.every((level) => Number.isInteger(level) && level >= 1 && level <= MOST_AT_ONCE))
      return `'${list}' holds what is no whole number from 1 to ${MOST_AT_ONCE}; ${form}`;
    const durationMs = readTime(time, form);
    if (typeof durationMs === 'string') return durationMs;
    return listFault(list, levels) ?? { kind: 'closed', levels, durationMs };
  },
  rate: (text) => {
    const form = FORMS.rate;
    const match = /^(.+?)(\s+(?:poisson|constant))?\s+for\s+(\S+)$/.exec(text);
    if (match === null) return `no load profile; ${form}`;
    const [, list = '', arrivals = '', time = ''] = match;
    const rates = list.split(',').map((rate) => readRate(rate));
    const known = rates.filter((rate) => rate !== undefined);
    if (known.length < rates.length) return `'${list}' holds what is no rate; ${form}`;
    const durationMs = readTime(time, form);
    if (typeof durationMs === 'string') return durationMs;
    return (
      listFault(list, known) ?? { kind: 'open', rates: known, arrivals: arrivalsOf(arrivals), durationMs }
    );
  },
  ramp: (text) => readRange(text, 'over', FORMS.ramp, 'ramp'),
  sweep: (text) => readRange(text, 'for', FORMS.sweep, 'sweep'),
};

function readRange(
  text: string,
  word: 'over' | 'for',
  form: string,
  kind: 'ramp' | 'sweep',
): Profile | string {
  const pattern = new RegExp(`^(\\S+)\\s+to\\s+(\\S+)(\\s+(?:poisson|constant))?\\s+${word}\\s+(\\S+)$`);
  const match = pattern.exec(text);
  if (match === null) return `no load profile; ${form}`;
  const [, low = '', high = '', arrivals = '', time = ''] = match;
  const from = readRate(low);
  const to = readRate(high);
  if (from === undefined || to === undefined)
    return `'${from === undefined ? low : high}' is no rate; ${form}`;
  if (from === to || (kind === 'sweep' && from > to)) return `${low} to ${high} is no range upwards; ${form}`;
  const durationMs = readTime(time, form);
  if (typeof durationMs === 'string') return durationMs;
  // A sweep's tries stand for what users do, who don't come in step.
  const chosen = arrivals === '' && kind === 'sweep' ? 'poisson' : arrivalsOf(arrivals);
  return { kind, from, to, arrivals: chosen, durationMs };
}

function arrivalsOf(text: string): Arrivals {
  return text.trim() === 'poisson' ? 'poisson' : 'constant';
}

/** `5/s` or `30/m`, as requests per second. */
function readRate(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(s|m)\s*$/.exec(text);
  if (match === null) return undefined;
  const rate = Number(match[1]) / (match[2] === 'm' ? 60 : 1);
  return rate >= LOWEST_RATE && rate <= HIGHEST_RATE ? Number(rate.toFixed(3)) : undefined;
}

/** Milliseconds, or what is wrong. */
function readTime(text: string, form: string): number | string {
  const ms = parseDuration(text);
  return ms === undefined || ms < SHORTEST_MS ? `'${text}' is no duration of a second or more; ${form}` : ms;
}

function listFault(list: string, values: readonly number[]): string | undefined {
  if (new Set(values).size < values.length) return `'${list}' holds a level twice`;
  return values.length > MOST_LEVELS ? `${values.length} levels; at most ${MOST_LEVELS} may be` : undefined;
}
