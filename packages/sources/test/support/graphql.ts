/**
 * As much of GraphQL as a test server needs: one operation with variables and fragments, run over plain values. A field that
 * the values don't have is refused, as a real server's schema would; functions are fields with arguments.
 */

export type Arguments = Record<string, unknown>;
/** A field's value, or what makes it from its arguments. */
export type Resolver = unknown;

interface Selection {
  name: string;
  key: string;
  args: [string, string][];
  include: string | undefined;
  below: Selection[] | undefined;
}

/** `{data}` or `{errors}`, as it is sent. */
export function execute(
  text: string,
  variables: Arguments,
  root: Record<string, Resolver>,
): Record<string, unknown> {
  try {
    const document = new Parser(text);
    const { selections, defaults } = document.parse();
    return { data: select(selections, root, { ...defaults, ...variables }) };
  } catch (error) {
    return { errors: [{ message: error instanceof Error ? error.message : String(error) }] };
  }
}

function select(selections: Selection[], value: unknown, variables: Arguments): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((each) => select(selections, each, variables));
  const fields = value as Record<string, Resolver>;
  const answer: Record<string, unknown> = {};
  for (const { name, key, args, include, below } of selections) {
    if (include !== undefined && read(include, variables) !== true) continue;
    if (name === '__typename') {
      answer[key] = fields['__typename'] ?? 'Unknown';
      continue;
    }
    if (!Object.hasOwn(fields, name)) throw new Error(`Cannot query field "${name}"`);
    const given = Object.fromEntries(args.map(([argument, from]) => [argument, read(from, variables)]));
    const field = fields[name];
    const own: unknown =
      typeof field === 'function' ? (field as (asked: Arguments) => unknown)(given) : field;
    answer[key] = below === undefined ? own : select(below, own, variables);
  }
  return answer;
}

/** A variable, or a literal that JSON can read. */
function read(text: string, variables: Arguments): unknown {
  return text.startsWith('$') ? variables[text.slice(1)] : (JSON.parse(text) as unknown);
}

class Parser {
  readonly #tokens: string[];
  readonly #fragments = new Map<string, Selection[]>();
  #at = 0;

  constructor(text: string) {
    this.#tokens =
      text
        .replaceAll(/#.*/gu, '')
        .match(/\.\.\.|"[^"]*"|\$?[\w]+|[{}()[\]:!=@,]/g)
        ?.filter((token) => token !== ',') ?? [];
  }

  parse(): { selections: Selection[]; defaults: Arguments } {
    // Fragments stand behind the operation that uses them: the last pass knows them all.
    let operation: { selections: Selection[]; defaults: Arguments } | undefined;
    for (let pass = 0; pass < 8; pass++) {
      this.#at = 0;
      while (this.#at < this.#tokens.length) {
        const kind = this.#next();
        const name = this.#next();
        if (kind === 'fragment') {
          this.#at += 2;
          this.#fragments.set(name, this.#selections());
        } else {
          const defaults = this.#peek() === '(' ? this.#variables() : {};
          operation = { selections: this.#selections(), defaults };
        }
      }
    }
    if (!operation) throw new Error('no operation');
    return operation;
  }

  /** Their defaults; the types are the schema's business. */
  #variables(): Arguments {
    const defaults: Arguments = {};
    let name = '';
    while (this.#peek() !== ')') {
      const token = this.#next();
      if (token.startsWith('$')) name = token.slice(1);
      else if (token === '=') defaults[name] = JSON.parse(this.#next());
    }
    this.#at += 1;
    return defaults;
  }

  #selections(): Selection[] {
    this.#expect('{');
    const found: Selection[] = [];
    while (this.#peek() !== '}') {
      if (this.#peek() === '...') {
        this.#at += 1;
        if (this.#peek() === 'on') {
          this.#at += 2;
          found.push(...this.#selections());
        } else found.push(...(this.#fragments.get(this.#next()) ?? []));
        continue;
      }
      found.push(this.#field());
    }
    this.#at += 1;
    return found;
  }

  #field(): Selection {
    const first = this.#next();
    let name = first;
    if (this.#peek() === ':') {
      this.#at += 1;
      name = this.#next();
    }
    const args = this.#peek() === '(' ? this.#arguments() : [];
    let include: string | undefined;
    while (this.#peek() === '@') {
      this.#at += 2;
      include = this.#arguments()[0]?.[1];
    }
    const below = this.#peek() === '{' ? this.#selections() : undefined;
    return { name, key: first, args, include, below };
  }

  #arguments(): [string, string][] {
    this.#expect('(');
    const found: [string, string][] = [];
    while (this.#peek() !== ')') {
      const name = this.#next();
      this.#expect(':');
      found.push([name, this.#next()]);
    }
    this.#at += 1;
    return found;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Error('Syntax Error: Unexpected <EOF>.');
    return token;
  }

  #expect(token: string): void {
    const seen = this.#next();
    if (seen !== token) throw new Error(`Syntax Error: Expected "${token}", found "${seen}".`);
  }
}
