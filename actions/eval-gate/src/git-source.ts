/** The form `git:<ref>:<path or glob>`. */
import { posix } from 'node:path';

export const GIT_SOURCE = /^git:(?<ref>[^:]+):(?<pattern>.+)$/u;

/** A fault of the form, before anything is run; undefined where there is none. */
export function gitFault(source: string): string | undefined {
  const { ref, pattern } = GIT_SOURCE.exec(source)?.groups ?? {};
  if (ref === undefined || pattern === undefined)
    return `is no git source; write git:<branch, tag or commit>:<path or glob>, as git:main:baselines/*.json`;
  if (ref.startsWith('-')) return `has a ref that begins with '-'`;
  if (pattern.startsWith('/') || posix.normalize(pattern).startsWith('..'))
    return `has a path outside of the repository; paths go from its root`;
  return undefined;
}
