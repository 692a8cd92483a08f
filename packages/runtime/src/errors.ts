/**
 * The three kinds of error, told apart by class and never by string (DESIGN section 1): whose fault was it?
 * A message is for a person: it names what was wrong, the value that was seen, and the mend.
 */

export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error';
export type Outcome = 'success' | 'gate-failed' | 'config-error' | 'infra-error';

/** The user's input is wrong. `faults` holds one message per fault, so that all are told at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: string | readonly string[], options?: ErrorOptions) {
    const list = typeof faults === 'string' ? [faults] : faults;
    super(list.join('\n'), options);
    this.faults = list;
  }
}

/** A bar was missed or a door is closed: the model may not go on. Not a malfunction. */
export class GateError extends Error {
  override readonly name = 'GateError';
}

/** Network, disk, cluster, a server, a cancelled job, an undo that failed. */
export class InfraError extends Error {
  override readonly name: string = 'InfraError';
}

/** DESIGN's table: the verdict and the outcome that an error stands for. An unknown error is infrastructure. */
export function classifyError(error: unknown): { verdict: Verdict; outcome: Outcome } {
  if (error instanceof ConfigError) return { verdict: 'error', outcome: 'config-error' };
  if (error instanceof GateError) return { verdict: 'fail', outcome: 'gate-failed' };
  return { verdict: 'error', outcome: 'infra-error' };
}

const MOST_CAUSES = 5;

/** The messages of an error and its causes, outermost first, each once, without stack traces. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  // Counted, because a cause may lead back to its own error.
  for (
    let depth = 0;
    depth < MOST_CAUSES && (depth === 0 || (current !== undefined && current !== null));
    depth += 1
  ) {
    const { message, cause } = shapeOf(current);
    if (!parts.some((part) => part.includes(message))) parts.push(message);
    current = cause;
  }
  return parts.join(': ');
}

/** By shape: errors of Node's own may be of another realm's class. */
function shapeOf(error: unknown): { message: string; cause: unknown } {
  if (typeof error !== 'object' || error === null || !('message' in error)) {
    return { message: textOf(error), cause: undefined };
  }
  const name = 'name' in error ? String(error.name) : 'Error';
  const cause = 'cause' in error ? error.cause : undefined;
  const message = String(error.message);
  if (message !== '') return { message, cause };
  // Several tries in one (a name with several addresses): Node leaves the message empty and lists them.
  const tries = 'errors' in error && Array.isArray(error.errors) ? error.errors.slice(0, MOST_CAUSES) : [];
  const told = [...new Set(tries.map((one) => shapeOf(one).message))].join(', ');
  return { message: told || ('code' in error ? String(error.code) : name), cause };
}

/** What was thrown may be anything, an object without a text of its own too. */
function textOf(value: unknown): string {
  try {
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
