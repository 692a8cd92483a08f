/** Writes entries to GitHub's cache, one after the other. It never fails a job: whatever goes wrong is told. */
import { stat } from 'node:fs/promises';
import { describeError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { formatBytes } from '@sluice/runtime/units';
import type { CacheService } from './service.ts';
import type { UploadFile, UploadOptions } from './upload.ts';
import { uploadBlocks } from './upload.ts';

/** A verified file, and how it looked when it was. */
export interface KeptFile extends UploadFile {
  mtimeMs: number;
}

export interface KeptEntry {
  key: string;
  files: readonly KeptFile[];
}

export interface KeepContext extends Omit<UploadOptions, 'log'> {
  log: Logger;
}

export interface Kept {
  entries: number;
  bytes: number;
}

export async function keepEntries(
  service: CacheService,
  entries: readonly KeptEntry[],
  context: KeepContext,
): Promise<Kept> {
  const kept = { entries: 0, bytes: 0 };
  for (const entry of entries) {
    const bytes = entry.files.reduce((sum, file) => sum + file.bytes, 0);
    try {
      const how = await keepEntry(service, entry, bytes, context);
      if (how === 'denied') return kept;
      if (how !== 'kept') continue;
      kept.entries += 1;
      kept.bytes += bytes;
    } catch (error) {
      context.signal.throwIfAborted();
      context.log.warning(`${entry.key} was not kept in GitHub's cache: ${describeError(error)}`);
    }
  }
  return kept;
}

async function keepEntry(
  service: CacheService,
  entry: KeptEntry,
  bytes: number,
  context: KeepContext,
): Promise<'kept' | 'skipped' | 'denied'> {
  const { log } = context;
  for (const file of entry.files) {
    const info = await stat(file.place).catch(() => undefined);
    if (info?.size === file.bytes && info.mtimeMs === file.mtimeMs) continue;
    log.notice(`${entry.key} is not kept in GitHub's cache: ${file.place} was changed or removed meanwhile`);
    return 'skipped';
  }
  const reservation = await service.reserve(entry.key);
  if (reservation.kind === 'denied') {
    log.notice(
      `this run may not write to GitHub's cache, so the model is not kept there: ${reservation.why}`,
    );
    return 'denied';
  }
  if (reservation.kind === 'exists') {
    log.info(`${entry.key} is in GitHub's cache already, or another job is writing it`);
    return 'skipped';
  }
  const started = performance.now();
  await uploadBlocks(reservation.uploadUrl, entry.files, context);
  await service.finish(entry.key, bytes);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  log.info(`kept in GitHub's cache: ${entry.key}, ${formatBytes(bytes)} in ${seconds} s`);
  return 'kept';
}
