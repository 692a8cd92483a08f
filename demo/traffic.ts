/** The demo's client process, and what its users saw. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { start, type Running } from '@sluice/process/start';
import type { UserRequest } from './client.ts';

export interface Traffic {
  /** Everything finished so far. */
  seen(): UserRequest[];
  /** No new requests; waits for the open ones. */
  stop(): Promise<void>;
}

export async function startTraffic(options: {
  url: string;
  facts: string;
  folder: string;
}): Promise<Traffic> {
  const out = join(options.folder, 'requests.jsonl');
  const client: Running = await start(
    process.execPath,
    [join(import.meta.dirname, 'client.ts'), '--url', options.url, '--facts', options.facts, '--out', out],
    { logFile: join(options.folder, 'client.log') },
  );
  return {
    seen: () => readRequests(out),
    stop: async () => {
      // Longer than a request may take: the last answers count too.
      await client.stop(35_000);
    },
  };
}

function readRequests(path: string): UserRequest[] {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as UserRequest);
}

export interface TrafficTotals {
  sent: number;
  lost: number;
  byVersion: Record<string, number>;
  /** Long answers that ran into the token limit, by version. */
  endless: Record<string, number>;
}

export function totalsOf(requests: readonly UserRequest[]): TrafficTotals {
  const totals: TrafficTotals = { sent: requests.length, lost: 0, byVersion: {}, endless: {} };
  for (const request of requests) {
    if (!request.complete) totals.lost += 1;
    const version = request.version || 'nobody';
    totals.byVersion[version] = (totals.byVersion[version] ?? 0) + 1;
    if (request.complete && !request.ended) totals.endless[version] = (totals.endless[version] ?? 0) + 1;
  }
  return totals;
}

/** Per second: how many requests each version answered, and the median TTFT of all. */
export function perSecond(
  requests: readonly UserRequest[],
  from: number,
): { second: number; byVersion: Record<string, number>; ttftMs: number | null }[] {
  const seconds = new Map<number, UserRequest[]>();
  for (const request of requests) {
    const second = Math.floor((request.at - from) / 1000);
    seconds.set(second, [...(seconds.get(second) ?? []), request]);
  }
  return [...seconds.entries()]
    .sort(([a], [b]) => a - b)
    .map(([second, inside]) => {
      const byVersion: Record<string, number> = {};
      for (const { version } of inside) byVersion[version] = (byVersion[version] ?? 0) + 1;
      const ttfts = inside.flatMap(({ ttftMs }) => (ttftMs === null ? [] : [ttftMs])).sort((a, b) => a - b);
      return { second, byVersion, ttftMs: ttfts[Math.floor(ttfts.length / 2)] ?? null };
    });
}
