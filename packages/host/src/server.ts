/** One model server: its process, its health and its restarts. */
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '@sluice/runtime/errors';
import { GpuHold } from './gpu-hold.ts';
import { isHealthy } from './health.ts';
import { failedStart } from './start-failure.ts';
import { fillPorts } from './fill-ports.ts';
import { capLog, lastLines } from './log-file.ts';
import { freePort } from '@sluice/process/free-port';
import { endGroup, isRunning, launch } from './processes.ts';
import type { ProcessId } from './processes.ts';
import type { ServerEntry } from './state.ts';
import { restartDelay } from './timings.ts';
import type { HostTimings } from './timings.ts';
import type { ServerPhase, ServerSpec, ServerStatus, Track } from './types.ts';

export interface ServerSurroundings {
  logs: string;
  env: Record<string, string>;
  timings: HostTimings;
  /** Stores pid, port and restarts; called before the process may be relied on. */
  remember: (server: ModelServer) => Promise<void>;
  /** Told after every change of `phase`. */
  changed: () => void;
  note: (text: string) => void;
}

/** Below the 5 s after which common servers (uvicorn, node) close an idle connection: we must close it first. */
const IDLE_SOCKET_MS = 4_000;

/** A process that lived this long was not broken from the start: its restart comes without a long pause. */
const LASTED_MS = 60_000;

export class ModelServer {
  readonly spec: ServerSpec;
  readonly logFile: string;
  track: Track;
  weight = 0;
  phase: ServerPhase = 'starting';
  id: ProcessId | null = null;
  port: number | null = null;
  startedAt: number | null = null;
  restarts: number;
  openStreams = 0;
  healthFailures = 0;
  agent = newAgent();
  readonly #with: ServerSurroundings;
  readonly #ending = new AbortController();
  readonly #gpus: GpuHold;
  #loop: Promise<void> | undefined;
  #wake: () => void = () => {};
  /** Starts in a row that did not last: sets the pause before the next one. */
  #attempts = 0;
  #unhealthySince: number | undefined;

  constructor(spec: ServerSpec, track: Track, restarts: number, surroundings: ServerSurroundings) {
    this.spec = spec;
    this.track = track;
    this.restarts = restarts;
    this.#with = surroundings;
    this.#gpus = new GpuHold(spec, surroundings.env, surroundings.note);
    this.logFile = join(surroundings.logs, `${spec.version.replaceAll(/[^A-Za-z0-9._-]/g, '_')}.log`);
  }

  /** Starts the process and waits until it is healthy; InfraError with the last log lines when it never is. */
  async start(): Promise<void> {
    try {
      await this.#launch();
    } catch (error) {
      await this.#gpus.release();
      throw error;
    }
    this.#setPhase('ready');
    this.#loop = this.#watch();
  }

  /** Starts in the background, trying again and again: for a server that was serving before. */
  restore(): void {
    this.#loop = this.#revive().then(() => this.#watch());
  }

  /** Takes over a process that an earlier supervisor started; false when it is gone or not healthy. */
  async adopt(left: NonNullable<ServerEntry['process']>): Promise<boolean> {
    const { timings } = this.#with;
    if (!(await isRunning(left))) return false;
    if (!(await isHealthy(left.port, this.spec.healthPath, timings.healthTimeoutMs))) return false;
    this.id = { pid: left.pid, startTime: left.startTime };
    this.port = left.port;
    this.startedAt = left.startedAt;
    await this.#gpus.reclaim(left.pid);
    this.#setPhase('ready');
    this.#loop = this.#watch();
    return true;
  }

  /** The router could not connect: don't wait for the next check. */
  checkNow(): void {
    this.#wake();
  }

