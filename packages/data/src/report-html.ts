/** The data report as one HTML page. Everything from the data is escaped by the template. */
import { html, htmlTable, page, type RawHtml } from '@sluice/report/html';
import { samplesForPercentile } from '@sluice/statistics/percentile';
import { barChart } from '@sluice/report/svg';
import type { ColumnDrift } from './drift.ts';
import { cutValue, type Finding } from './findings.ts';
import { QUANTILES, type ColumnReport, type DataReport } from './report-json.ts';

/** More columns than these stand in the JSON report alone. */
const SHOWN_COLUMNS = 200;
const SHOWN_FINDINGS = 100;

export function renderDataReport(report: DataReport): string {
  const { data, drift, leakage } = report;
  const body = html`<h1>Data report</h1>
    ${data === null ? '' : dataSection(data)} ${drift.map(driftSection)}
    ${leakage === null ? '' : leakageSection(leakage)}`;
  return page('Data report', body);
}

function dataSection(data: NonNullable<DataReport['data']>): RawHtml {
  const cards: [string, string][] = [
    ['rows', String(data.rows)],
    ['columns', String(data.columns.length)],
    ['broken rows', String(data.brokenRows)],
    ['repeated rows', String(data.duplicates)],
    [
      'schema violations',
      data.findings === null ? 'no schema' : String(sum(data.findings.map(({ count }) => count))),
    ],
    ['personal data', String(sum(data.pii.map(({ count }) => count)))],
    ['age in days', data.ageDays === null ? 'unknown' : String(Math.floor(data.ageDays))],
  ];
  return html`<p class="soft">${data.source}${data.revision === null ? '' : ` at ${data.revision}`}</p>
    <div class="cards">
      ${cards.map(([label, value]) => html`<div class="card"><b>${value}</b>${label}</div>`)}
    </div>
    ${data.findings === null ? '' : findingsTable(data.findings)}
    ${
      data.pii.length === 0
        ? ''
        : html`<h2>Personal data</h2>
            ${htmlTable(
              ['column', 'kind', 'count', 'examples, masked'],
              data.pii.map(({ column, kind, count, examples }) => [
                cutValue(column),
                kind,
                count,
                examples.map(({ row, masked }) => `row ${row}: ${cutValue(masked)}`).join('; '),
              ]),
              [2],
            )}`
    }
    <h2>Columns</h2>
    ${data.columns.slice(0, SHOWN_COLUMNS).map((column) => columnSection(column, data.rows))}
    ${data.columns.length > SHOWN_COLUMNS ? html`<p>${data.columns.length - SHOWN_COLUMNS} more stand in the JSON report.</p>` : ''}`;
}

function findingsTable(findings: readonly Finding[]): RawHtml {
  if (findings.length === 0) return html`<p class="good">Everything fits the schema.</p>`;
  return html`<h2>What doesn't fit the schema</h2>
    ${htmlTable(
      ['file', 'column', 'asked for', 'count', 'examples'],
      findings
        .slice(0, SHOWN_FINDINGS)
        .map(({ file, column, rule, count, examples }) => [
          file,
          cutValue(column ?? '(all)'),
          cutValue(rule),
          count,
          examples.map(({ row, value }) => `row ${row}: ${value}`).join('; '),
        ]),
      [3],
    )}`;
}

