/** What is known of a released model server: how it is started, asked for its version, and how it fails. */
import type { Cause } from '../startup-cause.ts';

/** What a server is started with, checked and resolved. */
export interface ServerPlan {
  /** The path that the server is given. */
  model: string;
  name: string;
  port: string;
  /** Free, as many as the server opens besides; where a supervisor picks the ports later, what it puts them in place of. */
  sparePorts: readonly string[];
  adapter: Adapter | undefined;
  scratch: string;
  /** The settings' flags and the user's arguments. */
  args: readonly string[];
  bundle: string;
}

export interface Adapter {
  path: string;
  /** LoRA's rank; null where the adapter doesn't say. */
  rank: number | null;
}

export interface Start {
  args: string[];
  env?: Record<string, string>;
  /** Requests call the model so; the plan's name by default. */
  askedName?: string;
  /** Where its metrics are, when not at `/metrics` of its port. */
  metricsUrl?: string;
  /** In place of the program itself: a role of our bundle that runs it. */
  role?: string;
}

export interface ServerDescription {
  /** Names of the program, the first on PATH is taken; with the arguments that lead the others. */
  programs: readonly { name: string; lead: readonly string[]; version: VersionQuestion }[];
  /** How to come by it, for a config error. */
  install: string;
  /** What `model-path` has to be. */
  model: 'gguf' | 'any' | 'repository';
  /** What `adapter-path` has to be; a string after `no:` says why there is none. */
  adapter: 'peft' | 'gguf' | 'either' | `no: ${string}`;
  healthPath: string;
  /** Ports that it opens besides the one for requests. */
  sparePorts?: number;
  /** Flags that inputs set, and which. */
  ownFlags: Readonly<Record<string, string>>;
  start(plan: ServerPlan): Start;
  /** Names that can't be asked for; a reason, or undefined. */
  nameFault?(name: string, hasAdapter: boolean): string | undefined;
  /** Faults of `engine-args`, where they are no plain flags. */
  argFaults?: (args: readonly string[]) => string[];
  causes: readonly Cause[];
}

export type VersionQuestion =
  /** The first group of the pattern, in what the program prints with these arguments. */
  | { args: readonly string[]; pattern: RegExp }
  /** The program tells none: a variable of the image that it came in, else the digest of its file. */
  | { variable: string };
