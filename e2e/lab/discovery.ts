/**
 * Tells Prometheus which pods to scrape, with their labels: Debian's build has no discovery of Kubernetes. A part of the lab,
 * started as `node discovery.ts <port>`; it answers in the form of `http_sd_configs`. Pods that are ending are scraped until
 * they are gone.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { KUBECONFIG } from './layout.ts';

interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority': string } }];
  users: [{ user: { token: string } }];
}
interface Pod {
  metadata: {
    name: string;
    namespace: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  status: { phase?: string; podIP?: string };
}

// The lab writes it as JSON.
const config = JSON.parse(await readFile(KUBECONFIG, 'utf8')) as Kubeconfig;
const { server, 'certificate-authority': authority } = config.clusters[0].cluster;
const ca = await readFile(authority);
const headers = { authorization: `Bearer ${config.users[0].user.token}` };

async function listPods(): Promise<Pod[]> {
  const asked = request(`${server}/api/v1/pods`, { ca, headers, timeout: 5_000 }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return ((await json(response)) as { items: Pod[] }).items;
}

/** A pod asks for it by the usual annotations; `sluice/version` and `sluice/track` become labels of every series. */
function targetOf({ metadata, status }: Pod): object[] {
  const { labels = {}, annotations = {} } = metadata;
  if (annotations['prometheus.io/scrape'] !== 'true' || status.podIP === undefined) return [];
  if (status.phase !== 'Running') return [];
  return [
    {
      targets: [`${status.podIP}:${annotations['prometheus.io/port'] ?? '8000'}`],
      labels: {
        namespace: metadata.namespace,
        pod: metadata.name,
        app: labels['app'] ?? '',
        sluice_version: labels['sluice/version'] ?? '',
        sluice_track: labels['sluice/track'] ?? '',
      },
    },
  ];
}

createServer((_, response) => {
  listPods().then(
    (pods) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(pods.flatMap(targetOf)));
    },
    // Prometheus keeps the targets that it knows.
    (error: unknown) => response.writeHead(502).end(String(error)),
  );
}).listen(Number(process.argv[2]), '127.0.0.1');
