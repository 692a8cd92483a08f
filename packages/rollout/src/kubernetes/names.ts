/** The workload that users name, as `deployment/llm`. */
import type { ObjectRef } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import { CANARY, ROLLOUT } from './controllers/kinds.ts';

const KINDS: Readonly<Record<string, { apiVersion: string; kind: string }>> = {
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment' },
  deploy: { apiVersion: 'apps/v1', kind: 'Deployment' },
  statefulset: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  sts: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  rollout: ROLLOUT,
  canary: CANARY,
};
/** Named by the design, not driven yet. */
const PLANNED = ['inferenceservice', 'llminferenceservice', 'seldondeployment', 'leaderworkerset'];
/** DNS label, with room for what is made of it (`-canary`, `sluice-deployment-…-9`). */
const NAME = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;

/** @throws ConfigError that names what is possible */
export function parseWorkload(text: string): Omit<ObjectRef, 'namespace'> {
  const [kind = '', name = '', ...rest] = text.trim().split('/');
  const known = KINDS[kind.toLowerCase()];
  const input = `input \`workload\` = ${JSON.stringify(text)}`;
  if (PLANNED.includes(kind.toLowerCase()))
    throw new ConfigError(
      `${input}: workloads of this kind are planned; built are deployment/…, statefulset/…, rollout/… (Argo Rollouts) and canary/… (Flagger)`,
    );
  if (known === undefined || rest.length > 0)
    throw new ConfigError(`${input} is not <kind>/<name>, such as deployment/llm or statefulset/llm`);
  if (!NAME.test(name))
    throw new ConfigError(
      `${input}: the name must be a DNS label of at most 40 characters: a-z, 0-9 and '-'`,
    );
  return { ...known, name };
}

/** What our objects beside a workload are called. */
export function ownName(workload: { kind: string; name: string }): string {
  return `sluice-${workload.kind.toLowerCase()}-${workload.name}`;
}
