/** What is wrong with the inputs of a server, seen without touching anything. */
import { namesFlag } from '../settings.ts';
import type { EngineRequest, ServerName } from '../types.ts';
import { SERVERS } from './table.ts';

/** Sentences for a ConfigError, each naming input, value and mend. */
export function findServerFaults(
  engine: ServerName,
  request: Pick<EngineRequest, 'engineArgs' | 'adapterPath'> & { modelPath?: string | undefined },
): string[] {
  const { ownFlags, argFaults, adapter } = SERVERS[engine];
  const faults = Object.entries(ownFlags).flatMap(([flag, input]) =>
    namesFlag(request.engineArgs, flag)
      ? [`input \`engine-args\`: '${flag}' is what \`${input}\` sets: remove it`]
      : [],
  );
  if (request.modelPath === undefined)
    faults.push(`input \`model-path\` is required with \`engine: ${engine}\``);
  if (request.adapterPath !== undefined && adapter.startsWith('no: '))
    faults.push(`input \`adapter-path\` is not for \`engine: ${engine}\`: ${adapter.slice('no: '.length)}`);
  return [...faults, ...(argFaults?.(request.engineArgs) ?? [])];
}
