/**
 * What bounds one main or post: its time-out, the runner's signals, and errors that no promise chain catches.
 * Each aborts one signal; work that does not heed it is cut off, so that nothing can hang the step.
 */
import { ConfigError, describeError, GateError, InfraError } from './errors.ts';

/** The runner sends SIGTERM 7.5 s after SIGINT: everything must be written before. */
const CANCEL_GRACE_MS = 6_500;
/** npm and a terminal both pass Ctrl-C on; a signal later than this is a second one and leaves no more grace. */
const SAME_SIGNAL_MS = 1_000;
/** setTimeout takes no more than a signed 32-bit number. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Scope {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #cut = Promise.withResolvers<never>();
  readonly #onSignal = (name: NodeJS.Signals): void => {
    if (!this.signal.aborted) this.#abort(new InfraError(`cancelled by ${name}`));
    else if (Date.now() - this.#abortedAt > SAME_SIGNAL_MS)
      this.#cut.reject(this.signal.reason as InfraError);
  };
  readonly #onStray = (error: unknown): void => {
    this.#stray ??= new InfraError(`an error that nothing handled: ${describeError(error)}`, {
      cause: error,
    });
    this.#abort(this.#stray);
  };
  #abortedAt = 0;
  #grace: NodeJS.Timeout | undefined;
  #stray: InfraError | undefined;

  constructor(timeoutMs: number, message: string) {
    this.#timer = setTimeout(
      () => this.#abort(new InfraError(message)),
      Math.min(timeoutMs, LONGEST_TIMER_MS),
    );
    this.#cut.promise.catch(() => undefined);
    for (const name of SIGNALS) process.on(name, this.#onSignal);
    process.on('uncaughtException', this.#onStray);
    process.on('unhandledRejection', this.#onStray);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The work's result; its error, or what ended it, when it was aborted or something went astray meanwhile. */
  async run<T>(work: Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await Promise.race([work, this.#cut.promise]);
    } catch (error) {
      throw this.#explain(error);
    }
    if (this.#stray !== undefined) throw this.#stray;
    return result;
  }

  /**
   * Only after the last byte is written: a signal that comes then ends the process at once. What goes astray
   * later stays caught: the verdict is out, and a stack trace would only hide it.
   */
  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#grace);
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }

  #abort(reason: InfraError): void {
    if (this.signal.aborted) return;
    this.#abortedAt = Date.now();
    this.#controller.abort(reason);
    this.#grace = setTimeout(() => this.#cut.reject(reason), CANCEL_GRACE_MS);
  }

  /** "This operation was aborted" says nothing: the reason does. A verdict that was reached all the same stays. */
  #explain(error: unknown): unknown {
    const reason: unknown = this.signal.reason;
    if (!this.signal.aborted || error === reason) return error;
    if (error instanceof ConfigError || error instanceof GateError) return this.#stray ?? error;
    if (error instanceof Error && error.name === 'AbortError') return reason;
    const said = describeError(error);
    const why = describeError(reason);
    return said.includes(why) ? error : new InfraError(`${why} (${said})`, { cause: error });
  }
}
