import { TokenError, type Token } from './rules-tokens.ts';
import { REFERENCES, type Expression, type MetricRef, type Reference } from './rules.ts';

/** A cursor over one line's tokens. */
export class TokenReader {
  private readonly tokens: readonly Token[];
  private index = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** The token `ahead` of the cursor; the end token beyond the last. */
  peek(ahead = 0): Token {
    const token = this.tokens[Math.min(this.index + ahead, this.tokens.length - 1)];
    if (token === undefined) throw new Error('a line of tokens always has its end');
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.index++;
    return token;
  }

  expect(symbol: string, where: string): void {
    const token = this.next();
    if (token.kind !== 'symbol' || token.text !== symbol) {
      throw new TokenError(`expected '${symbol}' ${where}, found ${describe(token)}`, token.at);
    }
  }

  expectEnd(): void {
    const token = this.next();
    if (token.kind !== 'end') throw new TokenError(`${describe(token)} can't stand here`, token.at);
  }

  /** A metric's name with its bracket. `name(…)` is a call such as `.gap(language)`: in the language, not built. */
  metric(): MetricRef {
    const name = this.next();
    if (name.kind !== 'name') {
      throw new TokenError(`a rule begins with a metric's name, not with ${describe(name)}`, name.at);
    }
    if (!name.quoted && (REFERENCES as readonly string[]).includes(name.text)) {
      throw new TokenError(
        `'${name.text}' stands on the right side of a rule; begin with the metric's name`,
        name.at,
      );
    }
    const next = this.peek();
    if (next.text === '(' && next.kind === 'symbol') {
      throw new TokenError(`'${name.text}(…)' is part of the language but not built yet`, name.at);
    }
    if (next.kind !== 'selector') return { name: name.text, position: name.at };
    this.next();
    return { name: name.text, selector: next.text, position: name.at };
  }

  /** The source text from a token to the end of the rule, comment cut off. */
  textFrom(line: string, first: Token): string {
    const end = this.tokens[this.tokens.length - 1];
    return line.slice(first.at.column - 1, (end?.at.column ?? line.length + 1) - 1).trim();
  }
}

export interface Allowed {
  /** `baseline`, `stable`, `parent` may stand in it. */
  references: boolean;
  /** Names of metrics may stand in it. */
  metrics: boolean;
}

/** `+ - * /` with the usual binding, brackets, a leading minus. Reads as far as the expression goes. */
export function parseExpression(reader: TokenReader, allowed: Allowed): Expression {
  let left = parseProduct(reader, allowed);
  for (;;) {
    const token = reader.peek();
    if (token.kind !== 'symbol' || (token.text !== '+' && token.text !== '-')) return left;
    reader.next();
    const right = parseProduct(reader, allowed);
    left = { kind: 'binary', operator: token.text, left, right, position: token.at };
  }
}

function parseProduct(reader: TokenReader, allowed: Allowed): Expression {
  let left = parseFactor(reader, allowed);
  for (;;) {
    const token = reader.peek();
    if (token.kind !== 'symbol' || (token.text !== '*' && token.text !== '/')) return left;
    reader.next();
    const right = parseFactor(reader, allowed);
    left = { kind: 'binary', operator: token.text, left, right, position: token.at };
  }
}

function parseFactor(reader: TokenReader, allowed: Allowed): Expression {
  const token = reader.peek();
  if (token.kind === 'symbol' && token.text === '-') {
    reader.next();
    return { kind: 'negate', of: parseFactor(reader, allowed), position: token.at };
  }
  if (token.kind === 'symbol' && token.text === '(') {
    reader.next();
    const inner = parseExpression(reader, allowed);
    reader.expect(')', `to close '(' of column ${token.at.column}`);
    return inner;
  }
  if (token.kind === 'number') {
    reader.next();
    const unit = token.unit === undefined ? {} : { unit: token.unit };
    return { kind: 'number', value: token.value, ...unit, position: token.at };
  }
  if (token.kind === 'name') return parseName(reader, token, allowed);
  throw new TokenError(
    `expected a number${allowed.references ? ' or baseline' : ' or a metric'}, found ${describe(token)}`,
    token.at,
  );
}

function parseName(reader: TokenReader, token: Token & { kind: 'name' }, allowed: Allowed): Expression {
  const reference = REFERENCES.find((known): known is Reference => known === token.text && !token.quoted);
  if (reference !== undefined) {
    if (!allowed.references) {
      throw new TokenError(`'${reference}' can't stand in a definition; use it in the rule`, token.at);
    }
    reader.next();
    return { kind: 'reference', of: reference, position: token.at };
  }
  if (!allowed.metrics) {
    throw new TokenError(
      `the bar may hold numbers and ${REFERENCES.join(', ')}, not '${token.text}'; combine metrics with 'define:'`,
      token.at,
    );
  }
  const metric = reader.metric();
  return { kind: 'metric', metric, position: token.at };
}

function describe(token: Token): string {
  return token.kind === 'end' ? token.text : `'${token.text}'`;
}
