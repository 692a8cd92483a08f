/** A level of a load with what came of it. */
import type { Observed } from './observe.ts';
import type { Slo } from './profile-settings.ts';
import type { StageResult } from './run-stage.ts';
import type { LoadSample } from './sample.ts';
import type { SweepResult } from './sweep.ts';

export interface LoadLevel {
  /** Its part of a metric's name: `c4`, `r5`, `ramp`, `sweep`. */
  name: string;
  /** For a person: `4 at a time`, `5/s`. */
  said: string;
  /** Requests at once, or per second; of a sweep the rate that held, else the lowest. */
  value: number;
  open: boolean;
  slos: readonly Slo[];
  /** Requests that a conversation has at the most. */
  turns: number;
  runs: StageResult[];
  /** Of all runs; of a sweep those at the rate that held, else at the lowest. */
  samples: LoadSample[];
  /** Length of the measured time of all runs, ms. */
  durationMs: number;
  /** What the server and the machine told meanwhile, run by run. */
  observed: Observed[];
  sweep?: SweepResult & { all: { rate: number; stage: StageResult }[] };
  /** It was cancelled before its end. */
  partial?: true;
}
