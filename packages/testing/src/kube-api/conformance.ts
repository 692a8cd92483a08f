/**
 * What we rely on of the Kubernetes API, one case a promise: run against the emulator (jest) and against a real API server
 * (the lab), so that the one can't drift from the other. No controllers are needed.
 */
import { randomBytes } from 'node:crypto';
import { connect } from '@sluice/kubernetes/connect';
import { describeError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { CONDITION_CASES } from './conformance-conditions.ts';
import { KIND_CASES } from './conformance-kinds.ts';
import { RBAC_CASES } from './conformance-rbac.ts';
import { VERB_CASES } from './conformance-verbs.ts';

export interface Finding {
  case: string;
  said: string;
}

/** @returns one finding for each promise that doesn't hold; none: the cluster is as we take it to be. */
export async function checkConformance(
  kubeconfig: string,
  options: { log: Logger; signal: AbortSignal; only?: RegExp },
): Promise<{ cases: number; findings: Finding[] }> {
  const { log, signal } = options;
  const namespace = `sluice-conformance-${randomBytes(4).toString('hex')}`;
  const outer = await connect({ kubeconfig, namespace: 'default', log, signal });
  await outer.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const api = await connect({ kubeconfig, namespace, log, signal });
  const findings: Finding[] = [];
  const cases = [...VERB_CASES, ...CONDITION_CASES, ...KIND_CASES, ...RBAC_CASES].filter(
    ([what]) => options.only?.test(what) ?? true,
  );
  try {
    for (const [what, holds] of cases) {
      try {
        await holds({ api, kubeconfig, namespace, log, signal });
      } catch (error) {
        findings.push({ case: what, said: describeError(error) });
      }
    }
  } finally {
    await outer.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
    await api.close();
    await outer.close();
  }
  return { cases: cases.length, findings };
}