  /** Gives no new requests to it, waits for open streams up to `drainMs`, then ends the whole group. Gives how many were cut off. */
  async stop(drainMs: number): Promise<number> {
    this.#ending.abort();
    this.#setPhase('draining');
    const deadline = Date.now() + drainMs;
    while (this.openStreams > 0 && Date.now() < deadline) await sleep(20);
    const cut = this.openStreams;
    await this.#loop;
    if (this.id !== null) await endGroup(this.id, this.#with.timings.graceMs);
    await this.#gpus.release();
    this.agent.destroy();
    this.#setPhase('stopped');
    this.id = null;
    return cut;
  }

  async status(): Promise<ServerStatus> {
    return {
      version: this.spec.version,
      releaseDigest: this.spec.releaseDigest,
      track: this.track,
      phase: this.phase,
      pid: this.id?.pid ?? null,
      port: this.port,
      weight: this.weight,
      openStreams: this.openStreams,
      startedAt: this.startedAt,
      restarts: this.restarts,
      lastLogLines: await lastLines(this.logFile),
      logFile: this.logFile,
      spec: this.spec,
      ...(this.#gpus.waitingFor === null ? {} : { waitingFor: this.#gpus.waitingFor }),
    };
  }

  #isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  #setPhase(phase: ServerPhase): void {
    // Once told to stop, a late health check must not call it ready again.
    if (this.#isEnding() && phase !== 'draining' && phase !== 'stopped' && phase !== 'failed') return;
    if (this.phase === phase) return;
    this.phase = phase;
    this.#with.changed();
  }

  async #launch(): Promise<void> {
    const { timings, env, note } = this.#with;
    const leased = await this.#gpus.take(this.#ending.signal);
    const port = await freePort();
    const filled = await fillPorts(this.spec, port);
    const { id, running } = await launch(this.spec.command, filled.args, {
      env: { ...env, ...filled.env, ...leased },
      logFile: this.logFile,
    });
    this.id = id;
    void running.exited.then(() => {
      // Before the next check: no request shall go to a process that we know is gone.
      if (this.id !== id) return;
      this.#setPhase('unhealthy');
      this.#wake();
    });
    this.port = port;
    this.startedAt = Date.now();
    await this.#gpus.adopt(id.pid);
    await this.#with.remember(this);
    const deadline = Date.now() + this.spec.startupTimeoutMs;
    for (;;) {
      if (await isHealthy(port, this.spec.healthPath, timings.healthTimeoutMs)) break;
      const exit = running.exit();
      if (exit !== undefined || this.#isEnding() || Date.now() > deadline) {
        await endGroup(id, this.#isEnding() ? timings.graceMs : 0);
        throw await failedStart(this.spec, this.logFile, { exit, isEnding: this.#isEnding() });
      }
      await sleep(50);
    }
    this.healthFailures = 0;
    note(`${this.spec.version}: healthy as process ${id.pid} on port ${port}`);
  }

  /** Checks health until told to end; a dead or hung process is started again. */
  async #watch(): Promise<void> {
    while (!this.#isEnding()) {
      try {
        await this.#check();
        await capLog(this.logFile, this.#with.timings.logMaxBytes);
      } catch (error) {
        // A full disk must not end the watch over a server that still serves.
        this.#with.note(`${this.spec.version}: ${describeError(error)}`);
      }
      await this.#pause(this.#with.timings.healthIntervalMs);
    }
  }

  async #check(): Promise<void> {
    const { timings } = this.#with;
    const running = this.id !== null && (await isRunning(this.id));
    const healthy =
      running && (await isHealthy(this.port ?? 0, this.spec.healthPath, timings.healthTimeoutMs));
    if (healthy) {
      this.healthFailures = 0;
      this.#unhealthySince = undefined;
      this.#setPhase('ready');
      return;
    }
    this.healthFailures += 1;
    if (!running || this.healthFailures >= timings.healthFailures) {
      this.#setPhase('unhealthy');
      this.#unhealthySince ??= Date.now();
    }
    const hung = Date.now() - (this.#unhealthySince ?? Date.now()) > timings.hungMs;
    if (this.#isEnding() || (running && !hung)) return;
    this.restarts += 1;
    await this.#revive();
    this.#unhealthySince = undefined;
  }

  /** Starts it until it is healthy again; the pauses grow until a start has lasted. */
  async #revive(): Promise<void> {
    const { timings, note } = this.#with;
    if (this.startedAt !== null && Date.now() - this.startedAt > LASTED_MS) this.#attempts = 0;
    while (!this.#isEnding()) {
      if (this.id !== null) await endGroup(this.id, timings.graceMs);
      // Also where no process came about: no GPU in time, no such command.
      if (this.id !== null || this.#attempts > 0) {
        await this.#pause(restartDelay(this.#attempts, timings));
        if (this.#isEnding()) return;
      }
      this.agent.destroy();
      this.agent = newAgent();
      this.#attempts += 1;
      this.#setPhase('starting');
      try {
        await this.#launch();
        this.#setPhase('ready');
        return;
      } catch (error) {
        this.restarts += 1;
        this.#setPhase('unhealthy');
        note(describeError(error));
      }
    }
  }

  /** Sleeps; ends early when the process exits, when asked to check, or when the server is told to end. */
  async #pause(ms: number): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await sleep(ms, undefined, { signal: AbortSignal.any([this.#ending.signal, woken.signal]) });
    } catch {
      // Whoever ended the sleep has set what the loops look at.
    } finally {
      this.#wake = () => {};
    }
  }
}

function newAgent(): Agent {
  return new Agent({ keepAlive: true, timeout: IDLE_SOCKET_MS, maxFreeSockets: 256 });
}
