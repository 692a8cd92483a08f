/**
 * Bodies held against what servers publish of their interfaces: `published.json` names each type's keys (`key?` may be left
 * out, `...` allows others) and the document that says so.
 */
import { expect } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Types = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

const PUBLISHED = JSON.parse(readFileSync(join(import.meta.dirname, 'published.json'), 'utf8')) as Readonly<
  Record<string, Types>
>;

/** Gives the value back when it is what the server publishes under this name; fails the test otherwise. */
export const published =
  (server: string, type: string) =>
  <T>(value: T): T => {
    expect(findFaults(server, type, value)).toEqual([]);
    return value;
  };

/** What is wrong with a value of a type; nothing when all is right. */
function findFaults(server: string, type: string, value: unknown, at = type): string[] {
  if (type === 'any') return [];
  if (type.includes('|'))
    return type.split('|').some((one) => findFaults(server, one, value).length === 0)
      ? []
      : [`${at}: no ${type}`];
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return [`${at}: no list`];
    return value.flatMap((entry, index) => findFaults(server, type.slice(0, -2), entry, `${at}[${index}]`));
  }
  const keys = PUBLISHED[server]?.[type];
  if (keys === undefined || typeof keys === 'string') return isA(type, value) ? [] : [`${at}: no ${type}`];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: no object`];
  const given = value as Record<string, unknown>;
  const known = Object.keys(keys).map((key) => key.replace(/\?$/, ''));
  return [
    ...Object.entries(keys).flatMap(([key, kind]) => {
      const name = key.replace(/\?$/, '');
      if (key === '...') return [];
      if (!(name in given)) return key.endsWith('?') ? [] : [`${at}.${name} is missing`];
      return findFaults(server, kind, given[name], `${at}.${name}`);
    }),
    ...Object.keys(given)
      .filter((key) => !known.includes(key) && !known.includes('...'))
      .map((key) => `${at}.${key} is not published`),
  ];
}

function isA(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}
