/** Gates a release: check, read, judge, write, tell. */
import { ConfigError } from '@sluice/runtime/errors';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import type { EvalMetric, Results } from '@sluice/evaluation/model';
import type { MetricsMap } from '@sluice/evaluation/readers/metrics-map';
import type { RuleOutcome } from '@sluice/evaluation/judge';
import { againstIn, type RuleSet } from '@sluice/evaluation/rules';
import type { Lookup } from '@sluice/evaluation/values';
import type { Metric, ReleaseRecord } from '@sluice/release/record';
import { checkDataFiles, givesData } from './check-data.ts';
import { BUILT_REFERENCES, checkInputs, RULES_INPUT, told } from './check-inputs.ts';
import type { OpenCard } from './card.ts';
import type { LookedAt } from './judge-answers.ts';
import type { GateReport } from './summary.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Approval } from '@sluice/release/policy';
import type { RegistryDeeds } from './deeds.ts';
import type { RegistryPlan } from './registry.ts';
import { namesAny, readTargets } from './registry-inputs.ts';

export async function run(given: Inputs, context: ActionContext): Promise<ActionResult> {
  const { rules: written, faults } = checkInputs(given);
  const registries = readTargets(given);
  faults.push(...registries.faults);
  if (faults.length > 0) throw new ConfigError(faults);
  const workspace = context.env['GITHUB_WORKSPACE'] ?? process.cwd();
  const { readRecord } = await import('@sluice/release/record');
  const record = await readRecord(given.releaseRecord);
  const card =
    given.modelCard === undefined
      ? undefined
      : await (await import('./card.ts')).openCard(given.modelCard, record);
  const policy = await openGatePolicy(given, card, workspace);
  const fromFile =
    given.pairwise === undefined || given.pairwise === 'auto'
      ? undefined
      : await (await import('./answer-pairs.ts')).readPairFile(given.pairwise, workspace);
  if (given.validate) {
    if (policy !== undefined && policy.findings.length > 0) throw new ConfigError(policy.findings);
    if (givesData(given)) await checkDataFiles(given, workspace);
    await (await import('./find-results.ts')).readMap(given.metricsMap);
    const also = card === undefined ? '' : ' and the model card';
    return {
      verdict: 'pass',
      reasons: [`${written.rules.length} rules${also} are valid; nothing was judged`],
      outputs: {},
    };
  }
  const { targets } = registries;
  const plan = namesAny(targets)
    ? await (
        await import('./registry.ts')
      ).planRegistry(targets, record, card?.card, { ...context, workspace, githubToken: given.githubToken })
    : undefined;
  const many =
    given.candidates.length === 0 ? undefined : await chooseAmong(given, written, record, workspace, context);
  const { inputs, rules } = many ?? { inputs: given, rules: written };
  const { candidate, baseline } = await readAll(inputs, record, workspace, context);
  const data = givesData(inputs)
    ? await (await import('./data.ts')).measureData(inputs, againstIn(rules), record, workspace, context)
    : undefined;
  candidate.metrics.push(...(data?.metrics ?? []));
  candidate.notes.push(...(data?.notes ?? []));
  const { adviseReview, lookAtAnswers, openWhilePending } = await import('./judge-answers.ts');
  const answers =
    inputs.pairwise === undefined
      ? undefined
      : await lookAtAnswers({ inputs, context, workspace, record, candidate, baseline, fromFile });
  candidate.metrics.push(...(answers?.metrics ?? []));
  candidate.notes.push(...(answers?.notes ?? []));
  const judged = await judge(rules, candidate, baseline, inputs);
  const { lookup } = judged;
  const outcomes = openWhilePending(judged.outcomes, answers?.review);
  const { decideRules } = await import('@sluice/evaluation/decide');
  const { compareAll } = await import('./comparison.ts');
  const { describeRelease, olderRuns } = await import('./identity.ts');
  const subject = `gate '${inputs.name}'`;
  const ruling = adviseReview(decideRules(outcomes, { ...inputs, subject }), answers?.review);
  const { decidePolicy } = await import('./policy.ts');
  const { decision, approval } = await decidePolicy(ruling, policy, inputs, context);
  const report: GateReport = {
    name: inputs.name,
    decision,
    outcomes,
    comparison:
      baseline === undefined
        ? []
        : compareAll(candidate.metrics, baseline.metrics, inputs.confidence, inputs.clusters),
    files: candidate.files,
    baselineFiles: baseline?.files ?? [],
    notes: [
      ...(many?.notes ?? []),
      ...olderRuns(candidate.files, record, context.run.id),
      ...candidate.notes,
      ...(baseline?.notes ?? []),
    ],
    confidence: inputs.confidence,
    release: describeRelease(record),
  };
  for (const note of report.notes) context.log.untrusted(note);
  const ruled = rules.rules.flatMap(({ metric }) => lookup(metric) ?? []);
  const stored = await write({
    ...{ inputs, context, record, card, report, candidate, baseline, answers, ruled, lookup, plan, approval },
    measured: data?.recorded,
  });
  const { renderSummary } = await import('./summary.ts');
  const { endOf, registryOutputs, renderDeeds } = await import('./deeds.ts');
  const parts = [renderSummary(report), renderDeeds(stored.deeds)];
  const end = {
    ...endOf(decision, stored.deeds),
    summary: parts.filter((part) => part !== '').join('\n\n'),
  };
  const { tellPeople } = await import('./people.ts');
  await tellPeople(inputs, context, report, end);
  return {
    ...end,
    outputs: {
      metrics: JSON.stringify(
        Object.fromEntries(Object.entries(stored.metrics).map(([name, { value }]) => [name, value])),
      ),
      failures: decision.failures.join('\n'),
      baseline: report.baselineFiles.map(({ path }) => path).join('\n'),
      comparison: JSON.stringify(report.comparison),
      selected: many?.selected ?? '',
      'model-card': inputs.modelCard ?? '',
      ...registryOutputs(stored.deeds),
    },
    ...(inputs.htmlReport === undefined ? {} : { report: inputs.htmlReport }),
  };
}

