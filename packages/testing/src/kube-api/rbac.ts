/** Who may do what: Roles and RoleBindings as the store has them, read at each request. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { qualified, Refused } from './answers.ts';
import { KINDS, type KindEntry } from './kinds.ts';
import type { Fields } from './patches.ts';
import type { Store } from './store.ts';

/** What a token stands for; the administrator may do everything. */
export type User = { admin: true } | { admin: false; namespace: string; account: string };

export interface Attributes {
  verb: string;
  group: string;
  /** With its subresource. */
  resource: string;
  namespace: string;
  name: string;
}

const kindOf = (kind: string): KindEntry => {
  const found = KINDS.find((entry) => entry.kind === kind && entry.group === 'rbac.authorization.k8s.io');
  if (found === undefined) throw new Error(kind);
  return found;
};

export function userName(user: User): string {
  return user.admin ? 'kubernetes-admin' : `system:serviceaccount:${user.namespace}:${user.account}`;
}

/** @throws Refused 403 in the API server's words. */
export function authorize(store: Store, user: User, asked: Attributes): void {
  if (mayDo(store, user, asked)) return;
  const { verb, group, resource, namespace, name } = asked;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const kind = qualified(resource.split('/')[0] ?? '', group);
  throw new Refused(
    403,
    'Forbidden',
    `${kind}${name === '' ? '' : ` "${name}"`} is forbidden: User "${userName(user)}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    { name, group, kind: resource.split('/')[0] },
  );
}

export function mayDo(store: Store, user: User, asked: Attributes): boolean {
  return user.admin || rulesFor(store, user, asked.namespace).some((rule) => allows(rule, asked));
}

function rulesFor(store: Store, user: { namespace: string; account: string }, namespace: string): Fields[] {
  const bindings = [
    ...(namespace === '' ? [] : store.list(kindOf('RoleBinding'), namespace)),
    ...store.list(kindOf('ClusterRoleBinding')),
  ];
  return bindings.filter((binding) => binds(binding, user)).flatMap((binding) => rulesOf(store, binding));
}

function binds(binding: KubeObject, user: { namespace: string; account: string }): boolean {
  return ((binding['subjects'] ?? []) as Fields[]).some(
    ({ kind, name, namespace }) =>
      kind === 'ServiceAccount' && name === user.account && namespace === user.namespace,
  );
}

function rulesOf(store: Store, binding: KubeObject): Fields[] {
  const ref = (binding['roleRef'] ?? {}) as { kind?: string; name?: string };
  const role = store.find(
    kindOf(ref.kind ?? 'Role'),
    ref.kind === 'ClusterRole' ? '' : (binding.metadata.namespace ?? ''),
    ref.name ?? '',
  );
  return (role?.['rules'] ?? []) as Fields[];
}

function allows(rule: Fields, { verb, group, resource, name }: Attributes): boolean {
  const holds = (key: string, value: string): boolean => {
    const list = (rule[key] ?? []) as string[];
    return list.includes('*') || list.includes(value);
  };
  const names = (rule['resourceNames'] ?? []) as string[];
  return (
    holds('verbs', verb) &&
    holds('apiGroups', group) &&
    holds('resources', resource) &&
    (names.length === 0 || names.includes(name))
  );
}
