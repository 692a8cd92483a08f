/** A part of JSONPath (RFC 9535): names, quoted names, indexes also from the end, and `*` for all. */

const STEP = /\.([A-Za-z_][\w-]*|\*)|\[(-?\d+|\*|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]/y;

export type JsonPath = readonly (string | number)[];

/** Undefined when it is no path of this part. */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith('$')) return undefined;
  const steps: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (match === null) return undefined;
    const [, name, inside = ''] = match;
    if (name !== undefined) steps.push(name);
    else if (/^-?\d+$/.test(inside)) steps.push(Number(inside));
    else steps.push(inside === '*' ? '*' : inside.slice(1, -1).replace(/\\(.)/g, '$1'));
  }
  return steps;
}

/** Every value that the path leads to. */
export function followPath(value: unknown, path: JsonPath): unknown[] {
  return path.reduce<unknown[]>((values, step) => values.flatMap((one) => stepInto(one, step)), [value]);
}

function stepInto(value: unknown, step: string | number): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === '*') return Object.values(value);
  if (Array.isArray(value)) {
    const found: unknown = typeof step === 'number' ? value.at(step) : undefined;
    return found === undefined ? [] : [found];
  }
  const name = String(step);
  return Object.hasOwn(value, name) ? [(value as Record<string, unknown>)[name]] : [];
}
