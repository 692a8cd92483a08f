/** Holds rows against a data schema while they pass. */
import { dateOf, type ColumnRule, type ColumnType, type DataSchema } from './data-schema.ts';
import { DuplicateCounter } from './duplicates.ts';
import { Findings, type Finding } from './findings.ts';
import { cellText, isNull, type Cell, type Row } from './rows.ts';
import { numberOf } from './profile.ts';
import { lengthOf } from './words.ts';

export class RowChecker {
  private readonly schema: DataSchema;
  private readonly findings: Findings;
  private readonly unique: Map<string, DuplicateCounter>;
  private readonly nulls = new Map<string, number>();
  private readonly seenColumns = new Set<string>();
  private rows = 0;
  private shown = '';

  /**
   * @param folder for temporary files
   * @param show blacks out what must not be shown of a value
   */
  constructor(schema: DataSchema, folder: string, show?: (text: string) => string) {
    this.schema = schema;
    this.findings = new Findings(show);
    this.unique = new Map(
      [...schema.columns].flatMap(([name, { unique }]) =>
        unique ? [[name, new DuplicateCounter(folder)] as const] : [],
      ),
    );
  }

  add(row: Row, shown: string, typed: boolean): void {
    this.rows++;
    this.shown = shown;
    const { schema, findings } = this;
    if (row.broken !== undefined)
      findings.add(shown, null, 'whole rows', { row: row.number, value: row.broken });
    for (const name of row.values.keys()) this.seenColumns.add(name);
    const misfit = schema.row?.(Object.fromEntries(row.values), typed);
    if (misfit !== undefined) {
      const value = cellText(row.values.get(misfit.column));
      findings.add(shown, misfit.column, misfit.message, { row: row.number, value });
    }
    for (const [name, rule] of schema.columns) this.checkCell(row, name, rule, typed);
  }

  /** All findings; `duplicates` counted over whole rows. */
  finish(duplicates: number): { findings: Finding[]; total: number } {
    const { schema, findings, rows, shown } = this;
    for (const [name, counter] of this.unique) {
      const { count, examples } = counter.finish();
      for (let i = 0; i < count; i++) {
        const example = examples[i];
        findings.add(
          shown,
          name,
          'unique',
          example && { row: example.row, value: `as in row ${example.first}` },
        );
      }
    }
    for (const [name, rule] of schema.columns) {
      if (!this.seenColumns.has(name)) {
        if (rule.required) findings.add(shown, name, 'a required column');
        continue;
      }
      const share = (this.nulls.get(name) ?? 0) / Math.max(1, rows);
      if (rule.nulls !== undefined && share > rule.nulls) {
        findings.add(shown, name, `nulls at most ${percent(rule.nulls)}, there are ${percent(share)}`);
      }
    }
    if (!schema.additionalColumns) {
      for (const name of this.seenColumns) {
        if (!schema.columns.has(name)) findings.add(shown, name, 'no column beside those of the schema');
      }
    }
    const { min, max } = schema.rows;
    if (min !== undefined && rows < min) findings.add(shown, null, `at least ${min} rows, there are ${rows}`);
    if (max !== undefined && rows > max) findings.add(shown, null, `at most ${max} rows, there are ${rows}`);
    if (schema.duplicates !== undefined && duplicates / Math.max(1, rows) > schema.duplicates) {
      const seen = percent(duplicates / Math.max(1, rows));
      findings.add(shown, null, `repeated rows at most ${percent(schema.duplicates)}, there are ${seen}`);
    }
    return { findings: findings.list(), total: findings.total };
  }

  close(): void {
    for (const counter of this.unique.values()) counter.close();
  }

  private checkCell(row: Row, name: string, rule: ColumnRule, typed: boolean): void {
    const cell = row.values.get(name);
    if (isNull(cell)) {
      this.nulls.set(name, (this.nulls.get(name) ?? 0) + 1);
      return;
    }
    this.unique.get(name)?.add(cellText(cell), row.number);
    const misfit = misfitOf(cell as Cell, rule, typed);
    if (misfit !== undefined)
      this.findings.add(this.shown, name, misfit, { row: row.number, value: cellText(cell) });
  }
}

/** The first thing of a rule that a cell doesn't fulfil, in words; undefined when it fits. */
export function misfitOf(cell: Cell, rule: ColumnRule, typed: boolean): string | undefined {
  const { type, min, max, minLength, maxLength, values, pattern } = rule;
  if (type !== undefined && !isOfType(cell, type, typed)) return `type ${type}`;
  if (values !== undefined && !values.has(cellText(cell))) return `one of ${values.size} values`;
  if (min !== undefined || max !== undefined) {
    const number = type === 'date' ? dateNumber(cell) : numberOf(cell, typed);
    if (number === undefined) return 'a number';
    if (min !== undefined && number < min) return `at least ${showBound(min, type)}`;
    if (max !== undefined && number > max) return `at most ${showBound(max, type)}`;
  }
  if (minLength !== undefined || maxLength !== undefined) {
    const length = Array.isArray(cell) ? cell.length : lengthOf(cellText(cell));
    if (minLength !== undefined && length < minLength) return `a length of at least ${minLength}`;
    if (maxLength !== undefined && length > maxLength) return `a length of at most ${maxLength}`;
  }
  if (pattern !== undefined && !pattern.test(cellText(cell))) return `pattern ${pattern.source}`;
  return undefined;
}

function isOfType(cell: Cell, type: ColumnType, typed: boolean): boolean {
  switch (type) {
    case 'string':
      return typeof cell === 'string';
    case 'integer':
      return typeof cell === 'bigint' || Number.isInteger(numericOf(cell, typed));
    case 'number':
      return numericOf(cell, typed) !== undefined;
    case 'boolean':
      return (
        typeof cell === 'boolean' || (!typed && typeof cell === 'string' && /^(?:true|false)$/iu.test(cell))
      );
    case 'date':
      return dateNumber(cell) !== undefined;
    case 'array':
      return Array.isArray(cell) || (!typed && Array.isArray(parsed(cell)));
    case 'object': {
      const value = typed ? cell : parsed(cell);
      return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
    }
  }
}

function numericOf(cell: Cell, typed: boolean): number | undefined {
  return cell instanceof Date ? undefined : numberOf(cell, typed);
}

function dateNumber(cell: Cell): number | undefined {
  if (typeof cell === 'string') return dateOf(cell);
  return cell instanceof Date && !Number.isNaN(cell.getTime()) ? cell.getTime() : undefined;
}

function parsed(cell: Cell): unknown {
  try {
    return typeof cell === 'string' ? JSON.parse(cell) : cell;
  } catch {
    return undefined;
  }
}

function showBound(bound: number, type: ColumnType | undefined): string {
  return type === 'date' ? new Date(bound).toISOString().replace('T00:00:00.000Z', '') : String(bound);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
