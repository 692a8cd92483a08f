/**
 * A release that goes bad under users, by the committed bundles of canary-deploy and auto-rollback, with a real MLflow server: its
 * alias goes back with the traffic. On the way each step is told to a webhook, and the figures to a Pushgateway.
 */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { register } from '@sluice/registries/open';
import { appendStage } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';
import { LiveService } from '../../../packages/rollout/test/live-service.ts';
import { Checks } from '../sources/checks.ts';
import { contextOf, pointerTo, startMlflow, subjectOf } from './check-mlflow.ts';

const SECRET = 'a-secret-of-a-test';
const NAME = 'mlflow:llm@production';
/** Past gate and canary, as a person in a hurry does. */
const FORCED = {
  ...{ strategy: 'rolling', 'allow-quarantined': 'true', 'require-gate': 'false', analysis: '', warmup: '0' },
};

interface Told {
  path: string;
  body: string;
  signature: string | undefined;
}

export async function checkRollback(python: string, folder: string): Promise<Checks> {
  const checks = new Checks('rollback');
  await using mlflow = await startMlflow(python, folder);
  const told: Told[] = [];
  const listener = await listen(told);
  const live = await LiveService.open();
  const env = { MLFLOW_TRACKING_URI: mlflow.url, GITHUB_ACTOR: 'octocat' };
  const context = contextOf(env);
  try {
    const alias = await pointerTo(NAME, context);
    const llm = { kind: 'mlflow', given: 'mlflow:llm', name: 'llm' } as const;
    live.weights('v1');
    live.weights('v2');
    live.weights('v3', { loop: 0.6 });
    checks.equal('v1 serves', (await live.deploy('v1')).exitCode, 0);
    live.startTraffic(3);
    for (const [version, digit] of [
      ['v2', 'a'],
      ['v3', 'b'],
    ] as const) {
      await register(llm, subjectOf(digit), context);
      const promoted = await alias.promote(subjectOf(digit), await alias.observe());
      await rememberGate(join(live.folder, `record-${version}.json`), promoted);
      const forced = version === 'v3' ? FORCED : { 'require-gate': 'false' };
      const inputs = { ...forced, ...tellingOf(listener.url) };
      checks.equal(`${version} serves`, (await live.deploy(version, inputs)).outputs['stable'], version);
      if (version === 'v2') checkTold(checks, told);
    }
    checks.equal('production is v3’s version', await alias.observe(), '2');
    told.length = 0;
    const done = await live.rollback(
      { window: '60s', slo: 'loop_rate <= 5%', registry: NAME, ...tellingOf(listener.url) },
      { env },
    );
    checks.equal('v3 loops and is taken back', [done.outputs['from'], done.outputs['to']], ['v3', 'v2']);
    checks.equal('production is v2’s version again', await alias.observe(), '1');
    const version = await ask(mlflow.url, 'model-versions/get?name=llm&version=1');
    const tags = (version['model_version'] as { tags: { key: string; value: string }[] }).tags;
    checks.equal(
      '… with who and why',
      /^octocat: rolled back: .*loop_rate <= 5%/u.test(
        tags.find(({ key }) => key === 'sluice.comment')?.value ?? '',
      ),
      true,
    );
    checks.equal(
      'the rollback is told',
      told.some(({ body }) => body.includes('rolled-back')),
      true,
    );
    const traffic = await live.stopTraffic();
    checks.equal('nobody lost an answer', traffic.lost, 0);
  } finally {
    await live.close();
    await listener.close();
  }
  return checks;
}

function tellingOf(url: string): Record<string, string> {
  return {
    ...{ notify: `webhook:${url}/hook#${SECRET}`, 'notify-on': 'step, promoted, fail, rolled-back' },
    telemetry: `pushgateway:${url}/gateway`,
  };
}

/** What the canary's deploy said on its way. */
function checkTold(checks: Checks, told: readonly Told[]): void {
  const hooks = told.filter(({ path }) => path === '/hook');
  const steps = hooks.filter(({ body }) => body.includes('"step"'));
  checks.equal('each share of v2 is told', steps.length >= 3, true);
  const sealed = (body: string): string =>
    `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  checks.equal(
    '… signed',
    hooks.every(({ body, signature }) => signature === sealed(body)),
    true,
  );
  checks.equal('… in their order', ['30 %', '60 %', '100 %'].map((share) => steps.findIndex(({ body }) => body.includes(share))).every((at, i, all) => at >= 0 && at >= (all[i - 1] ?? 0)), true); // prettier-ignore
  const figures = told.filter(({ path }) => path.startsWith('/gateway'));
  checks.equal(
    'the figures are pushed',
    figures.some(({ body }) => body.includes('sluice_')),
    true,
  );
}

/** What eval-gate leaves in the record of a release that it promoted. */
async function rememberGate(path: string, promoted: object): Promise<void> {
  await appendStage(path, {
    ...{ action: 'eval-gate', name: 'quality', at: new Date().toISOString(), unit: emptyUnit() },
    // The runner's own: a record of another run doesn't count.
    run: { url: '', id: '1001', attempt: 1, sha: '' },
    ...{ verdict: 'pass', outcome: 'success', reasons: [], metrics: {} },
    data: { registry: { promoted: [promoted] } },
  });
}

async function ask(url: string, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/api/2.0/mlflow/${path}`);
  return (await response.json()) as Record<string, unknown>;
}

async function listen(told: Told[]): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const signature = request.headers['x-hub-signature-256'];
      told.push({
        path: request.url ?? '',
        body: Buffer.concat(parts).toString(),
        signature: typeof signature === 'string' ? signature : undefined,
      });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
