/** Container images as name, tag and digest. Pure. */
import type { FieldEdit } from './delta.ts';

export interface ImageParts {
  name: string;
  tag: string | undefined;
  digest: string | undefined;
}

export function imageParts(image: string): ImageParts {
  const [plain = '', digest] = image.split('@');
  const tag = /:([\w][\w.-]*)$/.exec(plain)?.[1];
  return { name: tag === undefined ? plain : plain.slice(0, -tag.length - 1), tag, digest };
}

/** The same bytes: what a digest names, no tag changes. */
export function sameImage(a: string, b: string): boolean {
  const one = imageParts(a);
  const two = imageParts(b);
  if (one.digest !== undefined && one.digest === two.digest) return one.name === two.name;
  return a === b;
}

/** The image of a container, as an edit sets it. */
export function imageEdit({ path, op, from, to }: FieldEdit): { from: string; to: string } | undefined {
  const list = path.at(-3);
  const isImage = path.at(-1) === 'image' && (list === 'containers' || list === 'initContainers');
  return isImage && op === 'set' && typeof from === 'string' && typeof to === 'string'
    ? { from, to }
    : undefined;
}
