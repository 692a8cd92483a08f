/** The parts of a release unit that lie in a model's folder as files of their own: tokenizer, template, config. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readFileIfThere } from '@sluice/runtime/files';
import type { ReleaseRecord } from '@sluice/release/record';
import { jsonDigest } from '@sluice/release/unit';
import { hashModelPath } from '@sluice/release/weights';

/** The parts of a unit that come from the model's files: of a path that is about to be served. */
export async function readServedModel(
  modelPath: string,
  record?: ReleaseRecord,
): Promise<ModelParts & { weights: string }> {
  const { digest, root, files } = await hashModelPath(modelPath, record);
  const parts = await readModelParts(
    root,
    files.map(({ path }) => path),
  );
  return { weights: digest, ...parts };
}

export interface ModelParts {
  /** sha256 of tokenizer.json. */
  tokenizer: string | null;
  /** sha256 of the template's text (of the RFC 8785 JSON where a model has several). */
  chatTemplate: string | null;
  /** sha256 of config.json. */
  config: string | null;
}

/**
 * Reads the parts out of `folder`. With `paths`, only files named there count: what lies beside them belongs to
 * another pull. A GGUF carries its own tokenizer and template, so for it these are null.
 */
export async function readModelParts(folder: string, paths?: readonly string[]): Promise<ModelParts> {
  const read = async (name: string): Promise<string | undefined> =>
    paths === undefined || paths.includes(name) ? readFileIfThere(join(folder, name)) : undefined;
  const tokenizer = await read('tokenizer.json');
  const config = await read('config.json');
  // transformers prefers the file of its own over the field.
  const template = (await read('chat_template.jinja')) ?? templateField(await read('tokenizer_config.json'));
  return {
    tokenizer: tokenizer === undefined ? null : textDigest(tokenizer),
    chatTemplate: templateDigest(template),
    config: config === undefined ? null : textDigest(config),
  };
}

function templateField(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'chat_template' in value
      ? value.chat_template
      : undefined;
  } catch {
    return undefined;
  }
}

function templateDigest(template: unknown): string | null {
  if (template === undefined || template === null) return null;
  return typeof template === 'string' ? textDigest(template) : jsonDigest(template);
}

function textDigest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
