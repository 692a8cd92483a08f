/**
 * Stands in for undici in the Kubernetes client's bundle: the kubeconfig needs it for the generated API alone, which is left
 * out. With it every start would load 450 kB and 55 ms of CPU time.
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the shape that @kubernetes/client-node expects
export class Agent {
  constructor() {
    throw new Error('this bundle has no undici: use KubeApi');
  }
}

export class ProxyAgent extends Agent {}
