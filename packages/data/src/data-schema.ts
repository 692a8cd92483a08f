/** What a data set has to be: our own schema (schemas/data.schema.json), or a JSON Schema for each row. */
import { ConfigError } from '@sluice/runtime/errors';
import type { ValidateFunction } from 'ajv';
import type { Cell } from './rows.ts';
import validate from './data-schema.gen.ts';
import { readYamlFile, schemaFaults } from './yaml-file.ts';

export type ColumnType = 'string' | 'integer' | 'number' | 'boolean' | 'date' | 'array' | 'object';

export interface ColumnRule {
  type?: ColumnType;
  required: boolean;
  /** Largest share. */
  nulls?: number;
  unique: boolean;
  values?: ReadonlySet<string>;
  min?: number;
  max?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: RegExp;
}

export interface DataSchema {
  rows: { min?: number; max?: number };
  duplicates?: number;
  additionalColumns: boolean;
  columns: ReadonlyMap<string, ColumnRule>;
  /** Of a JSON Schema: why a row doesn't fit. */
  row?: RowValidator;
}

/** The key that doesn't fit and why; undefined for a row that fits. `typed` false: texts of a CSV file count as what they can be read as. */
export type RowValidator = (
  row: Record<string, Cell>,
  typed: boolean,
) => { column: string; message: string } | undefined;

interface Written {
  rows?: { min?: number; max?: number };
  duplicates?: number | string;
  'additional-columns'?: boolean;
  columns?: Record<string, WrittenColumn | null>;
}

interface WrittenColumn {
  type?: ColumnType;
  required?: boolean;
  nulls?: number | string;
  unique?: boolean;
  values?: (string | number | boolean)[];
  min?: number | string;
  max?: number | string;
  'min-length'?: number;
  'max-length'?: number;
  pattern?: string;
}

/** @param shown names input and file; @throws ConfigError with every fault */
export async function readDataSchema(path: string, shown: string): Promise<DataSchema> {
  return parseDataSchema(await readYamlFile(path, shown), shown);
}

/** A value with `properties`, or a `$schema` of json-schema.org, is a JSON Schema of one row. */
export async function parseDataSchema(value: unknown, shown: string): Promise<DataSchema> {
  if (isJsonSchema(value)) {
    const row = await compileRowSchema(value, shown);
    return { rows: {}, additionalColumns: true, columns: new Map(), row };
  }
  const faults = schemaFaults(validate, value, shown);
  if (faults.length > 0) throw new ConfigError(faults);
  const written = value as Written;
  const columns = new Map<string, ColumnRule>();
  for (const [name, column] of Object.entries(written.columns ?? {})) {
    columns.set(name, toRule(column ?? {}, `${shown}: columns.${name}`, faults));
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    rows: written.rows ?? {},
    ...(written.duplicates === undefined ? {} : { duplicates: toShare(written.duplicates) }),
    additionalColumns: written['additional-columns'] ?? true,
    columns,
  };
}

function isJsonSchema(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const dialect = '$schema' in value ? String(value.$schema) : '';
  return 'properties' in value || dialect.includes('json-schema.org');
}

async function compileRowSchema(schema: object, shown: string): Promise<RowValidator> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  // Of another draft the compiler would ask for its meta-schema.
  const bare = Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
  const compile = (coerceTypes: boolean): ValidateFunction => {
    try {
      return new Ajv2020({ strict: false, logger: false, coerceTypes }).compile(bare);
    } catch (error) {
      const message =
        typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
      throw new ConfigError(`${shown} is no JSON Schema: ${message}`);
    }
  };
  const [strict, coercing] = [compile(false), compile(true)];
  return (row, typed) => {
    const judge = typed ? strict : coercing;
    if (judge(row)) return undefined;
    const [fault] = judge.errors ?? [];
    const missing = fault?.keyword === 'required' ? String(fault.params['missingProperty']) : undefined;
    const column =
      missing ?? (fault?.instancePath.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
    return { column, message: fault?.message ?? 'does not fit' };
  };
}

function toRule(column: WrittenColumn, shown: string, faults: string[]): ColumnRule {
  const { type, nulls, values, pattern } = column;
  const bound = (key: 'min' | 'max'): number | undefined => {
    const given = column[key];
    if (given === undefined) return undefined;
    const number = typeof given === 'number' ? given : type === 'date' ? dateOf(given) : NaN;
    if (number !== undefined && Number.isFinite(number) && type !== 'string') return number;
    faults.push(
      `${shown}.${key} = ${JSON.stringify(given)} fits no ${type ?? 'number'}; write a number, for \`type: date\` a date, for texts ${key}-length`,
    );
    return undefined;
  };
  const [min, max] = [bound('min'), bound('max')];
  if (min !== undefined && max !== undefined && min > max) faults.push(`${shown}: min lies above max`);
  const { 'min-length': minLength, 'max-length': maxLength } = column;
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
    faults.push(`${shown}: min-length lies above max-length`);
  }
  return {
    ...(type === undefined ? {} : { type }),
    required: column.required ?? true,
    unique: column.unique ?? false,
    ...(nulls === undefined ? {} : { nulls: toShare(nulls) }),
    ...(values === undefined ? {} : { values: new Set(values.map(String)) }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...patternOf(pattern, shown, faults),
  };
}

function patternOf(pattern: string | undefined, shown: string, faults: string[]): { pattern?: RegExp } {
  if (pattern === undefined) return {};
  try {
    return { pattern: new RegExp(pattern, 'u') };
  } catch {
    faults.push(`${shown}.pattern = ${JSON.stringify(pattern)} is no regular expression`);
    return {};
  }
}

function toShare(share: number | string): number {
  return typeof share === 'number' ? share : Number(share.replace(/ ?%$/u, '')) / 100;
}

/** Milliseconds since 1970 of an ISO 8601 date or instant; undefined for anything else, also for 30 February. */
export function dateOf(text: string): number | undefined {
  const parts =
    /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/u.exec(
      text.trim(),
    );
  const time = parts === null ? NaN : Date.parse(text.trim().replace(' ', 'T'));
  if (Number.isNaN(time)) return undefined;
  const day = Date.parse(`${parts?.[1] ?? ''}T00:00:00Z`);
  return new Date(day).toISOString().startsWith(parts?.[1] ?? '') ? time : undefined;
}
