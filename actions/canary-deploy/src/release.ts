/** What is about to be served: its unit, its digest, how it is brought up, and whether its door is open. */
import { openDoor, type Door } from '@sluice/release/door';
import { checkRecord, readRecord, type ReleaseRecord } from '@sluice/release/record';
import { judgeTrust, recordProvenance } from '@sluice/release/trust';
import { mergeUnit, type ReleaseUnit } from '@sluice/release/unit';
import type { TargetStatus, VersionSpec } from '@sluice/rollout/target';
import type { ActionContext } from '@sluice/runtime/action';
import { GateError } from '@sluice/runtime/errors';
import { dirname, join } from 'node:path';
import type { Inputs } from './inputs.gen.ts';

export interface Release {
  version: string;
  releaseDigest: string;
  unit: ReleaseUnit;
  spec: VersionSpec;
  /** Found on record; undefined when there is none. */
  record: ReleaseRecord | undefined;
  /** Where the record was found or looked for. */
  origin: string;
}

export interface RecordPlace {
  origin: string;
  record: ReleaseRecord | undefined;
}

/** In the order in which a door looks for the record (DESIGN section 1). */
export async function recordPlaces(inputs: Inputs, context: ActionContext): Promise<RecordPlace[]> {
  const paths = [inputs.releaseRecord];
  if (inputs.modelCard !== undefined) paths.push(join(dirname(inputs.modelCard), 'release.json'));
  return Promise.all(paths.map((path) => trustedRecord(path, context)));
}

/** A record that came from anywhere else than this run or the default branch opens no door. */
async function trustedRecord(path: string, { env, log }: ActionContext): Promise<RecordPlace> {
  const record = await readRecord(path);
  if (record === undefined) return { origin: path, record };
  const { trusted, why } = judgeTrust(record, await recordProvenance(path, env));
  if (trusted) log.info(`release record ${path}: ${why}`);
  else log.warning(`the release record ${path} does not count: ${why}`);
  return trusted ? { origin: path, record } : { origin: `${path} (which does not count)`, record: undefined };
}

function storedRecord(
  status: TargetStatus | undefined,
  digest: string,
  where: string,
): RecordPlace | undefined {
  const entry = status?.history.findLast(
    ({ releaseDigest: known, record }) => known === digest && record !== null,
  );
  if (entry === undefined) return undefined;
  const origin = `the record of ${entry.version} ${where}`;
  return { origin, record: checkRecord(entry.record, origin) };
}

/** The record of a release: found in one of the places, else among those that the target keeps. */
export function recordOf(
  places: readonly RecordPlace[],
  status: TargetStatus | undefined,
  digest: string,
  where: string,
): { record: ReleaseRecord | undefined; origin: string } {
  const first = places.find((place) => place.record !== undefined);
  const found = first ?? storedRecord(status, digest, where);
  const looked = [...places.map((place) => place.origin), 'the releases of this service'].join(', ');
  return { record: found?.record, origin: found?.origin ?? looked };
}

/**
 * Opens the door or throws. The record's own unit must fit too, or the stage of this deploy could not be appended;
 * with `require-gate: false` a record of another release is left alone instead.
 *
 * @throws GateError with the part that differs
 */
export function passDoor(
  inputs: Inputs,
  release: Release,
): { door: Door; record: ReleaseRecord | undefined } {
  const requireGate = inputs.requireGate ?? '';
  const door = openDoor({
    record: release.record,
    origin: release.origin,
    serving: release.unit,
    requireGate,
    requireGateParts: inputs.requireGateParts,
  });
  if (!door.open) throw new GateError(`the door is closed for ${release.version}: ${door.message}`);
  if (release.record === undefined) return { door, record: undefined };
  try {
    mergeUnit(release.record.unit, release.unit);
    return { door, record: release.record };
  } catch (error) {
    if (requireGate.trim() !== 'false' || !(error instanceof GateError)) throw error;
    return { door, record: undefined };
  }
}

/** @throws GateError unless `allow-quarantined` */
export function checkQuarantine(
  inputs: Inputs,
  release: Release,
  status: TargetStatus | undefined,
): string | undefined {
  const entry = status?.quarantine.find(
    ({ releaseDigest: known, weights }) =>
      known === release.releaseDigest || (weights !== null && weights === release.unit.weights),
  );
  if (entry === undefined) return undefined;
  const why = `quarantined since ${new Date(entry.at).toISOString()}: ${entry.reason}`;
  if (inputs.allowQuarantined)
    return `allow-quarantined: true, so ${release.version} is deployed although it is ${why}`;
  throw new GateError(`${release.version} is ${why}; mend the release, or set \`allow-quarantined: true\``);
}
