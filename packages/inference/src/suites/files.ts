/** Files that a suite names: below its root, read once, whatever kind they are. */
import { globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { promptCandidates } from '@sluice/release/prompts';
import type { Tensor } from '../clients/answer.ts';
import { readNpy } from '../tensors/npy.ts';
import { readPng } from '../tensors/png.ts';
import { readCsv } from './csv.ts';
import type { Tables } from './tables.ts';

const MOST_BYTES = 64 * 1024 * 1024;

export class SuiteFiles {
  readonly #root: string;
  readonly #folder: string;
  readonly #tables: Tables;
  /** Tables that were asked for and are not there: absolute paths with the names in the suite. */
  readonly wanted = new Map<string, string>();
  /** Versions of prompts that were read: absolute paths. They are a part of the release. */
  readonly prompts = new Set<string>();

  /** `root` is the workspace; paths in the suite are relative to the suite's own folder, or else to the root. */
  constructor(root: string, suite: string, tables: Tables = new Map()) {
    this.#tables = tables;
    this.#root = realpathSync(root);
    this.#folder = dirname(resolve(root, suite));
  }

  /** The file's absolute path; throws when there is none or it lies outside of the root. */
  find(reference: string): string {
    const path = reference.replace(/^file:\/\//, '');
    const tried = [resolve(this.#folder, path), resolve(this.#root, path)];
    const found = tried.find((one) => statSync(one, { throwIfNoEntry: false })?.isFile() === true);
    if (found === undefined)
      throw new Error(`there is no file '${path}' beside the suite or in the workspace`);
    const real = realpathSync(found);
    // A suite that itself lies outside (a test's) may name what is beside it.
    const inside = [this.#root, realpathSync(this.#folder)].some(
      (folder) => !/^\.\.(?:\/|$)/.test(relative(folder, real)),
    );
    if (!inside) throw new Error(`'${path}' leads outside of the workspace`);
    if (statSync(real).size > MOST_BYTES) throw new Error(`'${path}' has more than ${MOST_BYTES} bytes`);
    return real;
  }

  text(reference: string): string {
    return readFileSync(this.find(reference), 'utf8');
  }

  /** What the file holds: parsed by its ending, as text otherwise. */
  value(reference: string): unknown {
    const text = this.text(reference);
    if (/\.ya?ml$/.test(reference)) return parse(text, { maxAliasCount: 100 }) as unknown;
    return reference.endsWith('.json') ? (JSON.parse(text) as unknown) : text;
  }

  /**
   * Rows of .csv, .parquet, .jsonl and .ndjson, or the list in .json and .yaml; of a glob (a hub's data set in several
   * files) those of all its files in the order of their names.
   */
  rows(reference: string): Record<string, unknown>[] {
    if (!reference.includes('*')) return this.#rowsOf(reference);
    const faults: unknown[] = [];
    // Every file is looked at, so that all tables are asked for at once.
    const rows = this.#matching(reference).flatMap((name) => {
      try {
        return this.#rowsOf(name);
      } catch (error) {
        faults.push(error);
        return [];
      }
    });
    if (faults.length > 0) throw faults[0];
    return rows;
  }

  /** Names relative to the suite's folder or else the root, as `find` takes them. */
  #matching(reference: string): string[] {
    const pattern = reference.replace(/^file:\/\//, '');
    const [found = []] = [this.#folder, this.#root]
      .map((cwd) => globSync(pattern, { cwd }))
      .filter((names) => names.length > 0);
    if (found.length === 0)
      throw new Error(`'${pattern}' matches no file beside the suite or in the workspace`);
    return found.toSorted();
  }

  #rowsOf(reference: string): Record<string, unknown>[] {
    const rows: unknown = reference.endsWith('.csv')
      ? readCsv(this.text(reference))
      : reference.endsWith('.parquet')
        ? this.#table(reference)
        : /\.(?:jsonl|ndjson)$/.test(reference)
          ? readLines(this.text(reference))
          : this.value(reference);
    if (!Array.isArray(rows) || !rows.every(isMap)) throw new Error('it holds no list of maps');
    if (rows.length === 0) throw new Error('it holds no row');
    return rows;
  }

  #table(reference: string): unknown {
    const path = this.find(reference);
    const table = this.#tables.get(path);
    if (Array.isArray(table)) return table;
    if (table === undefined) this.wanted.set(path, reference);
    throw table ?? new Error(`'${reference}' is Parquet, which only suites take; convert it to JSONL`);
  }

  /** A tensor from .npy or .png. */
  tensor(reference: string): Omit<Tensor, 'name'> {
    const path = this.find(reference);
    try {
      if (path.endsWith('.npy')) return readNpy(readFileSync(path));
      if (path.endsWith('.png')) return readPng(readFileSync(path));
    } catch (error) {
      throw new Error(`'${reference}': ${(error as Error).message}`, { cause: error });
    }
    throw new Error(`'${reference}': tensors are read from .npy and .png files`);
  }

  /** An image as a data URI. */
  image(reference: string): string {
    const path = this.find(reference);
    const type = /\.(png|jpe?g|webp|gif)$/i.exec(path)?.[1]?.toLowerCase().replace('jpg', 'jpeg');
    if (type === undefined) throw new Error(`'${reference}' is no image: .png, .jpg, .webp or .gif`);
    return `data:image/${type};base64,${readFileSync(path).toString('base64')}`;
  }

  /** `prompts/x@v2`: the file prompts/x/v2.txt, or prompts/x@v2.txt. */
  versioned(reference: string): string {
    const [, name = '', version = ''] = /^(.+)@([\w.-]+)$/.exec(reference) ?? [];
    for (const candidate of promptCandidates(reference)) {
      try {
        const path = this.find(candidate);
        this.prompts.add(path);
        return path;
      } catch {
        // The next name.
      }
    }
    throw new Error(`there is no ${name}/${version}.txt (or .md, .json, .yaml, .j2), nor ${reference}.txt`);
  }
}

function readLines(text: string): unknown[] {
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      throw new Error(`line ${at + 1} is no JSON`);
    }
  });
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
