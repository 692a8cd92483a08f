/**
 * How many connections to use: a pure function of what was measured. It climbs while more bring more, stays where they
 * don't, and falls back when throughput collapses, as CDNs and disks make it do under too many.
 */

export interface ControlState {
  target: number;
  limit: number;
  /** Best throughput seen lately, bytes a second; it fades, since networks change. */
  best: number;
  /** Throughput at the number before the last raise; null when nothing was raised. */
  before: { target: number; speed: number } | null;
  /** Samples to wait before the next change. */
  hold: number;
  /** Samples in a row that looked like a collapse. */
  poor: number;
}

export interface ControlSample {
  bytesPerSecond: number;
  /** Connections that were open. */
  running: number;
  /** There was work for more than these. */
  busy: boolean;
}

const START = 4;
const GAIN = 1.08;
const FADE = 0.99;
const COLLAPSED = 0.4;
const POOR_SAMPLES = 3;
const HOLD_AFTER_NO_GAIN = 20;
const HOLD_AFTER_COLLAPSE = 60;

export function startControl(limit: number): ControlState {
  return { target: Math.min(START, limit), limit, best: 0, before: null, hold: 1, poor: 0 };
}

/** The state after one sample (two a second). */
export function adjustConnections(state: ControlState, sample: ControlSample): ControlState {
  const speed = sample.bytesPerSecond;
  // A tail of few pieces says nothing about the network.
  if (!sample.busy || sample.running < state.target) return { ...state, poor: 0 };
  const best = Math.max(speed, state.best * FADE);
  const poor = speed < COLLAPSED * best ? state.poor + 1 : 0;
  if (poor >= POOR_SAMPLES && state.target > START) {
    const target = Math.min(START, state.limit);
    return { ...state, target, best: speed, before: null, hold: HOLD_AFTER_COLLAPSE, poor: 0 };
  }
  // Falling speed is no reason to take more.
  if (poor > 0) return { ...state, best, poor, hold: Math.max(0, state.hold - 1) };
  if (state.hold > 0) return { ...state, best, poor, hold: state.hold - 1 };
  const { before } = state;
  if (before && speed < before.speed * GAIN) {
    return { ...state, best, poor, target: before.target, before: null, hold: HOLD_AFTER_NO_GAIN };
  }
  if (state.target >= state.limit) return { ...state, best, poor, before: null };
  const raised = Math.min(state.limit, Math.ceil(state.target * 1.5));
  return { ...state, best, poor, target: raised, before: { target: state.target, speed }, hold: 2 };
}

/** The server turned further connections away: one is left. */
export function refusedConnections(state: ControlState): ControlState {
  return { ...state, target: 1, limit: 1, before: null };
}
