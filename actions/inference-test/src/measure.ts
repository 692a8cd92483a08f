/** Everything that is asked of a server, one kind after the other; cancelled, what there is until then. */
import type { ActionContext } from '@sluice/runtime/action';
import type { ReleaseUnit } from '@sluice/release/unit';
import { makeRedactor, type Redactor } from '@sluice/report/redact';
import { detectProtocol } from '@sluice/inference/clients/detect';
import type { Target } from '@sluice/inference/clients/openai-request';
import { computeLoadMetrics } from '@sluice/inference/load/metrics';
import type { LoadProfile } from '@sluice/inference/load/profile';
import type { LoadResult } from '@sluice/inference/load/run-load';
import { computeNamed, type NamedSuite } from '@sluice/inference/runs/named-metrics';
import { computeMetrics, type RunMetric } from '@sluice/inference/runs/metrics';
import { computePackMetrics } from '@sluice/inference/runs/pack-metrics';
import type { RunResult } from '@sluice/inference/runs/run-cases';
import type { Case, Protocol } from '@sluice/inference/suites/types';
import type { Inputs } from './inputs.gen.ts';
import { askCases, askHostile } from './ask-cases.ts';
import { findBaseline } from './baseline.ts';
import { press } from './press.ts';
import { caseRedactor } from './redact-case.ts';
import type { TestServer } from './test-server.ts';

export interface Work {
  inputs: Inputs;
  context: ActionContext;
  server: TestServer;
  unit: ReleaseUnit;
  suites: { path: string; sha256: string; cases: number }[];
}

export interface SuiteWork extends Work {
  /** The suites again, for the metrics that they name. */
  named: readonly NamedSuite[];
  cases: Case[];
  load: LoadProfile | undefined;
  /** The pack of hostile requests is wanted too. */
  isHostile: boolean;
}

export interface Measured {
  startedAt: Date;
  protocol: Protocol;
  redact: Redactor;
  /** The hostile pack's cases stand behind the others. */
  ran: RunResult;
  suites: Work['suites'];
  load: LoadResult;
  /** The load is compared with it. */
  baseline: Target | undefined;
  /** The hostile request after which the server answered no more. */
  killedBy: string | undefined;
  metrics: Record<string, RunMetric>;
  /** The step was cancelled meanwhile: this isn't all. */
  partial: boolean;
}

export async function measure(work: SuiteWork): Promise<Measured> {
  const { inputs, context, server, cases } = work;
  const { pricePerHour } = inputs;
  const startedAt = new Date();
  const baseline = await findBaseline(inputs, context);
  const protocol = await chooseProtocol(work, cases);
  const redact = makeRedactor(inputs.redact);
  const hide = caseRedactor(redact, inputs.redact.length > 0);
  const asking = { inputs, context, server, protocol, hide };
  const asked = await askCases(cases, asking);
  const load = await press({ ...work, baseline, protocol, redact }, asked);
  const hostile = work.isHostile ? await askHostile(asking) : undefined;
  const ran = { ...asked, cases: [...asked.cases, ...(hostile?.cases ?? [])] };
  const metrics: Record<string, RunMetric> = {
    ...computeMetrics(ran, pricePerHour),
    ...computePackMetrics(ran.cases),
    ...computeNamed(work.named, ran.cases),
    ...computeLoadMetrics(load.levels, { pricePerHour, baseline: load.baseline }),
  };
  if (server.startupMs !== null) metrics['startup_ms'] = { value: server.startupMs, unit: 'ms' };
  return {
    startedAt,
    protocol,
    redact,
    ran,
    suites: [...work.suites, ...(hostile === undefined ? [] : [hostile.suite])],
    load,
    baseline,
    killedBy: hostile?.killedBy,
    metrics,
    partial: asked.partial === true || load.partial || hostile?.partial === true,
  };
}

/** The server is only asked when a case leaves the protocol open. */
async function chooseProtocol({ inputs, context, server }: Work, cases: readonly Case[]): Promise<Protocol> {
  if (inputs.protocol !== 'auto') return inputs.protocol;
  if (cases.every((test) => test.options.protocol !== undefined)) return 'openai-completions';
  const protocol = await detectProtocol(server.target, context.signal);
  context.log.info(`protocol: ${protocol}`);
  return protocol;
}
