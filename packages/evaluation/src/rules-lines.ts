/** The lines of the language that are no rules: `query:` and `direction:`. */
import { nearest } from '@sluice/runtime/input-parsers';
import type { Direction } from './metrics-table.ts';
import type { TokenReader } from './rules-expression.ts';
import { TokenError } from './rules-tokens.ts';
import type { Declared, Position, Query } from './rules.ts';

const QUERY = /^(\s*query\s*:\s*)(.*)$/su;
const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Whether the line is a `query:`; PromQL has characters of its own, so it is recognised before it is cut into tokens. */
export function isQuery(line: string): boolean {
  return QUERY.test(line);
}

/**
 * `query: name = <PromQL>`, the rest of the line untouched.
 *
 * @throws TokenError without a name or an expression, or where a bracket or quote of it isn't closed
 */
export function parseQuery(line: string, lineNumber: number, before: readonly Query[]): Query {
  const [, prefix = '', rest = ''] = QUERY.exec(line) ?? [];
  const at = (index: number): Position => ({ line: lineNumber, column: prefix.length + index + 1 });
  const parts = /^([\p{L}_][\p{L}\p{N}_.]*)\s*=(?!=)\s*/u.exec(rest);
  const name = parts?.[1];
  if (parts === null || name === undefined) {
    throw new TokenError(`query: needs a name, as in 'query: kv_cache = max(…)'`, at(0));
  }
  if (before.some((other) => other.name === name)) throw new TokenError(`'${name}' is asked twice`, at(0));
  const promql = rest.slice(parts[0].length).trim();
  if (promql === '') throw new TokenError(`query: '${name}' has no PromQL behind the '='`, at(rest.length));
  const open = findUnclosed(promql);
  if (open !== undefined) {
    throw new TokenError(`'${promql[open]}' of the query has no counterpart`, at(parts[0].length + open));
  }
  return { name, promql, position: at(0) };
}

/** Index of the first quote or bracket without a counterpart. */
function findUnclosed(promql: string): number | undefined {
  const open: number[] = [];
  for (let i = 0; i < promql.length; i++) {
    const character = promql[i] ?? '';
    if (character === '"' || character === "'" || character === '`') {
      const start = i;
      for (i++; promql[i] !== character; i++) {
        if (promql[i] === undefined) return start;
        if (promql[i] === '\\' && character !== '`') i++;
      }
    } else if (character in CLOSES) {
      open.push(i);
    } else if (Object.values(CLOSES).includes(character)) {
      const last = open.pop();
      if (last === undefined || CLOSES[promql[last] ?? ''] !== character) return last ?? i;
    }
  }
  return open[0];
}

/** `direction: my_metric higher`, also with `=` between them. */
export function parseDirection(reader: TokenReader, before: readonly Declared[]): Declared {
  const name = reader.next();
  if (name.kind !== 'name') {
    throw new TokenError(`direction: needs a metric's name, as in 'direction: my_score higher'`, name.at);
  }
  if (before.some((other) => other.name === name.text)) {
    throw new TokenError(`the direction of '${name.text}' is told twice`, name.at);
  }
  if (reader.peek().text === '=') reader.next();
  const word = reader.next();
  const directions: readonly Direction[] = ['higher', 'lower'];
  const direction = directions.find((known) => known === word.text);
  if (direction === undefined) {
    const near = word.kind === 'end' ? undefined : nearest(word.text, directions);
    throw new TokenError(
      `which way is ${name.text} better? write 'direction: ${name.text} ${near ?? 'higher'}'${near === undefined ? ' or lower' : ''}`,
      word.at,
    );
  }
  reader.expectEnd();
  return { name: name.text, direction, position: name.at };
}
