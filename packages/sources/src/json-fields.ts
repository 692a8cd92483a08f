/** Typed readers of a server's or a file's values: what is odd is an error that says whose value it was. */
import { InfraError } from '@sluice/runtime/errors';

export type Fields = Record<string, unknown>;

/** @throws InfraError unless `value` is an object */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InfraError(`${what}: the answer can't be used: an object was expected`);
  return value as Fields;
}

/** @throws InfraError unless `value` is a list; absent counts as empty */
export function arrayOf(value: unknown, what: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new InfraError(`${what}: the answer can't be used: a list was expected`);
  return value as unknown[];
}

/** @throws InfraError unless `value` is a text that isn't empty */
export function textOf(value: unknown, what: string, name: string): string {
  if (typeof value !== 'string' || value === '')
    throw new InfraError(`${what}: the answer can't be used: it has no \`${name}\``);
  return value;
}

/** A byte count, as a number or in digits; null for anything else. */
export function bytesOf(value: unknown): number | null {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
