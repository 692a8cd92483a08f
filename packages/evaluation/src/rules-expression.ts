import { nearest } from '@sluice/runtime/input-parsers';
import { describeToken, TokenError, type Token } from './rules-tokens.ts';
import { FOLDS, REFERENCES, type Expression, type Fold, type MetricRef, type Reference } from './rules.ts';

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
      throw new TokenError(`expected '${symbol}' ${where}, found ${describeToken(token)}`, token.at);
    }
  }

  expectEnd(): void {
    const token = this.next();
    if (token.kind !== 'end') throw new TokenError(`${describeToken(token)} can't stand here`, token.at);
  }

  /** A metric's name with its bracket, or a fold over slices: `accuracy.gap(language)[strict-match]`. */
  metric(): MetricRef {
    const name = this.next();
    if (name.kind !== 'name') {
      throw new TokenError(`a rule begins with a metric's name, not with ${describeToken(name)}`, name.at);
    }
    if (!name.quoted && (REFERENCES as readonly string[]).includes(name.text)) {
      throw new TokenError(
        `'${name.text}' stands on the right side of a rule; begin with the metric's name`,
        name.at,
      );
    }
    const isCall = this.peek().kind === 'symbol' && this.peek().text === '(';
    const metric: MetricRef = isCall ? this.fold(name) : { name: name.text, position: name.at };
    const bracket = this.peek();
    if (bracket.kind !== 'selector') return metric;
    this.next();
    return { ...metric, selector: bracket.text };
  }

  /** `.gap(key)` behind a name whose last part is the fold. */
  private fold(name: Token & { kind: 'name' }): MetricRef {
    const dot = name.text.lastIndexOf('.');
    const last = name.text.slice(dot + 1);
    const fold = FOLDS.find((known): known is Fold => known === last);
    if (fold === undefined || dot < 1) {
      const near = nearest(last, FOLDS);
      const mend = `write accuracy.gap(language), .min(…) or .max(…)`;
      throw new TokenError(
        `'${name.text}(…)' isn't known${near === undefined ? '' : ` (did you mean .${near}(…)?)`}; ${mend}`,
        name.at,
      );
    }
    this.next();
    const key = this.next();
    if (key.kind !== 'name') {
      throw new TokenError(
        `.${fold}(…) needs the key of the slices, as in .${fold}(language), not ${describeToken(key)}`,
        key.at,
      );
    }
    this.expect(')', `after the key '${key.text}'`);
    return { name: name.text.slice(0, dot), over: { fold, key: key.text }, position: name.at };
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
    `expected a number${allowed.references ? ' or baseline' : ' or a metric'}, found ${describeToken(token)}`,
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
    const near = nearest(token.text, REFERENCES);
    throw new TokenError(
      `the bar may hold numbers and ${REFERENCES.join(', ')}, not '${token.text}'${near === undefined ? '' : ` (did you mean ${near}?)`}; combine metrics with 'define:'`,
      token.at,
    );
  }
  const metric = reader.metric();
  return { kind: 'metric', metric, position: token.at };
}
