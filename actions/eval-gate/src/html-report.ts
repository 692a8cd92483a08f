/** The HTML report: what the summary says, as one file that needs no network. */
import { intervalChart } from '@sluice/report/intervals';
import { differenceRows, shareRows } from './html-intervals.ts';
import { html, htmlTable, page, type RawHtml } from '@sluice/report/html';
import type { EvalMetric, Results } from '@sluice/evaluation/model';
import type { Pair } from '@sluice/judge/pairs';
import type { ReleaseRecord } from '@sluice/release/record';
import type { StoredReleases } from '@sluice/release/stored-releases';
import { gatherRegressions, regressionSection } from './html-regressions.ts';
import { gatherSlices, slicedNames, sliceSection } from './html-slices.ts';
import { trendSection } from './html-trends.ts';
import type { Inputs } from './inputs.gen.ts';
import { textShower } from './show-text.ts';
import { pastReleases } from './trend.ts';
import { barOf, boundOf, differenceBound, shown, verdictOf, type GateReport } from './summary.ts';
import { formatShown } from '@sluice/evaluation/wording';

const CLASSES = { pass: 'good', fail: 'bad', inconclusive: 'warn', missing: 'bad' } as const;

/** What the page shows beside the summary. */
export interface HtmlDetails {
  trends: RawHtml | undefined;
  slices: RawHtml | undefined;
  regressions: RawHtml | undefined;
}

export interface DetailSources {
  inputs: Inputs;
  report: GateReport;
  candidate: Results;
  baseline: Results | undefined;
  ruled: EvalMetric[];
  record: ReleaseRecord | undefined;
  stored: StoredReleases | undefined;
  lost: readonly Pair[];
}

export async function gatherDetails(all: DetailSources): Promise<HtmlDetails> {
  const { inputs, report, candidate, ruled } = all;
  const before = all.baseline?.metrics ?? [];
  const past = await pastReleases(all.stored, { record: all.record, modelCard: inputs.modelCard });
  return {
    trends: trendSection(report.outcomes, past),
    slices: sliceSection(gatherSlices(slicedNames(ruled), candidate.metrics, before), inputs.confidence),
    regressions: regressionSection(
      gatherRegressions(ruled, candidate.metrics, before),
      all.lost,
      await textShower(inputs),
    ),
  };
}

export function renderHtml(report: GateReport, { trends, slices, regressions }: HtmlDetails): string {
  const { decision, outcomes, comparison } = report;
  const shares = shareRows(outcomes);
  const differences = differenceRows(comparison);
  return page(
    `Gate ${report.name}: ${decision.verdict}`,
    html`<h1>Gate ${report.name}: <span class="${CLASSES[decision.verdict]}">${decision.verdict}</span></h1>
      ${report.release.length === 0 ? null : html`<p class="soft">${report.release.join(' · ')}</p>`}
      ${decision.reasons.map((reason) => html`<p>${reason}</p>`)}
      ${decision.advice === undefined ? null : html`<p><b>What to do:</b> ${decision.advice}.</p>`}
      <h2>Rules</h2>
      ${htmlTable(
        ['rule', 'value', 'bar', 'bound', 'n', 'verdict'],
        outcomes.map((outcome) => [
          html`<code>${outcome.rule}</code>`,
          shown(outcome.value, outcome),
          barOf(outcome),
          boundOf(outcome),
          outcome.n ?? '',
          html`<span class="${outcome.warn && outcome.verdict !== 'pass' ? 'warn' : CLASSES[outcome.verdict]}"
            >${verdictOf(outcome)}</span
          >`,
        ]),
        [1, 2, 3, 4],
      )}
      ${shares.length === 0 ? null : intervalChart({ title: 'Shares with their bounds; the upright line is the bar', rows: shares, unit: ' %' })}
      ${
        comparison.length === 0
          ? null
          : html`<h2>Candidate and baseline</h2>
              ${differences.length === 0 ? null : intervalChart({ title: 'Differences with their bounds: points of a share, percent of the baseline for the rest. What crosses 0 may be no difference', rows: differences, unit: ' %', line: 0 })}
              ${htmlTable(
                ['metric', 'candidate', 'baseline', 'difference', 'bounds'],
                comparison.map((row) => [
                  row.metric,
                  shown(row.candidate, row),
                  shown(row.baseline, row),
                  formatShown(row.difference, row, true),
                  differenceBound(row),
                ]),
                [1, 2, 3],
              )}`
      }
      ${trends} ${slices} ${regressions}
      <p class="soft">
        Bounds are one-sided at ${formatShown(report.confidence, { share: true })} unless the rule says
        otherwise. Read:
        ${report.files.map(({ path }) => path).join(', ')}${report.baselineFiles.length === 0 ? '' : `; baseline: ${report.baselineFiles.map(({ path }) => path).join(', ')}`}.
      </p>`,
  );
}
