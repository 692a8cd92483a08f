/** One run of one level: a closed loop, or an open one. */
import type { Asker } from './asker.ts';
import { droppedSample, toSample, type LoadSample, type Place } from './sample.ts';

export interface StageContext {
  asker: Asker;
  signal: AbortSignal;
  /** Which run of its level this is, from 0. */
  run: number;
  /** The next request's number, from 1; counts on from stage to stage. */
  next: { number: number };
}

export interface StageResult {
  /** Milliseconds since 1970 at the start of the measured time. */
  startedAt: number;
  /** Length of the measured time, ms; shorter than asked for when it was cut. */
  durationMs: number;
  samples: LoadSample[];
  /** Why it ended before its time. */
  cut?: 'gave up' | 'cancelled' | 'lost';
}

/** So many failures in a row, none answered: a dead server isn't hammered for the rest of the time. */
const GIVE_UP_AFTER = 20;
/** Of an open loop: also as many as are due within this time, for a full queue may refuse a whole burst. */
const GIVE_UP_SECONDS = 2;

export interface ClosedStage {
  atOnce: number;
  warmupMs: number;
  durationMs: number;
}

/** What a conversation of a stage needs to know. */
interface Talk extends Omit<Place, 'turn' | 'sentAt'> {
  asker: Asker;
  signal: AbortSignal;
}

/**
 * One conversation, told request by request; undefined when it was cancelled, else whether its last answer was complete. What
 * follows an answer is due at once; none begins after the end of the measured time.
 */
async function talk(
  { asker, signal, ...place }: Talk,
  keep: (sample: LoadSample | undefined) => void,
): Promise<boolean | undefined> {
  let { dueAt } = place;
  let turn = 1;
  let sentAt = performance.now();
  let isComplete = false;
  for await (const answer of asker.ask(place.number, signal)) {
    if (signal.aborted && !answer.complete) return undefined;
    isComplete = answer.complete;
    keep(toSample(answer, { ...place, dueAt, turn, sentAt }));
    sentAt = performance.now();
    if (sentAt >= place.endsAt) break;
    if (dueAt !== null) dueAt = sentAt;
    turn += 1;
  }
  return isComplete;
}

/** So many users who each ask the next question as soon as they have their answer. */
export async function runClosed(stage: ClosedStage, context: StageContext): Promise<StageResult> {
  const { asker, signal, run, next } = context;
  const startsAt = performance.now() + stage.warmupMs;
  const endsAt = startsAt + stage.durationMs;
  const startedAt = Date.now() + stage.warmupMs;
  const samples: LoadSample[] = [];
  let failures = 0;
  const isAborted = (): boolean => signal.aborted;
  const keep = (sample: LoadSample | undefined): void => {
    if (sample !== undefined) samples.push(sample);
  };
  const user = async (): Promise<void> => {
    while (performance.now() < endsAt && !isAborted() && failures < GIVE_UP_AFTER * stage.atOnce) {
      const number = (next.number += 1);
      // What is under way at the end is waited for: to leave it out would leave out the slowest.
      const isComplete = await talk({ asker, signal, number, run, dueAt: null, startsAt, endsAt }, keep);
      if (isComplete === undefined) return;
      failures = isComplete ? 0 : failures + 1;
    }
  };
  await Promise.all(Array.from({ length: stage.atOnce }, user));
  const gaveUp = failures >= GIVE_UP_AFTER * stage.atOnce;
  return finish({ startedAt, startsAt, endsAt, samples }, gaveUp ? 'gave up' : cancelled(signal));
}

export interface OpenStage {
  /** When requests are due, ms from the start of the warm-up, ascending. */
  due: Float64Array;
  warmupMs: number;
  durationMs: number;
  maxInFlight: number;
  /** Told of each request that began in the measured time; true ends the stage, and with it what is under way. */
  isLost?: (sample: LoadSample) => boolean;
}

/** Time for the first timer, so that the first requests aren't late already. */
const LEAD_MS = 20;

/** Begins each conversation when it is due, whatever became of those before. Beyond `maxInFlight` it is dropped and counted. */
export async function runOpen(stage: OpenStage, context: StageContext): Promise<StageResult> {
  const { asker, run, next } = context;
  const begin = performance.now() + LEAD_MS;
  const startsAt = begin + stage.warmupMs;
  const endsAt = startsAt + stage.durationMs;
  const startedAt = Date.now() + LEAD_MS + stage.warmupMs;
  const samples: LoadSample[] = [];
  const underWay = new Set<Promise<void>>();
  const lost = new AbortController();
  const signal = AbortSignal.any([context.signal, lost.signal]);
  const ratePerMs = stage.due.length / Math.max(1, stage.warmupMs + stage.durationMs);
  const giveUpAfter = Math.max(GIVE_UP_AFTER, ratePerMs * 1000 * GIVE_UP_SECONDS);
  let failures = 0;
  let wake = (): void => undefined;
  signal.addEventListener('abort', () => wake(), { once: true });
  const until = (at: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, at - performance.now()));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const keep = (sample: LoadSample | undefined): void => {
    if (sample === undefined) return;
    samples.push(sample);
    if (sample.began && stage.isLost?.(sample) === true) lost.abort();
  };
  const send = async (dueAt: number): Promise<void> => {
    const place = { number: (next.number += 1), run, dueAt, startsAt, endsAt };
    if (underWay.size >= stage.maxInFlight) {
      keep(droppedSample({ ...place, turn: 1, sentAt: performance.now() }));
      return;
    }
    const isComplete = await talk({ ...place, asker, signal }, keep);
    if (isComplete !== undefined) failures = isComplete ? 0 : failures + 1;
  };
  for (const offset of stage.due) {
    const dueAt = begin + offset;
    // Timers of Node tick in whole milliseconds, and may come a fraction of one early.
    while (!signal.aborted && performance.now() < dueAt) await until(dueAt);
    if (signal.aborted || failures >= giveUpAfter) break;
    const sent = send(dueAt).finally(() => underWay.delete(sent));
    underWay.add(sent);
  }
  await Promise.all(underWay);
  const cut = lost.signal.aborted ? 'lost' : failures >= giveUpAfter ? 'gave up' : cancelled(context.signal);
  return finish({ startedAt, startsAt, endsAt, samples }, cut);
}

function cancelled(signal: AbortSignal): 'cancelled' | undefined {
  return signal.aborted ? 'cancelled' : undefined;
}

function finish(
  stage: { startedAt: number; startsAt: number; endsAt: number; samples: LoadSample[] },
  cut: StageResult['cut'],
): StageResult {
  const { startedAt, startsAt, endsAt, samples } = stage;
  const durationMs = Math.max(
    0,
    (cut === undefined ? endsAt : Math.min(endsAt, performance.now())) - startsAt,
  );
  return { startedAt, durationMs, samples, ...(cut === undefined ? {} : { cut }) };
}
