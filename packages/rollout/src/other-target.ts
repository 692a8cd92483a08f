/** Inputs that mean something to another target only. */

/** A fault for each that is given: what nothing reads is never ignored. */
export function strangers<I extends object>(
  inputs: I,
  names: readonly (keyof I & string)[],
  theirs: string,
  ours: string,
): string[] {
  return given(inputs, names).map(
    (input) =>
      `input \`${input}\` belongs to \`target: ${theirs}\`, and this is \`target: ${ours}\`; leave it out, or change \`target\``,
  );
}

/** A fault for each that is given, though only `by` (`apply: gitops`) reads it. */
export function unread<I extends object>(
  inputs: I,
  names: readonly (keyof I & string)[],
  by: string,
): string[] {
  return given(inputs, names).map(
    (input) => `input \`${input}\` is read with \`${by}\` only; give that too, or leave it out`,
  );
}

function given<I extends object>(inputs: I, names: readonly (keyof I & string)[]): string[] {
  return names
    .filter((name) => {
      const value: unknown = inputs[name];
      return value !== undefined && !(Array.isArray(value) && value.length === 0);
    })
    .map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
}
