/** The small part of JSONPath (RFC 9535) that finds numbers: names, indexes, `*`, and a filter by equality. */

export type Step =
  | { kind: 'name'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'all' }
  | { kind: 'where'; path: string[]; equals: string | number | boolean };

export interface Found {
  value: unknown;
  /** Where it is, as a path of its own. */
  at: string;
}

/** Nodes more than this are no results. */
const MAX_NODES = 1_000_000;

const STEP =
  /\.(?<name>[\p{L}_][\p{L}\p{N}_-]*)|\.(?<star>\*)|\[(?:(?<all>\*)|(?<index>-?\d+)|'(?<single>[^']*)'|"(?<double>[^"]*)"|\?\(?\s*@(?<where>(?:\.[\p{L}_][\p{L}\p{N}_-]*)+)\s*==\s*(?:'(?<text>[^']*)'|"(?<text2>[^"]*)"|(?<number>-?\d+(?:\.\d+)?)|(?<truth>true|false))\s*\)?)\]/uy;

/**
 * `$.results[0]['f1-score'].value`, `$.rows[*].score`, `$.metrics[?(@.name=='acc')].value`.
 *
 * @throws Error naming the column where it stops to be such a path
 */
export function parsePath(text: string): Step[] {
  if (!text.startsWith('$'))
    throw new Error(`'${text}' is no JSONPath: it begins with $, as $.results.accuracy`);
  const steps: Step[] = [];
  for (STEP.lastIndex = 1; STEP.lastIndex < text.length;) {
    const at = STEP.lastIndex;
    const groups = STEP.exec(text)?.groups;
    if (groups === undefined)
      throw new Error(
        `'${text}' can't be read at column ${at + 1} ('${text.slice(at, at + 12)}'); known are .name, ['name'], [0], [*] and [?(@.name=='x')]`,
      );
    steps.push(toStep(groups));
  }
  return steps;
}

function toStep(groups: Partial<Record<string, string>>): Step {
  const { index, where } = groups;
  if (groups['star'] !== undefined || groups['all'] !== undefined) return { kind: 'all' };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  if (where === undefined)
    return { kind: 'name', name: groups['name'] ?? groups['single'] ?? groups['double'] ?? '' };
  const { number, truth } = groups;
  const equals =
    number !== undefined
      ? Number(number)
      : truth !== undefined
        ? truth === 'true'
        : (groups['text'] ?? groups['text2'] ?? '');
  return { kind: 'where', path: where.slice(1).split('.'), equals };
}

/** All that a path finds, in order. Only own properties count: no path reaches into prototypes. */
export function findPath(steps: readonly Step[], data: unknown): Found[] {
  let found: Found[] = [{ value: data, at: '$' }];
  for (const step of steps) {
    found = found.flatMap((node) => follow(step, node));
    if (found.length > MAX_NODES) throw new Error(`finds more than ${MAX_NODES} values`);
  }
  return found;
}

function follow(step: Step, { value, at }: Found): Found[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step.kind === 'name')
    return Object.hasOwn(value, step.name)
      ? [{ value: own(value, step.name), at: `${at}.${step.name}` }]
      : [];
  const entries = Object.entries(value as Record<string, unknown>);
  if (step.kind === 'index') {
    if (!Array.isArray(value)) return [];
    const index = step.index < 0 ? value.length + step.index : step.index;
    return index in value ? [{ value: value[index] as unknown, at: `${at}[${index}]` }] : [];
  }
  return entries
    .filter(([, inner]) => step.kind === 'all' || step.path.reduce<unknown>(own, inner) === step.equals)
    .map(([key, inner]) => ({ value: inner, at: `${at}[${key}]` }));
}

function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