async function openGatePolicy(inputs: Inputs, card: OpenCard | undefined, workspace: string) {
  if (inputs.policy === undefined) return undefined;
  return (await import('./policy.ts')).openPolicy(inputs.policy, card, workspace);
}

async function readAll(
  inputs: Inputs,
  record: ReleaseRecord | undefined,
  workspace: string,
  context: ActionContext,
): Promise<{ candidate: Results; baseline: Results | undefined }> {
  const { findResults, readMap } = await import('./find-results.ts');
  const { readResults } = await import('@sluice/evaluation/readers/read-results');
  const { foreignResults, gateOutputs, sameFiles } = await import('./identity.ts');
  const map = await readMap(inputs.metricsMap);
  const candidate =
    inputs.results.length === 0
      ? { files: [], metrics: [], notes: [] }
      : await readResults(
          await findResults(inputs.results, workspace, 'results', context),
          'input `results`',
          map,
        );
  const foreign = [...gateOutputs(candidate.files), ...foreignResults(candidate.files, record)];
  if (foreign.length > 0) throw new ConfigError(foreign);
  if (inputs.baseline === 'none') return { candidate, baseline: undefined };
  const baseline = await readBaseline(inputs.baseline, workspace, context, map);
  const same = sameFiles(candidate.files, baseline.files);
  if (same.length > 0) throw new ConfigError(same);
  return { candidate, baseline };
}

async function readBaseline(
  source: string,
  workspace: string,
  context: ActionContext,
  map: MetricsMap | undefined,
): Promise<Results> {
  const { readResults } = await import('@sluice/evaluation/readers/read-results');
  if (!source.startsWith('git:')) {
    const { findResults } = await import('./find-results.ts');
    return readResults(await findResults([source], workspace, 'baseline', context), 'input `baseline`', map);
  }
  const { gitFiles } = await import('./git-files.ts');
  const { files, drop } = await gitFiles(source, workspace, 'baseline');
  try {
    return await readResults(files, 'input `baseline`', map);
  } finally {
    await drop();
  }
}

/** Judges every candidate, and returns what the gate goes on with: the inputs and rules of the one that is taken. */
async function chooseAmong(
  given: Inputs,
  written: RuleSet,
  record: ReleaseRecord | undefined,
  workspace: string,
  context: ActionContext,
): Promise<{ inputs: Inputs; rules: RuleSet; selected: string; notes: string[] }> {
  const { chooseCandidate, sharedAmong } = await import('./candidates.ts');
  const { parseCandidates, parseSelection } = await import('./candidate-inputs.ts');
  const { candidates } = parseCandidates(given.candidates);
  const selection = parseSelection(given.select ?? '');
  if (typeof selection === 'string') throw new ConfigError(selection);
  const { rules, confidence } = sharedAmong(candidates.length, written, given.confidence);
  const as = (patterns: string[]): Inputs => ({ ...given, results: patterns, confidence });
  const judged = [];
  for (const { name, patterns } of candidates) {
    const { candidate, baseline } = await readAll(as(patterns), record, workspace, context);
    judged.push({ name, results: candidate, ...(await judge(rules, candidate, baseline, as(patterns))) });
  }
  const { chosen, selected, notes } = chooseCandidate(judged, selection, given);
  const patterns = candidates.find(({ name }) => name === chosen.name)?.patterns ?? [];
  return { inputs: as(patterns), rules, selected: selected ? chosen.name : '', notes };
}

