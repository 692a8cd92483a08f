/** What `register`, `promote` and `track` may name. Pure. */

export type PromoteTarget =
  | { kind: 'mlflow-alias'; given: string; name: string; alias: string }
  | { kind: 'mlflow-stage'; given: string; name: string; stage: string };
/** A folder of the checkout, committed and tagged by its own name. */
export interface GitTarget {
  kind: 'git';
  given: string;
  folder: string;
}
export type RegisterTarget = { kind: 'mlflow'; given: string; name: string };
export type TrackTarget = { kind: 'mlflow'; given: string; experiment: string };

type Parsed<T> = { target: T } | { fault: string };

/** A model's name in MLflow: no `/` and `:`, and nothing that would end a quoted text of its filter language. */
const MLFLOW_NAME = /^[^/:@'"`\s\\][^/:@'"`\\]*$/u;
/** MLflow refuses `latest` and `v12` as aliases: addresses use these words. */
const MLFLOW_ALIAS = /^(?!latest$)(?!v\d+$)[\w-]{1,255}$/iu;

/** What is a path and the name of a tag (git check-ref-format). */
const GIT_FOLDER = /^[A-Za-z0-9][\w.+-]*(?:\/[A-Za-z0-9][\w.+-]*)*$/u;

/** Registries of DESIGN's list that are still to come. */
const PLANNED = /^(?:wandb|hf|oci|s3|dvc|sagemaker|vertex|azureml):/u;

export function parsePromote(given: string): Parsed<PromoteTarget | GitTarget> {
  const mlflow = /^mlflow:(?:models:\/)?([^/@]+)([/@])(.+)$/u.exec(given);
  if (mlflow) {
    const [, name = '', mark, pointer = ''] = mlflow;
    if (!MLFLOW_NAME.test(name)) return { fault: `'${name}' is no name of a model in MLflow` };
    if (mark === '/') return { target: { kind: 'mlflow-stage', given, name, stage: pointer } };
    return MLFLOW_ALIAS.test(pointer)
      ? { target: { kind: 'mlflow-alias', given, name, alias: pointer } }
      : {
          fault: `'${pointer}' is no alias that MLflow takes: letters, digits, - and _, not 'latest' or 'v1'`,
        };
  }
  const folder = /^git:(.+?)\/*$/u.exec(given)?.[1];
  if (folder !== undefined) {
    return GIT_FOLDER.test(folder) && !/(?:^|\/)\.|\.\.|\.lock(?:$|\/)/u.test(folder)
      ? { target: { kind: 'git', given, folder } }
      : { fault: `'${folder}' is no folder of the repository that can name a tag, such as models/v2.0` };
  }
  return { fault: fallback(given, 'mlflow:name@alias, mlflow:name/Staging or git:models/v2.0') };
}

export function parseRegister(given: string): Parsed<RegisterTarget> {
  const name = /^mlflow:(?:models:\/)?(.+)$/u.exec(given)?.[1];
  if (name !== undefined)
    return MLFLOW_NAME.test(name)
      ? { target: { kind: 'mlflow', given, name } }
      : { fault: `'${name}' is no name of a model in MLflow; an alias is moved by \`promote\`` };
  return { fault: fallback(given, 'mlflow:name') };
}

export function parseTrack(given: string): Parsed<TrackTarget> {
  const experiment = /^mlflow:(.+)$/u.exec(given)?.[1];
  return experiment === undefined
    ? { fault: fallback(given, 'mlflow:experiment') }
    : { target: { kind: 'mlflow', given, experiment } };
}

function fallback(given: string, form: string): string {
  return PLANNED.test(given)
    ? `is not built yet in this version; write ${form}`
    : `names no registry; write ${form}`;
}
