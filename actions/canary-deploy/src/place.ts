/** Where a release goes: one folder a target. The operations know only what stands here. */
import type { DrivingSite } from '@sluice/rollout/driving-site';
import type { Ask, TargetStatus, VersionSpec } from '@sluice/rollout/target';
import type { Step } from '@sluice/rollout/steps';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import type { CheckedInputs } from './checks.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Release } from './release.ts';

export interface Place {
  readonly kind: 'host' | 'kubernetes';
  /** In records and for people: `llm`, `deployment/llm`. */
  readonly name: string;
  /** What is there before anything is touched; undefined: nothing yet. */
  before(): Promise<TargetStatus | undefined>;
  /** Names what is about to be served. Touches nothing that serves. */
  readRelease(before: TargetStatus | undefined): Promise<Release>;
  /** What would be done, a line each. @throws GateError where there is no room for it */
  plan(release: Release, before: TargetStatus | undefined, steps: readonly Step[]): Promise<string[]>;
  /** From here on things are touched. */
  begin(): Promise<Site>;
  /** For an operation on what is there already; undefined: nothing is. */
  find(): Promise<Site | undefined>;
  /** `find` found nothing: the result, or the error, of this operation. */
  nothingThere(): Promise<ActionResult>;
  tellStatus(): Promise<ActionResult>;
  remove(): Promise<ActionResult>;
}

/** A place that is open, with what a deploy needs of it. */
export interface Site extends DrivingSite {
  /** How the version is brought up from there; with the things it needs laid down. */
  install(spec: VersionSpec): Promise<VersionSpec>;
  /** For people: where a request with this mark (`header x-preview: true`) meets the new version. */
  previewOf(mark: string): Promise<string>;
  /** Asks as users do; undefined where the place doesn't tell their address. */
  publicRoute(): Promise<Ask | undefined>;
  /** It is the stable version already: waits until it serves, or says why it doesn't. */
  ensureServing(version: string): Promise<void>;
  /** What `post` needs to find this place again. */
  readonly saved: Record<string, unknown>;
}

export async function openPlace(
  inputs: Inputs,
  checked: CheckedInputs,
  context: ActionContext,
): Promise<Place> {
  if (inputs.target === 'kubernetes') {
    const { KubePlace } = await import('./kubernetes/place.ts');
    return KubePlace.open(inputs, checked, context);
  }
  const { HostPlace } = await import('./host/place.ts');
  return HostPlace.open(inputs, context);
}
