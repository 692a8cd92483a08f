/** What decides beside the shares which version a request goes to: a mark on it, or who sends it. Pure. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Arrangement, RequestMark, Sticky } from './types.ts';

/** Names the version that its user was given, and the split that gave it: an older split's says nothing. */
export const SPLIT_COOKIE = 'sluice-split';
const COOKIE_DAYS = 30;

export function isMarked(headers: IncomingHttpHeaders, mark: RequestMark): boolean {
  return 'header' in mark
    ? headers[mark.header.toLowerCase()] === mark.value
    : cookieOf(headers, mark.cookie) === mark.value;
}

/** What a split knows of the user who sends a request. */
export interface User {
  /** The version that he was given before. */
  version?: string;
  /** His place among all users, 0 to 1: the same at every request. */
  point?: number;
  /** Tells him from others, where he can be told. */
  key?: number;
  /** He hasn't been given one: the answer tells him by a cookie. */
  isNew: boolean;
}

/** @param split names it, so that what a user was given by another one isn't taken for this one's */
export function userOf(headers: IncomingHttpHeaders, sticky: Sticky, split: string): User {
  if (sticky.by === 'own-cookie') {
    const [of, version] = splitOnce(cookieOf(headers, SPLIT_COOKIE) ?? '', '.');
    return of === split && version !== '' ? { version, isNew: false } : { isNew: true };
  }
  const value = sticky.by === 'cookie' ? cookieOf(headers, sticky.name) : headers[sticky.name.toLowerCase()];
  if (value === undefined || value === '') return { isNew: false };
  const hash = createHash('sha256')
    .update(`${split}\n${String(value)}`)
    .digest();
  return { point: hash.readUInt32BE(0) / 2 ** 32, key: hash.readUIntBE(4, 6), isNew: false };
}

/** The header by which a new user is told his version. */
export function splitCookie(split: string, version: string): string {
  const value = `${split}.${encodeURIComponent(version)}`;
  return `${SPLIT_COOKIE}=${value}; Path=/; Max-Age=${COOKIE_DAYS * 86_400}; HttpOnly; SameSite=Lax`;
}

function cookieOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  for (const part of (headers.cookie ?? '').split(';')) {
    const [key, value] = splitOnce(part.trim(), '=');
    if (key === name) return decoded(value);
  }
  return undefined;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const USERS_KEPT = 500_000;

/** How many users each version has answered since the split began. */
export class UserCount {
  #users: Record<string, number> = {};
  readonly #seen = new Set<number>();
  #split = '';

  get users(): Readonly<Record<string, number>> {
    return this.#users;
  }

  /** One whose answer has come; a new one of our own cookie is counted once, because he is new once. */
  answered(split: string, version: string, user: User): void {
    if (split !== this.#split) {
      this.#split = split;
      this.#seen.clear();
      this.#users = {};
    }
    if (user.key === undefined && !user.isNew) return;
    if (user.key !== undefined) {
      if (this.#seen.has(user.key) || this.#seen.size >= USERS_KEPT) return;
      this.#seen.add(user.key);
    }
    this.#users[version] = (this.#users[version] ?? 0) + 1;
  }
}

/** The version that a request is meant for, whatever the shares say; undefined: the shares decide. */
export function meantFor(
  headers: IncomingHttpHeaders,
  { version, mark }: Arrangement,
  user: User | undefined,
): string | undefined {
  if (mark !== undefined && isMarked(headers, mark)) return version;
  return user?.version;
}
