/** A client of the service that never stops asking: no release may cost it an answer. */
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 30_000;

export interface Tally {
  sent: number;
  /** No complete answer in time. */
  lost: number;
  /** Answers by the version that gave them. */
  versions: Record<string, number>;
  /** Why requests were lost, the first few. */
  reasons: string[];
}

export class Client {
  readonly #url: string;
  readonly #tally: Tally = { sent: 0, lost: 0, versions: {}, reasons: [] };
  #running = true;
  readonly #done: Promise<void>;

  constructor(listen: string) {
    this.#url = `http://${listen}/v1/completions`;
    this.#done = this.#loop();
  }

  async #loop(): Promise<void> {
    while (this.#running) {
      await this.#ask();
      await sleep(10);
    }
  }

  async #ask(): Promise<void> {
    this.#tally.sent += 1;
    try {
      const answer = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'llm',
          prompt: 'The capital of France is',
          max_tokens: 8,
          temperature: 0,
        }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const body = await answer.text();
      if (!answer.ok) throw new Error(`status ${answer.status}: ${body.slice(0, 100)}`);
      const version = answer.headers.get('x-sluice-version') ?? 'unknown';
      this.#tally.versions[version] = (this.#tally.versions[version] ?? 0) + 1;
    } catch (error) {
      this.#tally.lost += 1;
      if (this.#tally.reasons.length < 3) this.#tally.reasons.push(String(error));
    }
  }

  /** Stops asking and tells what came of it. */
  async stop(): Promise<Tally> {
    this.#running = false;
    await this.#done;
    return this.#tally;
  }
}

/** The version that answers now; undefined when none does. */
export async function servingVersion(listen: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://${listen}/v1/models`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await answer.text();
    return answer.ok ? (answer.headers.get('x-sluice-version') ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}
