/** The target inputs of actions that only ask a target what it remembers. Pure. */
import { ConfigError } from '@sluice/runtime/errors';
import { parseWorkload } from './kubernetes/names.ts';

export interface TargetInputs {
  target?: 'host' | 'kubernetes' | undefined;
  service?: string | undefined;
  stateDir?: string | undefined;
  kubeconfig?: string | undefined;
  context: readonly string[];
  namespace?: string | undefined;
  workload?: string | undefined;
}

/** Faults where an input is given that nothing would read, or one is missing. */
export function targetInputFaults(inputs: TargetInputs): string[] {
  const { target, service, stateDir, kubeconfig, context, namespace, workload } = inputs;
  const host = { service, 'state-dir': stateDir };
  const cluster = { kubeconfig, context: context.length === 0 ? undefined : context, namespace, workload };
  const faults = [
    ...(target === 'host' ? [] : onlyWith('host', host)),
    ...(target === 'kubernetes' ? [] : onlyWith('kubernetes', cluster)),
  ];
  if (target !== 'kubernetes') return faults;
  if (context.length > 1)
    faults.push('input `context`: one cluster is asked what it remembers; give one context');
  if (workload === undefined)
    faults.push('input `workload` is required with `target: kubernetes`, such as deployment/llm');
  try {
    parseWorkload(workload ?? 'deployment/llm');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
  }
  return faults;
}

function onlyWith(target: string, given: Record<string, unknown>): string[] {
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        `input \`${name}\` = ${JSON.stringify(value)} is only read with \`target: ${target}\`; set that, or remove it`,
    );
}
