/** What people see on GitHub: one comment on the pull request, a check run, a word to the author of a red commit. */
import { relative } from 'node:path';
import type { Annotation } from '@sluice/github/check-run';
import { commentOnCommit, keepComment, markerOf, type Repository, type Rest } from '@sluice/github/comments';
import { readPlace } from '@sluice/github/event';
import { loadGithub } from '@sluice/github/load';
import { explainRefusal } from '@sluice/github/refusal';
import { escapeMarkdown } from '@sluice/report/markdown';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { readFileIfThere } from '@sluice/runtime/files';
import { hideSecrets } from '@sluice/runtime/secrets';
import type { Inputs } from './inputs.gen.ts';
import { shown, verdictOf, type GateReport } from './summary.ts';

type Ended = Pick<ActionResult, 'verdict' | 'outcome' | 'reasons'> & { summary: string };

/** Whatever GitHub refuses is a warning: the verdict stands in the log, the summary and the record. */
export async function tellPeople(
  inputs: Pick<Inputs, 'prComment' | 'checkRun' | 'githubToken' | 'name' | 'modelCard'>,
  context: ActionContext,
  report: GateReport,
  ended: Ended,
): Promise<void> {
  const { log, run } = context;
  const asked = [inputs.prComment ? '`pr-comment`' : '', inputs.checkRun ? '`check-run`' : ''].filter(
    Boolean,
  );
  if (asked.length === 0) return;
  const [owner = '', repo = ''] = run.repository.split('/');
  if (inputs.githubToken === undefined || repo === '') {
    const missing = repo === '' ? 'GITHUB_REPOSITORY is not set' : 'input `github-token` was not given';
    log.warning(`${asked.join(' and ')}: ${missing}, so nothing was written to GitHub`);
    return;
  }
  const { rest } = (await loadGithub()).getOctokit(inputs.githubToken);
  const place = await readPlace(context.env);
  const attempt = async (what: string, permission: string, deed: () => Promise<string>): Promise<void> => {
    try {
      log.info(`${what}: ${await deed()}`);
    } catch (error) {
      log.warning(`${what}: GitHub did not take it: ${explainRefusal(error, permission)}`);
    }
  };
  const where = { owner, repo };
  if (inputs.prComment && place.pullRequest !== undefined) {
    const issue = { ...where, issue_number: place.pullRequest };
    await attempt('pr-comment', 'pull-requests: write', () =>
      keepComment(rest, issue, markerOf(`eval-gate/${inputs.name}`), commentText(inputs.name, ended, run)),
    );
  } else if (inputs.prComment && ended.outcome !== 'success') {
    await attempt('comment on the commit', 'contents: write', () =>
      tellAuthor(rest, where, place.sha, inputs.name, ended, run),
    );
  }
  if (inputs.checkRun) {
    const annotations = await annotate(inputs.modelCard, context, report);
    const { writeCheckRun } = await import('@sluice/github/check-run');
    await attempt('check-run', 'checks: write', async () => {
      await writeCheckRun(rest, where, {
        name: `gate ${inputs.name}`,
        sha: place.sha,
        conclusion: conclusionOf(ended),
        title: hideSecrets(ended.reasons[0] ?? ended.verdict),
        summary: commentText(inputs.name, ended, run),
        detailsUrl: run.url,
        annotations,
      });
      return `${conclusionOf(ended)}, ${annotations.length} annotations`;
    });
  }
}

/** Neutral: not decided, and the policy lets it through. */
function conclusionOf({ verdict, outcome }: Ended): 'success' | 'failure' | 'neutral' {
  if (outcome !== 'success') return 'failure';
  return verdict === 'pass' ? 'success' : 'neutral';
}

const MARKS = { pass: '✅', fail: '❌', inconclusive: '❔' } as const;

function commentText(name: string, ended: Ended, run: ActionContext['run']): string {
  const { verdict, outcome = 'success', reasons, summary } = ended;
  const mark = outcome === 'success' ? MARKS[verdict] : '❌';
  const head = `## ${mark} gate ${escapeMarkdown(name)}: ${verdict}${outcome === 'success' ? '' : ` (${outcome})`}`;
  const list = reasons.map((reason) => `- ${escapeMarkdown(reason)}`).join('\n');
  const link = run.url === '' ? '' : `[The run](${run.url}), commit ${run.sha.slice(0, 12)}`;
  return hideSecrets([head, list, summary, link].filter((part) => part !== '').join('\n\n'));
}

async function tellAuthor(
  rest: Rest,
  where: Repository,
  sha: string,
  name: string,
  ended: Ended,
  run: ActionContext['run'],
): Promise<string> {
  const marker = markerOf(`eval-gate/${name}/${run.id}`);
  // GitHub's own rule for logins: nothing else is addressed.
  const author = /^[A-Za-z\d](?:[A-Za-z\d-]{0,38})$/u.test(run.actor) ? `@${run.actor}\n\n` : '';
  return commentOnCommit(
    rest,
    { ...where, commit_sha: sha },
    marker,
    `${author}${commentText(name, ended, run)}`,
  );
}

/** A line of the card for each rule that doesn't hold. */
async function annotate(
  cardPath: string | undefined,
  context: ActionContext,
  report: GateReport,
): Promise<Annotation[]> {
  const text = cardPath === undefined ? undefined : await readFileIfThere(cardPath);
  if (cardPath === undefined || text === undefined) return [];
  const path = relative(context.env['GITHUB_WORKSPACE'] ?? process.cwd(), cardPath).replaceAll('\\', '/');
  if (path.startsWith('../')) return [];
  const { lineFinder } = await import('@sluice/release/yaml-lines');
  const lineOf = await lineFinder(text);
  return report.outcomes
    .filter(({ verdict }) => verdict !== 'pass')
    .map((outcome) => ({
      path,
      line: lineOf(['spec', 'evaluation', 'metrics', outcome.metric]),
      level: outcome.warn ? 'warning' : 'failure',
      title: hideSecrets(outcome.rule),
      message: hideSecrets(`${outcome.metric} is ${shown(outcome.value, outcome)}: ${verdictOf(outcome)}`),
    }));
}
