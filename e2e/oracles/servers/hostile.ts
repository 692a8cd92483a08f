/** The shipped pack of hostile requests against real servers; what a server does wrong stands in `known-faults.ts`. */
import { hostilePack } from '@sluice/inference/hostile/cases';
import { runHostile } from '@sluice/inference/hostile/run-hostile';
import { readServerFacts } from '@sluice/inference/hostile/server-facts';
import type { Target } from '@sluice/inference/clients/openai-request';
import type { Protocol } from '@sluice/inference/suites/types';
import { KNOWN_FAULTS } from './known-faults.ts';

const REQUEST_MS = 30_000;

/** Every finding has to be a known fault of this server, and every known fault has to be found. */
export async function attack(
  server: string,
  target: Target,
  protocol: Protocol,
  tell: (check: string, ok: boolean, detail?: string) => void,
): Promise<void> {
  const { signal } = new AbortController();
  const pack = hostilePack(protocol, await readServerFacts(target, protocol, signal));
  const plan = {
    target,
    protocol,
    timeoutMs: REQUEST_MS,
    canaryMs: REQUEST_MS,
    signal,
    suite: 'pack:hostile',
  };
  const { cases, killedBy } = await runHostile(pack, plan);
  const title = `${server} by ${protocol}`;
  const count = (status: string): number => cases.filter((result) => result.status === status).length;
  const faults = KNOWN_FAULTS.filter((known) => known.server === server && known.protocol === protocol);
  tell(
    `${title}: answers good questions to the end of ${pack.cases.length} hostile ones`,
    killedBy === undefined,
    killedBy,
  );
  for (const { test, status, reasons } of cases) {
    if (status === 'passed' || status === 'skipped') continue;
    const known = faults.find(({ request }) => request === test.description);
    const said = reasons.join('; ');
    tell(
      `${title}: '${test.description}' is a known fault`,
      known?.says.test(said) === true,
      `${status}: ${said}`,
    );
  }
  for (const { request } of faults) {
    const found = cases.find(({ test }) => test.description === request);
    tell(`${title}: the known fault '${request}' is still there`, found?.status === 'failed', found?.status);
  }
  process.stdout.write(
    `     ${title}: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped\n`,
  );
}
