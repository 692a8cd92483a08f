/** The door of the model card: what it says of the release, and who approved it where an environment is protected. */
import { openCard } from '@sluice/model-deployment/card-door';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError, GateError } from '@sluice/runtime/errors';
import { readFileIfThere } from '@sluice/runtime/files';
import type { Inputs } from './inputs.gen.ts';

type CardInputs = Pick<Inputs, 'modelCard' | 'environment' | 'githubToken'>;

/** @throws ConfigError for a card that can't be read, GateError for one that may not be deployed */
export async function checkCard(inputs: CardInputs, context: ActionContext): Promise<void> {
  const { modelCard: path, environment } = inputs;
  if (path === undefined) return;
  const text = await readFileIfThere(path);
  if (text === undefined)
    throw new ConfigError(`input \`model-card\` = ${JSON.stringify(path)}: there is no such file`);
  const { parseModelCard } = await import('@sluice/release/model-card');
  const card = await parseModelCard(text, path);
  const isProtected = environment === undefined ? false : await asksForApproval(environment, inputs, context);
  const { readAuthors } = await import('@sluice/github/event');
  const authors = await readAuthors(context.env);
  const door = openCard({ card, path, environment, isProtected, authors });
  if (!door.open) throw new GateError(door.message);
  context.log.info(door.message);
}

/** What GitHub doesn't tell is taken as protected: a door that nobody can look at isn't open. */
async function asksForApproval(
  environment: string,
  { githubToken: token }: CardInputs,
  { run, log }: ActionContext,
): Promise<boolean> {
  const [owner, repo] = run.repository.split('/');
  const mend = 'give the job `permissions: {actions: read}`';
  if (token === undefined || owner === undefined || repo === undefined) {
    log.warning(
      `environment ${environment}: without \`github-token\` nobody says whether it is protected, so the model card has to be approved as for one that is`,
    );
    return true;
  }
  const { loadGithub } = await import('@sluice/github/load');
  const { protectionOf } = await import('@sluice/github/environments');
  const github = await loadGithub();
  const answer = await protectionOf(github.getOctokit(token).rest, { owner, repo, name: environment });
  if (answer.isProtected === undefined)
    log.warning(
      `environment ${environment}: GitHub doesn't say whether it is protected (${answer.why}), so the model card has to be approved as for one that is; ${mend}`,
    );
  return answer.isProtected ?? true;
}
