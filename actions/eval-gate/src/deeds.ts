/** What the gate does to registries once it has judged, and how that is told. */
import type { RulesDecision } from '@sluice/evaluation/decide';
import { register, track } from '@sluice/registries/open';
import type { Promoted, Registered, Subject } from '@sluice/registries/registry';
import { releaseDigest } from '@sluice/release/unit';
import type { Metric, ReleaseRecord } from '@sluice/release/record';
import { codeSpan } from '@sluice/report/markdown';
import { classifyError, describeError } from '@sluice/runtime/errors';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import type { RegistryPlan } from './registry.ts';

/** What was done, for the record and the summary. */
export interface RegistryDeeds {
  registered: Registered[];
  promoted: Promoted[];
  tracked: { target: string; run: string; changed: boolean }[];
  /** What could not be done: thrown once the record says what was. */
  failure?: unknown;
}

interface Gate {
  name: string;
  decision: RulesDecision;
  metrics: Readonly<Record<string, Metric>>;
  thresholds: string;
  record: ReleaseRecord | undefined;
  run: ActionContext['run'];
}

/** What the gate writes, the card first. */
const CARD_FILES = ['model-card.yaml', 'eval-results.json', 'release.json'];

export const NO_DEEDS: RegistryDeeds = { registered: [], promoted: [], tracked: [] };

/** After the judgement: tracks it whatever it is; registers and promotes after a pass, the promotion last. */
export async function carryOut(plan: RegistryPlan, gate: Gate): Promise<RegistryDeeds> {
  const deeds: RegistryDeeds = { registered: [], promoted: [], tracked: [] };
  const { targets, context, model, pointers } = plan;
  try {
    for (const target of targets.track)
      deeds.tracked.push({ target: target.given, ...(await track(target, trackedOf(gate), context)) });
    if (gate.decision.verdict !== 'pass' || model === undefined) return deeds;
    const subject = subjectOf(model, gate);
    for (const target of targets.register) deeds.registered.push(await register(target, subject, context));
    for (const { pointer, expected } of pointers)
      deeds.promoted.push(await pointer.promote(subject, expected));
  } catch (failure) {
    deeds.failure = failure;
  }
  return deeds;
}

/** Folders of the repository, once the card and what lies beside it are written. */
export async function publishFolders(plan: RegistryPlan, gate: Gate, deeds: RegistryDeeds): Promise<void> {
  if (gate.decision.verdict !== 'pass' || deeds.failure !== undefined) return;
  const { publishFolder } = await import('@sluice/registries/git-folder');
  try {
    for (const folder of plan.targets.folders)
      deeds.promoted.push(await publishFolder(folder, CARD_FILES, commentOf(gate), plan.context));
  } catch (failure) {
    deeds.failure = failure;
  }
}

function commentOf({ name, decision, run }: Gate): Subject['comment'] {
  return { who: run.actor, why: `gate '${name}' passed: ${decision.reasons.join('; ')}`, link: run.url };
}

function subjectOf(model: NonNullable<RegistryPlan['model']>, gate: Gate): Subject {
  const comment = commentOf(gate);
  return {
    ...model,
    description: `${model.source} at ${model.revision}; ${comment.why}`,
    tags: tagsOf(gate),
    comment,
  };
}

function tagsOf({ name, decision, record, run }: Gate): Record<string, string> {
  const tags = {
    'sluice.gate': name,
    'sluice.verdict': decision.verdict,
    'sluice.release': record === undefined ? '' : releaseDigest(record.unit),
    'sluice.commit': run.sha,
    'sluice.run': run.url,
    'sluice.by': run.actor,
  };
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''));
}

function trackedOf(gate: Gate): Parameters<typeof track>[1] {
  const { name, record, run, metrics, thresholds } = gate;
  return {
    // A new attempt of the run judges anew.
    key: [record?.id ?? '', run.id, run.attempt, name].join('/').replaceAll("'", ''),
    name: `gate ${name}`,
    metrics: Object.fromEntries(Object.entries(metrics).map(([label, { value }]) => [label, value])),
    params: { thresholds, ...(record?.model ? { model: record.model.source } : {}) },
    tags: tagsOf(gate),
  };
}

/** For the stage in the record; nothing where no registry was named. */
export function recordedDeeds(deeds: RegistryDeeds): Record<string, unknown> {
  if (deeds === NO_DEEDS) return {};
  const { failure, ...done } = deeds;
  return { registry: { ...done, ...(failure === undefined ? {} : { failure: describeError(failure) }) } };
}

/** A gate that passed and could not promote is no success: its verdict stays, its outcome is the failure's. */
export function endOf(
  decision: RulesDecision,
  deeds: RegistryDeeds,
): Pick<ActionResult, 'verdict' | 'outcome' | 'reasons'> {
  const { verdict, outcome, reasons } = decision;
  if (deeds.failure === undefined) return { verdict, outcome, reasons };
  const failed = outcome === 'success' ? classifyError(deeds.failure).outcome : outcome;
  return { verdict, outcome: failed, reasons: [...reasons, describeError(deeds.failure)] };
}

export function registryOutputs({ registered, promoted }: RegistryDeeds): Record<string, string> {
  return {
    registered: registered.map(({ address }) => address).join('\n'),
    promoted: promoted.map(({ target }) => target).join('\n'),
  };
}

/** Markdown; empty where nothing was done. */
export function renderDeeds({ registered, promoted, tracked }: RegistryDeeds): string {
  const lines = [
    ...registered.map(
      ({ address, changed }) =>
        `registered ${codeSpan(address)}${changed ? '' : ': this digest had its version already'}`,
    ),
    ...promoted.map(({ target, from, to, changed }) =>
      changed
        ? `promoted ${codeSpan(target)} from ${codeSpan(from ?? 'nothing')} to ${codeSpan(to)}`
        : `${codeSpan(target)} pointed at ${codeSpan(to)} already: nothing was changed`,
    ),
    ...tracked.map(({ target, run }) => `tracked as run ${codeSpan(run)} in ${codeSpan(target)}`),
  ];
  return lines.length === 0 ? '' : `#### Registry\n\n${lines.map((line) => `- ${line}`).join('\n')}`;
}
