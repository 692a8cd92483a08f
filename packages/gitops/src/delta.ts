/**
 * What differs between two states of an object, field by field, so that the same can be done to a manifest that says less
 * (no defaults) or stands in another order. Pure.
 */
import { sameJson } from '@sluice/kubernetes/same-json';

/** Into an object by key, into a list by position, or to the item of this name. */
export type Step = string | number | { name: string };

export interface FieldEdit {
  path: readonly Step[];
  op: 'set' | 'remove' | 'insert';
  /** As it was; undefined: it wasn't there. */
  from?: unknown;
  /** Of `set` and `insert`. */
  to?: unknown;
}

type Fields = Record<string, unknown>;

/** The edits that make `before` into `after`. */
export function delta(before: unknown, after: unknown, path: readonly Step[] = []): FieldEdit[] {
  if (sameJson(before, after)) return [];
  if (isFields(before) && isFields(after)) return ofFields(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return ofLists(before, after, path);
  return [{ path, op: 'set', ...(before === undefined ? {} : { from: before }), to: after }];
}

function ofFields(before: Fields, after: Fields, path: readonly Step[]): FieldEdit[] {
  const edits: FieldEdit[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const from = before[key];
    const to = after[key];
    if (to === undefined && from !== undefined) edits.push({ path: [...path, key], op: 'remove', from });
    else edits.push(...delta(from, to, [...path, key]));
  }
  return edits;
}

function ofLists(before: readonly unknown[], after: readonly unknown[], path: readonly Step[]): FieldEdit[] {
  if (![...before, ...after].every(isFields)) return [{ path, op: 'set', from: before, to: after }];
  const one = before as readonly Fields[];
  const two = after as readonly Fields[];
  if (areNamed(one) && areNamed(two)) return ofNamed(one, two, path);
  if (one.length === two.length) return two.flatMap((to, index) => delta(one[index], to, [...path, index]));
  return ofLengths(one, two, path);
}

function ofNamed(before: readonly Fields[], after: readonly Fields[], path: readonly Step[]): FieldEdit[] {
  const edits: FieldEdit[] = [];
  for (const item of before)
    if (!after.some(({ name }) => name === item['name']))
      edits.push({ path: [...path, { name: String(item['name']) }], op: 'remove', from: item });
  for (const to of after) {
    const name = String(to['name']);
    const from = before.find((item) => item['name'] === name);
    if (from === undefined) edits.push({ path: [...path, { name }], op: 'insert', to });
    else edits.push(...delta(from, to, [...path, { name }]));
  }
  return edits;
}

/** Items put in, or taken out, somewhere; what else changes makes the list another one. */
function ofLengths(before: readonly Fields[], after: readonly Fields[], path: readonly Step[]): FieldEdit[] {
  const grown = after.length > before.length;
  const [less, more] = grown ? [before, after] : [after, before];
  const extra: number[] = [];
  let at = 0;
  more.forEach((item, index) => {
    if (at < less.length && sameJson(item, less[at])) at += 1;
    else extra.push(index);
  });
  if (at < less.length) return [{ path, op: 'set', from: before, to: after }];
  // From the end, where something is taken out: the positions before it stay.
  return grown
    ? extra.map((index) => ({ path: [...path, index], op: 'insert', to: after[index] }))
    : extra.reverse().map((index) => ({ path: [...path, index], op: 'remove', from: before[index] }));
}

/** Items that are told apart by their names, as containers, variables and backends are. */
export function areNamed(items: readonly unknown[]): boolean {
  const names = items.map((item) => (isFields(item) ? item['name'] : undefined));
  return names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: unknown, path: readonly Step[]): unknown {
  let now = value;
  for (const step of path) {
    if (typeof step === 'string') now = isFields(now) ? now[step] : undefined;
    else if (!Array.isArray(now)) return undefined;
    else
      now =
        typeof step === 'number'
          ? (now[step] as unknown)
          : (now as unknown[]).find((item) => isFields(item) && item['name'] === step.name);
  }
  return now;
}

/** `spec.template.spec.containers[server].image`. */
export function pathText(path: readonly Step[]): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (typeof step === 'object') return `[${step.name}]`;
      if (!/^[\w-]+$/.test(step)) return `["${step}"]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/** For a commit's message and for people. */
export function editText({ path, op, from, to }: FieldEdit): string {
  const where = pathText(path);
  if (op === 'remove') return `${where} taken out`;
  if (op === 'insert') return `${where} added`;
  return `${where} ${from === undefined ? '' : `${short(from)} -> `}${short(to)}`;
}

function short(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[…]' : '{…}';
  const text = String(value).replaceAll(/\s+/g, ' ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
