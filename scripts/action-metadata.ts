/** Reads actions/<name>/action.yml and its sidecar action-types.yml into one typed list of inputs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '..');

const TYPES = [
  'string',
  'text',
  'boolean',
  'integer',
  'number',
  'share',
  'duration',
  'size',
  'enum',
  'list',
  'lines',
  'words',
  'json',
  'path',
  'token',
] as const;
export type InputType = (typeof TYPES)[number];

export interface InputMetadata {
  name: string;
  description: string;
  default: string | undefined;
  type: InputType;
  required: boolean;
  planned: boolean;
  allowedValues: string[];
  plannedValues: string[];
  min: number | undefined;
  max: number | undefined;
  pattern: string | undefined;
  atPath: boolean;
}

export interface ActionMetadata {
  name: string;
  inputs: InputMetadata[];
  outputs: { name: string; description: string }[];
}

type Tree = Record<string, unknown>;

export function actionNames(): string[] {
  return readdirSync(join(ROOT, 'actions'), { withFileTypes: true })
    .filter((entry) => existsSync(join(ROOT, 'actions', entry.name, 'action.yml')))
    .map((entry) => entry.name)
    .sort();
}

export function readYaml(path: string): Tree {
  return asTree(parse(readFileSync(join(ROOT, path), 'utf8')), path);
}

/** Throws with a list of faults when the two files disagree or a key is unknown. */
export function readAction(name: string): ActionMetadata {
  const folder = `actions/${name}`;
  const action = readYaml(`${folder}/action.yml`);
  const common = readYaml('actions/common.yml');
  const types: Tree = {
    ...asTree(common['types'], 'actions/common.yml types'),
    // An action's own word counts, where it has built what the others have planned.
    ...asTree(readYaml(`${folder}/action-types.yml`)['inputs'] ?? {}, `${folder}/action-types.yml`),
  };
  const inputs = asTree(action['inputs'] ?? {}, `${folder}/action.yml inputs`);
  for (const typed of Object.keys(types)) {
    if (!(typed in inputs)) throw new Error(`${folder}: '${typed}' has a type but is no input of action.yml`);
  }
  return {
    name,
    inputs: Object.entries(inputs).map(([input, text]) =>
      readInput(`${folder}: ${input}`, input, asTree(text, input), types[input]),
    ),
    outputs: Object.entries(asTree(action['outputs'] ?? {}, 'outputs')).map(([output, text]) => ({
      name: output,
      description: String(asTree(text, output)['description'] ?? '').trim(),
    })),
  };
}

const TYPE_KEYS = ['type', 'required', 'planned', 'allowed-values', 'min', 'max', 'pattern', 'at-path'];

function readInput(where: string, name: string, text: Tree, typeEntry: unknown): InputMetadata {
  if (typeEntry === undefined) throw new Error(`${where} has no type in action-types.yml`);
  const typed = asTree(typeEntry, where);
  for (const key of Object.keys(typed)) {
    if (!TYPE_KEYS.includes(key)) throw new Error(`${where}: unknown key '${key}' in action-types.yml`);
  }
  const type = typed['type'] as InputType;
  if (!TYPES.includes(type)) throw new Error(`${where}: unknown type '${JSON.stringify(typed['type'])}'`);
  const planned = typed['planned'];
  return {
    name,
    description: String(text['description'] ?? '')
      .trim()
      .replace(/\s+/g, ' '),
    default: text['default'] === undefined ? undefined : String(text['default']),
    type,
    required: typed['required'] === true,
    planned: planned === true,
    allowedValues: asStrings(typed['allowed-values']),
    plannedValues: asStrings(Array.isArray(planned) ? planned : undefined),
    min: typed['min'] as number | undefined,
    max: typed['max'] as number | undefined,
    pattern: typed['pattern'] as string | undefined,
    atPath: typed['at-path'] === true,
  };
}

function asStrings(value: unknown): string[] {
  return Array.isArray(value) ? value.map((item) => `${item}`) : [];
}

function asTree(value: unknown, where: string): Tree {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${where} is not a mapping`);
  }
  return value as Tree;
}
