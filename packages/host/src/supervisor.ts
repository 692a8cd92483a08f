/** The process behind a host service: `--role=host-supervisor`. Model servers are its children, the router a part of it. */
import type { Server } from 'node:http';
import { parseArgs } from 'node:util';
import { ConfigError, describeError } from '@sluice/runtime/errors';
import { withFileLock, errnoCode } from '@sluice/runtime/files';
import { plainLogger } from '@sluice/runtime/logger';
import { cleanEnv } from './clean-env.ts';
import { listenControl } from './control.ts';
import { EXIT } from './exit-codes.ts';
import { hostLayout, makeFolders } from './layout.ts';
import type { HostLayout } from './layout.ts';
import { parseListen } from './listen-address.ts';
import { capLog } from './log-file.ts';
import { ServerPool } from './pool.ts';
import { createRouter } from './router.ts';
import { StateStore } from './state.ts';
import { readTimings } from './timings.ts';
import type { HostTimings } from './timings.ts';
import { Traffic } from './traffic.ts';

const log = plainLogger();

/**
 * Runs a service until it is shut down. Arguments: `--state-dir`, `--service`, `--listen`, and `--timings`
 * (JSON, for tests). SIGTERM and SIGINT end it in order; its servers come back with the next supervisor.
 */
export async function superviseHost(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    strict: false,
    options: {
      'state-dir': { type: 'string' },
      service: { type: 'string' },
      listen: { type: 'string' },
      timings: { type: 'string' },
    },
  });
  const given = (name: 'state-dir' | 'service' | 'listen'): string => {
    const value = values[name];
    if (typeof value !== 'string') throw new ConfigError(`host-supervisor: --${name}=… is missing`);
    return value;
  };
  const timings = readTimings(typeof values.timings === 'string' ? values.timings : undefined);
  const layout = hostLayout(given('state-dir'), given('service'));
  const listen = given('listen');
  // A log that can't be written (a full disk) is no reason to end, nor one to be logged.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  // Nobody is there to start this process again: a fault in one request must not end all the others.
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error: unknown) => {
      log.error(`${event}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    });
  }
  await makeFolders(layout);
  // Until the lock is ours, another supervisor has it.
  let failure: number = EXIT.alreadyRunning;
  try {
    await withFileLock(
      layout.lock,
      () => {
        failure = EXIT.failed;
        return serve(layout, listen, timings);
      },
      { timeoutMs: 500 },
    );
    process.exit(0);
  } catch (error) {
    log.error(describeError(error));
    process.exit(addressFault(errnoCode(error)) ?? failure);
  }
}

function addressFault(code: string | undefined): number | undefined {
  if (code === 'EADDRINUSE') return EXIT.addressTaken;
  return ['EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN'].includes(code ?? '')
    ? EXIT.addressUnusable
    : undefined;
}

/** Resolves when the service was told to end and everything has ended. */
async function serve(layout: HostLayout, listen: string, timings: HostTimings): Promise<void> {
  const startedAt = Date.now();
  const store = await StateStore.open(layout.state, layout.service);
  const traffic = new Traffic(layout.service);
  // Cleaned once more: this may have been started by hand or by systemd.
  const env = cleanEnv(process.env);
  const pool = new ServerPool({ layout, store, env, timings, note: (text) => log.untrusted(text) });
  const router = createRouter({ pool, traffic, timings });
  const { host, port } = parseListen(listen);
  // The address first: when it is taken, nothing of ours may have changed.
  await listenRouter(router, host, port);
  if (store.state.listen !== listen) {
    await store.update((draft) => {
      draft.listen = listen;
    }, true);
  }
  await pool.restore();
  const ended = Promise.withResolvers<'removed' | 'signal'>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended.resolve('signal'));
  process.on('SIGHUP', () => {});
  const control = await listenControl({
    layout,
    listen,
    bundle: process.argv[1] ?? '',
    startedAt,
    pool,
    store,
    traffic,
    shutdown: () => ended.resolve('removed'),
  });
  log.info(`service ${layout.service} listens on ${listen}, process ${process.pid}`);
  const cap = setInterval(() => {
    for (const chore of [capLog(layout.supervisorLog, timings.logMaxBytes), store.save()])
      chore.catch((error: unknown) => log.error(describeError(error)));
  }, 10_000);
  const why = await ended.promise;
  clearInterval(cap);
  router.close();
  if (why === 'signal') await pool.shutdown(timings.shutdownDrainMs, false);
  router.closeAllConnections();
  control.close();
  log.info(`service ${layout.service} ended (${why})`);
}

function listenRouter(router: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    router.once('error', reject);
    router.listen(port, host, () => {
      router.off('error', reject);
      router.on('error', (error) => log.error(describeError(error)));
      resolve();
    });
  });
}
