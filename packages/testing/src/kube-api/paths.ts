/** The API server's paths: pure. */

export interface Target {
  group: string;
  version: string;
  namespace: string;
  /** '' means the group version itself: discovery. */
  plural: string;
  name: string;
  subresource: string;
}

/** `/api/v1/namespaces/<ns>/<plural>/<name>/<subresource>`, `/apis/<group>/<version>/…`; what follows `proxy` is the pod's. */
export function parsePath(path: string): Target | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const root = parts.shift();
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : parts.shift();
  const version = parts.shift();
  if (group === undefined || version === undefined) return undefined;
  let namespace = '';
  // `/namespaces/<name>` itself is the object; with more behind, its scope.
  if (parts[0] === 'namespaces' && parts.length > 2) namespace = parts.splice(0, 2)[1] ?? '';
  const [plural = '', name = '', subresource = ''] = parts;
  return { group, version, namespace, plural, name, subresource };
}
