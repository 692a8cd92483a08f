/** The release record: one JSON file, a stage per action, only appended, each stage chained to the one before. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, type Outcome, type Verdict } from '@sluice/runtime/errors';
import { readFileIfThere, withFileLock, writeFileAtomic } from '@sluice/runtime/files';
import validate from './record-schema.gen.ts';
import { emptyUnit, jsonDigest, mergeUnit, type ReleaseUnit } from './unit.ts';
import type { FileEntry } from './weights.ts';

export interface Metric {
  /** null: not measured, or too few samples to say. Never 0 for missing. */
  value: number | null;
  unit?: string;
  n?: number;
  low?: number | null;
  high?: number | null;
}

export interface Stage {
  action: string;
  name: string;
  /** ISO 8601, UTC. */
  at: string;
  run: { url: string; id: string; attempt: number; sha: string };
  unit: ReleaseUnit;
  verdict: Verdict;
  outcome: Outcome;
  reasons: string[];
  metrics: Record<string, Metric>;
  data: Record<string, unknown>;
  /** Digest of the RFC 8785 JSON of the stage before; null in the first. */
  previous: string | null;
}

export type RecordStatus = 'open' | 'gated' | 'refused' | 'deploying' | 'deployed' | 'rolled-back';

export interface ReleaseRecord {
  schemaVersion: 1;
  id: string;
  unit: ReleaseUnit;
  model: { source: string; revision: string; digest: string; files: FileEntry[] } | null;
  stages: Stage[];
  status: RecordStatus;
}

export type NewStage = Omit<Stage, 'previous'>;

/** A new, empty record. The id sorts by time and says nothing else. */
export function newRecord(now: Date = new Date()): ReleaseRecord {
  const time = now.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return {
    schemaVersion: 1,
    id: `${time}-${randomBytes(4).toString('hex')}`,
    unit: emptyUnit(),
    model: null,
    stages: [],
    status: 'open',
  };
}

/** The record in a file; undefined when there is no file. A broken schema or chain is a ConfigError. */
export async function readRecord(path: string): Promise<ReleaseRecord | undefined> {
  const text = await readFileIfThere(path);
  return text === undefined ? undefined : parseRecord(text, path);
}

/** `origin` names the file or store in messages. */
export function parseRecord(text: string, origin: string): ReleaseRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `the release record ${origin} is not JSON (${why}); delete it and run the pipeline again`,
    );
  }
  return checkRecord(value, origin);
}

/** A parsed value as a record: schema and chain are checked. */
export function checkRecord(value: unknown, origin: string): ReleaseRecord {
  if (!validate(value)) {
    const fault = validate.errors?.[0];
    throw new ConfigError(
      `the release record ${origin} is not valid: ${fault?.instancePath || 'it'} ${fault?.message ?? ''}; ` +
        'it was written by another version or changed by hand, run the pipeline again',
    );
  }
  const record = value as ReleaseRecord;
  const broken = brokenLink(record.stages);
  if (broken !== undefined) {
    throw new ConfigError(
      `the release record ${origin} has a broken chain: stage ${broken + 1} does not follow from the stage before; ` +
        'a stage was changed after it was written, so nothing in it counts: run the pipeline again',
    );
  }
  return record;
}

/** Index of the first stage whose `previous` is not the digest of the stage before; undefined when all fit. */
export function brokenLink(stages: readonly Stage[]): number | undefined {
  const index = stages.findIndex((stage, i) => stage.previous !== linkAfter(stages.slice(0, i)));
  return index < 0 ? undefined : index;
}

function linkAfter(stages: readonly Stage[]): string | null {
  const last = stages.at(-1);
  return last === undefined ? null : jsonDigest(last);
}

/** The record with one stage more; its unit merged (GateError when a known part is another one now). */
export function withStage(
  record: ReleaseRecord,
  stage: NewStage,
  change: { model?: ReleaseRecord['model']; status?: RecordStatus } = {},
): ReleaseRecord {
  const unit = mergeUnit(record.unit, stage.unit);
  return {
    ...record,
    unit,
    model: change.model ?? record.model,
    stages: [...record.stages, { ...stage, previous: linkAfter(record.stages) }],
    status: change.status ?? record.status,
  };
}

/**
 * Appends a stage to the record file, under a lock and by rename; creates the file, and beside it a
 * `.gitignore` that keeps the folder out of commits.
 */
export async function appendStage(
  path: string,
  stage: NewStage,
  change: { model?: ReleaseRecord['model']; status?: RecordStatus } = {},
): Promise<ReleaseRecord> {
  return withFileLock(`${path}.lock`, async () => {
    const record = withStage((await readRecord(path)) ?? newRecord(), stage, change);
    await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`);
    await writeFile(join(dirname(path), '.gitignore'), '*\n', { flag: 'wx' }).catch(() => undefined);
    return record;
  });
}