async function judge(rules: RuleSet, candidate: Results, baseline: Results | undefined, inputs: Inputs) {
  const { confidence, clusters } = inputs;
  const { checkRules } = await import('@sluice/evaluation/check');
  const { judgeRules } = await import('@sluice/evaluation/judge');
  const { lookupOf, selectorsOf } = await import('@sluice/evaluation/values');
  const { faultLines } = await import('@sluice/evaluation/rules-parser');
  const lookup = lookupOf(candidate.metrics, rules.definitions, rules.directions);
  const faults = checkRules(rules, {
    references: BUILT_REFERENCES,
    facts: lookup,
    ...told(inputs),
    ambiguous: ({ name }) => selectorsOf(candidate.metrics, name),
  });
  if (faults.length > 0) throw new ConfigError(faultLines(faults, RULES_INPUT));
  const outcomes = judgeRules(rules, candidate.metrics, baseline ? { baseline: baseline.metrics } : {}, {
    confidence,
    ...(clusters === undefined ? {} : { clusters }),
  });
  const refused = outcomes.filter((outcome) => outcome.refused === true);
  if (refused.length > 0) {
    throw new ConfigError(
      refused.map(({ text }) => `input \`baseline\`: ${text}; measure both in the same way`),
    );
  }
  return { outcomes, lookup };
}

interface ToWrite {
  inputs: Inputs;
  context: ActionContext;
  record: ReleaseRecord | undefined;
  card: OpenCard | undefined;
  report: GateReport;
  candidate: Results;
  baseline: Results | undefined;
  answers: LookedAt | undefined;
  ruled: EvalMetric[];
  lookup: Lookup;
  plan: RegistryPlan | undefined;
  approval: Approval | undefined;
  /** Of data beside the results. */
  measured: Record<string, unknown> | undefined;
}

/** Record first, then what points at it. */
async function write(all: ToWrite): Promise<{ metrics: Record<string, Metric>; deeds: RegistryDeeds }> {
  const { inputs, context, record, card, report, candidate, baseline, ruled, lookup } = all;
  const { answers, plan, approval, measured } = all;
  const { appendGate, recordMetrics, RECORDED_METRICS } = await import('./stage.ts');
  const defined = ruled.filter((metric) => !candidate.metrics.includes(metric));
  // What rules name comes first: it is what must not be cut off.
  const metrics = recordMetrics(
    [...new Set([...ruled, ...defined, ...candidate.metrics])],
    inputs.confidence,
  );
  const { decision, outcomes, comparison } = report;
  const { thresholds } = inputs;
  const { carryOut, NO_DEEDS, publishFolders, recordedDeeds } = await import('./deeds.ts');
  const gate = { name: inputs.name, decision, metrics, thresholds, record, run: context.run };
  // Before the record is written: where a name pointed before is what a rollback reads there.
  const deeds = plan === undefined ? NO_DEEDS : await carryOut(plan, gate);
  const data = {
    thresholds,
    confidence: inputs.confidence,
    ...(inputs.clusters === undefined ? {} : { clusters: inputs.clusters }),
    onInconclusive: inputs.onInconclusive,
    onMissing: inputs.onMissing,
    files: candidate.files,
    baseline: baseline?.files ?? [],
    ...answers?.data,
    rules: outcomes.map(recordedRule),
    comparison: comparison.slice(0, RECORDED_METRICS),
    ...(measured === undefined ? {} : { measured }),
    ...recordedDeeds(deeds),
    ...(approval === undefined ? {} : { approval }),
  };
  const after = await appendGate(
    inputs.releaseRecord,
    record,
    inputs.name,
    decision,
    metrics,
    data,
    context.run,
  );
  if (after.unit.weights === null) {
    context.log.notice(
      'the release record knows no weights, so this gate opens no door by itself (model-pull or inference-test add them)',
    );
  }
  if (card !== undefined) {
    const { cardMetrics, statusAfter, writeCard } = await import('./card.ts');
    const change = {
      metrics: cardMetrics(card.card, ruled, lookup),
      status: statusAfter(decision.verdict, approval),
      ...(approval === undefined ? {} : { approval }),
    };
    const { verdict, reasons } = decision;
    const results = {
      schemaVersion: 1,
      tool: 'sluice-eval-gate',
      name: inputs.name,
      verdict,
      reasons,
      metrics,
      ...data,
    };
    await writeCard(card, change, { record: after, recordPath: inputs.releaseRecord, results });
    if (plan !== undefined) await publishFolders(plan, gate, deeds);
  }
  if (inputs.htmlReport !== undefined) {
    const { renderHtml } = await import('./html-report.ts');
    const { writeFileAtomic } = await import('@sluice/runtime/files');
    await writeFileAtomic(inputs.htmlReport, renderHtml(report));
  }
  return { metrics, deeds };
}

/** JSON has no infinity: an unbounded end is left out. */
function recordedRule(outcome: RuleOutcome): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(outcome).filter(([, value]) => typeof value !== 'number' || Number.isFinite(value)),
  );
}
