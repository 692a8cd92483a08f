/** The data that an earlier release was gated with, as its record names them: what `against release` is measured from. */
import { resolve } from 'node:path';
import { digestFile } from '@sluice/data/digest-file';
import type { OpenedData } from '@sluice/data/open-data';
import type { DataFile } from '@sluice/data/read-rows';
import type { Stage } from '@sluice/release/record';
import { ConfigError } from '@sluice/runtime/errors';
import type { GitFiles } from './git-files.ts';
import type { KnownRelease } from './stored.ts';

export interface RecordedData {
  source: string;
  /** Of a remote source. */
  revision: string | null;
  files: { path: string; sha256: string }[];
}

export interface DataFinder {
  open: (text: string, input: string, revision?: string) => Promise<OpenedData>;
  workspace: string;
}

/**
 * Byte for byte those of the record: from their source at its revision, from the workspace, or from the commit that the
 * gate ran on. `drop` removes what was copied.
 *
 * @throws ConfigError where the record names none, or they are nowhere any more
 */
export async function openReleaseData(
  { shown, record }: KnownRelease,
  { open, workspace }: DataFinder,
): Promise<{ files: DataFile[]; drop: () => Promise<void> }> {
  const stage = record.stages.findLast((one) => one.action === 'eval-gate' && dataOf(one) !== undefined);
  const data = stage && dataOf(stage);
  if (stage === undefined || data === undefined) {
    throw new ConfigError(
      `a rule of input \`thresholds\` measures drift against release, but no gate of ${shown} looked at data; give that gate \`data\` or \`drift-current\`, or name a file in the rule`,
    );
  }
  const nothing = async (): Promise<void> => {};
  if (data.revision !== null) {
    for (const attempt of attemptsAt(data, stage)) {
      const files = await attempt(open);
      if (files !== undefined && (await areSame(files, data))) return { files, drop: nothing };
    }
  } else {
    const files = data.files.map(({ path }) => ({ path: resolve(workspace, path), shown: path }));
    if (await areSame(files, data)) return { files, drop: nothing };
    const copies = await fromCommit(stage.run.sha, data, workspace);
    if (copies !== undefined) return copies;
  }
  const at = data.revision === null ? '' : ` at ${data.revision}`;
  throw new ConfigError(
    `a rule of input \`thresholds\` measures drift against release, but the data that ${shown} was gated with (${data.source}${at}) are not there any more as they were; keep them by version (Git with \`fetch-depth: 0\`, dvc:, s3:// with versions), or name a file in the rule`,
  );
}

/** DVC's version is what a commit says; every other source has revisions of its own. */
function attemptsAt(
  { source, revision }: RecordedData,
  { run }: Stage,
): ((open: DataFinder['open']) => Promise<DataFile[] | undefined>)[] {
  if (!source.startsWith('dvc:'))
    return [async (open) => (await open(source, 'thresholds', revision ?? undefined)).files];
  const texts = [source, ...(run.sha === '' ? [] : [`${source}@${run.sha}`])];
  return texts.map(
    (text) => (open) =>
      open(text, 'thresholds').then(
        ({ files }) => files,
        (error: unknown) => {
          if (error instanceof ConfigError) return undefined;
          throw error;
        },
      ),
  );
}

async function fromCommit(
  sha: string,
  data: RecordedData,
  workspace: string,
): Promise<{ files: DataFile[]; drop: () => Promise<void> } | undefined> {
  if (!/^[0-9a-f]{7,64}$/u.test(sha)) return undefined;
  const { gitFiles } = await import('./git-files.ts');
  const copies: GitFiles[] = [];
  const drop = async (): Promise<void> => {
    for (const copy of copies) await copy.drop();
  };
  for (const { path } of data.files) {
    try {
      copies.push(await gitFiles(`git:${sha}:${path}`, workspace, 'thresholds'));
    } catch (error) {
      await drop();
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
  }
  const files = copies.flatMap((copy) => copy.files);
  if (await areSame(files, data)) return { files, drop };
  await drop();
  return undefined;
}

/** In the order of the record. */
async function areSame(files: readonly DataFile[], { files: recorded }: RecordedData): Promise<boolean> {
  if (files.length !== recorded.length) return false;
  for (const [at, { path }] of files.entries())
    if ((await digestFile(path).catch(() => '')) !== recorded[at]?.sha256) return false;
  return true;
}

/** What drift was measured in, or else the data themselves. */
function dataOf({ data }: Stage): RecordedData | undefined {
  const measured = data['measured'];
  if (typeof measured !== 'object' || measured === null) return undefined;
  const { current, data: main } = measured as { current?: unknown; data?: unknown };
  return asRecorded(current) ?? asRecorded(main);
}

function asRecorded(value: unknown): RecordedData | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { source, revision, files } = value as Record<string, unknown>;
  if (typeof source !== 'string' || !Array.isArray(files) || files.length === 0) return undefined;
  const named = files.filter(
    (file: unknown): file is RecordedData['files'][number] =>
      typeof file === 'object' &&
      file !== null &&
      typeof (file as Record<string, unknown>)['path'] === 'string' &&
      typeof (file as Record<string, unknown>)['sha256'] === 'string',
  );
  return named.length === files.length
    ? { source, revision: typeof revision === 'string' ? revision : null, files: named }
    : undefined;
}
