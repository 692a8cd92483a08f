/** What people should know of data beside the metrics. Pure; whoever prints it escapes it. */
import type { MeasuredData } from '@sluice/data/report-json';

const MOST_FINDINGS = 20;

/** @param withTexts false: no value of the data is told */
export function dataNotes({ scan, drifts, leakage }: MeasuredData, withTexts: boolean): string[] {
  const findings = scan?.data.schema?.findings ?? [];
  const notes = findings.slice(0, MOST_FINDINGS).map(({ file, column, rule, count, examples }) => {
    const where = column === null ? file : `${file}, column ${JSON.stringify(column)}`;
    const [first] = withTexts ? examples : [];
    const seen = first === undefined ? '' : ` (row ${first.row}: ${JSON.stringify(first.value)})`;
    return `${where}: ${rule} is not met${count === 1 ? '' : ` ${count} times`}${seen}`;
  });
  if (findings.length > MOST_FINDINGS)
    notes.push(`and ${findings.length - MOST_FINDINGS} more kinds of findings`);
  if (scan !== undefined && scan.data.schema === undefined && scan.data.brokenRows > 0) {
    notes.push(
      `${scan.source}: ${scan.data.brokenRows} rows are broken (fields that don't fit the header, lines that are no JSON)`,
    );
  }
  for (const { columns, against, reference } of drifts) {
    if (against === 'training') continue;
    const ranked = columns
      .flatMap(({ column, values }) =>
        values
          .filter(({ suffix, value }) => suffix === 'psi' && value !== null)
          .map(({ value }) => ({ column, psi: value ?? 0 })),
      )
      .sort((a, b) => b.psi - a.psi);
    const [worst] = ranked;
    if (worst !== undefined) {
      notes.push(
        `drift from ${reference} is largest in column ${JSON.stringify(worst.column)}: psi ${Number(worst.psi.toPrecision(3))}`,
      );
    }
  }
  if (leakage !== undefined) {
    const { exact, near, rows, run, tooShort, keptRuns } = leakage.found;
    notes.push(
      `leakage against ${leakage.against}: of ${rows} rows ${exact} word for word, ${near} with them or a run of ${run} words in common; ${tooShort} rows are shorter than that`,
    );
    if (keptRuns < 1)
      notes.push(`only ${keptRuns * 100} % of all runs fitted into memory: near rows may be overlooked`);
  }
  return notes;
}
