/** The policy's say in the gate: what the card lacks fails it, an approval that is still to come leaves it open. */
import type { RulesDecision } from '@sluice/evaluation/decide';
import { loadGithub } from '@sluice/github/load';
import { explainRefusal } from '@sluice/github/refusal';
import { listReviews, type EnvironmentReview } from '@sluice/github/reviews';
import { checkCard, judgeApproval, parsePolicy, type Approval, type Policy } from '@sluice/release/policy';
import { ConfigError, describeError } from '@sluice/runtime/errors';
import type { ActionContext } from '@sluice/runtime/action';
import { readFileIfThere } from '@sluice/runtime/files';
import { relative } from 'node:path';
import type { OpenCard } from './card.ts';
import type { Inputs } from './inputs.gen.ts';

export interface OpenPolicy {
  path: string;
  policy: Policy;
  /** What the card lacks. */
  findings: string[];
}

/** @throws ConfigError for a policy that isn't valid, or one without a card to judge */
export async function openPolicy(
  path: string | undefined,
  card: OpenCard | undefined,
  workspace: string,
): Promise<OpenPolicy | undefined> {
  if (path === undefined) return undefined;
  const shown = relative(workspace, path);
  if (card === undefined)
    throw new ConfigError(`input \`policy\` = '${shown}' judges a model card; name it by \`model-card\``);
  const text = await readFileIfThere(path);
  if (text === undefined) throw new ConfigError(`input \`policy\` = '${shown}' is not there`);
  const policy = await parsePolicy(text, shown);
  const open = { text: card.text, path: relative(workspace, card.path), value: card.card };
  return { path: shown, policy, findings: await checkCard(policy, shown, open) };
}

/** The decision with the policy's part in it, and who approved. */
export async function decidePolicy(
  decision: RulesDecision,
  open: OpenPolicy | undefined,
  inputs: Pick<Inputs, 'githubToken' | 'onInconclusive' | 'modelCard'>,
  context: ActionContext,
): Promise<{ decision: RulesDecision; approval?: Approval }> {
  if (open !== undefined && open.findings.length > 0) {
    const { findings } = open;
    return {
      decision: {
        ...decision,
        verdict: 'fail',
        outcome: 'gate-failed',
        reasons: [...(decision.verdict === 'pass' ? [] : decision.reasons), ...findings],
        failures: [...decision.failures, ...findings],
      },
    };
  }
  if (decision.verdict !== 'pass' || inputs.modelCard === undefined) return { decision };
  const reviews =
    open?.policy.approval === 'automatic' ? [] : await readReviews(inputs.githubToken, open, context);
  const today = new Date().toISOString().slice(0, 10);
  const { approval, missing } = judgeApproval(open?.policy, open?.path ?? '', reviews, today);
  if (missing.length === 0) return { decision, ...(approval === undefined ? {} : { approval }) };
  const outcome = inputs.onInconclusive === 'warn' ? 'success' : 'gate-failed';
  return {
    decision: { ...decision, verdict: 'inconclusive', outcome, reasons: [...decision.reasons, ...missing] },
  };
}

/** None where GitHub can't be asked: what the policy wants is then still missing. */
async function readReviews(
  token: string | undefined,
  open: OpenPolicy | undefined,
  { run, log }: ActionContext,
): Promise<EnvironmentReview[]> {
  const asked = open?.policy.approval !== undefined;
  const [owner = '', repo = ''] = run.repository.split('/');
  if (token === undefined || repo === '' || run.id === '') {
    if (asked)
      log.warning('`policy`: approvals can only be read with `github-token`, in a workflow of GitHub');
    return [];
  }
  try {
    const { rest } = (await loadGithub()).getOctokit(token);
    return await listReviews(rest, { owner, repo, run_id: Number(run.id) });
  } catch (error) {
    const why = asked ? explainRefusal(error, 'actions: read') : describeError(error);
    if (asked) log.warning(`\`policy\`: GitHub did not tell who approved: ${why}`);
    else log.debug(`GitHub did not tell who approved: ${why}`);
    return [];
  }
}
