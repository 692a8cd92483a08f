/** canary-deploy by its committed bundle, on the Deployment `llm` of a test's namespace. */
import { join } from 'node:path';
import { runAction, type ActionOutcome, type ActionRun } from '@sluice/testing/runner';
import type { Lab } from './lab.ts';

export type Deploy = (inputs: Record<string, string>, more?: Partial<ActionRun>) => Promise<ActionOutcome>;

/** @param usual the inputs of every run of a test, under those of the run itself */
export function deployer(lab: Lab, namespace: string, folder: string, usual: Record<string, string>): Deploy {
  return (inputs, more = {}) =>
    runAction('canary-deploy', {
      cwd: folder,
      inputs: {
        target: 'kubernetes',
        kubeconfig: lab.kubeconfig,
        prometheus: lab.prometheus,
        namespace,
        workload: 'deployment/llm',
        'release-record': join(folder, 'release.json'),
        'github-token': '',
        ...usual,
        ...inputs,
      },
      timeoutMs: 240_000,
      ...more,
    });
}
