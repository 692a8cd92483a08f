/** What one request is to a handler, and what a handler answers. */
import type { World } from './world.ts';

export interface Call {
  world: World;
  /** Path parameters, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
  /** The request's JSON body, valid by GitHub's schema; an empty object where there was none. */
  body: Record<string, unknown>;
  /** Whose token it is: `github-actions[bot]` for a job's, the name behind `ghp_` for a person's. */
  login: string;
  /** The address that clients reach the emulator at: links in answers start with it. */
  base: string;
}

export interface Answer {
  status: number;
  /** JSON, or nothing (204). */
  body?: unknown;
  /** The next page of a list, when there is one: told in the `link` header. */
  nextPage?: number;
}

export type Handler = (call: Call) => Answer;

/** An error as GitHub words it. */
export function refuse(status: number, message: string, errors?: unknown[]): Answer {
  return {
    status,
    body: {
      message,
      ...(errors === undefined ? {} : { errors }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(status),
    },
  };
}

export function notFound(): Answer {
  return refuse(404, 'Not Found');
}

/**
 * One page of a list, by `per_page` (30, at most 100) and `page`, as every GitHub list has them. `wrap` makes the
 * answer of lists that are objects with a total.
 */
export function listPage<T>(
  call: Call,
  items: readonly T[],
  view: (item: T) => object,
  wrap: (list: object[]) => object = (list) => list,
): Answer {
  const size = Math.min(100, Math.max(1, Number(call.query.get('per_page') ?? 30)));
  const page = Math.max(1, Number(call.query.get('page') ?? 1));
  const list = items.slice((page - 1) * size, page * size).map(view);
  return { status: 200, body: wrap(list), ...(page * size < items.length ? { nextPage: page + 1 } : {}) };
}
