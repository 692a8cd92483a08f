/** The systemd unit that `operation: status` prints: with it a service comes back after a reboot by itself. */
import { hostLayout } from './layout.ts';

export interface UnitFileOptions {
  stateDir: string;
  service: string;
  listen: string;
  /** The installed copy (`HostStatus.supervisor.bundle`), not the action's folder. */
  bundle: string;
  /** The copy of Node that belongs to the service; default: this process's Node. */
  node?: string;
  user: string;
}

/**
 * Text for `/etc/systemd/system/sluice-<service>.service`. KillMode=process leaves the model servers alive
 * when the supervisor dies, so that the next one adopts them; an orderly stop ends them itself.
 */
export function unitFile(options: UnitFileOptions): string {
  const { stateDir, service } = hostLayout(options.stateDir, options.service);
  const command = [
    options.node ?? process.execPath,
    options.bundle,
    '--role=host-supervisor',
    `--state-dir=${stateDir}`,
    `--service=${service}`,
    `--listen=${options.listen}`,
  ];
  return `[Unit]
Description=Sluice model service ${service}
After=network-online.target
Wants=network-online.target

[Service]
User=${options.user}
WorkingDirectory=/
ExecStart=${command.map(quote).join(' ')}
Restart=on-failure
RestartSec=1
KillMode=process
TimeoutStopSec=120
UMask=0077

[Install]
WantedBy=multi-user.target
`;
}

/** systemd.service(5), COMMAND LINES: quotes and C escapes; % and $ stand for themselves when doubled. */
function quote(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w@%+=:,./$-]+$/.test(plain)) return plain;
  return `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
