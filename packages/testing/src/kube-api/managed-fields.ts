/**
 * Who owns which field (structured-merge-diff's FieldsV1), for server-side apply: pure. Owners are kept as sets of paths to
 * leaves; lists of the built-in kinds are told apart by their keys, all others are one value.
 */
import { isDeepStrictEqual } from 'node:util';
import { Refused } from './answers.ts';
import { copy } from './copy.ts';
import { isFields, mergeKeyOf, type Fields } from './patches.ts';

export interface Managed {
  manager: string;
  operation: 'Apply' | 'Update';
  subresource?: string;
  fieldsV1: Fields;
}

/** Path of a leaf (`f:spec`, `f:replicas`) as JSON, and its value. */
type Leaves = Map<string, unknown>;

const UNOWNED = new Set([
  'apiVersion',
  'kind',
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'managedFields',
]);

export function leavesOf(object: Fields, custom: boolean): Leaves {
  const leaves: Leaves = new Map();
  walk(object, [], custom, leaves, '');
  return leaves;
}

function walk(value: unknown, path: string[], custom: boolean, leaves: Leaves, field: string): void {
  if (isFields(value) && Object.keys(value).length > 0) {
    for (const [key, item] of Object.entries(value)) {
      const inMeta = path.length === 0 || (path.length === 1 && path[0] === 'f:metadata');
      if (!(inMeta && UNOWNED.has(key))) walk(item, [...path, `f:${key}`], custom, leaves, key);
    }
    return;
  }
  const list = Array.isArray(value) ? (value as unknown[]) : [];
  const key = custom && path[0] !== 'f:metadata' ? undefined : mergeKeyOf(field, list);
  if (list.length > 0 && key !== undefined) {
    for (const item of list as Fields[])
      walk(item, [...path, `k:${JSON.stringify({ [key]: item[key] })}`], custom, leaves, '');
    return;
  }
  leaves.set(JSON.stringify(path), value);
}

export function toFieldsV1(paths: Iterable<string>): Fields {
  const root: Fields = {};
  for (const text of paths) {
    let at = root;
    for (const part of JSON.parse(text) as string[]) {
      at[part] ??= {};
      at = at[part] as Fields;
    }
  }
  return root;
}

export function pathsOf(fields: Fields, path: string[] = []): string[] {
  const entries = Object.entries(fields).filter(([key]) => key !== '.');
  if (entries.length === 0) return path.length === 0 ? [] : [JSON.stringify(path)];
  return entries.flatMap(([key, value]) => pathsOf(value as Fields, [...path, key]));
}

/** An update owns what it changed, and takes it from the others. */
export function afterUpdate(
  managed: readonly Managed[],
  by: { manager: string; subresource?: string | undefined },
  before: Leaves,
  now: Leaves,
): Managed[] {
  const changed = [...now]
    .filter(([path, value]) => !isDeepStrictEqual(before.get(path), value))
    .map(([path]) => path);
  return settle(managed, { ...by, operation: 'Update' }, changed, now);
}

/** Entries without what has gone or was taken; `paths` are added to the one who wrote. */
function settle(
  managed: readonly Managed[],
  by: { manager: string; operation: 'Apply' | 'Update'; subresource?: string | undefined },
  paths: readonly string[],
  now: Leaves,
): Managed[] {
  const taken = new Set(paths);
  const same = (entry: Managed): boolean =>
    entry.manager === by.manager && entry.operation === by.operation && entry.subresource === by.subresource;
  const others = managed.map((entry) => ({
    ...entry,
    fieldsV1: toFieldsV1(
      pathsOf(entry.fieldsV1).filter((path) => now.has(path) && (same(entry) || !taken.has(path))),
    ),
  }));
  const own = others.find(same);
  const all = new Set([...(own === undefined ? [] : pathsOf(own.fieldsV1)), ...paths]);
  const { manager, operation, subresource } = by;
  const entry: Managed = {
    manager,
    operation,
    ...(subresource === undefined ? {} : { subresource }),
    fieldsV1: toFieldsV1(all),
  };
  const kept = others.filter((other) => !same(other) && Object.keys(other.fieldsV1).length > 0);
  return all.size === 0 ? kept : [...kept, entry];
}

/**
 * The object and its owners after an apply of `config` by `manager`.
 * @throws Refused 409 FieldManagerConflict, unless forced
 */
