/** The name that a model is asked by when nobody gave it one. */
import { basename } from 'node:path';

/** `org/name` of a snapshot in the Hugging Face cache, else the name of the file or folder. */
export function defaultModelName(modelPath: string): string {
  const snapshot = /(?:^|\/)models--([^/]+)\/snapshots\/[^/]+(?:\/|$)/.exec(modelPath)?.[1];
  if (snapshot !== undefined) return snapshot.replaceAll('--', '/');
  return basename(modelPath).replace(/\.gguf$/i, '') || 'model';
}
