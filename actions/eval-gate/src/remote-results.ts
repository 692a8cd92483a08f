/** Results that lie on a server: `mlflow:<run id>`, and the run behind a registered model for a baseline. */
import type { NamedFile } from '@sluice/evaluation/readers/read-results';
import type { ActionContext } from '@sluice/runtime/action';

/** What names a run: its id (32 hex digits), `runs:/<id>`, or a model's version or alias, whose run it was logged by. */
const RUN = /^mlflow:(?:runs:\/)?(?<run>[0-9a-f]{32})$/u;
const MODEL = /^(?:mlflow:)?models:\/(?<name>[^/@]+)(?:\/(?<version>\d+)|@(?<alias>[^/@]+))$/u;

export function isRemoteResult(source: string): boolean {
  return RUN.test(source) || MODEL.test(source);
}

/**
 * What the server tells of the run, as bytes that a reader takes like a file's. Address and credentials are MLflow's own
 * variables (`MLFLOW_TRACKING_URI`, `MLFLOW_TRACKING_TOKEN` …).
 *
 * @throws ConfigError where the run or model isn't there, or may not be read
 */
export async function fetchRemoteResult(source: string, context: ActionContext): Promise<NamedFile> {
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
