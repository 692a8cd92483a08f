/** The text of an action's src/inputs.gen.ts: a typed reader made from its metadata. */
import type { ActionMetadata, InputMetadata, InputType } from './action-metadata.ts';

const TS_TYPE: Record<Exclude<InputType, 'enum'>, string> = {
  string: 'string',
  text: 'string',
  boolean: 'boolean',
  integer: 'number',
  number: 'number',
  share: 'number',
  duration: 'number',
  size: 'number',
  list: 'string[]',
  lines: 'string[]',
  words: 'string[]',
  json: 'unknown',
  path: 'string',
  token: 'string',
};
const ALWAYS_THERE: readonly InputType[] = ['list', 'lines', 'words', 'json'];

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function inputsModule(action: ActionMetadata): string {
  const built = action.inputs.filter((input) => !input.planned);
  const planned = action.inputs.filter((input) => input.planned);
  return `// Generated from action.yml and action-types.yml by scripts/generate.ts: change those, then run it.
import { InputReader } from '@sluice/runtime/inputs';
import type { VaultReference } from '@sluice/runtime/vault-reference';

const NAMES = ${JSON.stringify(action.inputs.map((input) => input.name))};

/** The inputs of ${action.name}: durations in milliseconds, sizes in bytes, shares 0 to 1, paths absolute. */
export interface Inputs {
${built.map((input) => `  /** ${input.description.replaceAll('*/', '* /')} */\n  ${property(input)};`).join('\n')}
  /** Tokens that are still to be read from Vault. */
  vaultReferences: readonly VaultReference[];
}

/** Throws ConfigError with every fault. */
export function readInputs(env: NodeJS.ProcessEnv): Inputs {
  const read = new InputReader(env, NAMES);
${planned.map((input) => `  read.planned('${input.name}'${optionsText(input)});`).join('\n')}
  const inputs = {
${built.map((input) => `    ${camelCase(input.name)}: ${readerCall(input)},`).join('\n')}
    vaultReferences: read.vaultReferences(),
  };
  read.finish();
  return inputs;
}
`;
}

function property(input: InputMetadata): string {
  const type = input.type === 'enum' ? union(input) : TS_TYPE[input.type];
  const given =
    ALWAYS_THERE.includes(input.type) ||
    (input.type !== 'token' && (input.required || input.default !== undefined));
  return `${camelCase(input.name)}: ${type}${given ? '' : ' | undefined'}`;
}

function built(input: InputMetadata): string[] {
  return input.allowedValues.filter((value) => !input.plannedValues.includes(value));
}

function union(input: InputMetadata): string {
  return built(input)
    .map((value) => `'${value}'`)
    .join(' | ');
}

function readerCall(input: InputMetadata): string {
  const options = optionsText(input);
  if (input.type === 'enum') {
    const allowed = `${JSON.stringify(built(input))} as const`;
    return `read.enum('${input.name}', ${allowed}, ${JSON.stringify(input.plannedValues)}${options})`;
  }
  return `read.${input.type === 'text' ? 'string' : input.type}('${input.name}'${options})`;
}

function optionsText(input: InputMetadata): string {
  const options = [
    // An expression is the runner's to work out.
    input.default === undefined || input.default.startsWith('${{')
      ? ''
      : `default: ${JSON.stringify(input.default)}`,
    input.required ? 'required: true' : '',
    input.min === undefined ? '' : `min: ${input.min}`,
    input.max === undefined ? '' : `max: ${input.max}`,
    input.atPath ? 'atPath: true' : '',
    input.planned && input.type === 'token' ? 'secret: true' : '',
    input.pattern === undefined ? '' : `pattern: new RegExp(${JSON.stringify(input.pattern)})`,
  ].filter((part) => part !== '');
  return options.length === 0 ? '' : `, { ${options.join(', ')} }`;
}
