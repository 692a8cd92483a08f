/** What people see of a workload: which versions, their shares, and who drives. */
import type { KubeTarget } from '@sluice/rollout/kubernetes/kube-target';
import { isUnderWay } from '@sluice/rollout/begin';
import { ownerText } from '@sluice/rollout/owner';
import { percent } from '@sluice/rollout/steps';
import { codeSpan, raw, table } from '@sluice/report/markdown';
import type { ActionResult } from '@sluice/runtime/action';

export async function tellStatus(name: string, target: KubeTarget): Promise<ActionResult> {
  const { stable, canary, versions, rollout, history, quarantine } = await target.status();
  const reasons = [
    `${name}: ${stable ?? 'nothing'} is stable${canary === null ? '' : `, ${canary} is the canary`}`,
  ];
  if (rollout !== null && isUnderWay(rollout)) {
    const { owner } = rollout;
    const driven = owner !== null && (await target.isDriving(owner));
    const how = driven
      ? `driven by ${ownerText(owner)}`
      : `${rollout.reason === '' ? 'its driver is gone' : rollout.reason}; deploy it again to go on, or use \`operation: promote\` or \`abort\``;
    reasons.push(
      `a rollout of ${rollout.to} is in phase ${rollout.phase}, step ${rollout.stepIndex + 1}: ${how}`,
    );
  }
  for (const { at, event, version, reason } of history.slice(-3))
    reasons.push(`${new Date(at).toISOString()} ${event} ${version}${reason === '' ? '' : `: ${reason}`}`);
  for (const { releaseDigest, reason } of quarantine) reasons.push(`quarantined ${releaseDigest}: ${reason}`);
  const rows = versions.map(({ version, track, phase, weight, releaseDigest }) => [
    raw(codeSpan(version)),
    track,
    phase,
    percent(weight),
    raw(codeSpan(releaseDigest)),
  ]);
  return {
    verdict: 'pass',
    reasons,
    outputs: {
      stable: stable ?? '',
      canary: canary ?? '',
      weight: String(versions.find(({ track }) => track === 'canary')?.weight ?? 0),
    },
    summary: table(['version', 'track', 'phase', 'share', 'release'], rows),
  };
}
