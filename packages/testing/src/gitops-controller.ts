/**
 * A GitOps controller in miniature: reads a branch of a bare repository, applies what its path says, takes away what it
 * says no more, and tells which revision that was, as Flux's Kustomization or Argo CD's Application does.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { KubeApi, KubeObject, ObjectRef } from '@sluice/kubernetes/types';

export interface GitopsControllerOptions {
  api: KubeApi;
  /** Folder of the bare repository. */
  bare: string;
  branch: string;
  path: string;
  /** Whose status is kept; undefined: nobody tells. */
  reports?: { kind: 'flux' | 'argo'; name: string; namespace: string };
  /** Default: every document of every file. */
  render?: (files: ReadonlyMap<string, string>) => Promise<KubeObject[]>;
  /** Between two looks, milliseconds; default 20. */
  everyMs?: number;
}

export interface GitopsController {
  /** The first of its failures since it began; undefined: none. */
  failure(): unknown;
  /** Not while it is paused. */
  pause(paused: boolean): void;
  stop(): Promise<void>;
}

const ANNOTATION = 'argocd.argoproj.io/tracking-id';

export function startGitopsController(options: GitopsControllerOptions): GitopsController {
  let applied: ObjectRef[] = [];
  let revision = '';
  let paused = false;
  let failure: unknown;
  const stopped = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      if (!paused)
        try {
          const now = (await git(options.bare, 'rev-parse', options.branch)).trim();
          if (now !== revision) {
            applied = await carryOut(options, now, applied);
            await report(options, now, applied);
            revision = now;
          }
        } catch (error) {
          failure ??= error;
        }
      await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 20));
    }
  };
  const running = loop();
  return {
    failure: () => failure,
    pause: (on) => {
      paused = on;
    },
    stop: () => {
      stopped.abort();
      return running;
    },
  };
}

async function carryOut(
  options: GitopsControllerOptions,
  revision: string,
  before: readonly ObjectRef[],
): Promise<ObjectRef[]> {
  const { api, bare, path, reports, render = plain } = options;
  const names = await git(
    bare,
    'ls-tree',
    '-r',
    '--name-only',
    revision,
    ...(path === '' ? [] : ['--', path]),
  );
  const files = new Map<string, string>();
  for (const name of names.split('\n').filter((line) => line !== ''))
    files.set(name, await git(bare, 'show', `${revision}:${name}`));
  const objects = await render(files);
  for (const object of objects) await api.apply(marked(object, reports), { force: true });
  const refs = objects.map(({ apiVersion, kind, metadata: { name, namespace } }): ObjectRef => {
    return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
  });
  for (const ref of before)
    if (!refs.some((one) => one.kind === ref.kind && one.name === ref.name))
      await api.delete(ref, { propagation: 'Background' });
  return refs;
}

function plain(files: ReadonlyMap<string, string>): Promise<KubeObject[]> {
  const values = [...files.values()].flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as unknown),
  );
  return Promise.resolve(values.filter((value) => value !== null) as KubeObject[]);
}

function marked(object: KubeObject, reports: GitopsControllerOptions['reports']): KubeObject {
  const { name, namespace = 'default', labels, annotations } = object.metadata;
  if (reports?.kind === 'flux') {
    const own = {
      'kustomize.toolkit.fluxcd.io/name': reports.name,
      'kustomize.toolkit.fluxcd.io/namespace': reports.namespace,
    };
    return { ...object, metadata: { ...object.metadata, labels: { ...labels, ...own } } };
  }
  if (reports === undefined) return object;
  const group = object.apiVersion.includes('/') ? (object.apiVersion.split('/')[0] ?? '') : '';
  const own = { [ANNOTATION]: `${reports.name}:${group}/${object.kind}:${namespace}/${name}` };
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, ...own } } };
}

async function report(
  { api, reports, branch }: GitopsControllerOptions,
  revision: string,
  refs: readonly ObjectRef[],
): Promise<void> {
  if (reports === undefined) return;
  const { kind, name, namespace } = reports;
  const flux = kind === 'flux';
  const ref = flux
    ? { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', name, namespace }
    : { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', name, namespace };
  const object = await api.get(ref);
  if (object === undefined) return;
  const status = flux
    ? {
        observedGeneration: object.metadata.generation ?? 1,
        lastAppliedRevision: `${branch}@sha1:${revision}`,
        lastAttemptedRevision: `${branch}@sha1:${revision}`,
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'ReconciliationSucceeded',
            message: `Applied revision: ${branch}@sha1:${revision}`,
          },
        ],
      }
    : {
        sync: { status: 'Synced', revision },
        health: { status: 'Healthy' },
        operationState: { phase: 'Succeeded', syncResult: { revision } },
        resources: refs.map((one) => ({
          ...{ kind: one.kind, name: one.name, namespace: one.namespace ?? 'default', status: 'Synced' },
          group: one.apiVersion.includes('/') ? one.apiVersion.split('/')[0] : '',
          health: { status: 'Healthy' },
        })),
      };
  await api.replace({ ...object, status }, { subresource: 'status' });
}

async function git(bare: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['--git-dir', bare, ...args], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
