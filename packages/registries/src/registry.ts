/**
 * What every model registry can do here: hold one version per digest, and let a name (alias, stage, tag) point at it.
 * A move compares first with what was seen before the gate judged: whoever moved it meanwhile is not overwritten.
 */
import type { RequestContext } from '@sluice/sources/remote-http';

export interface RegistryContext extends RequestContext {
  env: NodeJS.ProcessEnv;
  /** The checkout. */
  workspace: string;
  addSecret?: (value: string) => void;
  githubToken?: string | undefined;
}

/** What is registered and promoted. */
export interface Subject {
  /** `sha256:…` of the weights: one digest is one version. */
  digest: string;
  /** Where the weights are, by the grammar of sources. */
  source: string;
  /** Commit, version or digest that the source resolved to. */
  revision: string;
  /** One line a reader of the registry understands. */
  description: string;
  /** Names and values put on the version. */
  tags: Readonly<Record<string, string>>;
  comment: Comment;
  /** Where the weights lie on this machine, for registries that they are uploaded to. */
  local?: LocalFiles | undefined;
}

/** Who did it, why, and where that can be read. */
export interface Comment {
  who: string;
  why: string;
  link: string;
}

/** Files whose digest is the subject's. */
export interface LocalFiles {
  /** The folder that the paths are relative to. */
  root: string;
  files: readonly { path: string; bytes: number; sha256: string }[];
}

export interface Registered {
  target: string;
  version: string;
  /** By the grammar of sources: model-pull takes it from there. */
  address: string;
  /** false: this digest had its version already. */
  changed: boolean;
}

export interface Promoted {
  target: string;
  /** What pointed where before; null: nowhere. What `restore` needs. */
  from: string | null;
  to: string;
  /** false: it pointed there already. */
  changed: boolean;
}

/** A name that can be moved. Every method may throw ConfigError (no access, not there) or InfraError. */
export interface Pointer {
  /** What it is called in what `promote` answers. */
  readonly target: string;
  /** Where it points now; null when nowhere. Asked before the gate judges. */
  observe(): Promise<string | null>;
  /**
   * Moves it to the subject's version.
   *
   * @param expected what `observe` said
   * @throws GateError when it points elsewhere by now: the gate judged against something else
   */
  promote(subject: Subject, expected: string | null): Promise<Promoted>;
  /**
   * Puts it back, as long as it points at `expected`.
   *
   * @param to null removes it
   * @throws GateError when somebody moved it on meanwhile
   */
  restore(to: string | null, expected: string, comment: Comment): Promise<Promoted>;
}

/** The comment as one line. */
export function commentLine({ who, why, link }: Comment): string {
  return `${who === '' ? 'somebody' : who}: ${why}${link === '' ? '' : ` (${link})`}`;
}
