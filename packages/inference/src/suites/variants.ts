/** Lists in `vars` make a test of each of their values. */
import type { SuiteTest, Vars } from './types.ts';

/** promptfoo's name for what was said before; one conversation, not several tests. */
const CONVERSATION = '_conversation';

/** The variables that make a test of each of their values. */
export function listsOf({ vars = {}, options }: SuiteTest): [string, unknown[]][] {
  if (options?.disableVarExpansion === true) return [];
  return Object.entries(vars).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[0] !== CONVERSATION,
  );
}

/** As promptfoo: lists of values are multiplied out. */
export function expandVars(test: SuiteTest): Vars[] {
  return listsOf(test).reduce<Vars[]>(
    (variants, [name, values]) =>
      variants.flatMap((variant) => values.map((one) => ({ ...variant, [name]: one as Vars[string] }))),
    [{ ...test.vars }],
  );
}

export function describeVars(chosen: Vars, vars: Vars): string {
  return Object.entries(chosen)
    .filter(([name]) => Array.isArray(vars[name]) && name !== CONVERSATION)
    .map(
      ([name, value]) =>
        `${name}: ${(typeof value === 'object' ? JSON.stringify(value) : String(value)).slice(0, 60)}`,
    )
    .join(', ');
}
