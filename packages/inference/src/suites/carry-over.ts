/**
 * promptfoo's configuration files as suites. Keys that say how promptfoo runs, not what an answer must be, are left out
 * and named; keys that change a verdict are refused by the check that follows.
 */
import { isMap } from './files.ts';

export interface Notice {
  path: (string | number)[];
  message: string;
}

/** At the top of a file. */
const TOP: Readonly<Record<string, string>> = {
  providers: 'the server under test is asked instead',
  targets: 'the server under test is asked instead',
  outputPath: 'use the input `results`',
  sharing: '',
  evaluateOptions: 'use the inputs `concurrency`, `repeats` and `load`',
  commandLineOptions: 'use the inputs of the action',
  env: 'set the environment of the step',
  tags: 'use `metadata.tags` of the tests',
  writeLatestResults: '',
  tracing: '',
  metadata: '',
};
/** In a test, its options, and an assertion: who grades. */
const GRADER = 'the input `judge-endpoint` names who grades';

/** A copy without what can't be carried over, and what that was. */
export function carryOver(value: unknown): { value: unknown; notices: Notice[] } {
  if (!isMap(value)) return { value, notices: [] };
  const notices: Notice[] = [];
  const leaveOut = (
    map: Record<string, unknown>,
    known: Readonly<Record<string, string>>,
    path: Notice['path'],
  ): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(map).filter(([key]) => {
        if (!Object.hasOwn(known, key)) return true;
        const why = known[key] ?? '';
        notices.push({
          path: [...path, key],
          message: `'${key}' is not carried over${why === '' ? '' : `: ${why}`}`,
        });
        return false;
      }),
    );
  const asAssertion = (entry: unknown, path: Notice['path']): unknown => {
    if (!isMap(entry)) return entry;
    const kept = leaveOut(entry, { provider: GRADER }, path);
    return Array.isArray(kept['assert'])
      ? { ...kept, assert: asList(kept['assert'], [...path, 'assert'], asAssertion) }
      : kept;
  };
  const asTest = (entry: unknown, path: Notice['path']): unknown => {
    if (!isMap(entry)) return entry;
    const kept = { ...entry };
    if (Array.isArray(kept['assert']))
      kept['assert'] = asList(kept['assert'], [...path, 'assert'], asAssertion);
    if (isMap(kept['options']))
      kept['options'] = leaveOut(kept['options'], { provider: GRADER }, [...path, 'options']);
    return kept;
  };
  const suite = leaveOut(value, TOP, []);
  if (typeof suite['prompts'] === 'string') suite['prompts'] = [suite['prompts']];
  if (typeof suite['tests'] === 'string') suite['tests'] = [suite['tests']];
  if (Array.isArray(suite['tests'])) suite['tests'] = asList(suite['tests'], ['tests'], asTest);
  if (isMap(suite['defaultTest'])) suite['defaultTest'] = asTest(suite['defaultTest'], ['defaultTest']);
  return { value: suite, notices };
}

function asList(
  list: readonly unknown[],
  path: Notice['path'],
  change: (entry: unknown, path: Notice['path']) => unknown,
): unknown[] {
  return list.map((entry, at) => change(entry, [...path, at]));
}
