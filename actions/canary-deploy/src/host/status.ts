/** What people see of a service on a host: how it stands, that it is down, that it was removed. */
import type { HostClient } from '@sluice/host/client';
import type { HostStatus, RolloutState } from '@sluice/host/types';
import { percent } from '@sluice/rollout/steps';
import { codeBlock, raw, table, codeSpan } from '@sluice/report/markdown';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import type { HostInputs } from './inputs.ts';

export async function nothingThere(inputs: HostInputs, stateDir: string): Promise<ActionResult> {
  const where = `service \`${inputs.service}\` in ${stateDir}`;
  if (inputs.operation === 'remove') return removeLeftovers(inputs, stateDir, where);
  if (inputs.operation === 'status') return tellDead(inputs, stateDir, where);
  throw new ConfigError(
    `input \`operation\` = "${inputs.operation}": there is no running ${where}; check \`service\` and \`state-dir\``,
  );
}

/** Nobody answers: was there ever such a service, or is its supervisor dead and its users without an answer? */
async function tellDead({ service }: HostInputs, stateDir: string, where: string): Promise<ActionResult> {
  const { hostLayout } = await import('@sluice/host/layout');
  const { readStoredState } = await import('@sluice/host/state');
  const layout = hostLayout(stateDir, service);
  const state = await readStoredState(layout.state, service);
  const versions = state?.servers.map(({ spec }) => spec.version) ?? [];
  const dead =
    `${where} is DOWN: its supervisor is gone, and ${versions.join(', ')} should serve; \`operation: deploy\`, \`promote\` or ` +
    `\`abort\`, or auto-rollback, start it again; why it ended may stand in ${layout.supervisorLog}`;
  return {
    verdict: 'pass',
    reasons: [versions.length === 0 ? `there is no running ${where}` : dead],
    outputs: { stable: state?.stable ?? '', canary: state?.canary ?? '', weight: '0' },
  };
}

/** The supervisor is gone, but servers that it watched may still run. */
async function removeLeftovers(inputs: HostInputs, stateDir: string, where: string): Promise<ActionResult> {
  const { endLeftovers } = await import('@sluice/host/leftovers');
  const ended = await endLeftovers({ stateDir, service: inputs.service });
  const rest = ended.length === 0 ? '' : `; what it left behind was ended: ${ended.join(', ')}`;
  return {
    verdict: 'pass',
    reasons: [`there is no running ${where}${rest}`],
    outputs: { stable: '', canary: '', weight: '0' },
  };
}

export async function remove(
  client: HostClient,
  inputs: HostInputs,
  context: ActionContext,
): Promise<ActionResult> {
  const { servers } = await client.status();
  context.log.info(
    `ending ${servers.map((server) => server.version).join(', ') || 'no server'} and the supervisor`,
  );
  await client.shutdown();
  const reasons = [`service ${inputs.service} was removed; its history and quarantine stay on disk`];
  return { verdict: 'pass', reasons, outputs: { stable: '', canary: '', weight: '0' } };
}

/** Whether somebody is at it, or it waits for the next run. */
async function drivenBy({ owner, reason }: RolloutState): Promise<string> {
  const { isAlive } = await import('@sluice/rollout/owner');
  if (owner !== null && (await isAlive(owner)))
    return `driven by process ${owner.pid}${owner.run === '' ? '' : ` of ${owner.run}`}`;
  const held = reason === '' ? 'its driver is gone' : reason;
  return `${held}; deploy it again to go on, or use \`operation: promote\` or \`abort\``;
}

export async function tellStatus(status: HostStatus, stateDir: string): Promise<ActionResult> {
  const { unitFile } = await import('@sluice/host/unit-file');
  const { userInfo } = await import('node:os');
  const { service, listen, supervisor, stable, canary, rollout, history, quarantine, totals } = status;
  const unit = unitFile({
    stateDir,
    service,
    listen,
    bundle: supervisor.bundle,
    user: userInfo().username,
    ...(supervisor.node === undefined ? {} : { node: supervisor.node }),
  });
  const rows = status.servers.map((server) => {
    const total = totals[server.version];
    return [
      raw(codeSpan(server.version)),
      server.track,
      server.phase,
      percent(server.weight),
      server.openStreams,
      server.restarts,
      ...(total === undefined
        ? ['0', '0', '0', '0']
        : [total.requests, total.errors, total.lost, total.failovers].map(String)),
    ];
  });
  const here = new Set([...status.servers.map(({ version }) => version), 'none']);
  const gone = Object.entries(totals).filter(([version, { lost }]) => !here.has(version) && lost > 0);
  const unserved = totals['none']?.requests ?? 0;
  const underWay =
    rollout !== null && rollout.phase !== 'done' && rollout.phase !== 'aborted' ? rollout : null;
  const reasons = [
    `service ${service} on ${listen}: ${stable ?? 'nothing'} is stable${canary === null ? '' : `, ${canary} is the canary`}`,
    ...(underWay === null
      ? []
      : [
          `a rollout of ${underWay.to} is in phase ${underWay.phase}, step ${underWay.stepIndex + 1}: ${await drivenBy(underWay)}`,
        ]),
    ...status.servers
      .filter(({ phase }) => phase !== 'ready')
      .map(
        (server) => `${server.version} is ${server.phase}; its log: ${server.logFile ?? 'in the state-dir'}`,
      ),
    ...gone.map(
      ([version, { requests, lost }]) => `${version} is gone; of its ${requests} requests ${lost} were lost`,
    ),
    ...(unserved === 0 ? [] : [`${unserved} requests got 503, because no server with a weight was healthy`]),
    ...(typeof status.unsaved === 'string'
      ? [
          `${status.unsaved}: the newest changes are in memory only, and a restart would forget them; make room`,
        ]
      : []),
    ...history
      .slice(-3)
      .map(
        (entry) =>
          `${new Date(entry.at).toISOString()} ${entry.event} ${entry.version}${entry.reason === '' ? '' : `: ${entry.reason}`}`,
      ),
    ...quarantine.map((entry) => `quarantined ${entry.releaseDigest}: ${entry.reason}`),
  ];
  return {
    verdict: 'pass',
    reasons,
    outputs: {
      stable: stable ?? '',
      canary: canary ?? '',
      weight: String(status.servers.find((server) => server.version === canary)?.weight ?? 0),
    },
    summary: [
      table(
        [
          ...['version', 'track', 'phase', 'weight', 'open streams', 'restarts'],
          ...['requests', 'errors', 'lost', 'failovers'],
        ],
        rows,
      ),
      `Counted since the supervisor started (${new Date(supervisor.startedAt).toISOString()}). Lost: no complete answer although the ` +
        'client was still there; requests and streams that a server was answering when it crashed are among them, and those cut off when `drain` was over. ' +
        'Failovers: asked another server before a byte was sent, so nobody noticed.',
      'A systemd unit that brings the service back after a reboot:',
      codeBlock(unit, 'ini'),
    ].join('\n\n'),
  };
}
