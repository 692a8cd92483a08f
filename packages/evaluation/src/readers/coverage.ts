/** Test coverage: Cobertura and JaCoCo XML, LCOV, coverage.py's and istanbul's JSON. `coverage.lines`, `.branches`, `.functions`. */
import { knownFacts } from '../metrics-table.ts';
import { finite, isObject, type EvalMetric } from '../model.ts';
import { asFields, countOf, listOf, type Fields, type ReadContext } from './fields.ts';

interface Tally {
  covered: number;
  total: number;
}

export function isCobertura(root: Fields): boolean {
  return 'coverage' in root;
}

export function isJacoco(root: Fields): boolean {
  return (
    isObject(root['report']) &&
    ('counter' in root['report'] || 'package' in root['report'] || 'sessioninfo' in root['report'])
  );
}

export function isCoveragePy(data: Fields): boolean {
  return isObject(data['totals']) && 'covered_lines' in data['totals'] && isObject(data['meta']);
}

export function isIstanbul(data: Fields): boolean {
  const total = asFields(data['total']);
  return isObject(total['lines']) && 'pct' in total['lines'] && isObject(total['statements']);
}

export function isLcov(text: string): boolean {
  return /^(?:TN:|SF:)/u.test(text.trimStart());
}

/** Attributes of the root count; files of tools that leave the counts out are counted by their `<line>` elements. */
export function readCobertura(root: Fields, context: ReadContext): EvalMetric[] {
  const coverage = asFields(root['coverage']);
  const count = (name: string): number | undefined =>
    countOf(coverage[`@${name}`] === undefined ? undefined : Number(coverage[`@${name}`]));
  const [valid, covered] = [count('lines-valid'), count('lines-covered')];
  const lines =
    valid === undefined || covered === undefined ? countLines(coverage) : { total: valid, covered };
  const [branches, taken] = [count('branches-valid'), count('branches-covered')];
  return tallies(
    {
      lines,
      ...(branches === undefined || taken === undefined || branches === 0
        ? {}
        : { branches: { total: branches, covered: taken } }),
    },
    'lines-valid',
    context,
  );
}

function countLines(coverage: Fields): Tally {
  const classes = many(asFields(coverage['packages'])['package']).flatMap((one) =>
    many(asFields(one['classes'])['class']),
  );
  const lines = classes.flatMap((one) => many(asFields(one['lines'])['line']));
  return { total: lines.length, covered: lines.filter((line) => Number(line['@hits']) > 0).length };
}

/** The counters of the whole report, which stand directly under it. */
export function readJacoco(root: Fields, context: ReadContext): EvalMetric[] {
  const found: Record<string, Tally> = {};
  for (const counter of many(asFields(root['report'])['counter'])) {
    const [missed, covered] = [Number(counter['@missed']), Number(counter['@covered'])];
    const name = { LINE: 'lines', BRANCH: 'branches', METHOD: 'functions' }[String(counter['@type'])];
    if (name !== undefined && Number.isInteger(missed) && Number.isInteger(covered))
      found[name] = { covered, total: missed + covered };
  }
  return tallies({ lines: { covered: 0, total: 0 }, ...found }, 'counter of type LINE', context);
}

/**
 * Sums over all files of the trace.
 *
 * @throws Error where the last record has no end: the file was cut
 */
export function readLcov(text: string, context: ReadContext): EvalMetric[] {
  const sums = { LF: 0, LH: 0, BRF: 0, BRH: 0, FNF: 0, FNH: 0 };
  let open = false;
  let told = false;
  const data = { total: 0, covered: 0 };
  for (const line of text.split(/\r?\n/u)) {
    const [, key = '', value = ''] = /^([A-Z]+):(.*)$/u.exec(line.trim()) ?? [];
    if (key === 'SF') {
      if (open) throw new Error("a record has no end_of_record; it isn't whole");
      [open, told] = [true, false];
      data.total = data.covered = 0;
    }
    if (key === 'DA') {
      data.total++;
      if (Number(value.split(',')[1]) > 0) data.covered++;
    }
    if (key in sums && Object.hasOwn(sums, key)) {
      const count = countOf(Number(value));
      if (count === undefined) throw new Error(`${line.trim().slice(0, 40)} holds no count`);
      sums[key as keyof typeof sums] += count;
      told ||= key === 'LF';
    }
    if (line.trim() === 'end_of_record') {
      open = false;
      // LF and LH may be left out: the lines themselves count.
      if (!told) {
        sums.LF += data.total;
        sums.LH += data.covered;
      }
    }
  }
  if (open) throw new Error("its last record has no end_of_record; it isn't whole");
  return tallies(
    {
      lines: { total: sums.LF, covered: sums.LH },
      ...(sums.BRF === 0 ? {} : { branches: { total: sums.BRF, covered: sums.BRH } }),
      ...(sums.FNF === 0 ? {} : { functions: { total: sums.FNF, covered: sums.FNH } }),
    },
    'LF',
    context,
  );
}

export function readCoveragePy(data: Fields, context: ReadContext): EvalMetric[] {
  const totals = asFields(data['totals']);
  const branches = countOf(totals['num_branches']) ?? 0;
  return tallies(
    {
      lines: {
        total: countOf(totals['num_statements']) ?? 0,
        covered: countOf(totals['covered_lines']) ?? 0,
      },
      ...(branches === 0
        ? {}
        : { branches: { total: branches, covered: countOf(totals['covered_branches']) ?? 0 } }),
    },
    'totals.num_statements',
    context,
  );
}

export function readIstanbul(data: Fields, context: ReadContext): EvalMetric[] {
  const total = asFields(data['total']);
  const of = (name: string): Tally => ({
    total: finite(asFields(total[name])['total']) ?? 0,
    covered: finite(asFields(total[name])['covered']) ?? 0,
  });
  const entries = ['lines', 'branches', 'functions'].map((name) => [name, of(name)] as const);
  return tallies(
    Object.fromEntries(entries.filter(([name, tally]) => name === 'lines' || tally.total > 0)),
    'total.lines.total',
    context,
  );
}

/** @throws Error where there is no line at all: nothing was measured, whatever the tool's rate says */
function tallies(found: Record<string, Tally>, field: string, { source }: ReadContext): EvalMetric[] {
  if ((found['lines']?.total ?? 0) === 0)
    throw new Error(`measures no line (field ${field} is 0 or not there)`);
  return Object.entries(found).map(([name, { covered, total }]) => {
    if (covered > total) throw new Error(`says ${covered} of ${total} ${name} are covered`);
    return {
      name: `coverage.${name}`,
      value: covered / total,
      n: total,
      source,
      direction: 'higher',
      share: true,
      ...knownFacts(`coverage.${name}`),
    };
  });
}

/** fast-xml-parser gives one element as itself, several as a list. */
function many(value: unknown): Fields[] {
  return Array.isArray(value) ? listOf(value) : isObject(value) ? [value] : [];
}
