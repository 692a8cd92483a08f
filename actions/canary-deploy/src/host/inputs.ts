/** The inputs as a host understands them. */
import type { Inputs } from '../inputs.gen.ts';

export type HostInputs = Inputs & { service: string };

export function hostInputs(inputs: Inputs): HostInputs {
  return { ...inputs, service: inputs.service ?? 'llm' };
}
