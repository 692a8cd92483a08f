/** The door before traffic: may this release be served, going by what its record says was gated? */
import type { ReleaseRecord, Stage } from './record.ts';
import { UNIT_PARTS, type ReleaseUnit } from './unit.ts';

export interface Door {
  open: boolean;
  verdict: 'pass' | 'fail';
  /** One sentence for the log and the summary. */
  message: string;
  /** Parts that are set now and were null at the gate (mostly `image`). */
  notGated: string[];
  /** Said as a warning, though the door is open. */
  warning?: string;
}

export interface DoorRequest {
  record: ReleaseRecord | undefined;
  /** Where the record was found, or where it was looked for. */
  origin: string;
  serving: ReleaseUnit;
  /** '' = compared when a record is found; 'true' = any gate; 'false' = not asked; names = each of them. */
  requireGate: string;
  requireGateParts?: 'all' | undefined;
}

/** Pure: decides by DESIGN section 1, "Doors compare part by part". */
export function openDoor(request: DoorRequest): Door {
  const wanted = request.requireGate.trim();
  if (wanted === 'false') {
    const warning = 'require-gate: false, so nobody asked whether this release was gated';
    return { open: true, verdict: 'pass', message: warning, notGated: [], warning };
  }
  const names = wanted === '' || wanted === 'true' ? [] : namesIn(wanted);
  const gates = request.record?.stages.filter((stage) => stage.action === 'eval-gate') ?? [];

  if (gates.length === 0) {
    if (wanted !== '') {
      return closed(`no gate on record (looked in ${request.origin}); run eval-gate on this release first`);
    }
    const blind = request.serving.weights === null ? ', and the weights that are served are not known' : '';
    const warning = `no gate on record (looked in ${request.origin})${blind}`;
    return { open: true, verdict: 'pass', message: warning, notGated: [], warning };
  }
  if (request.serving.weights === null)
    return closed(
      'a gate is on record, but the weights that are about to be served are not known, so nobody can say that it judged them',
    );
  return judgeGates(request, gates, names);
}

function namesIn(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function judgeGates(request: DoorRequest, gates: readonly Stage[], names: readonly string[]): Door {
  // The last stage of each name counts: a gate may be run again on the same release.
  const latest = new Map(gates.map((stage) => [stage.name, stage]));
  const asked = names.length > 0 ? names : [...latest.keys()];
  const notGated = new Set<string>();
  for (const name of asked) {
    const gate = latest.get(name);
    if (gate === undefined) {
      return closed(
        `the gate '${name}' is not on record (${request.origin} has: ${[...latest.keys()].join(', ')})`,
      );
    }
    if (gate.outcome !== 'success') {
      return closed(
        `the gate '${name}' said ${gate.verdict}: ${gate.reasons.join('; ') || 'no reason given'}`,
      );
    }
    const difference = differentPart(gate.unit, request.serving);
    if (difference !== undefined) return closed(`what is about to be served was not gated: ${difference}`);
    for (const part of UNIT_PARTS) {
      if (gate.unit[part] === null && request.serving[part] !== null) notGated.add(part);
    }
  }
  const parts = [...notGated];
  if (request.requireGateParts === 'all' && parts.length > 0) {
    return closed(`require-gate-parts: all, and these parts were not gated: ${parts.join(', ')}`);
  }
  const rest = parts.length === 0 ? '' : ` (not gated: ${parts.join(', ')})`;
  return {
    open: true,
    verdict: 'pass',
    message: `gate ${asked.map((name) => `'${name}'`).join(', ')} holds for these weights and parts, by ${request.origin}${rest}`,
    notGated: parts,
  };
}

/** Every part that the gate's stage knew must equal what is about to be served. */
function differentPart(gated: ReleaseUnit, serving: ReleaseUnit): string | undefined {
  if (gated.weights === null) return 'the gate did not know the weights that it judged';
  for (const part of UNIT_PARTS) {
    if (gated[part] !== null && gated[part] !== serving[part]) {
      return `${part} is ${serving[part] ?? 'unknown'}, the gate judged ${gated[part]}`;
    }
  }
  return undefined;
}

function closed(message: string): Door {
  return { open: false, verdict: 'fail', message, notGated: [] };
}
