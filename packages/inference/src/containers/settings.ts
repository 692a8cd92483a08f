/** What is said about a container: its environment, its GPUs, its port; checked before docker is asked anything. */

const VARIABLE = /^([A-Za-z_][A-Za-z0-9_.-]*)=(.*)$/s;

/** Lines that aren't `NAME=value`. A value may be a secret and is never shown. */
export function findEnvFaults(lines: readonly string[]): string[] {
  return lines.flatMap((line, at) =>
    VARIABLE.test(line)
      ? []
      : [`input \`env\`, line ${at + 1}: write NAME=value (a name of letters, digits and _, then '=')`],
  );
}

/** `all`, a number, or `device=0,1`, as `docker run --gpus` takes them. */
export function findGpuFaults(gpus: string | undefined): string[] {
  if (gpus === undefined || /^(?:all|[1-9]\d{0,2}|device=[\w.:-]+(?:,[\w.:-]+)*)$/.test(gpus)) return [];
  return [`input \`gpus\` = "${gpus}": write all, a number (2) or devices (device=0,1)`];
}

/** The flag's value: devices with a comma are quoted, for docker reads it as a line of CSV. */
export function gpusFlag(gpus: string): string {
  return gpus.includes(',') ? `"${gpus}"` : gpus;
}
