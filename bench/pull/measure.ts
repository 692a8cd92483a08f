/** Runs a command to its end and measures it: wall time, CPU of all its threads, peak resident memory. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measured {
  seconds: number;
  /** CPU seconds, user and system; children that ended are counted. */
  cpuSeconds: number;
  peakMegabytes: number;
}

const CLOCK_TICKS = 100;

/** Throws when the command fails. Linux only: it reads /proc. */
export async function measure(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Measured> {
  const started = performance.now();
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  let cpuSeconds = 0;
  let peakMegabytes = 0;
  const poll = (): void => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakMegabytes = Math.max(peakMegabytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
      cpuSeconds = Math.max(cpuSeconds, ticks / CLOCK_TICKS);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(poll, 20);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${output.slice(-2000)}`);
  return { seconds: (performance.now() - started) / 1000, cpuSeconds, peakMegabytes };
}
