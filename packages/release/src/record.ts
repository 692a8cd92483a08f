/** The release record: one JSON file, a stage per action, only appended, each stage chained to the one before. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, type Outcome, type Verdict } from '@sluice/runtime/errors';
import { readFileIfThere, withFileLock, writeFileAtomic } from '@sluice/runtime/files';
import { hideSecretsIn } from '@sluice/runtime/secrets';
import validate from './record-schema.gen.ts';
import type { Lineage } from './lineage.ts';
import { emptyUnit, jsonDigest, mergeUnit, type ReleaseUnit } from './unit.ts';

export interface Metric {
  /** null: not measured, or too few samples to say. Never 0 for missing. */
  value: number | null;
  unit?: string;
  n?: number;
  low?: number | null;
  high?: number | null;
}

export interface FileEntry {
  /** Relative to the model's root, with `/`. */
  path: string;
  bytes: number;
  /** 64 hex digits. */
  sha256: string;
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

const SCHEMA_VERSION = 1;

export type RecordStatus = 'open' | 'gated' | 'refused' | 'deploying' | 'deployed' | 'rolled-back';

export interface ReleaseRecord {
  schemaVersion: typeof SCHEMA_VERSION;
  id: string;
  unit: ReleaseUnit;
  model: {
    source: string;
    revision: string;
    digest: string;
    files: FileEntry[];
    /** What the model's own papers say; absent from records of 0.1.0. */
    lineage?: Lineage;
  } | null;
  stages: Stage[];
  status: RecordStatus;
}

export type NewStage = Omit<Stage, 'previous'>;

/** A new, empty record. The id sorts by time and says nothing else. */
export function newRecord(now: Date = new Date()): ReleaseRecord {
  const time = now.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return {
    schemaVersion: SCHEMA_VERSION,
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
  const version = writtenVersion(value);
  if (version !== undefined && version > SCHEMA_VERSION) {
    throw new ConfigError(
      `the release record ${origin} has schemaVersion ${version}, and this version of sluice reads ${SCHEMA_VERSION}: ` +
        'a newer version wrote it; use the same version of all sluice actions in every job',
    );
  }
  if (!validate(value)) {
    const fault = validate.errors?.[0];
    throw new ConfigError(
      `the release record ${origin} is not valid: ${fault?.instancePath || 'it'} ${fault?.message ?? ''}; ` +
        'it was changed by hand or is no release record, run the pipeline again',
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

function writtenVersion(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value)) return undefined;
  return typeof value.schemaVersion === 'number' ? value.schemaVersion : undefined;
}

/** Index of the first stage whose `previous` is not the digest of the stage before; undefined when all fit. */
function brokenLink(stages: readonly Stage[]): number | undefined {
  const index = stages.findIndex((stage, i) => !follows(stage, stages[i - 1]));
  return index < 0 ? undefined : index;
}

function follows(stage: Stage, before: Stage | undefined): boolean {
  try {
    return stage.previous === linkAfter(before);
  } catch {
    // What has no RFC 8785 form was not written by us.
    return false;
  }
}

function linkAfter(last: Stage | undefined): string | null {
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
    stages: [...record.stages, { ...asStored(stage), previous: linkAfter(record.stages.at(-1)) }],
    status: change.status ?? record.status,
  };
}

/**
 * The stage as a file will hold it: no secret that a server quoted back (records travel as artifacts), no number that
 * JSON lacks, and no half of a character, left by cutting a model's answer, that RFC 8785 refuses to digest.
 */
function asStored(stage: NewStage): NewStage {
  const whole = (_key: string, value: unknown): unknown =>
    typeof value === 'string' ? value.toWellFormed() : value;
  return hideSecretsIn(JSON.parse(JSON.stringify(stage), whole) as NewStage);
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
