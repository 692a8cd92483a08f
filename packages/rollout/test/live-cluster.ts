/** The emulator with controllers, a node and a model server behind every pod: for bundles that meet a cluster from outside. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startControllers } from '@sluice/testing/kube-api/controllers/controllers';
import type { ControllerOptions } from '@sluice/testing/kube-api/controllers/world';
import { startKubeApi, type KubeApiServer } from '@sluice/testing/kube-api/server';
import { runAction, type ActionOutcome, type ActionRun } from '@sluice/testing/runner';
import { workloadObjects } from './kube-scene.ts';

interface Seen {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
}

export class LiveCluster {
  readonly api: KubeApiServer;
  readonly #end: () => Promise<void>;

  private constructor(api: KubeApiServer, end: () => Promise<void>) {
    this.api = api;
    this.#end = end;
  }

  /** @param gpus of the one node */
  static async open(options: ControllerOptions & { gpus?: number } = {}): Promise<LiveCluster> {
    const { gpus = 0, ...controlled } = options;
    const model = createServer((request, response) => {
      request.resume();
      if (request.url === '/metrics')
        response.end('vllm:num_requests_running 0\nvllm:num_requests_waiting 0\n');
      else response.setHeader('content-type', 'application/json').end('{"choices":[{"text":"Paris"}]}');
    });
    await new Promise<void>((listening) => model.listen(0, '127.0.0.1', listening));
    const api = await startKubeApi({ proxy: () => (model.address() as AddressInfo).port });
    const allocatable = { cpu: '8', memory: '32Gi', pods: '110', 'nvidia.com/gpu': String(gpus) };
    const kind = api.kind('v1', 'Node');
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } };
    const made = api.store.create(kind, node, { manager: 'kubelet' });
    const by = { manager: 'kubelet', subresource: 'status' as const };
    api.store.update(kind, { ...made, status: { allocatable } }, by);
    const controllers = startControllers(api, { readyMs: 5, terminateMs: 5, ...controlled });
    return new LiveCluster(api, async () => {
      controllers.stop();
      await api.close();
      model.close();
    });
  }

  close(): Promise<void> {
    return this.#end();
  }

  /** A Deployment as somebody made it by hand, with the Service and the route that its users come by. */
  make(name: string, options: { replicas?: number; gpus?: number } = {}): void {
    for (const object of workloadObjects(name, 'llm:v1', options))
      this.api.store.create(this.api.kind(object.apiVersion, object.kind), object, { manager: 'kubectl' });
  }

  run(
    action: string,
    workload: string,
    given: Record<string, string>,
    options: ActionRun = {},
  ): Promise<ActionOutcome> {
    return runAction(action, {
      timeoutMs: 40_000,
      ...options,
      inputs: {
        ...{ target: 'kubernetes', kubeconfig: this.api.kubeconfig, workload: `deployment/${workload}` },
        ...{ interval: '100ms', drain: '0s', ...given },
      },
    });
  }

  /** Image and replicas of what serves, and whether nothing is left beside it. */
  seen(name: string): unknown[] {
    const deployments = this.api.kind('apps/v1', 'Deployment');
    const { spec } = this.api.store.read(deployments, 'default', name) as unknown as Seen;
    const beside = [deployments, this.api.kind('v1', 'Service')].map((kind) =>
      this.api.store.find(kind, 'default', `${name}-canary`),
    );
    return [spec.template.spec.containers[0]?.image, spec.replicas, beside.every((one) => one === undefined)];
  }
}
