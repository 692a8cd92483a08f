/**
 * Stands in for @kubernetes/client-node's generated API (dist/gen/index.js: a thousand classes, 6 MB, over a second to
 * load). Of the library only the kubeconfig is used, which needs these two names for a method that we never call.
 */
export function createConfiguration() {
  throw new Error('this bundle has no generated Kubernetes API: use KubeApi');
}

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the shape that @kubernetes/client-node expects
export class ServerConfiguration {
  constructor() {
    createConfiguration();
  }
}
