/** The registry's part of an undo: the name that the bad release was promoted by points at the good one's version again. */
import type { Comment, Pointer, Promoted, RegistryContext } from '@sluice/registries/registry';
import { openPointer } from '@sluice/registries/open';
import { parsePromote, type PromoteTarget } from '@sluice/registries/targets';
import type { ReleaseRecord } from '@sluice/release/record';
import { codeSpan, escapeMarkdown } from '@sluice/report/markdown';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError, describeError, GateError } from '@sluice/runtime/errors';

export interface PutBack {
  target: string;
  /** Where it pointed; null where that isn't known. */
  from: string | null;
  to: string | null;
  changed: boolean;
  /** Why it was left as it is; null when it points where it should. */
  left: string | null;
  /** The undo isn't whole: not a name that somebody else moved, nor one that this release never had. */
  failed: boolean;
}

export function parseRegistry(given: readonly string[]): { targets: PromoteTarget[]; faults: string[] } {
  const faults: string[] = [];
  const targets = given.flatMap((text) => {
    const parsed = parsePromote(text);
    const fault =
      'fault' in parsed
        ? parsed.fault
        : parsed.target.kind === 'git'
          ? 'is a tag of Git, which is made once and never moved'
          : undefined;
    if (fault !== undefined) faults.push(`input \`registry\` = '${text}' ${fault}`);
    return fault === undefined && 'target' in parsed && parsed.target.kind !== 'git' ? [parsed.target] : [];
  });
  return { targets, faults };
}

/** Told before anything is watched; a registry that is down now must not stop a watch. @throws ConfigError */
export async function tryRegistry(targets: readonly PromoteTarget[], context: ActionContext): Promise<void> {
  for (const target of targets) {
    try {
      await (await openPointer(target, contextOf(context))).observe();
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      context.log.warning(`\`registry\` = ${target.given} can't be asked now: ${describeError(error)}`);
    }
  }
}

/** Idempotent; never throws: what could not be done is told with what was. */
export async function putBack(
  targets: readonly PromoteTarget[],
  records: { bad: ReleaseRecord | null; good: ReleaseRecord | null },
  reason: string,
  context: ActionContext,
): Promise<PutBack[]> {
  const { actor, url } = context.run;
  const comment: Comment = { who: actor, why: `rolled back: ${reason}`, link: url };
  const done: PutBack[] = [];
  for (const target of targets) {
    try {
      done.push(
        await putOneBack(await openPointer(target, contextOf(context)), records, comment, target.given),
      );
    } catch (error) {
      const moved = error instanceof GateError;
      const left = describeError(error);
      done.push({ target: target.given, from: null, to: null, changed: false, left, failed: !moved });
    }
  }
  for (const { target, left, failed } of done)
    if (left !== null)
      context.log[failed ? 'error' : 'warning'](`\`registry\` = ${target} was left: ${left}`);
  return done;
}

async function putOneBack(
  pointer: Pointer,
  { bad, good }: { bad: ReleaseRecord | null; good: ReleaseRecord | null },
  comment: Comment,
  given: string,
): Promise<PutBack> {
  const was = promotedIn(bad, pointer.target);
  const left = (why: string): PutBack => ({
    ...{ target: given, from: null, to: null, changed: false, left: why, failed: false },
  });
  if (was === undefined)
    return left(
      'the record of the release that was undone names no promotion of it, so it is not known to point there',
    );
  // Its own version first: between the two there may have been releases that were undone as well.
  const own = promotedIn(good, pointer.target)?.to;
  if (own === undefined && was.from === null && !was.changed)
    return left(`where it pointed before ${was.to} is not known`);
  const { from, to, changed } = await pointer.restore(own ?? was.from, was.to, comment);
  return { target: given, from, to, changed, left: null, failed: false };
}

/** What the gates of this release did to the name; the promotion that moved it counts before one that found it done. */
export function promotedIn(record: ReleaseRecord | null, target: string): Promoted | undefined {
  const all = (record?.stages ?? []).flatMap(({ action, data }) => {
    const registry = data['registry'] as { promoted?: unknown } | undefined;
    const promoted = action === 'eval-gate' && Array.isArray(registry?.promoted) ? registry.promoted : [];
    return (promoted as Promoted[]).filter((each) => each.target === target && typeof each.to === 'string');
  });
  const last = all.at(-1);
  return all.findLast(({ to, changed }) => changed && to === last?.to) ?? last;
}

/** Markdown lines. */
export function describePutBack(done: readonly PutBack[]): string[] {
  return done.map(({ target, from, to, changed, left }) =>
    left === null
      ? changed
        ? `${codeSpan(target)} points at ${codeSpan(to ?? 'nothing')} again, no more at ${codeSpan(from ?? 'nothing')}.`
        : `${codeSpan(target)} pointed at ${codeSpan(to ?? 'nothing')} already.`
      : `${codeSpan(target)} was left as it is: ${escapeMarkdown(left)}`,
  );
}

function contextOf(context: ActionContext): RegistryContext {
  const { env, log, signal } = context;
  const addSecret = (value: string) => context.addSecret(value);
  return { env, log, signal, addSecret, workspace: env['GITHUB_WORKSPACE'] ?? process.cwd() };
}
