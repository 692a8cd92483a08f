/** One health check of a model server. */
import { get } from 'node:http';

/** True when `GET path` answers 2xx within the time; every other end is false, none throws. */
export async function isHealthy(port: number, path: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    request.on('response', (response) => {
      response.on('error', () => resolve(false));
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 300);
    });
    request.on('error', () => resolve(false));
  });
}
