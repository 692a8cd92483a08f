/** Which container of a pod answers requests, and what its fields tell. */
import type { PodTemplate } from '@sluice/kubernetes/types';

interface Container {
  name: string;
  image?: string;
  args?: string[];
  command?: string[];
  ports?: { name?: string; containerPort: number }[];
  readinessProbe?: { httpGet?: { port?: number | string } };
}

/** The port of most model servers, where a template names none. */
const DEFAULT_PORT = 8000;

/** The one with a GPU, else with a port, else the first: sidecars have neither as a rule. */
export function serverContainer(template: PodTemplate): Container | undefined {
  const containers = (template.spec['containers'] ?? []) as (Container & {
    resources?: { limits?: Record<string, unknown> };
  })[];
  const gpu = containers.find(({ resources }) =>
    Object.keys(resources?.limits ?? {}).some((name) => name.includes('.com/')),
  );
  return gpu ?? containers.find(({ ports }) => (ports ?? []).length > 0) ?? containers[0];
}

export function imageOf(template: PodTemplate): string | undefined {
  return serverContainer(template)?.image;
}

export function portOf(template: PodTemplate): number {
  const container = serverContainer(template);
  const named = container?.ports?.find(({ name }) => name === 'http') ?? container?.ports?.[0];
  const probe = container?.readinessProbe?.httpGet?.port;
  return named?.containerPort ?? (typeof probe === 'number' ? probe : DEFAULT_PORT);
}

/** As vLLM, SGLang and llama-server are told it. */
export function modelNameOf(template: PodTemplate): string | undefined {
  const { command = [], args = [] } = serverContainer(template) ?? {};
  const words = [...command, ...args];
  for (const [index, word] of words.entries()) {
    const match = /^--(?:served-model-name|alias|model-name)(?:=(.*))?$/.exec(word);
    if (match !== null) return match[1] ?? words[index + 1];
  }
  return undefined;
}
