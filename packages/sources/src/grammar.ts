/**
 * The one grammar of sources (DESIGN section 3): what a model or a data set may be named by, as a union.
 * Parsing knows all forms, so that a form which isn't built yet is told apart from a typing error.
 */
import { ConfigError } from '@sluice/runtime/errors';

export type RepoType = 'model' | 'dataset' | 'space';

export interface HubSource {
  kind: 'hub';
  repoType: RepoType;
  /** `org/name`, or a single name of the early days (`gpt2`). */
  repo: string;
  /** From `hf://org/name@revision`. */
  revision: string | null;
}

export interface FileSource {
  kind: 'file';
  path: string;
}

/** Any other form; `given` is the whole value, `rest` what follows its scheme. */
export interface OtherSource {
  given: string;
  kind:
    | 's3'
    | 'gs'
    | 'az'
    | 'dvc'
    | 'mlflow'
    | 'wandb'
    | 'clearml'
    | 'oci'
    | 'lakefs'
    | 'webhdfs'
    | 'https'
    | 'model-card'
    | 'dataset-entry';
  rest: string;
}

export type Source = HubSource | FileSource | OtherSource;

/** Scheme to kind, in the order in which they are tried; `models:/` is MLflow's own short form. */
const SCHEMES: readonly (readonly [string, OtherSource['kind']])[] = [
  ['s3://', 's3'],
  ['gs://', 'gs'],
  ['az://', 'az'],
  ['dvc:', 'dvc'],
  ['mlflow:', 'mlflow'],
  ['models:/', 'mlflow'],
  ['runs:/', 'mlflow'],
  ['wandb:', 'wandb'],
  ['clearml:', 'clearml'],
  ['oci://', 'oci'],
  ['lakefs://', 'lakefs'],
  ['webhdfs://', 'webhdfs'],
  ['swebhdfs://', 'webhdfs'],
  ['https://', 'https'],
  ['http://', 'https'],
];

const FORMS =
  'org/name, hf://org/name@revision, s3://…, https://…, dvc:…, mlflow:…, oci://…, a model card (card.yaml) or file:path';
/** huggingface_hub's rule (utils/_validators.py): 1 to 96 of these, no `--`, no `..`, not ending in `.git`. */
const REPO_PART = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/;

/** Parses `text`, the value of input `input`; a value outside the grammar is a ConfigError. */
export function parseSource(text: string, input: string): Source {
  const value = text.trim();
  if (value === '') throw new ConfigError(`input \`${input}\` is empty; name a model, as ${FORMS}`);
  for (const [prefix, kind] of SCHEMES) {
    if (value.startsWith(prefix)) return { kind, given: value, rest: value.slice(prefix.length) };
  }
  if (value.startsWith('hf://')) return parseHub(value.slice('hf://'.length), value, input);
  if (value.startsWith('file:')) return parseFile(value, input);
  const unknown = /^([a-z][a-z0-9+.-]*):/i.exec(value);
  if (unknown) {
    throw new ConfigError(
      `input \`${input}\` = ${JSON.stringify(value)} has the unknown scheme '${unknown[1]}:'; write ${FORMS}`,
    );
  }
  if (/\.ya?ml#./.test(value)) return { kind: 'dataset-entry', given: value, rest: value };
  if (/\.ya?ml$/.test(value)) return { kind: 'model-card', given: value, rest: value };
  if (/^[./~]/.test(value)) {
    throw new ConfigError(
      `input \`${input}\` = ${JSON.stringify(value)} looks like a path; write file:${value} to take files from the disk`,
    );
  }
  return parseHub(value, value, input);
}

function parseHub(rest: string, value: string, input: string): HubSource {
  let path = rest;
  let repoType: RepoType = 'model';
  for (const type of ['model', 'dataset', 'space'] as const) {
    if (value.startsWith('hf://') && rest.startsWith(`${type}s/`)) {
      repoType = type;
      path = rest.slice(type.length + 2);
    }
  }
  const at = path.indexOf('@');
  const repo = at < 0 ? path : path.slice(0, at);
  const revision = at < 0 ? null : path.slice(at + 1);
  const parts = repo.split('/');
  const valid =
    parts.length <= 2 && parts.every((part) => REPO_PART.test(part) && !/--|\.\.|\.git$/.test(part));
  if (!valid || revision === '') {
    throw new ConfigError(
      `input \`${input}\` = ${JSON.stringify(value)} is no repository name; write ${FORMS}`,
    );
  }
  return { kind: 'hub', repoType, repo, revision };
}

function parseFile(value: string, input: string): FileSource {
  // file:path, file:/abs, file://localhost/abs and file:///abs all name a path; a remote host can't be one.
  const match = /^file:(?:\/\/(?:localhost)?(?=\/))?([^/].*|\/(?!\/).*)$/.exec(value);
  if (!match?.[1]) {
    throw new ConfigError(
      `input \`${input}\` = ${JSON.stringify(value)} names no path; write file:path or file:/path`,
    );
  }
  return { kind: 'file', path: match[1] };
}
