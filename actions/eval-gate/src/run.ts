/** Gates a release: check, read, judge, write, tell. */
import { ConfigError } from '@sluice/runtime/errors';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { againstIn } from '@sluice/evaluation/rules';
import { checkDataFiles, givesData } from './check-data.ts';
import { checkInputs } from './check-inputs.ts';
import type { OpenCard } from './card.ts';
import type { GateReport } from './summary.ts';
import type { Inputs } from './inputs.gen.ts';
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
      ).planRegistry(targets, record, card?.card, given.modelPath, {
        ...context,
        workspace,
        githubToken: given.githubToken,
      })
    : undefined;
  const against = againstIn(written);
  const { readReferences } = await import('./references.ts');
  const compared = await readReferences(given, written, against, {
    ...{ record, card, workspace, log: context.log, signal: context.signal },
  });
  const data = givesData(given)
    ? await (
        await import('./data.ts')
      ).measureData(given, written, record, workspace, context, compared.release)
    : undefined;
  const shared = { references: compared.results, metrics: data?.metrics ?? [] };
  const many =
    given.candidates.length === 0
      ? undefined
      : await (
          await import('./choose-among.ts')
        ).chooseAmong(given, written, record, workspace, context, shared);
  const { inputs, rules } = many ?? { inputs: given, rules: written };
  const { readAll } = await import('./read-all.ts');
  const { candidate, baseline: fromFiles } = await readAll(inputs, record, workspace, context);
  if (fromFiles !== undefined) compared.results.baseline = fromFiles;
  const { judgeResults, referencesFor } = await import('./judge-results.ts');
  compared.results = referencesFor(candidate, compared.results);
  const { baseline } = compared.results;
  candidate.metrics.push(...shared.metrics);
  candidate.notes.push(...(data?.notes ?? []));
  const { adviseReview, lookAtAnswers, openWhilePending } = await import('./judge-answers.ts');
  const answers =
    inputs.pairwise === undefined
      ? undefined
      : await lookAtAnswers({ inputs, context, workspace, record, candidate, baseline, fromFile });
  candidate.metrics.push(...(answers?.metrics ?? []));
  candidate.notes.push(...(answers?.notes ?? []));
  const judged = judgeResults(rules, candidate, compared.results, inputs);
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
      ...compared.notes,
      ...candidate.notes,
      ...(baseline?.notes ?? []),
    ],
    confidence: inputs.confidence,
    release: describeRelease(record),
  };
  for (const note of report.notes) context.log.untrusted(note);
  const ruled = rules.rules.flatMap(({ metric }) => lookup(metric) ?? []);
  const { writeGate } = await import('./write-gate.ts');
  const stored = await writeGate({
    ...{ inputs, context, record, card, report, candidate, baseline, answers, ruled, lookup, plan, approval },
    measured: data?.recorded,
    stored: compared.stored,
    rules,
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
