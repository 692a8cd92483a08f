/** Expressions of templates: a small part of Nunjucks's. Nothing in them runs code. */

export type Scope = Readonly<Record<string, unknown>>;

type Filter = (value: unknown, ...args: unknown[]) => unknown;

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const list = (value: unknown): unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : Array.from(text(value));

const FILTERS: Readonly<Record<string, Filter>> = {
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  trim: (value) => text(value).trim(),
  capitalize: (value) => text(value).charAt(0).toUpperCase() + text(value).slice(1).toLowerCase(),
  length: (value) => list(value).length,
  first: (value) => list(value)[0],
  last: (value) => list(value).at(-1),
  join: (value, separator = '') => list(value).map(text).join(text(separator)),
  replace: (value, from = '', to = '') => text(value).replaceAll(text(from), () => text(to)),
  default: (value, other) => value ?? other,
  dump: (value) => JSON.stringify(value),
  tojson: (value) => JSON.stringify(value),
  int: (value) => Math.trunc(Number(value)),
  string: text,
  safe: (value) => value,
};

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\d+(?:\.\d+)?)|([A-Za-z_][\w-]*)|(==|!=|>=|<=|[<>|.,()[\]]))/y;

type Token = { kind: 'text' | 'number' | 'name' | 'sign'; text: string };

/** The value of an expression; undefined for a variable that isn't there. Throws on what it doesn't understand. */
export function evaluate(expression: string, scope: Scope): unknown {
  const reader = new Reader(tokenize(expression), scope);
  const value = reader.or();
  reader.end();
  return value;
}

function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  const source = expression.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw new Error(`'${source.slice(at, at + 20)}' is not understood`);
    const [, quoted, digits, name, sign = ''] = match;
    if (quoted !== undefined)
      tokens.push({ kind: 'text', text: quoted.slice(1, -1).replace(/\\n/g, '\n').replace(/\\(.)/g, '$1') });
    else if (digits !== undefined) tokens.push({ kind: 'number', text: digits });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

const COMPARISONS: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '==': (a, b) => a === b || (a !== undefined && b !== undefined && String(a) === String(b)),
  '!=': (a, b) => !(a === b || String(a) === String(b)),
  '>': (a, b) => Number(a) > Number(b),
  '<': (a, b) => Number(a) < Number(b),
  '>=': (a, b) => Number(a) >= Number(b),
  '<=': (a, b) => Number(a) <= Number(b),
};

const LITERALS: Readonly<Record<string, unknown>> = { true: true, false: false, none: null, null: null };

class Reader {
  readonly #tokens: Token[];
  readonly #scope: Scope;
  #at = 0;

  constructor(tokens: Token[], scope: Scope) {
    this.#tokens = tokens;
    this.#scope = scope;
  }

  end(): void {
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new Error(`'${rest.text}' is not understood here`);
  }

  or(): unknown {
    let value = this.#and();
    while (this.#takeName('or')) {
      const right = this.#and();
      value = isTrue(value) ? value : right;
    }
    return value;
  }

  #and(): unknown {
    let value = this.#not();
    while (this.#takeName('and')) {
      const right = this.#not();
      value = isTrue(value) ? right : value;
    }
    return value;
  }

  #not(): unknown {
    return this.#takeName('not') ? !isTrue(this.#not()) : this.#comparison();
  }

  #comparison(): unknown {
    const left = this.#filtered();
    if (this.#takeName('in')) {
      const where = this.#filtered();
      return typeof where === 'string' ? where.includes(text(left)) : list(where ?? []).includes(left);
    }
    const token = this.#tokens[this.#at];
    const compare = token?.kind === 'sign' ? COMPARISONS[token.text] : undefined;
    if (compare === undefined) return left;
    this.#at += 1;
    return compare(left, this.#filtered());
  }

  #filtered(): unknown {
    let value = this.#primary();
    while (this.#take('|')) {
      const name = this.#name();
      const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
      if (filter === undefined)
        throw new Error(`there is no filter '${name}'; known are ${Object.keys(FILTERS).join(', ')}`);
      const args = this.#take('(') ? this.#arguments() : [];
      value = value === undefined && name !== 'default' ? undefined : filter(value, ...args);
    }
    return value;
  }

  #arguments(): unknown[] {
    const args: unknown[] = [];
    if (this.#take(')')) return args;
    do args.push(this.or());
    while (this.#take(','));
    this.#expect(')');
    return args;
  }

  #primary(): unknown {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.kind === 'text') return token.text;
    if (token?.kind === 'number') return Number(token.text);
    if (token?.kind === 'sign' && token.text === '(') {
      const value = this.or();
      this.#expect(')');
      return value;
    }
    if (token?.kind !== 'name')
      throw new Error(
        token === undefined ? 'something is missing' : `'${token.text}' is not understood here`,
      );
    if (Object.hasOwn(LITERALS, token.text) && !Object.hasOwn(this.#scope, token.text))
      return LITERALS[token.text];
    return this.#members(own(this.#scope, token.text));
  }

  #members(start: unknown): unknown {
    let value = start;
    for (;;) {
      if (this.#take('.')) value = own(value, this.#part());
      else if (this.#take('[')) {
        value = own(value, String(this.or()));
        this.#expect(']');
      } else return value;
    }
  }

  #part(): string {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.kind === 'name' || token?.kind === 'number') return token.text;
    throw new Error('a name is missing after the dot');
  }

  #name(): string {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.kind !== 'name') throw new Error('the name of a filter is missing');
    return token.text;
  }

  #takeName(name: string): boolean {
    const token = this.#tokens[this.#at];
    const isIt = token?.kind === 'name' && token.text === name && !Object.hasOwn(this.#scope, name);
    if (isIt) this.#at += 1;
    return isIt;
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#at];
    const isIt = token?.kind === 'sign' && token.text === sign;
    if (isIt) this.#at += 1;
    return isIt;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw new Error(`'${sign}' is missing`);
  }
}

/** Own members only: a template reaches no prototype. */
function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** As Nunjucks, and Python's own: empty lists are true in JavaScript, but nobody means that. */
export function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
