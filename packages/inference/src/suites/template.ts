/**
 * Templates: `{{name}}` with paths and filters, `{% if %}`, `{% for %}`, `{% raw %}` and `{# comments #}`, as Nunjucks
 * writes them. A variable that isn't there is a fault, not an empty text; values are put in as they are, and nothing is
 * read into them.
 */
import { evaluate, isTrue, type Scope } from './template-expression.ts';

type Part = { kind: 'text' | 'value' | 'tag'; text: string };

const PIECES =
  /\{%-?\s*raw\s*-?%\}([^]*?)\{%-?\s*endraw\s*-?%\}|\{\{-?([^]*?)-?\}\}|\{%-?([^]*?)-?%\}|\{#[^]*?#\}/g;

/** What keeps a template from being filled in, or undefined. */
export function findTemplateFault(template: string, vars: Scope): string | undefined {
  try {
    fillTemplate(template, vars);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Throws, naming the piece at fault. */
export function fillTemplate(template: string, vars: Scope): string {
  if (!template.includes('{')) return template;
  const parts = split(template);
  const filled = new Filler(parts).fill(vars, []);
  return filled;
}

/** A prompt that is a list of messages in JSON is filled in message by message: a quote in a value stays inside. */
export function fillPrompt(template: string, vars: Scope): string {
  if (!/^\s*\[\s*\{\s*"/.test(template)) return fillTemplate(template, vars);
  try {
    JSON.parse(template);
  } catch {
    return fillTemplate(template, vars);
  }
  return JSON.stringify(
    JSON.parse(template, (_key, value: unknown) =>
      typeof value === 'string' ? fillTemplate(value, vars) : value,
    ),
  );
}

function split(template: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of template.matchAll(PIECES)) {
    parts.push({ kind: 'text', text: template.slice(from, match.index) });
    const [, raw, value, tag] = match;
    if (raw !== undefined) parts.push({ kind: 'text', text: raw });
    else if (value !== undefined) parts.push({ kind: 'value', text: value.trim() });
    else if (tag !== undefined) parts.push({ kind: 'tag', text: tag.trim() });
    from = match.index + match[0].length;
  }
  return [...parts, { kind: 'text', text: template.slice(from) }];
}

class Filler {
  readonly #parts: Part[];
  #at = 0;

  constructor(parts: Part[]) {
    this.#parts = parts;
  }

  /** Up to one of the tags in `until`, which is left for the caller; up to the end without any. */
  fill(scope: Scope, until: readonly string[]): string {
    let filled = '';
    for (; this.#at < this.#parts.length; this.#at += 1) {
      const part = this.#parts[this.#at];
      if (part === undefined || part.kind === 'text') filled += part?.text ?? '';
      else if (part.kind === 'value') filled += show(part.text, scope);
      else if (until.includes(word(part.text))) return filled;
      else filled += this.#block(part.text, scope);
    }
    if (until.length > 0) throw new Error(`'{% ${until.at(-1)} %}' is missing`);
    return filled;
  }

  #block(tag: string, scope: Scope): string {
    if (word(tag) === 'if') return this.#if(tag, scope);
    if (word(tag) === 'for') return this.#for(tag, scope);
    throw new Error(`'{% ${tag.slice(0, 60)} %}' is not supported: templates know if, for and raw`);
  }

  #if(tag: string, scope: Scope): string {
    let chosen: string | undefined;
    let condition = tag.slice('if'.length);
    for (;;) {
      const holds = chosen === undefined && (condition === '' || isTrue(named(condition, tag, scope)));
      this.#at += 1;
      // What isn't chosen is gone through, not filled in: it may speak of what isn't there.
      const filled = holds
        ? this.fill(scope, ['elif', 'else', 'endif'])
        : this.#skip(['elif', 'else', 'endif']);
      if (holds) chosen = filled;
      const next = this.#parts[this.#at]?.text ?? '';
      if (word(next) === 'endif') return chosen ?? '';
      condition = word(next) === 'elif' ? next.slice('elif'.length) : '';
    }
  }

  #for(tag: string, scope: Scope): string {
    const [, name = '', source = ''] = /^for\s+([A-Za-z_]\w*)\s+in\s+([^]+)$/.exec(tag) ?? [];
    const items: unknown = name === '' ? undefined : named(source, tag, scope);
    if (!Array.isArray(items)) throw new Error(`'{% ${tag.slice(0, 60)} %}' needs a list`);
    this.#at += 1;
    const start = this.#at;
    let filled = '';
    items.forEach((item: unknown, index) => {
      this.#at = start;
      const loop = { index: index + 1, index0: index, first: index === 0, last: index === items.length - 1 };
      filled += this.fill({ ...scope, [name]: item, loop }, ['endfor']);
    });
    if (items.length === 0) this.#skip(['endfor']);
    return filled;
  }

  #skip(until: readonly string[]): string {
    let depth = 0;
    for (; this.#at < this.#parts.length; this.#at += 1) {
      const part = this.#parts[this.#at];
      if (part?.kind !== 'tag') continue;
      const name = word(part.text);
      if (depth === 0 && until.includes(name)) return '';
      if (name === 'if' || name === 'for') depth += 1;
      if (name === 'endif' || name === 'endfor') depth -= 1;
    }
    throw new Error(`'{% ${until.at(-1)} %}' is missing`);
  }
}

const word = (tag: string): string => /^\w*/.exec(tag)?.[0] ?? '';

function named(expression: string, tag: string, scope: Scope): unknown {
  try {
    return evaluate(expression, scope);
  } catch (error) {
    throw new Error(`'{% ${tag.slice(0, 60)} %}' is not supported: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function show(expression: string, scope: Scope): string {
  let value: unknown;
  try {
    value = evaluate(expression, scope);
  } catch (error) {
    throw new Error(`'{{ ${expression.slice(0, 60)} }}' is not supported: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (value === undefined) {
    const known = Object.keys(scope);
    throw new Error(
      `'{{${expression}}}' has no value; vars has ${known.length === 0 ? 'nothing' : known.join(', ')}`,
    );
  }
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
