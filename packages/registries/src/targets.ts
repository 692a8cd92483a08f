/** What `register`, `promote` and `track` may name. Pure. */

export type PromoteTarget =
  | { kind: 'mlflow-alias'; given: string; name: string; alias: string }
  | { kind: 'mlflow-stage'; given: string; name: string; stage: string }
  | { kind: 'hf'; given: string; repo: string; tag: string }
  | { kind: 's3'; given: string; bucket: string; prefix: string; alias: string }
  | { kind: 'wandb'; given: string; entity: string; project: string; collection: string; alias: string }
  | { kind: 'oci'; given: string; repository: string; tag: string }
  | { kind: 'sagemaker'; given: string; group: string }
  | { kind: 'vertex'; given: string; name: string; alias: string }
  | { kind: 'azureml'; given: string; name: string; stage: string };
/** A folder of the checkout, committed and tagged by its own name. */
export interface GitTarget {
  kind: 'git';
  given: string;
  folder: string;
}
export type RegisterTarget =
  | { kind: 'mlflow'; given: string; name: string }
  | { kind: 'hf'; given: string; repo: string }
  | { kind: 's3'; given: string; bucket: string; prefix: string }
  | { kind: 'wandb'; given: string; entity: string; project: string; collection: string }
  | { kind: 'dvc'; given: string; path: string }
  | { kind: 'oci'; given: string; repository: string };
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

const PROMOTE_FORM =
  'mlflow:name@alias, mlflow:name/Staging, wandb:entity/project/name:alias, hf:org/name@tag, s3://bucket/prefix@alias, ' +
  'oci://host/repository:tag, ' +
  'sagemaker:group, vertex:name@alias, azureml:name/Stage or git:models/v2.0';
const REGISTER_FORM =
  'mlflow:name, wandb:entity/project/name, hf:org/name, s3://bucket/prefix, dvc:path or oci://host/repository';

const PROMOTE: readonly Reader<PromoteTarget | GitTarget>[] = [
  [/^mlflow:(?:models:\/)?(?=[^/@]+[/@].)/u, readMlflowPointer],
  [/^hf:(?:\/\/)?(?=[^@]+@.)/u, readHubTag],
  [/^s3:\/\/(?=[^@]+@.)/u, readS3Alias],
  [/^wandb:(?=[^:]+:.)/u, readWandbAlias],
  [/^oci:\/\/(?=.+\/.+:.)/u, readOciTag],
  [/^sagemaker:(?=.)/u, readSagemakerGroup],
  [/^vertex:(?=[^@]+@.)/u, readVertexAlias],
  [/^azureml:(?=.)/u, readAzuremlStage],
  [/^git:(?=.)/u, readGitFolder],
];
const REGISTER: readonly Reader<RegisterTarget>[] = [
  [/^mlflow:(?:models:\/)?(?=.)/u, readMlflowModel],
  [/^hf:(?:\/\/)?(?=.)/u, readHubRepo],
  [/^s3:\/\/(?=.)/u, readS3Place],
  [/^wandb:(?=.)/u, readWandbCollection],
  [/^dvc:(?=.)/u, readDvcPath],
  [/^oci:\/\/(?=.)/u, readOciRepository],
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
    fault: `names no registry; write ${form}`,
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

function readWandbAlias(rest: string, given: string): Parsed<PromoteTarget> {
  const [, entity = '', project = '', collection = '', alias = ''] =
    /^([^/:@\s]+)\/([^/:@\s]+)\/([^/:@\s]+):([^/:@\s]+)$/u.exec(rest) ?? [];
  if (entity === '')
    return { fault: `'${rest}' is no alias of an artifact; write wandb:entity/project/name:alias` };
  // W&B gives these itself.
  return /^(?:latest|v\d+)$/u.test(alias)
    ? { fault: `'${alias}' is given by W&B itself; name an alias of your own` }
    : { target: { kind: 'wandb', given, entity, project, collection, alias } };
}

function readWandbCollection(rest: string, given: string): Parsed<RegisterTarget> {
  const [, entity = '', project = '', collection = ''] =
    /^([^/:@\s]+)\/([^/:@\s]+)\/([^/:@\s]+)$/u.exec(rest) ?? [];
  return entity === ''
    ? { fault: `'${rest}' is no artifact; write wandb:entity/project/name, and \`promote\` for its aliases` }
    : { target: { kind: 'wandb', given, entity, project, collection } };
}

function readDvcPath(rest: string, given: string): Parsed<RegisterTarget> {
  const path = rest.replace(/\/+$/u, '');
  return KEY_PREFIX.test(path) && path !== '' && !/\.dvc$/u.test(path)
    ? { target: { kind: 'dvc', given, path } }
    : { fault: `'${rest}' is no path of the checkout that DVC can track, such as models/llm` };
}

/** As `parseOciReference` takes them. */
const OCI_REPOSITORY =
  /^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?\/(?!.*(?:\.\.|\/\/))[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/u;

function readOciTag(rest: string, given: string): Parsed<PromoteTarget> {
  const at = rest.lastIndexOf(':');
  const [repository, tag] = [rest.slice(0, at), rest.slice(at + 1)];
  if (!OCI_REPOSITORY.test(repository)) return { fault: `'${repository}' is no host and repository` };
  return /^\w[\w.-]{0,127}$/u.test(tag) && !tag.startsWith('sluice-')
    ? { target: { kind: 'oci', given, repository, tag } }
    : { fault: `'${tag}' is no tag of your own; sluice-… are the versions' own` };
}

function readOciRepository(rest: string, given: string): Parsed<RegisterTarget> {
  return OCI_REPOSITORY.test(rest)
    ? { target: { kind: 'oci', given, repository: rest } }
    : { fault: `'${rest}' is no host and repository; a tag is moved by \`promote\`` };
}

function readSagemakerGroup(group: string, given: string): Parsed<PromoteTarget> {
  return /^[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}$/u.test(group)
    ? { target: { kind: 'sagemaker', given, group } }
    : { fault: `'${group}' is no name of a model package group` };
}

function readVertexAlias(rest: string, given: string): Parsed<PromoteTarget> {
  const [name, alias] = atLast(rest);
  if (!/^[a-z0-9_-]{1,63}$/u.test(name)) return { fault: `'${name}' is no id of a model in Vertex AI` };
  return /^[a-z][a-z0-9-]{0,126}[a-z0-9]$/u.test(alias) && alias !== 'default'
    ? { target: { kind: 'vertex', given, name, alias } }
    : {
        fault: `'${alias}' is no alias that Vertex AI takes: small letters, digits and -; 'default' can't be taken off`,
      };
}

function readAzuremlStage(rest: string, given: string): Parsed<PromoteTarget> {
  const [, name = '', stage = 'Production'] =
    /^([A-Za-z0-9][\w.-]{0,254})(?:\/([A-Za-z][\w -]{0,62}))?$/u.exec(rest) ?? [];
  return name === '' || stage === 'Archived'
    ? { fault: `'${rest}' is no model and stage; write azureml:name or azureml:name/Staging` }
    : { target: { kind: 'azureml', given, name, stage } };
}

function readGitFolder(rest: string, given: string): Parsed<GitTarget> {
  const folder = rest.replace(/\/+$/u, '');
  return GIT_NAME.test(folder)
    ? { target: { kind: 'git', given, folder } }
    : { fault: `'${folder}' is no folder of the repository that can name a tag, such as models/v2.0` };
}
