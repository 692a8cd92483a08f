/** A model deployment (`models/<version>/deployment.yaml`): read with its values files, checked, its defaults filled in. */
import { ConfigError } from '@sluice/runtime/errors';
import { nearest } from '@sluice/runtime/input-parsers';
import validate from './model-deployment-schema.gen.ts';
import { mergeValues } from './values.ts';
import type { YamlText } from './yaml-text.ts';
import { parseYaml } from './yaml-text.ts';

export type EngineName = 'vllm' | 'sglang' | 'tgi' | 'llama-server' | 'triton' | 'ollama' | 'custom';
export type ProbeSpec =
  | false
  | {
      path?: string;
      command?: string[];
      periodSeconds?: number;
      timeoutSeconds?: number;
      failureThreshold?: number;
    };

export interface Scaling {
  by?: 'hpa' | 'keda';
  minReplicas?: number;
  maxReplicas: number;
  metric?: string;
  target?: number;
  prometheus?: string;
  scaleDownAfter?: string;
}

export interface ModelDeployment {
  metadata: {
    name: string;
    version?: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: {
    modelName: string;
    image?: string;
    engine?: EngineName;
    replicas: number;
    gpus: number;
    gpuResource: string;
    memory: string;
    cpu?: string;
    sharedMemory?: string;
    port: number;
    command?: string[];
    args?: string[];
    env?: Record<string, string | Record<string, unknown>>;
    probes?: { startup?: ProbeSpec; readiness?: ProbeSpec; liveness?: ProbeSpec };
    startupTimeout: string;
    drain: string;
    scaling?: Scaling;
    nodeSelector?: Record<string, string>;
    tolerations?: Record<string, unknown>[];
    volumes?: Record<string, unknown>[];
    volumeMounts?: Record<string, unknown>[];
    serviceAccountName?: string;
    imagePullSecrets?: string[];
    imagePullPolicy?: string;
    runtimeClassName?: string;
    runAsUser?: number;
  };
}

/** DESIGN section 3; the others are ours. */
export const DEFAULTS = {
  replicas: 2,
  gpus: 1,
  gpuResource: 'nvidia.com/gpu',
  memory: '16Gi',
  port: 8000,
  startupTimeout: '20m',
  drain: '2m',
} as const;

/** Whether a YAML document is a model deployment, and no manifest of Kubernetes. */
export function isModelDeployment(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind, spec } = value as Record<string, unknown>;
  if (kind === 'ModelDeployment' || apiVersion === 'llm/v1') return true;
  // The bare shape that deploy controllers read.
  return kind === undefined && typeof spec === 'object' && spec !== null && 'modelName' in spec;
}

/**
 * @param files the deployment first, then values files, each over what came before
 * @throws ConfigError with every fault, each as `file:line: key what is wrong`
 */
export async function readModelDeployment(files: readonly YamlText[]): Promise<ModelDeployment> {
  const parsed = await Promise.all(files.map((file) => parseYaml(file)));
  const value = mergeValues(parsed.map(({ value: each }) => each));
  if (!validate(value)) {
    const faults = (validate.errors ?? [])
      // Of a choice each branch complains; the choice's own message is enough.
      .filter(({ keyword, schemaPath }) => keyword !== 'const' || !schemaPath.includes('oneOf'))
      .map(({ instancePath, keyword, message, params }) => {
        const keys = instancePath
          .split('/')
          .slice(1)
          .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
        const extra = params['additionalProperty'] as string | undefined;
        const path = extra === undefined ? keys : [...keys, extra];
        const where = [...parsed].reverse().find((file) => file.has(path)) ?? parsed[0];
        return `${where?.path ?? ''}:${where?.lineOf(path) ?? 1}: ${path.join('.') || 'it'} ${said(keys, keyword, message, params, extra)}`;
      });
    throw new ConfigError([...new Set(faults)]);
  }
  const deployment = value as ModelDeployment & { spec: Partial<ModelDeployment['spec']> };
  const filled = { ...deployment, spec: { ...DEFAULTS, ...deployment.spec } };
  const clashes = clashesOf(filled);
  if (clashes.length > 0) {
    const [first] = parsed;
    throw new ConfigError(
      clashes.map(({ keys, message }) => {
        const where = [...parsed].reverse().find((file) => file.has(keys)) ?? first;
        return `${where?.path ?? ''}:${where?.lineOf(keys) ?? 1}: ${keys.join('.')} ${message}`;
      }),
    );
  }
  return { ...filled, spec: { ...filled.spec, ...quantitiesOf(filled.spec) } };
}