export function applied(
  live: Fields | undefined,
  managed: readonly Managed[],
  config: Fields,
  options: { manager: string; force: boolean; custom: boolean; name: string },
): { object: Fields; managed: Managed[] } {
  const wanted = leavesOf(config, options.custom);
  const current = live === undefined ? new Map<string, unknown>() : leavesOf(live, options.custom);
  const own = managed.find(({ manager, operation }) => manager === options.manager && operation === 'Apply');
  const others = managed.filter((entry) => entry !== own);
  const differing = [...wanted].filter(
    ([path, value]) => current.has(path) && !isDeepStrictEqual(current.get(path), value),
  );
  const causes = differing.flatMap(([path]) =>
    others
      .filter((entry) => pathsOf(entry.fieldsV1).includes(path))
      .map(({ manager }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with "${manager}" using v1`,
        field: shown(path),
      })),
  );
  if (causes.length > 0 && !options.force) {
    const words = causes.map(({ message, field }) => `${message}: ${field}`).join('\n');
    throw new Refused(
      409,
      'Conflict',
      `Apply failed with ${causes.length} conflict${causes.length > 1 ? 's' : ''}: ${words}`,
      {
        causes,
      },
    );
  }
  const held = new Set(others.flatMap((entry) => pathsOf(entry.fieldsV1)));
  const given =
    own === undefined ? [] : pathsOf(own.fieldsV1).filter((path) => !wanted.has(path) && !held.has(path));
  const object = copy(live ?? {});
  for (const path of given.map((text) => JSON.parse(text) as string[])) {
    const item = path.slice(0, -1);
    const prefix = JSON.stringify(item).slice(0, -1);
    // An item goes whole, with its defaults, when nobody else has a field of it.
    const whole =
      item.at(-1)?.startsWith('k:') === true &&
      isKey(path) &&
      ![...held].some((other) => other.startsWith(prefix));
    removeAt(object, path, whole);
  }
  for (const [path, value] of wanted) setAt(object, JSON.parse(path) as string[], copy(value));
  const taken = new Set(differing.map(([path]) => path));
  const rest = others.map((entry) => ({
    ...entry,
    fieldsV1: toFieldsV1(pathsOf(entry.fieldsV1).filter((path) => !taken.has(path))),
  }));
  const entry: Managed = {
    manager: options.manager,
    operation: 'Apply',
    fieldsV1: toFieldsV1(wanted.keys()),
  };
  return { object, managed: [...rest.filter(({ fieldsV1 }) => Object.keys(fieldsV1).length > 0), entry] };
}

/** `.spec.template.spec.containers[name="llm"].image`. */
function shown(path: string): string {
  return (JSON.parse(path) as string[])
    .map((part) => {
      if (part.startsWith('f:')) return `.${part.slice(2)}`;
      const [[key, value] = ['', '']] = Object.entries(JSON.parse(part.slice(2)) as Fields);
      return `[${key}=${JSON.stringify(value)}]`;
    })
    .join('');
}

function setAt(object: Fields, path: readonly string[], value: unknown): void {
  const last = path.at(-1) ?? '';
  const parent = step(object, path.slice(0, -1), path, true);
  if (isFields(parent)) parent[last.slice(2)] = value;
}

function removeAt(object: Fields, path: readonly string[], wholeItem: boolean): void {
  const item = path.slice(0, -1);
  const parent = step(object, item, path, false);
  if (!isFields(parent)) return;
  if (!wholeItem) {
    Reflect.deleteProperty(parent, (path.at(-1) ?? '').slice(2));
    return;
  }
  const list = step(object, item.slice(0, -1), item, false);
  if (Array.isArray(list)) list.splice(list.indexOf(parent), 1);
}

/** Whether a path ends in the key of its list's item. */
function isKey(path: readonly string[]): boolean {
  const item = path.at(-2) ?? '';
  const key = Object.keys(JSON.parse(item.slice(2)) as Fields)[0] ?? '';
  return path.at(-1) === `f:${key}`;
}

function step(object: Fields, path: readonly string[], whole: readonly string[], make: boolean): unknown {
  let at: unknown = object;
  for (const [index, part] of path.entries()) {
    if (part.startsWith('k:')) {
      const key = JSON.parse(part.slice(2)) as Fields;
      const list = at as Fields[];
      let item = list.find((entry) => Object.entries(key).every(([name, value]) => entry[name] === value));
      if (item === undefined && make) list.push((item = { ...key }));
      at = item;
    } else {
      if (!isFields(at)) return undefined;
      const name = part.slice(2);
      if (make) at[name] ??= whole[index + 1]?.startsWith('k:') === true ? [] : {};
      at = at[name];
    }
    if (at === undefined) return undefined;
  }
  return at;
}
