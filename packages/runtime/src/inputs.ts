/**
 * Reads an action's inputs from the environment (`INPUT_<NAME>`, as the runner sets them) into typed values.
 * Only generated code (`inputs.gen.ts`) calls this. All faults are collected and told at once by `finish`.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from './errors.ts';
import { addSecret } from './secrets.ts';
import {
  nearest,
  parseBoolean,
  parseDurationInput,
  parseEnum,
  parseLines,
  parseList,
  parseNumber,
  parseShare,
  parseSizeInput,
  parseWords,
  type Limits,
  type Parsed,
} from './input-parsers.ts';
import { isVaultReference, parseVaultReference, type VaultReference } from './vault-reference.ts';

/** Inputs that every action has; generated from actions/common.yml like the others. */
export interface CommonInputs {
  releaseRecord: string;
  summary: boolean;
  enforce: 'true' | 'report';
  validate: boolean;
  texts: 'failures' | 'all' | 'none';
  notify: string[];
  notifyOn: string[];
  telemetry: string[];
  vaultAddress: string | undefined;
  vaultRole: string | undefined;
  /** Token inputs that name a secret instead of holding it: `runAction` reads those and the inputs once more. */
  vaultReferences: readonly VaultReference[];
}

interface Options extends Limits {
  default?: string;
  required?: boolean;
  /** A leading `@path` means: read the value from that file. */
  atPath?: boolean;
  /** The value is a token: it stands in no message. */
  secret?: boolean;
  pattern?: RegExp;
}
type Given = Options & ({ required: true } | { default: string });

const SHOWN_VALUE = 60;

export class InputReader {
  readonly #env: NodeJS.ProcessEnv;
  readonly #names: readonly string[];
  readonly #faults: string[] = [];
  readonly #references: VaultReference[] = [];

  constructor(env: NodeJS.ProcessEnv, names: readonly string[]) {
    this.#env = env;
    this.#names = names;
  }