function said(
  keys: readonly string[],
  keyword: string,
  message: string | undefined,
  params: Record<string, unknown>,
  extra: string | undefined,
): string {
  if (extra !== undefined) {
    const near = nearest(extra, keysAt(keys));
    return `is no key of a model deployment${near === undefined ? `; there are ${keysAt(keys).join(', ')}` : `; did you mean ${near}?`}`;
  }
  const allowed = params['allowedValues'] ?? params['allowedValue'];
  const mend =
    keys.join('.') === 'metadata.version' && keyword === 'type' ? '; quote it: version: "2.0"' : '';
  return `${message ?? 'is not valid'}${allowed === undefined ? '' : ` (${JSON.stringify(allowed)})`}${mend}`;
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['apiVersion', 'kind', 'metadata', 'spec'],
  metadata: ['name', 'version', 'namespace', 'labels', 'annotations'],
  spec: [
    'modelName',
    'image',
    'engine',
    'replicas',
    'gpus',
    'gpuResource',
    'memory',
    'cpu',
    'sharedMemory',
    'port',
    'command',
    'args',
    'env',
    'probes',
    'startupTimeout',
    'drain',
    'scaling',
    'nodeSelector',
    'tolerations',
    'volumes',
    'volumeMounts',
    'serviceAccountName',
    'imagePullSecrets',
    'imagePullPolicy',
    'runtimeClassName',
    'runAsUser',
  ],
  'spec.probes': ['startup', 'readiness', 'liveness'],
  'spec.scaling': ['by', 'minReplicas', 'maxReplicas', 'metric', 'target', 'prometheus', 'scaleDownAfter'],
};
const PROBE_KEYS = ['path', 'command', 'periodSeconds', 'timeoutSeconds', 'failureThreshold'];

function keysAt(keys: readonly string[]): readonly string[] {
  return KEYS[keys.join('.')] ?? (keys[1] === 'probes' ? PROBE_KEYS : []);
}

/** What each key alone can't tell. */
function clashesOf({ spec }: ModelDeployment): { keys: string[]; message: string }[] {
  const { scaling } = spec;
  if (scaling === undefined) return [];
  const min = scaling.minReplicas ?? spec.replicas;
  const at = (key: string, message: string): { keys: string[]; message: string } => ({
    keys: ['spec', 'scaling', key],
    message,
  });
  return [
    ...(min > scaling.maxReplicas
      ? [at('maxReplicas', `= ${scaling.maxReplicas} is below the least, ${min}`)]
      : []),
    ...(scaling.by !== 'keda' && scaling.minReplicas === 0
      ? [at('minReplicas', '= 0 needs by: keda; an HPA keeps at least 1')]
      : []),
    ...(scaling.by === 'keda' && scaling.prometheus === undefined
      ? [at('by', '= keda needs spec.scaling.prometheus, the address that KEDA asks')]
      : []),
  ];
}

/** `memory: 16` is YAML's number and Kubernetes' text. */
function quantitiesOf(spec: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    ['memory', 'cpu', 'sharedMemory'].flatMap((key) => {
      const value = spec[key];
      return typeof value === 'number' ? [[key, `${value}`]] : [];
    }),
  );
}
