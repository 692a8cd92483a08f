/** Why a model server never got healthy, with its last lines. */
import type { Exit } from '@sluice/process/start';
import { InfraError } from '@sluice/runtime/errors';
import { lastLines } from './log-file.ts';
import type { ServerSpec } from './types.ts';

export async function failedStart(
  { version, startupTimeoutMs, healthPath }: ServerSpec,
  logFile: string,
  { exit, isEnding }: { exit: Exit | undefined; isEnding: boolean },
): Promise<InfraError> {
  const what = exit
    ? `ended (${exit.signal ?? `exit code ${exit.code}`}) before it was healthy`
    : isEnding
      ? 'was stopped before it was healthy'
      : `was not healthy within ${startupTimeoutMs} ms (GET ${healthPath})`;
  const lines = await lastLines(logFile);
  const log = lines.length > 0 ? `; its last log lines:\n${lines.join('\n')}` : '; it logged nothing';
  return new InfraError(`the server of version ${version} ${what}${log}`);
}
