/** What `register`, `promote` and `track` name, checked before anything is opened. Pure. */
import {
  parsePromote,
  parseRegister,
  parseTrack,
  type GitTarget,
  type PromoteTarget,
  type RegisterTarget,
  type TrackTarget,
} from '@sluice/registries/targets';
import type { Inputs } from './inputs.gen.ts';

export interface RegistryTargets {
  register: RegisterTarget[];
  promote: PromoteTarget[];
  /** Folders of the repository: promoted last, when the card is written. */
  folders: GitTarget[];
  track: TrackTarget[];
}

export function readTargets(inputs: Pick<Inputs, 'register' | 'promote' | 'track' | 'modelCard'>): {
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
  const promote = read('promote', inputs.promote, parsePromote);
  const targets = {
    register: read('register', inputs.register, parseRegister),
    promote: promote.filter((target) => target.kind !== 'git'),
    folders: promote.filter((target) => target.kind === 'git'),
    track: read('track', inputs.track, parseTrack),
  };
  const card = inputs.modelCard?.replaceAll('\\', '/');
  for (const { given, folder } of targets.folders) {
    if (card?.endsWith(`/${folder}/model-card.yaml`) !== true)
      faults.push(
        `input \`promote\` = '${given}' commits the card of that folder; set \`model-card: ${folder}/model-card.yaml\``,
      );
  }
  return { targets, faults };
}

export function namesAny(targets: RegistryTargets): boolean {
  return Object.values(targets).some(({ length }) => length > 0);
}
