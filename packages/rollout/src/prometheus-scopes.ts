/** Which labels tell one version's series from another's, as PromQL; and the placeholders of `query:` rules. */
import type { Scope } from '@sluice/metrics/series-tables';
import { ConfigError } from '@sluice/runtime/errors';
import type { ArmRef } from './evidence-source.ts';

/** As the inside of a double-quoted PromQL string. */
export function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** RE2's special characters made ordinary, then as the inside of a PromQL string. */
export function pattern(text: string): string {
  return quoted(text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'));
}

/**
 * The pods of a workload, those that were replaced meanwhile too: as Deployments (`-<hash>-<5>`) and StatefulSets
 * (`-<number>`) name theirs, and those known by name. Of `llm` it matches no pod of
 * `llm-canary`; of one ReplicaSet none of another's.
 */
export function podPattern({ workload, pods }: ArmRef): string {
  const own = pattern(workload);
  return [`${own}-[a-z0-9]{1,10}-[a-z0-9]{5}`, `${own}-[0-9]+`, ...pods.map(pattern)].join('|');
}

/** Gateways that know versions by their Service and by nothing else. */
const BY_SERVICE: readonly Scope[] = ['traefik', 'nginx', 'envoy'];

/** Label matchers that select a version's series, in the order in which they are tried; see the gateways' own docs. */
export function matchers(scope: Scope, arm: ArmRef): string[] {
  const namespace = quoted(arm.namespace);
  const service = quoted(arm.service);
  const pods = podPattern(arm);
  const [ns, svc] = [pattern(arm.namespace), pattern(arm.service)];
  if (BY_SERVICE.includes(scope) && service === '') return [];
  switch (scope) {
    case 'pods':
      return [
        // Behind an exporter (DCGM's) the pod's own labels are the exported ones, and `pod` is the exporter's.
        `exported_namespace="${namespace}",exported_pod=~"${pods}"`,
        `namespace="${namespace}",pod=~"${pods}"`,
        `kubernetes_namespace="${namespace}",kubernetes_pod_name=~"${pods}"`,
        `pod=~"${pods}"`,
      ];
    case 'version':
      return ['version', 'sluice_version'].map((label) => `${label}="${quoted(arm.version)}"`);
    case 'traefik':
      // `<namespace>-<service>[-http]-<port>@<provider>`
      return ['exported_service', 'service'].map(
        (label) => `${label}=~"${ns}-${svc}(-http)?-[0-9a-z]+@kubernetes.*"`,
      );
    case 'istio':
      // What the caller's side saw has the refused connections; not every mesh has that side.
      return ['source', 'waypoint', 'destination'].map(
        (reporter) =>
          `reporter="${reporter}",destination_workload_namespace="${namespace}",destination_workload="${quoted(arm.workload)}"`,
      );
    case 'nginx':
      // A canary Ingress's requests stand under the main one, with the backend in a label of its own.
      return ['exported_', ''].flatMap((prefix) =>
        arm.track === 'canary'
          ? [`${prefix}namespace="${namespace}",canary=~"${ns}-${svc}-.+"`]
          : [`${prefix}namespace="${namespace}",${prefix}service="${service}",canary=""`],
      );
    case 'envoy':
      return [`envoy_cluster_name=~"outbound[|_].*[|_]${svc}[.]${ns}[.]svc.*|(.*/)?${ns}/${svc}(/.*)?"`];
  }
}

const PLACEHOLDER = /\{\{\s*([A-Za-z_]+)\s*\}\}/g;

/** `{{version}}`, `{{pods}}` (a regular expression) and the others, replaced for one version; escaped for a quoted string. */
export function fillQuery(promql: string, arm: ArmRef): string {
  const values: Readonly<Record<string, string>> = {
    ...{ version: quoted(arm.version), track: arm.track, pods: podPattern(arm) },
    ...{ namespace: quoted(arm.namespace), service: quoted(arm.service), workload: quoted(arm.workload) },
  };
  return promql.replace(PLACEHOLDER, (whole, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new ConfigError(
        `a query has '${whole}', which nothing replaces; there are: ${Object.keys(values).join(', ')}`,
      );
    return value;
  });
}

/** Whether a query asks for one version at all; one without a placeholder would give both arms the same number. */
export function tellsVersions(promql: string): boolean {
  return [...promql.matchAll(PLACEHOLDER)].some(([, name]) => name !== 'namespace');
}
