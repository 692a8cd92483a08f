/**
 * The safety check of a pulled file: what it is by its content, and whether loading it could do more than load it.
 * Nothing is unpickled, imported or run; headers are read and pickles are followed, tensor data is passed over.
 */
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { mayBeAllowed, runsCode } from './allowed-globals.ts';
import { fileSource, streamOf } from './byte-stream.ts';
import type { FileFormat } from './file-format.ts';
import type { Look, Problem } from './inspect-content.ts';
import { inspectContent } from './inspect-content.ts';
import type { ExternalData } from './onnx-tensor.ts';
import { reachesInternals, TEMPLATE_PROBLEM, templatesOf } from './templates.ts';

export { reachesInternals };

export interface Inspection {
  path: string;
  format: FileFormat;
  /** Why the file is unsafe; null when nothing was found. */
  problem: string | null;
  /** Worth knowing, never failing. */
  notice: string | null;
  /** What it needs of other files, see `checkExternalData`; nothing said yet whether it's there. */
  external: ExternalData[];
}

export interface InspectOptions {
  /** Names (`module.name`) that pickles may use beside the built-in ones. */
  allowGlobals?: ReadonlySet<string>;
  /** Tensor data that another file describes: it need not be any format. */
  raw?: boolean;
}

/** Templates and configs beyond this are not read for a template. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** What a file may unpack to: this, or so many times its size. */
const MIN_BUDGET = 4 * 1024 ** 3;
const MAX_RATIO = 20;
const MAX_TOLD = 3;

/** Inspects one file that lies at `file`; `path` is its name in the repository. */
export async function inspectFile(
  path: string,
  file: string,
  allowFormats: ReadonlySet<string>,
  { allowGlobals = new Set(), raw = false }: InspectOptions = {},
): Promise<Inspection> {
  const handle = await open(file, 'r');
  const { size } = await handle.stat();
  const result: Inspection = { path, format: 'text', problem: null, notice: null, external: [] };
  const look: Look = {
    allowGlobals: new Set([...allowGlobals].filter(mayBeAllowed)),
    budget: { left: Math.max(MIN_BUDGET, MAX_RATIO * size) },
    problems: [],
    notices: [],
    external: result.external,
    trail: [],
    persistent: 'none',
    torchscript: false,
  };
  try {
    const source = fileSource(handle, size);
    result.format = await inspectContent({ name: path, source, raw, open: () => streamOf(source) }, look);
  } finally {
    await handle.close();
  }
  const isAllowed = ({ format }: Problem): boolean =>
    format !== null && (allowFormats.has(format) || allowFormats.has(result.format));
  const problems = look.problems.filter((problem) => !isAllowed(problem));
  if (problems.length > 0) result.problem = describe(problems);
  else if (look.problems.length > 0)
    look.notices.push(`let in by \`allow-formats\`: ${describe(look.problems, false)}`);
  if (look.notices.length > 0) result.notice = look.notices.join('; ');
  if (result.format === 'text' && size <= MAX_TEXT_BYTES) await inspectText(result, file);
  return result;
}

function describe(problems: readonly Problem[], advise = true): string {
  const told = problems.slice(0, MAX_TOLD).map(({ text }) => text);
  if (problems.length > MAX_TOLD) told.push(`${problems.length - MAX_TOLD} problems more`);
  const advice = advise ? adviceOn(problems) : null;
  return advice === null ? told.join('; ') : `${told.join('; ')}; ${advice}`;
}

/** How a user who trusts the file lets it in; null where nothing should. */
function adviceOn(problems: readonly Problem[]): string | null {
  const globals = [...new Set(problems.flatMap((problem) => problem.globals))];
  if (globals.some(runsCode)) return null;
  if (problems.every((problem) => problem.globals.length > 0)) {
    const named = globals.filter((name) => mayBeAllowed(name) && /^[\w.]+$/.test(name));
    if (named.length === globals.length && named.length <= 8) {
      return `\`allow-globals: ${named.join(', ')}\` lets it in`;
    }
  }
  const formats = [...new Set(problems.map(({ format }) => format))];
  return formats.includes(null) ? null : `\`allow-formats: ${formats.join(', ')}\` lets it in`;
}

async function inspectText(result: Inspection, file: string): Promise<void> {
  const name = basename(result.path);
  if (name.endsWith('.py')) result.notice = 'is Python code, run by loaders with `trust_remote_code`';
  const isTemplate = name.endsWith('.jinja') || name.endsWith('.j2');
  const isConfig = name.endsWith('config.json') || name === 'chat_template.json';
  if (!isTemplate && !isConfig) return;
  const text = await readFile(file, 'utf8');
  if (isConfig && /"auto_map"\s*:/.test(text)) {
    result.notice = 'has an `auto_map`: loaders with `trust_remote_code` run code of the repository';
  }
  if (isTemplate ? reachesInternals(text) : templatesOf(text).some(reachesInternals))
    result.problem = TEMPLATE_PROBLEM;
}
