/** What `register`, `promote` and `track` name, checked before anything is opened. Pure. */
import {
  parsePromote,
  parseRegister,
  parseTrack,
  type PromoteTarget,
  type RegisterTarget,
  type TrackTarget,
} from '@sluice/registries/targets';
import type { Inputs } from './inputs.gen.ts';

export interface RegistryTargets {
  register: RegisterTarget[];
  promote: PromoteTarget[];
  track: TrackTarget[];
}

export function readTargets(inputs: Pick<Inputs, 'register' | 'promote' | 'track'>): {
  targets: RegistryTargets;
  faults: string[];
} {
  const faults: string[] = [];
  const read = <T>(
    input: string,
    given: string[],
    parse: (text: string) => { target: T } | { fault: string },
  ) =>
    given.flatMap((text) => {
      const parsed = parse(text);
      if ('target' in parsed) return [parsed.target];
      faults.push(`input \`${input}\` = '${text}' ${parsed.fault}`);
      return [];
    });
  const targets = {
    register: read('register', inputs.register, parseRegister),
    promote: read('promote', inputs.promote, parsePromote),
    track: read('track', inputs.track, parseTrack),
  };
  return { targets, faults };
}

export function namesAny(targets: RegistryTargets): boolean {
  return targets.register.length + targets.promote.length + targets.track.length > 0;
}
