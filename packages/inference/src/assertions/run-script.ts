/** Runs a suite's code over an answer in a process of its own: nothing of this process is in its reach. */
import { run } from '@sluice/process/run';
import { findProgram } from '../engines/program.ts';
import type { Assertion } from '../suites/types.ts';
import { parseJson } from './json-text.ts';
import type { Observation } from './kinds.ts';

const USUAL_TIMEOUT_S = 10;

/** Before the result, on a line of its own: what the code prints itself is not taken for it. */
const MARK = '\u0001sluice-result ';

export type Language = 'javascript' | 'python' | 'ruby';

export interface Code {
  language: Language;
  /** The code itself, or `file://path` with the function behind a colon. */
  text: string;
  /** Absolute path, where `text` names a file. */
  file: string | undefined;
  /** Function of a file of Python or Ruby that names none. */
  usual?: string;
  /** Seconds. */
  timeout: number | undefined;
}

/** What an assertion's code gave back. Throws when it failed, took too long, or gave nothing. */
export async function runScript(
  language: Language,
  { value, file, config, timeout }: Assertion,
  { answer, given = answer.text, prompt, vars, aides }: Observation,
): Promise<unknown> {
  const context = {
    prompt,
    vars: vars ?? {},
    config: config ?? {},
    logProbs: answer.logprobs ?? null,
    toolCalls: answer.toolCalls ?? [],
    latencyMs: answer.timings.e2eMs,
  };
  return runCode({ language, text: String(value), file, timeout }, given, context, aides?.signal);
}

/** Gives the code the answer and what is known of it. */
export async function runCode(
  { language, text, file, usual = 'get_assert', timeout = USUAL_TIMEOUT_S }: Code,
  output: unknown,
  context: object,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const name = functionName(text) ?? (language === 'javascript' ? undefined : usual);
  const input = JSON.stringify({
    ...(file === undefined ? { code: text } : { file, name }),
    output,
    context,
  });
  const [program, args] = HARNESSES[language];
  const command = program === undefined ? process.execPath : await findProgram(program, process.env);
  if (command === undefined) throw new Error(`there is no ${program} on this machine`);
  const { stdout } = await run(command, args, {
    input,
    // No token of the step is in it.
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', PYTHONDONTWRITEBYTECODE: '1' },
    timeoutMs: timeout * 1000,
    ...(signal === undefined ? {} : { signal }),
  });
  const line = stdout.split('\n').findLast((entry) => entry.startsWith(MARK));
  const parsed = line === undefined ? undefined : parseJson(line.slice(MARK.length));
  if (parsed === undefined) throw new Error('the code gave nothing');
  return parsed.value;
}

/** `file://check.js:name`: which export; undefined for the usual one. */
export function functionName(value: string): string | undefined {
  return /:([A-Za-z_]\w*)$/.exec(value.replace(/^file:\/\//, ''))?.[1];
}

/** As promptfoo: one line is an expression, several are the body of a function. */
const JAVASCRIPT = `
import { pathToFileURL } from 'node:url';
const parts = [];
for await (const part of process.stdin) parts.push(part);
const { code, file, name, output, context } = JSON.parse(Buffer.concat(parts).toString('utf8'));
let check;
if (file !== undefined) {
  const module = await import(pathToFileURL(file).href);
  check = name === undefined ? (module.default?.default ?? module.default) : (module[name] ?? module.default?.[name]);
  if (typeof check !== 'function') throw new Error(name === undefined ? 'the file has no default export that is a function' : \`the file exports no function \${name}\`);
} else if (code.trim().includes('\\n')) {
  check = new Function('output', 'context', code);
} else {
  const text = code.trim().replace(/;+\\s*$/, '');
  try { new Function(\`(\${text})\`); check = new Function('output', 'context', \`return (\${text})\`); }
  catch { check = new Function('output', 'context', 'return eval(' + JSON.stringify(text) + ')'); }
}
const result = await check(output, context);
process.stdout.write('\\n${MARK}' + JSON.stringify(result ?? null) + '\\n');
process.exit(0);
`;

const PYTHON = `
import importlib.util, json, sys, textwrap
given = json.load(sys.stdin)
if "file" in given:
    spec = importlib.util.spec_from_file_location("check", given["file"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check = getattr(module, given["name"])
else:
    code = given["code"].strip("\\n")
    body = code if "\\n" in code else "return " + code.strip()
    space = {"json": json}
    exec("def check(output, context):\\n" + textwrap.indent(textwrap.dedent(body), "    "), space)
    check = space["check"]
result = check(given["output"], given["context"])
print("\\n" + "${MARK}" + json.dumps(result, allow_nan=False, default=lambda value: getattr(value, "__dict__", None)))
`;

const RUBY = `
require 'json'
given = JSON.parse($stdin.read)
if given['file']
  load given['file']
  name = given['name']
else
  code = given['code']
  name = 'check'
  eval("def check(output, context)\\n" + (code.strip.include?("\\n") ? code : 'return ' + code.strip) + "\\nend")
end
result = send(name, given['output'], given['context'])
puts "\\n" + "${MARK}" + JSON.generate(result)
`;

/** Each reads `{code or file and name, output, context}` and prints what came out behind the mark; undefined: this Node. */
const HARNESSES: Readonly<Record<Language, [string | undefined, string[]]>> = {
  javascript: [undefined, ['--input-type=module', '-e', JAVASCRIPT]],
  python: ['python3', ['-c', PYTHON]],
  ruby: ['ruby', ['-e', RUBY]],
};
