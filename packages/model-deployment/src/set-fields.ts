/** Input `set`: `spec.template.spec.containers[llm].resources.limits.nvidia.com/gpu=1`, changes to a workload's fields. Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';

/** Maps whose keys hold dots: what follows is one key. */
const DOTTED = ['limits', 'requests', 'annotations', 'labels', 'nodeSelector', 'matchLabels'];
/** Maps and fields that Kubernetes wants as text, whatever they look like. */
const TEXTS = ['annotations', 'labels', 'nodeSelector', 'matchLabels', 'limits', 'requests'];
const KEEP = ['spec', 'metadata'];

interface Step {
  key: string;
  /** In brackets: an item of a list, by its name or its number. */
  item: boolean;
}

/** @throws ConfigError with every fault */
export function setFields(workload: KubeObject, lines: readonly string[]): KubeObject {
  const faults: string[] = [];
  let changed = structuredClone(workload) as unknown;
  for (const line of lines) {
    try {
      const { steps, value } = parseSet(line);
      changed = put(changed, steps, value, line);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return changed as KubeObject;
}

/** The first `=` outside of quotes ends the path. */
export function parseSet(line: string): { steps: Step[]; value: string } {
  const fault = (why: string): ConfigError =>
    new ConfigError(
      `input \`set\` = ${JSON.stringify(line)} ${why}; write spec.template.spec.containers[name].field=value`,
    );
  const steps: Step[] = [];
  let rest = line.trim();
  while (!rest.startsWith('=')) {
    const bracket = /^\[(?:"([^"]+)"|([^\]"]+))\]/.exec(rest);
    const dotted = DOTTED.includes(steps.at(-1)?.key ?? '') && steps.at(-1)?.item === false;
    const plain = dotted ? /^\.?([^=[\]"]+)/.exec(rest) : /^\.?([A-Za-z_][\w-]*)/.exec(rest);
    const quoted = /^\.?"([^"]+)"/.exec(rest);
    const match = bracket ?? quoted ?? plain;
    if (match === null)
      throw fault(rest === '' ? 'has no `=`' : `can't be read at ${JSON.stringify(rest.slice(0, 20))}`);
    steps.push({ key: (match[1] ?? match[2] ?? '').trim(), item: bracket !== null });
    rest = rest.slice(match[0].length);
  }
  const [first] = steps;
  if (first === undefined || first.item || !KEEP.includes(first.key))
    throw fault('names no field of spec or metadata');
  if (first.key === 'metadata' && !['labels', 'annotations'].includes(steps[1]?.key ?? ''))
    throw fault('changes what the object is; of metadata only labels and annotations can be set');
  if (steps.some(({ key }) => ['__proto__', 'constructor', 'prototype'].includes(key)))
    throw fault('names no field');
  return { steps, value: rest.slice(1).trim() };
}

function put(
  now: unknown,
  steps: readonly Step[],
  value: string,
  line: string,
  path: readonly Step[] = [],
): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return valued(now, value, path);
  const next = (each: unknown): unknown => put(each, rest, value, line, [...path, step]);
  if (step.item) {
    const list = now ?? [];
    if (!Array.isArray(list))
      throw new ConfigError(
        `input \`set\` = ${JSON.stringify(line)}: [${step.key}] stands after what is no list`,
      );
    const items = list as unknown[];
    const at = indexOf(items, step.key);
    // Environment variables may be new; another container or port can't come out of nothing.
    if (at === -1 && path.at(-1)?.key === 'env') return [...items, next({ name: step.key })];
    if (at === -1) {
      const names = items.map((each) => (each as { name?: string } | null)?.name ?? '?').join(', ');
      throw new ConfigError(
        `input \`set\` = ${JSON.stringify(line)}: there is no ${path.at(-1)?.key ?? 'item'} ${JSON.stringify(step.key)} (there are ${names || 'none'})`,
      );
    }
    return items.map((each, index) => (index === at ? next(each) : each));
  }
  if (now !== undefined && (typeof now !== 'object' || now === null || Array.isArray(now)))
    throw new ConfigError(
      `input \`set\` = ${JSON.stringify(line)}: ${JSON.stringify(step.key)} stands after ${Array.isArray(now) ? 'a list; name its item in brackets' : 'a plain value'}`,
    );
  const map = (now ?? {}) as Record<string, unknown>;
  return { ...map, [step.key]: next(map[step.key]) };
}

function indexOf(list: readonly unknown[], name: string): number {
  const named = list.findIndex((each) => (each as { name?: unknown } | null)?.name === name);
  return named === -1 && /^\d+$/.test(name) && Number(name) < list.length ? Number(name) : named;
}

/** As the field is now: text stays text; else JSON's own numbers, booleans, lists; all else is text. */
function valued(now: unknown, text: string, path: readonly Step[]): unknown {
  const parent = path.at(-2)?.key ?? '';
  const inEnv = path.at(-1)?.key === 'value' && path.at(-3)?.key === 'env';
  if (typeof now === 'string' || TEXTS.includes(parent) || inEnv) return text;
  if (!/^(-?\d+(\.\d+)?|true|false|null|[[{"].*)$/s.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
