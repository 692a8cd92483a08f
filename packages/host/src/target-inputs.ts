/** The target inputs of actions that only ask a target what it remembers. Pure. */

export interface TargetInputs {
  target?: string | undefined;
  service?: string | undefined;
  stateDir?: string | undefined;
}

/** Faults where an input is given that nothing would read. */
export function hostInputFaults({ target, service, stateDir }: TargetInputs): string[] {
  if (target === 'host') return [];
  const given = [
    ['service', service],
    ['state-dir', stateDir],
  ].filter(([, value]) => value !== undefined);
  return given.map(
    ([name, value]) =>
      `input \`${name}\` = ${JSON.stringify(value)} is only read with \`target: host\`; set that, or remove it`,
  );
}
