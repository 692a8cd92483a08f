/**
 * The safety check of a pulled file, as far as it is built: its format by content, the headers of safetensors and
 * GGUF, and chat templates that reach for Python's internals. Pickles are not taken apart yet, so any is unsafe.
 */
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ByteReader, MalformedError } from './byte-reader.ts';
import type { FileFormat } from './file-format.ts';
import { detectFormat, GUARDED_FORMATS, HEAD_BYTES } from './file-format.ts';
import { checkGguf } from './gguf.ts';
import { checkSafetensors } from './safetensors.ts';

export interface Inspection {
  path: string;
  format: FileFormat;
  /** Why the file is unsafe; null when nothing was found. */
  problem: string | null;
  /** Worth knowing, never failing. */
  notice: string | null;
}

const WHY: Readonly<Record<(typeof GUARDED_FORMATS)[number], string>> = {
  pickle: 'is a pickle, which runs code when it is loaded',
  zip: 'is a zip archive (PyTorch checkpoints are), which may hold a pickle',
  tar: 'is a tar archive, which may hold a pickle',
  gzip: 'is compressed, so what it holds was not seen',
  numpy: 'is a NumPy file, which may hold a pickle',
  hdf5: 'is an HDF5 file (Keras models are), which may hold code',
  unknown: 'has a content that is not recognised',
};

/** Templates and configs beyond this are not read for a template. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** Inspects one file that lies at `file`; `path` is its name in the repository. */
export async function inspectFile(
  path: string,
  file: string,
  allowFormats: ReadonlySet<string>,
): Promise<Inspection> {
  const handle = await open(file, 'r');
  const { size } = await handle.stat();
  const result: Inspection = { path, format: 'text', problem: null, notice: null };
  try {
    const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
    await handle.read(head, 0, head.byteLength, 0);
    if (size > 0) result.format = detectFormat(path, head, size);
    const { format } = result;
    if (format === 'safetensors') await checkSafetensors(new ByteReader(handle, size));
    if (format === 'gguf') {
      const { chatTemplates } = await checkGguf(new ByteReader(handle, size));
      if (chatTemplates.some(reachesInternals)) result.problem = TEMPLATE_PROBLEM;
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    result.problem = `is malformed ${result.format === 'gguf' ? 'GGUF' : 'safetensors'}: ${error.message}`;
  } finally {
    await handle.close();
  }
  const { format } = result;
  const guarded = GUARDED_FORMATS.find((name) => name === format);
  if (guarded !== undefined && !allowFormats.has(guarded)) {
    result.problem = `${WHY[guarded]}; \`allow-formats: ${guarded}\` lets it in`;
  }
  if (format === 'text' && size <= MAX_TEXT_BYTES) await inspectText(result, file);
  return result;
}

const TEMPLATE_PROBLEM =
  'has a chat template that reaches for `__` attributes, as an attack on the server would';

async function inspectText(result: Inspection, file: string): Promise<void> {
  const name = basename(result.path);
  if (name.endsWith('.py')) result.notice = 'is Python code, run by loaders with `trust_remote_code`';
  const isTemplate = name.endsWith('.jinja') || name.endsWith('.j2');
  if (!isTemplate && !['tokenizer_config.json', 'chat_template.json', 'config.json'].includes(name)) return;
  const text = await readFile(file, 'utf8');
  if (name === 'config.json' && /"auto_map"\s*:/.test(text)) {
    result.notice = 'has an `auto_map`: loaders with `trust_remote_code` run code of the repository';
  }
  if (isTemplate ? reachesInternals(text) : templatesOf(text).some(reachesInternals))
    result.problem = TEMPLATE_PROBLEM;
}

/** The `chat_template` of a JSON file: one text, or a list of named ones. */
function templatesOf(text: string): string[] {
  try {
    const value = JSON.parse(text) as { chat_template?: unknown } | null;
    const template = value?.chat_template;
    if (typeof template === 'string') return [template];
    if (!Array.isArray(template)) return [];
    return template.map((entry: { template?: unknown } | null) => String(entry?.template ?? ''));
  } catch {
    return [];
  }
}

/** `.__class__`, `['__globals__']`, `attr('__mro__')`: no ordinary chat template writes these. */
export function reachesInternals(template: string): boolean {
  return /\.\s*__|\[\s*['"]__|attr\s*\(\s*['"]__|\\x5f\\x5f/i.test(template);
}
