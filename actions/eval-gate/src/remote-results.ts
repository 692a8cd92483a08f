/** Results that lie on a server: `mlflow:<run id>`, the run behind a registered model, `wandb:entity/project/run`. */
import type { NamedFile } from '@sluice/evaluation/readers/read-results';
import type { ActionContext } from '@sluice/runtime/action';

/** What names a run: its id (32 hex digits), `runs:/<id>`, or a model's version or alias, whose run it was logged by. */
const RUN = /^mlflow:(?:runs:\/)?(?<run>[0-9a-f]{32})$/u;
const MODEL = /^(?:mlflow:)?models:\/(?<name>[^/@]+)(?:\/(?<version>\d+)|@(?<alias>[^/@]+))$/u;

/** A W&B run by its id; with an alias behind it the text names an artifact, which is no result. */
const WANDB = /^wandb:(?<entity>[^/:@\s]+)\/(?<project>[^/:@\s]+)\/(?:runs\/)?(?<run>[^/:@\s]+)$/u;

export function isRemoteResult(source: string): boolean {
  return RUN.test(source) || MODEL.test(source) || WANDB.test(source);
}

/**
 * What the server tells of the run, as bytes that a reader takes like a file's. Address and credentials are MLflow's own
 * variables (`MLFLOW_TRACKING_URI`, `MLFLOW_TRACKING_TOKEN` …), or W&B's.
 *
 * @throws ConfigError where the run or model isn't there, or may not be read
 */
export async function fetchRemoteResult(source: string, context: ActionContext): Promise<NamedFile> {
  const wandb = WANDB.exec(source)?.groups;
  if (wandb !== undefined) return fetchWandb(wandb, context);
  const { env, log, signal } = context;
  const { chooseMlflowServer, MlflowClient } = await import('@sluice/sources/mlflow-client');
  const client = new MlflowClient(
    chooseMlflowServer({
      env,
      log,
      addSecret: (value) => {
        context.addSecret(value);
      },
    }),
    { log, signal },
  );
  const { name = '', version, alias } = MODEL.exec(source)?.groups ?? {};
  const run =
    RUN.exec(source)?.groups?.['run'] ??
    (await client.runOfVersion(name, version ?? (await client.versionOfAlias(name, alias ?? ''))));
  const bytes = Buffer.from(JSON.stringify(await client.runAnswer(run)));
  return { path: '', shown: `mlflow:${run}`, bytes };
}

/** Address and key are W&B's own variables (`WANDB_BASE_URL`, `WANDB_API_KEY`). */
async function fetchWandb(
  { entity = '', project = '', run = '' }: Readonly<Record<string, string | undefined>>,
  context: ActionContext,
): Promise<NamedFile> {
  const { env, log, signal } = context;
  const { WandbClient } = await import('@sluice/sources/wandb-client');
  const workspace = env['GITHUB_WORKSPACE'] ?? process.cwd();
  const addSecret = (value: string): void => context.addSecret(value);
  const client = new WandbClient({ env, log, signal, workspace, addSecret });
  const summary = await client.runSummary(entity, project, run);
  // What marks a summary as W&B's stands only in those that the client itself wrote.
  const marked = summary.replace(/^\s*\{(?!\s*\})/u, '{"_wandb": {}, ');
  return { path: '', shown: `wandb:${entity}/${project}/${run}`, bytes: Buffer.from(marked) };
}