  string(name: string, options: Given): string;
  string(name: string, options?: Options): string | undefined;
  string(name: string, options: Options = {}): string | undefined {
    return this.#read(name, options, (text) => {
      if (options.pattern !== undefined && !options.pattern.test(text)) {
        return { fault: `does not have the form ${String(options.pattern)}` };
      }
      return { value: text };
    });
  }

  boolean(name: string, options: Given): boolean;
  boolean(name: string, options?: Options): boolean | undefined;
  boolean(name: string, options: Options = {}): boolean | undefined {
    return this.#read(name, options, parseBoolean);
  }

  integer(name: string, options: Given): number;
  integer(name: string, options?: Options): number | undefined;
  integer(name: string, options: Options = {}): number | undefined {
    return this.#read(name, options, (text) => parseNumber(text, { ...options, integer: true }));
  }

  number(name: string, options: Given): number;
  number(name: string, options?: Options): number | undefined;
  number(name: string, options: Options = {}): number | undefined {
    return this.#read(name, options, (text) => parseNumber(text, options));
  }

  /** 0 to 1. */
  share(name: string, options: Given): number;
  share(name: string, options?: Options): number | undefined;
  share(name: string, options: Options = {}): number | undefined {
    return this.#read(name, options, parseShare);
  }

  /** Milliseconds. */
  duration(name: string, options: Given): number;
  duration(name: string, options?: Options): number | undefined;
  duration(name: string, options: Options = {}): number | undefined {
    return this.#read(name, options, (text) => parseDurationInput(text, options));
  }

  /** Bytes. */
  size(name: string, options: Given): number;
  size(name: string, options?: Options): number | undefined;
  size(name: string, options: Options = {}): number | undefined {
    return this.#read(name, options, parseSizeInput);
  }

  enum<T extends string>(name: string, allowed: readonly T[], planned: readonly string[], options: Given): T;
  enum<T extends string>(
    name: string,
    allowed: readonly T[],
    planned: readonly string[],
    options?: Options,
  ): T | undefined;
  enum<T extends string>(
    name: string,
    allowed: readonly T[],
    planned: readonly string[],
    options: Options = {},
  ): T | undefined {
    return this.#read(name, options, (text) => parseEnum(text, allowed, planned) as Parsed<T>);
  }

  list(name: string, options: Options = {}): string[] {
    return this.#read(name, options, (text) => ({ value: parseList(text) })) ?? [];
  }

  lines(name: string, options: Options = {}): string[] {
    return this.#read(name, options, (text) => ({ value: parseLines(text) })) ?? [];
  }

  words(name: string, options: Options = {}): string[] {
    return this.#read(name, options, parseWords) ?? [];
  }

  json(name: string, options: Options = {}): unknown {
    return this.#read<unknown>(name, options, (text) => {
      try {
        return { value: JSON.parse(text) as unknown };
      } catch (error) {
        return { fault: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
      }
    });
  }

  /** Absolute, against the workspace. */
  path(name: string, options: Given): string;
  path(name: string, options?: Options): string | undefined;
  path(name: string, options: Options = {}): string | undefined {
    return this.#read(name, options, (text) => ({ value: resolve(this.#workspace(), text) }));
  }

  /**
   * A secret: masked in the log from here on; its value never stands in a message. `vault:path#key` is no token yet:
   * it is noted for `vaultReferences`, and the input counts as not given.
   */
  token(name: string, options: Options = {}): string | undefined {
    const text = this.#text(name, options);
    if (text === '') {
      if (options.required === true) this.#faults.push(`input \`${name}\` is required and was not given`);
      return undefined;
    }
    if (isVaultReference(text)) {
      const parsed = parseVaultReference(text);
      if ('fault' in parsed) this.#faults.push(`input \`${name}\` ${parsed.fault}`);
      else this.#references.push({ input: name, ...parsed });
      return undefined;
    }
    if (/[\r\n]/.test(text)) this.#faults.push(`input \`${name}\` holds a line break; pass the secret alone`);
    addSecret(text);
    return text;
  }

  /** Every `vault:path#key` that the tokens read so far hold. */
  vaultReferences(): readonly VaultReference[] {
    const [first] = this.#references;
    if (first && this.#text('vault-address', {}) === '' && (this.#env['VAULT_ADDR'] ?? '') === '') {
      this.#faults.push(
        `input \`${first.input}\` names a secret in Vault, and nothing says where Vault is; ` +
          'set `vault-address: https://…` or `VAULT_ADDR`',
      );
    }
    return this.#references;
  }

  /** An input of the design that this version does not build: any value but its default is refused. */
  planned(name: string, options: Options = {}): void {
    const text = this.#text(name, options);
    if (text !== '' && text !== (options.default ?? '')) {
      // An address may hold a key (`slack:https://…/<key>`): only what it is stays.
      const value = options.secret === true ? '' : ` = ${show(text.replace(/(:\/\/[^/\s]*)\/\S+/g, '$1/…'))}`;
      this.#faults.push(`input \`${name}\`${value} is not built yet in this version; remove it`);
    }
  }

  /** Throws ConfigError with every fault found, misspelt inputs among them. */
  finish(): void {
    const known = new Set(this.#names.map(environmentName));
    for (const key of Object.keys(this.#env)) {
      if (!key.startsWith('INPUT_') || known.has(key) || this.#env[key] === '') continue;
      const name = key.slice('INPUT_'.length).toLowerCase().replaceAll('_', '-');
      // Only near names are faults: a self-hosted runner's own environment may hold any INPUT_* variable.
      const near = nearest(name, this.#names);
      if (near !== undefined) {
        this.#faults.push(`input \`${name}\` does not exist; did you mean \`${near}\`?`);
      }
    }
    if (this.#faults.length > 0) throw new ConfigError(this.#faults);
  }

  #workspace(): string {
    return this.#env['GITHUB_WORKSPACE'] ?? process.cwd();
  }

  #text(name: string, options: Options): string {
    return unixText(this.#env[environmentName(name)] ?? '') || (options.default ?? '');
  }

  #read<T>(name: string, options: Options, parse: (text: string) => Parsed<T>): T | undefined {
    let text = this.#text(name, options);
    if (text === '') {
      if (options.required === true) this.#faults.push(`input \`${name}\` is required and was not given`);
      return undefined;
    }
    if (options.atPath === true && text.startsWith('@')) {
      const file = resolve(this.#workspace(), text.slice(1));
      try {
        text = unixText(readFileSync(file, 'utf8'));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#faults.push(`input \`${name}\` = ${show(text)}: the file cannot be read (${why})`);
        return undefined;
      }
    }
    const parsed = parse(text);
    if ('value' in parsed) return parsed.value;
    this.#faults.push(`input \`${name}\` = ${show(text)} ${parsed.fault}`);
    return undefined;
  }
}

/** Workflow files and rule files may come from Windows: a byte order mark and CRs before line ends mean nothing. */
function unixText(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .trim();
}

/** The runner's rule: upper case, blanks to underscores, hyphens kept. */
export function environmentName(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

function show(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return JSON.stringify(line.length > SHOWN_VALUE ? `${line.slice(0, SHOWN_VALUE)}…` : line);
}
