/** The words for a name that somebody else moved. */
import { GateError } from '@sluice/runtime/errors';

/**
 * @param target as the user wrote it
 * @param expected where it pointed when this run looked first; null: nowhere
 */
export function lostRace(target: string, expected: string | null, now: string | null): GateError {
  return new GateError(
    `${target} was moved while this run worked: it pointed at ${shown(expected)} and points at ${shown(now)} now; ` +
      'nothing was overwritten. Run again, so that the newcomer is what is compared with',
  );
}

function shown(version: string | null): string {
  return version ?? 'nothing';
}
