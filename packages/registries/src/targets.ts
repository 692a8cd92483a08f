/** What `register`, `promote` and `track` may name. Pure. */

export type PromoteTarget =
  | { kind: 'mlflow-alias'; given: string; name: string; alias: string }
  | { kind: 'mlflow-stage'; given: string; name: string; stage: string }
  | { kind: 'hf'; given: string; repo: string; tag: string }
  | { kind: 's3'; given: string; bucket: string; prefix: string; alias: string };
/** A folder of the checkout, committed and tagged by its own name. */
export interface GitTarget {
  kind: 'git';
  given: string;
  folder: string;
}
export type RegisterTarget =
  | { kind: 'mlflow'; given: string; name: string }
  | { kind: 'hf'; given: string; repo: string }
  | { kind: 's3'; given: string; bucket: string; prefix: string };
export type TrackTarget = { kind: 'mlflow'; given: string; experiment: string };

export type Parsed<T> = { target: T } | { fault: string };
type Reader<T> = readonly [scheme: RegExp, read: (rest: string, given: string) => Parsed<T>];

/** A model's name in MLflow: no `/` and `:`, and nothing that would end a quoted text of its filter language. */
const MLFLOW_NAME = /^[^/:@'"`\s\\][^/:@'"`\\]*$/u;
/** MLflow refuses `latest` and `v12` as aliases: addresses use these words. */
const MLFLOW_ALIAS = /^(?!latest$)(?!v\d+$)[\w-]{1,255}$/iu;

/** What is a path and the name of a tag (git check-ref-format). */
const GIT_NAME = /^(?!.*(?:^|\/)\.|.*\.\.|.*\.lock(?:$|\/))[A-Za-z0-9][\w.+-]*(?:\/[A-Za-z0-9][\w.+-]*)*$/u;
/** huggingface_hub's rule (utils/_validators.py). */
const HUB_REPO =
  /^(?!.*(?:--|\.\.))[A-Za-z0-9](?:[\w.-]{0,94}\w)?\/[A-Za-z0-9](?:[\w.-]{0,94}\w)?(?<!\.git)$/u;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u;
const KEY_PREFIX = /^(?:(?!\.{1,2}(?:\/|$))[^/@\s\\]+(?:\/(?!\.{1,2}(?:\/|$))|$))*$/u;
const ALIAS = /^[A-Za-z0-9][\w.-]{0,127}$/u;

/** Registries of DESIGN's list that are still to come. */
const PLANNED = /^(?:wandb|oci|dvc|sagemaker|vertex|azureml):/u;

const PROMOTE_FORM =
  'mlflow:name@alias, mlflow:name/Staging, hf:org/name@tag, s3://bucket/prefix@alias or git:models/v2.0';
const REGISTER_FORM = 'mlflow:name, hf:org/name or s3://bucket/prefix';

const PROMOTE: readonly Reader<PromoteTarget | GitTarget>[] = [
  [/^mlflow:(?:models:\/)?(?=[^/@]+[/@].)/u, readMlflowPointer],
  [/^hf:(?:\/\/)?(?=[^@]+@.)/u, readHubTag],
  [/^s3:\/\/(?=[^@]+@.)/u, readS3Alias],
  [/^git:(?=.)/u, readGitFolder],
];
const REGISTER: readonly Reader<RegisterTarget>[] = [
  [/^mlflow:(?:models:\/)?(?=.)/u, readMlflowModel],
  [/^hf:(?:\/\/)?(?=.)/u, readHubRepo],
  [/^s3:\/\/(?=.)/u, readS3Place],
];

export function parsePromote(given: string): Parsed<PromoteTarget | GitTarget> {
  return parseBy(PROMOTE, given, PROMOTE_FORM);
}

export function parseRegister(given: string): Parsed<RegisterTarget> {
  return parseBy(REGISTER, given, REGISTER_FORM);
}

export function parseTrack(given: string): Parsed<TrackTarget> {
  const track: Reader<TrackTarget> = [
    /^mlflow:(?=.)/u,
    (experiment) => ({ target: { kind: 'mlflow', given, experiment } }),
  ];
  return parseBy([track], given, 'mlflow:experiment');
}

function parseBy<T>(readers: readonly Reader<T>[], given: string, form: string): Parsed<T> {
  for (const [scheme, read] of readers) {
    const start = scheme.exec(given)?.[0];
    if (start !== undefined) return read(given.slice(start.length), given);
  }
  return {
    fault: PLANNED.test(given)
      ? `is not built yet in this version; write ${form}`
      : `names no registry; write ${form}`,
  };
}

/** `name@pointer`, at the last sign. */
function atLast(rest: string): [name: string, pointer: string] {
  const at = rest.lastIndexOf('@');
  return [rest.slice(0, at), rest.slice(at + 1)];
}

function readMlflowPointer(rest: string, given: string): Parsed<PromoteTarget> {
  const [, name = '', mark, pointer = ''] = /^([^/@]+)([/@])(.+)$/u.exec(rest) ?? [];
  if (!MLFLOW_NAME.test(name)) return { fault: `'${name}' is no name of a model in MLflow` };
  if (mark === '/') return { target: { kind: 'mlflow-stage', given, name, stage: pointer } };
  return MLFLOW_ALIAS.test(pointer)
    ? { target: { kind: 'mlflow-alias', given, name, alias: pointer } }
    : {
        fault: `'${pointer}' is no alias that MLflow takes: letters, digits, - and _, not 'latest' or 'v1'`,
      };
}

function readMlflowModel(name: string, given: string): Parsed<RegisterTarget> {
  return MLFLOW_NAME.test(name)
    ? { target: { kind: 'mlflow', given, name } }
    : { fault: `'${name}' is no name of a model in MLflow; an alias is moved by \`promote\`` };
}

function readHubTag(rest: string, given: string): Parsed<PromoteTarget> {
  const [repo, tag] = atLast(rest);
  const fault = hubFault(repo);
  if (fault !== undefined) return { fault };
  return GIT_NAME.test(tag) && !/^(?:main$|sluice-)/u.test(tag)
    ? { target: { kind: 'hf', given, repo, tag } }
    : { fault: `'${tag}' is no name of a tag; a branch is not moved, and sluice-… are the versions' own` };
}

function readHubRepo(rest: string, given: string): Parsed<RegisterTarget> {
  const fault = hubFault(rest);
  return fault === undefined ? { target: { kind: 'hf', given, repo: rest } } : { fault };
}

function hubFault(repo: string): string | undefined {
  if (HUB_REPO.test(repo)) return undefined;
  return `'${repo}' is no repository of models; write hf:org/name, and hf:org/name@tag to promote`;
}

function readS3Alias(rest: string, given: string): Parsed<PromoteTarget> {
  const [address, alias] = atLast(rest);
  const place = s3PlaceOf(address);
  if (typeof place === 'string') return { fault: place };
  return ALIAS.test(alias)
    ? { target: { kind: 's3', given, ...place, alias } }
    : { fault: `'${alias}' is no alias: letters, digits, -, _ and .` };
}

function readS3Place(rest: string, given: string): Parsed<RegisterTarget> {
  const place = s3PlaceOf(rest);
  return typeof place === 'string' ? { fault: place } : { target: { kind: 's3', given, ...place } };
}

function s3PlaceOf(address: string): { bucket: string; prefix: string } | string {
  const [, bucket = '', prefix = ''] = /^([^/]*)(?:\/(.*?))?\/*$/su.exec(address) ?? [];
  return BUCKET.test(bucket) && KEY_PREFIX.test(prefix)
    ? { bucket, prefix }
    : `'${address}' is no bucket and prefix; write s3://bucket/prefix, and s3://bucket/prefix@alias to promote`;
}

function readGitFolder(rest: string, given: string): Parsed<GitTarget> {
  const folder = rest.replace(/\/+$/u, '');
  return GIT_NAME.test(folder)
    ? { target: { kind: 'git', given, folder } }
    : { fault: `'${folder}' is no folder of the repository that can name a tag, such as models/v2.0` };
}
