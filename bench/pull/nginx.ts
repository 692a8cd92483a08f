/** nginx as CDN on a free port: sendfile, a folder of files, little CPU. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '@sluice/process/start';

export interface Nginx {
  url: string;
  stop(): Promise<void>;
}

/** Serves `<root>/repos/…`; `scratch` takes its configuration and log. */
export async function startNginx(root: string, scratch: string): Promise<Nginx> {
  const port = await freePort();
  await mkdir(join(scratch, 'nginx'), { recursive: true });
  const config = join(scratch, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; worker_processes 1; pid ${scratch}/nginx.pid; error_log ${scratch}/nginx-error.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; sendfile_max_chunk 1m; tcp_nopush on; keepalive_requests 100000;
  client_body_temp_path ${scratch}/nginx; proxy_temp_path ${scratch}/nginx; fastcgi_temp_path ${scratch}/nginx;
  uwsgi_temp_path ${scratch}/nginx; scgi_temp_path ${scratch}/nginx;
  server { listen 127.0.0.1:${port}; root ${root}; default_type application/octet-stream; }
}
`,
  );
  const server = await start('nginx', ['-c', config, '-e', join(scratch, 'nginx-error.log')], {
    logFile: join(scratch, 'nginx.out'),
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const up = await fetch(url).catch(() => undefined);
    if (up) break;
    if (tries > 50) throw new Error('nginx did not come up');
    await sleep(100);
  }
  return { url, stop: () => server.stop(2000) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