function columnSection(column: ColumnReport, rows: number): RawHtml {
  const { name, kind, nulls, distinct, numbers, lengths, outliers, commonest } = column;
  const facts: [string, string][] = [
    ['nulls', `${nulls} (${percent(nulls / Math.max(1, rows))})`],
    ...(distinct === null ? [] : [['distinct values', String(distinct)] as [string, string]]),
    ...(numbers === null
      ? []
      : ([
          ['range', `${short(numbers.min)} to ${short(numbers.max)}`],
          [
            'mean',
            `${short(numbers.mean)}${numbers.deviation === null ? '' : `, standard deviation ${short(numbers.deviation)}`}`,
          ],
          [
            'quantiles 1, 5, 25, 50, 75, 95, 99 %',
            `${numbers.quantiles.map(short).join(', ')}${tooFew(numbers.sampled)}`,
          ],
        ] as [string, string][])),
    ...(lengths === null
      ? []
      : ([['characters', `${lengths.min} to ${lengths.max}, mean ${short(lengths.mean)}`]] as [
          string,
          string,
        ][])),
    ...(outliers === null
      ? []
      : ([
          [
            'outliers',
            `${outliers.robust} by robust z over 3.5, ${outliers.iqr} beyond 1.5 interquartile ranges`,
          ],
          ...(outliers.examples.length === 0
            ? []
            : [
                [
                  'for example',
                  outliers.examples.map(({ row, value }) => `row ${row}: ${short(value)}`).join('; '),
                ],
              ]),
        ] as [string, string][])),
  ];
  return html`<details open>
    <summary><b>${cutValue(name)}</b> <span class="soft">${kind}</span></summary>
    ${htmlTable(['', ''], facts)}
    ${
      commonest.length === 0
        ? ''
        : barChart({
            title: 'commonest values',
            bars: commonest.map(({ value, count }) => ({ label: value.slice(0, 40), value: count })),
          })
    }
  </details>`;
}

function driftSection(drift: DataReport['drift'][number]): RawHtml {
  return html`<h2>Drift${drift.against === null ? '' : ` against ${drift.against}`}</h2>
    <p class="soft">from ${drift.reference} to ${drift.current}</p>
    ${drift.columns.slice(0, SHOWN_COLUMNS).map(columnDrift)}`;
}

function columnDrift({ column, kind, values, bins }: ColumnDrift): RawHtml {
  const [from, to] = [sum(bins.map(({ reference }) => reference)), sum(bins.map(({ current }) => current))];
  return html`<details>
    <summary><b>${cutValue(column)}</b> <span class="soft">${kind}</span> ${headline(values)}</summary>
    ${htmlTable(
      ['measure', 'value', 'how'],
      values.map(({ suffix, value, missing, method }) => [
        suffix,
        value === null ? 'missing' : short(value),
        missing ?? method,
      ]),
      [1],
    )}
    ${
      bins.length === 0
        ? ''
        : htmlTable(
            ['bin', 'reference', 'current'],
            bins
              .slice(0, 25)
              .map((bin) => [
                cutValue(bin.label),
                percent(bin.reference / Math.max(1, from)),
                percent(bin.current / Math.max(1, to)),
              ]),
            [1, 2],
          )
    }
  </details>`;
}

function headline(values: ColumnDrift['values']): string {
  const main = values.find(({ suffix }) => suffix === 'psi') ?? values[0];
  if (main === undefined) return '';
  return main.value === null
    ? `${main.suffix} missing: ${main.missing ?? ''}`
    : `${main.suffix} ${short(main.value)}`;
}

function leakageSection(leakage: NonNullable<DataReport['leakage']>): RawHtml {
  const { against, rows, exact, near, run, tooShort, trainingRows, keptRuns, examples } = leakage;
  return html`<h2>Leakage</h2>
    <p>
      Of ${rows} evaluation rows ${exact} stand in ${against} (${trainingRows} rows) word for word, ${near}
      word for word or with a run of ${run} words in common.
    </p>
    <p class="soft">
      ${tooShort} rows are shorter than ${run} words and were only looked for as a whole.
      ${keptRuns < 1 ? `Only ${percent(keptRuns)} of all runs fitted into memory: near rows may be overlooked.` : ''}
    </p>
    ${
      examples.length === 0
        ? ''
        : htmlTable(
            ['row', 'training row', 'how'],
            examples.map(({ row, trainingRow, how }) => [row, trainingRow, how]),
            [0, 1],
          )
    }`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : 'none';
}

/** The outer quantiles of few values are little more than the least and the greatest of them; the report says so. */
function tooFew(sampled: number): string {
  const needed = (q: number): number => samplesForPercentile(Math.max(q, 1 - q) * 100, 0.95);
  const unsure = QUANTILES.filter((q) => sampled < needed(q));
  if (unsure.length === 0) return '';
  const named = unsure.map((q) => `${q * 100}`).join(', ');
  return ` (of ${sampled} values; ${named} % need up to ${Math.max(...unsure.map(needed))})`;
}
