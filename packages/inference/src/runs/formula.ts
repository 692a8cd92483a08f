/**
 * promptfoo's `derivedMetrics`: the part of mathjs's expressions that metrics are made of. Numbers, names, + - * / ^,
 * brackets, and functions of numbers. Nothing in them runs code.
 */

const FUNCTIONS: Readonly<Record<string, (...values: [number, ...number[]]) => number>> = {
  abs: Math.abs,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: (...values) => Math.log(values[0]) / (values.length > 1 ? Math.log(values[1] ?? NaN) : 1),
  log2: Math.log2,
  log10: Math.log10,
  min: Math.min,
  max: Math.max,
  mean: (...values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  round: (value, digits = 0) => Math.round(value * 10 ** digits) / 10 ** digits,
  floor: Math.floor,
  ceil: Math.ceil,
  pow: (base, exponent = NaN) => base ** exponent,
};

export interface Formula {
  /** Names of metrics in it. */
  names: ReadonlySet<string>;
  /** NaN or infinite where the numbers make it so (0 / 0). Throws on a name that isn't there. */
  evaluate(scope: ReadonlyMap<string, number>): number;
}

type Node = (scope: ReadonlyMap<string, number>) => number;

const TOKEN = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_][\w.]*)|([-+*/^(),]))/y;
/** Deeper brackets than any formula has. */
const MOST_DEPTH = 100;

/** Throws, naming the piece that isn't understood. */
export function parseFormula(text: string): Formula {
  const reader = new Reader(text);
  const node = reader.sum();
  reader.end();
  return { names: reader.names, evaluate: node };
}

class Reader {
  readonly names = new Set<string>();
  readonly #tokens: { text: string; kind: 'number' | 'name' | 'sign' }[] = [];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    const source = text.trimEnd();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < source.length) {
      const at = TOKEN.lastIndex;
      const match = TOKEN.exec(source);
      if (match === null) throw new Error(`'${source.slice(at, at + 20).trim()}' is not understood`);
      const [, digits, name, sign = ''] = match;
      if (digits !== undefined) this.#tokens.push({ kind: 'number', text: digits });
      else if (name !== undefined) this.#tokens.push({ kind: 'name', text: name });
      else this.#tokens.push({ kind: 'sign', text: sign });
    }
  }

  end(): void {
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new Error(`'${rest.text}' is not understood here`);
  }

  sum(): Node {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw new Error('its brackets are too deep');
    let left = this.#product();
    for (let sign = this.#take('+', '-'); sign !== undefined; sign = this.#take('+', '-')) {
      const [a, b, isSum] = [left, this.#product(), sign === '+'];
      left = (scope) => (isSum ? a(scope) + b(scope) : a(scope) - b(scope));
    }
    this.#depth -= 1;
    return left;
  }

  #product(): Node {
    let left = this.#signed();
    for (let sign = this.#take('*', '/'); sign !== undefined; sign = this.#take('*', '/')) {
      const [a, b, isProduct] = [left, this.#signed(), sign === '*'];
      left = (scope) => (isProduct ? a(scope) * b(scope) : a(scope) / b(scope));
    }
    return left;
  }

  /** -2^2 is -4, and 2^-1 a half. */
  #signed(): Node {
    let isNegative = false;
    for (let sign = this.#take('+', '-'); sign !== undefined; sign = this.#take('+', '-'))
      if (sign === '-') isNegative = !isNegative;
    const value = this.#power();
    return isNegative ? (scope) => -value(scope) : value;
  }

  #power(): Node {
    const base = this.#primary();
    if (this.#take('^') === undefined) return base;
    const exponent = this.#signed();
    return (scope) => base(scope) ** exponent(scope);
  }

  #primary(): Node {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.kind === 'number') {
      const value = Number(token.text);
      return () => value;
    }
    if (token?.kind === 'name')
      return this.#take('(') === undefined ? this.#metric(token.text) : this.#call(token.text);
    if (token?.text !== '(')
      throw new Error(
        token === undefined ? 'something is missing at its end' : `'${token.text}' is not understood here`,
      );
    const inner = this.sum();
    this.#expect(')');
    return inner;
  }

  #metric(name: string): Node {
    this.names.add(name);
    return (scope) => {
      const value = scope.get(name);
      if (value === undefined) throw new Error(`there is no metric '${name}'`);
      return value;
    };
  }

  #call(name: string): Node {
    const work = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (work === undefined)
      throw new Error(`there is no function '${name}'; known are ${Object.keys(FUNCTIONS).join(', ')}`);
    const values: [Node, ...Node[]] = [this.sum()];
    while (this.#take(',') !== undefined) values.push(this.sum());
    this.#expect(')');
    const [first, ...others] = values;
    return (scope) => work(first(scope), ...others.map((value) => value(scope)));
  }

  #take(...signs: string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || !signs.includes(token.text)) return undefined;
    this.#at += 1;
    return token.text;
  }

  #expect(sign: string): void {
    if (this.#take(sign) === undefined) throw new Error(`'${sign}' is missing`);
  }
}
