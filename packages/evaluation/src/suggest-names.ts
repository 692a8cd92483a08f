import { nearest } from '@sluice/runtime/input-parsers';

/** `ttft.p99` where there is `ttft_ms.p99`: the nearest names, best first, at most three. */
export function suggestNames(name: string, there: readonly string[]): string[] {
  const best = nearest(name, [...there]);
  const tail = name.split('.').at(-1) ?? name;
  const related = there.filter(
    (other) =>
      other !== best &&
      (other.endsWith(`.${tail}`) || other.startsWith(`${name}[`) || other.startsWith(`${name}.`)),
  );
  return [...(best === undefined ? [] : [best]), ...related].slice(0, 3);
}
