/** The figures of the releases before this one: of what the target remembers, else of the model cards beside this one. */
import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isObject } from '@sluice/evaluation/model';
import { folderVersion, parseModelCard } from '@sluice/release/model-card';
import { checkRecord, type Metric, type ReleaseRecord } from '@sluice/release/record';
import { STABLE_EVENTS, type StoredReleases } from '@sluice/release/stored-releases';
import { ConfigError } from '@sluice/runtime/errors';
import { readFileIfThere } from '@sluice/runtime/files';

export interface PastRelease {
  label: string;
  /** By the label of the metric, as records and cards write it. */
  metrics: Readonly<Record<string, Metric>>;
}

const MOST_RELEASES = 9;

/** Oldest first; empty where nothing is remembered. What can't be read is left out: a chart decides nothing. */
export async function pastReleases(
  stored: StoredReleases | undefined,
  own: { record: ReleaseRecord | undefined; modelCard: string | undefined },
): Promise<PastRelease[]> {
  const remembered = stored === undefined ? [] : fromHistory(stored, own.record?.id);
  const found =
    remembered.length > 0 || own.modelCard === undefined ? remembered : await fromCards(own.modelCard);
  return found.slice(-MOST_RELEASES);
}

/** Every release that was stable once, where it became so last. */
function fromHistory({ history }: StoredReleases, self: string | undefined): PastRelease[] {
  const stable = history.filter(({ event, record }) => STABLE_EVENTS.includes(event) && record?.id !== self);
  const latest = [...new Map(stable.map((entry) => [entry.releaseDigest, entry])).values()];
  return latest
    .sort((a, b) => a.at - b.at)
    .flatMap(({ version, record }) => {
      const checked = readable(record);
      return checked === undefined ? [] : [{ label: version, metrics: gateMetrics(checked) }];
    });
}

function readable(record: ReleaseRecord | null): ReleaseRecord | undefined {
  try {
    return record === null ? undefined : checkRecord(record, 'stored');
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function gateMetrics({ stages }: ReleaseRecord): Record<string, Metric> {
  const gates = stages.filter(({ action }) => action === 'eval-gate');
  return Object.assign({}, ...gates.map(({ metrics }) => metrics)) as Record<string, Metric>;
}

/** `models/v*` beside this version's folder, in the order of their versions, this one and later ones left out. */
async function fromCards(modelCard: string): Promise<PastRelease[]> {
  const models = dirname(dirname(modelCard));
  const own = folderVersion(modelCard);
  if (own === undefined) return [];
  const earlier: { path: string; version: number[] }[] = [];
  for await (const match of glob('*/model-card.yaml', { cwd: models })) {
    const path = join(models, match);
    const version = folderVersion(path);
    if (version !== undefined && compare(version, own) < 0) earlier.push({ path, version });
  }
  earlier.sort((a, b) => compare(a.version, b.version));
  const found: PastRelease[] = [];
  for (const { path, version } of earlier.slice(-MOST_RELEASES))
    found.push({ label: `v${version.join('.')}`, metrics: await metricsOfCard(path) });
  return found;
}

async function metricsOfCard(path: string): Promise<Record<string, Metric>> {
  try {
    const results = await readFileIfThere(join(dirname(path), 'eval-results.json'));
    if (results !== undefined) return asMetrics((JSON.parse(results) as Record<string, unknown>)['metrics']);
    const { spec } = await parseModelCard(await readFile(path, 'utf8'), path);
    return asMetrics(
      Object.fromEntries(
        Object.entries(spec.evaluation?.metrics ?? {}).map(([name, value]) => [name, { value }]),
      ),
    );
  } catch (error) {
    if (error instanceof ConfigError || error instanceof SyntaxError) return {};
    throw error;
  }
}

function asMetrics(table: unknown): Record<string, Metric> {
  const metrics: Record<string, Metric> = {};
  for (const [name, entry] of Object.entries(isObject(table) ? table : {})) {
    if (!isObject(entry) || typeof entry['value'] !== 'number') continue;
    const { value, low, high } = entry;
    const bounded = typeof low === 'number' && typeof high === 'number';
    metrics[name] = { value, ...(bounded ? { low, high } : {}) };
  }
  return metrics;
}

/** By their parts, a missing one as 0. */
function compare(one: readonly number[], other: readonly number[]): number {
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const difference = (one[i] ?? 0) - (other[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
