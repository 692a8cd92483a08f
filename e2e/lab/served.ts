/** Before users are counted, the gateway has to know the route and its pods: until then it answers 404, 500 or 503. */
import type { Lab } from './lab.ts';
import { hostOf } from './objects.ts';
import type { TrafficOptions } from './traffic.ts';
import { until } from './until.ts';

export async function served(
  lab: Lab,
  namespace: string,
  users: Partial<Omit<TrafficOptions, 'url'>> = {},
): Promise<void> {
  await until('the route is served', 60_000, async () => {
    const probe = lab.traffic({ host: hostOf(namespace), rate: 10, ...users });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { requests, whole } = await probe.stop();
    return whole > 0 && whole === requests;
  });
}
