/** The server that the load compares with. */
import type { ActionContext } from '@sluice/runtime/action';
import type { Target } from '@sluice/inference/clients/openai-request';
import type { Inputs } from './inputs.gen.ts';
import { connectServer } from './test-server.ts';

/** Undefined without `baseline-endpoint`; InfraError when it isn't well. It is asked as the server under test is. */
export async function findBaseline(inputs: Inputs, context: ActionContext): Promise<Target | undefined> {
  const { baselineEndpoint: endpoint, baselineToken: endpointToken, baselineModel: modelName } = inputs;
  if (endpoint === undefined) return undefined;
  return (await connectServer({ ...inputs, endpoint, endpointToken, modelName }, context, 'baseline-'))
    .target;
}
