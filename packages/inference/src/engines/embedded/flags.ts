/** The command line of the embedded server, and the part of it that users write as `engine-args`. */
import { parseArgs } from 'node:util';

/** What `engine-args` may set. */
export interface EngineFlags {
  /** Tokens of one sequence, prompt and answer together; undefined: as trained, at most 4096. */
  ctx: number | undefined;
  /** Requests that are answered at the same time; more wait. */
  parallel: number;
  /** Threads of llama.cpp. One by default: on small models more of them wait for one another (lab: 4 ms or 2 s). */
  threads: number;
  /** Requests that may wait; beyond it the server answers 503. */
  queue: number;
}

export interface ServerFlags extends EngineFlags {
  model: string;
  modelName: string;
  host: string;
  port: number;
}

const LIMITS = {
  ctx: { min: 16, max: 1_048_576 },
  parallel: { min: 1, max: 64 },
  threads: { min: 1, max: 512 },
  queue: { min: 0, max: 100_000 },
} as const;

type FlagName = keyof typeof LIMITS;

const NAMES = Object.keys(LIMITS) as FlagName[];

/** Reads `engine-args`; all faults at once, each names the flag and its value. */
export function readEngineFlags(args: readonly string[]): { flags: EngineFlags; faults: string[] } {
  const flags: EngineFlags = { ctx: undefined, parallel: 4, threads: 1, queue: 256 };
  const faults: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    const [head = '', inline] = word.split(/=(.*)/s, 2);
    const name = NAMES.find((known) => head === `--${known}`);
    if (name === undefined) {
      faults.push(
        `'${word}' is no flag of the embedded engine; it has ${NAMES.map((flag) => `--${flag}`).join(', ')}`,
      );
      continue;
    }
    const text = inline ?? args[(index += 1)] ?? '';
    const { min, max } = LIMITS[name];
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) flags[name] = value;
    else faults.push(`--${name} is '${text}'; it takes a whole number from ${min} to ${max}`);
  }
  return { flags, faults };
}

/** Reads the server's own command line; throws an Error that names the flag. */
export function readServerFlags(argv: readonly string[]): ServerFlags {
  const { values, tokens } = parseArgs({
    args: argv.filter((word) => !word.startsWith('--role=')),
    options: {
      model: { type: 'string' },
      'model-name': { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string' },
      ...Object.fromEntries(NAMES.map((name) => [name, { type: 'string' as const }])),
    },
    strict: true,
    tokens: true,
  });
  const engineArgs = tokens.flatMap((token) =>
    token.kind === 'option' && (NAMES as string[]).includes(token.name)
      ? [`--${token.name}=${token.value}`]
      : [],
  );
  const { flags, faults } = readEngineFlags(engineArgs);
  const port = Number(values['port']);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    faults.push(`--port is '${String(values['port'])}'`);
  const model = values['model'];
  if (typeof model !== 'string' || model === '') faults.push('--model is missing');
  if (faults.length > 0) throw new Error(faults.join('; '));
  const modelName = values['model-name'];
  return {
    ...flags,
    model: String(model),
    modelName: typeof modelName === 'string' && modelName !== '' ? modelName : 'model',
    host: values['host'],
    port,
  };
}
