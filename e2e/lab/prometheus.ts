/** Debian's Prometheus: scrapes each pod that asks for it, with the labels by which versions are told apart. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@sluice/process/free-port';
import { stringify } from 'yaml';
import type { Debian } from './debian.ts';
import type { GatewayAddress } from './gateway.ts';
import { WORK } from './layout.ts';
import { startPart } from './parts.ts';
import { until } from './until.ts';

export async function startPrometheus(debian: Debian, gateway: GatewayAddress): Promise<string> {
  const discoveryPort = await freePort();
  await startPart({
    name: 'discovery',
    command: process.execPath,
    args: [join(import.meta.dirname, 'discovery.ts'), String(discoveryPort)],
  });
  const config = {
    global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s' },
    scrape_configs: [
      {
        job_name: 'pods',
        http_sd_configs: [{ url: `http://127.0.0.1:${discoveryPort}/`, refresh_interval: '2s' }],
        // A pod can't know that it was promoted: its track is the one that its label says. What is no user stays apart.
        metric_relabel_configs: [
          { source_labels: ['track'], regex: 'stable', target_label: 'track', replacement: '' },
        ],
      },
      { job_name: 'traefik', static_configs: [{ targets: [new URL(gateway.metrics).host] }] },
    ],
  };
  const file = join(WORK, 'prometheus.yaml');
  await writeFile(file, stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  await startPart({
    name: 'prometheus',
    command: 'prometheus',
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(WORK, 'prometheus')}`,
      `--web.listen-address=${address}`,
      '--storage.tsdb.retention.time=1d',
    ],
    env: debian.env,
  });
  await until('Prometheus answers', 60_000, async () => (await fetch(`http://${address}/-/ready`)).ok);
  return `http://${address}`;
}
