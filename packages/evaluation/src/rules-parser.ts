import { nearest } from '@sluice/runtime/input-parsers';
import { parseExpression, TokenReader } from './rules-expression.ts';
import { isQuery, parseDirection, parseQuery } from './rules-lines.ts';
import { parseTail } from './rules-tail.ts';
import { describeToken, TokenError, tokenize } from './rules-tokens.ts';
import {
  REFERENCES,
  type BarOperator,
  type CompareRule,
  type Definition,
  type Fault,
  type Margin,
  type Reference,
  type Relation,
  type Rule,
  type RuleSet,
} from './rules.ts';

const OPERATORS: readonly BarOperator[] = ['<', '<=', '>', '>=', '==', '!='];
const RELATIONS: readonly Relation[] = ['no-worse-than', 'better-than'];
/** Line prefixes of the language. */
const PREFIXES = ['warn', 'define', 'query', 'direction'];

export interface Parsed extends RuleSet {
  /** Every fault of the text, in order. Rules on faulty lines are left out of `rules`. */
  faults: Fault[];
}

/**
 * Parses rules, one a line; `#` begins a comment. Never throws: every faulty line gives one fault with line and column.
 * It knows the whole language; which parts make sense in an action (`query:` and `for … over` only where requests are live)
 * is told by `checkRules` and by the parser of live rules.
 */
export function parseRules(text: string): Parsed {
  const parsed: Parsed = { rules: [], definitions: [], queries: [], directions: [], faults: [] };
  text.split(/\r\n|\n|\r/u).forEach((line, index) => {
    try {
      parseLine(line, index + 1, parsed);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      parsed.faults.push({ position: error.at, message: error.message });
    }
  });
  return parsed;
}

/** Faults as lines for a person: `thresholds, line 2, column 10: …`. */
export function faultLines(faults: readonly Fault[], input: string): string[] {
  return faults.map(
    ({ position, message }) => `${input}, line ${position.line}, column ${position.column}: ${message}`,
  );
}

function parseLine(line: string, lineNumber: number, into: Parsed): void {
  if (isQuery(line)) {
    into.queries.push(parseQuery(line, lineNumber, into.queries));
    return;
  }
  const reader = new TokenReader(tokenize(line, lineNumber));
  if (reader.peek().kind === 'end') return;
  let warn = false;
  while (reader.peek(1).text === ':' && reader.peek().kind === 'name') {
    const prefix = reader.next();
    reader.next();
    if (!PREFIXES.includes(prefix.text)) {
      const near = nearest(prefix.text, PREFIXES);
      throw new TokenError(
        `'${prefix.text}:' isn't known${near === undefined ? '' : ` (did you mean ${near}:?)`}; a line may begin with ${PREFIXES.map((p) => `${p}:`).join(', ')} or a metric`,
        prefix.at,
      );
    }
    if (prefix.text === 'warn') {
      warn = true;
      continue;
    }
    if (warn) throw new TokenError(`'warn:' belongs to a rule, not to '${prefix.text}:'`, prefix.at);
    if (prefix.text === 'define') into.definitions.push(parseDefinition(reader, line, into.definitions));
    else into.directions.push(parseDirection(reader, into.directions));
    return;
  }
  into.rules.push(parseRule(reader, line, warn));
}

function parseDefinition(reader: TokenReader, line: string, before: readonly Definition[]): Definition {
  const name = reader.next();
  if (name.kind !== 'name')
    throw new TokenError(`define: needs a name, as in 'define: quality = 0.5*accuracy'`, name.at);
  if (isReference(name.text))
    throw new TokenError(`'${name.text}' has a meaning of its own; take another name`, name.at);
  if (before.some((other) => other.name === name.text)) {
    throw new TokenError(`'${name.text}' is defined twice`, name.at);
  }
  reader.expect('=', `after the name that is defined`);
  const expression = parseExpression(reader, { references: false, metrics: true });
  reader.expectEnd();
  return { name: name.text, expression, text: reader.textFrom(line, name), position: name.at };
}

function parseRule(reader: TokenReader, line: string, warn: boolean): Rule {
  const first = reader.peek();
  const metric = reader.metric();
  const word = reader.next();
  if (word.kind === 'end') {
    throw new TokenError(
      `'${metric.name}' is compared with nothing; write for instance '${metric.name} >= 0.9'`,
      word.at,
    );
  }
  const base = { metric, warn, position: first.at };
  const relation = RELATIONS.find((known) => known === word.text);
  if (relation !== undefined) {
    const compared = parseComparison(reader, relation);
    return { ...base, ...compared, ...parseTail(reader, metric), text: reader.textFrom(line, first) };
  }
  const operator = OPERATORS.find((known) => known === word.text);
  if (operator === undefined) {
    const near = nearest(word.text, RELATIONS);
    const expected = `expected one of ${[...OPERATORS, ...RELATIONS].join(' ')}`;
    const mend = word.text === '=' ? `write '=='` : near === undefined ? expected : `did you mean ${near}?`;
    throw new TokenError(`'${word.text}' after '${metric.name}': ${mend}`, word.at);
  }
  const bar = parseExpression(reader, { references: true, metrics: false });
  const tail = parseTail(reader, metric);
  if (tail.confidence !== undefined && (operator === '==' || operator === '!=')) {
    throw new TokenError(
      `'with' decides on a bound, which '${operator}' has none of; use < <= > or >=`,
      word.at,
    );
  }
  return { ...base, kind: 'bar', operator, bar, ...tail, text: reader.textFrom(line, first) };
}

function parseComparison(
  reader: TokenReader,
  relation: Relation,
): Pick<CompareRule, 'kind' | 'relation' | 'reference' | 'margin'> {
  const word = reader.next();
  if (!isReference(word.text) || word.kind !== 'name') {
    const near = nearest(word.text, REFERENCES);
    throw new TokenError(
      `'${relation}' is followed by ${REFERENCES.join(', ')}, not by ${describeToken(word)}${near === undefined ? '' : ` (did you mean ${near}?)`}`,
      word.at,
    );
  }
  if (reader.peek().text !== 'by') return { kind: 'compare', relation, reference: word.text };
  reader.next();
  return { kind: 'compare', relation, reference: word.text, margin: parseMargin(reader) };
}

function parseMargin(reader: TokenReader): Margin {
  const token = reader.next();
  if (token.kind !== 'number') {
    throw new TokenError(
      `'by' needs a size of 0 or more, as 1%, 1 pp or 0.01, not ${describeToken(token)}`,
      token.at,
    );
  }
  const position = token.at;
  if (reader.peek().text === 'pp') {
    const points = reader.next();
    if (token.unit !== undefined) throw new TokenError(`'${token.text} pp': one unit is enough`, points.at);
    return { kind: 'points', value: token.value / 100, position };
  }
  if (token.unit === '%') return { kind: 'percent', value: token.value / 100, position };
  return {
    kind: 'absolute',
    value: token.value,
    ...(token.unit === undefined ? {} : { unit: token.unit }),
    position,
  };
}

function isReference(text: string): text is Reference {
  return (REFERENCES as readonly string[]).includes(text);
}
