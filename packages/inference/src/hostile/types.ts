/** A hostile request: what is sent, to which protocols, and what the server has to do. */
import type { Tensor } from '../clients/answer.ts';
import type { Protocol } from '../suites/types.ts';

/** One step into a JSON body. */
export type Path = readonly (string | number)[];

/** A key's new value; undefined takes the key away. */
export type Change = readonly [path: Path, value: unknown];

export type Attack =
  /** A question, with changes to the body that a good one would have; the whole answer is read. */
  | { kind: 'ask'; prompt?: string; changes?: readonly Change[] }
  /** The same, but the connection is closed at the first bytes of an answer: it may have no end. */
  | { kind: 'begin'; prompt?: string; changes?: readonly Change[] }
  /** The body byte by byte as it is. */
  | { kind: 'raw'; body: Uint8Array; headers?: Readonly<Record<string, string>> }
  /** A good question whose reader goes away in the middle of the answer, so often. */
  | { kind: 'leave'; times: number }
  /** So many good questions at once, each broken off after a moment. */
  | { kind: 'cancel'; count: number }
  /** Bodies that come a byte at a time, over so many connections, while somebody else asks. */
  | { kind: 'drip'; connections: number };

/**
 * What the server has to do, besides answering a good question afterwards:
 * - refused: 4xx (or 501)
 * - handled: refused as above, or a complete answer; never 5xx, nor an answer that breaks off
 * - survived: nothing more; what became of the request itself is the server's own affair
 */
export type Demand = 'refused' | 'handled' | 'survived';

export interface HostileCase {
  name: string;
  /** What is wrong about it: syntax, type, size, unicode, connection … */
  tag: string;
  attack: Attack;
  demand: Demand;
}

/** A case that says nothing about this protocol, and why. */
export interface SkippedCase {
  name: string;
  tag: string;
  why: string;
}

export interface HostilePack {
  protocol: Protocol;
  /** What a good question consists of where it isn't a text; texts in it are the question's. */
  tensors?: readonly Tensor[];
  cases: HostileCase[];
  skipped: SkippedCase[];
}
