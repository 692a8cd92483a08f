/** The model card, `models/<version>/model-card.yaml`: read, checked, and updated without touching what people wrote. */
import { basename, dirname } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import validate from './model-card-schema.gen.ts';

export type CardStatus = 'draft' | 'evaluated' | 'approved' | 'rejected' | 'deployed' | 'rolled-back';

export interface ModelCard {
  apiVersion: 'llm/v1';
  kind: 'ModelVersion';
  metadata: { name: string; version: string; labels?: Record<string, string> };
  spec: {
    baseModel?: string;
    source?: { uri: string; revision?: string; digest?: string };
    evaluation?: { metrics?: Record<string, number | null> | null };
    status?: CardStatus;
    approvedBy?: string | null;
    approvalDate?: string | null;
  };
}

/**
 * Text of a card as a checked value.
 *
 * @param path names the file in messages; its folder's name is compared with the version
 * @throws ConfigError with every fault: YAML, schema, a folder `v2.0` that holds version 2.1.0
 */
export async function parseModelCard(text: string, path: string): Promise<ModelCard> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => `the model card ${path}: ${error.message.split('\n')[0]}`),
    );
  }
  const value: unknown = document.toJS();
  if (!validate(value)) throw new ConfigError(schemaFaults(path));
  const card = value as ModelCard;
  const clash = folderClash(path, card.metadata.version);
  if (clash !== undefined) throw new ConfigError(clash);
  return card;
}

function schemaFaults(path: string): string[] {
  return (validate.errors ?? []).map(({ instancePath, keyword, message, params }) => {
    const key = instancePath.slice(1).replaceAll('/', '.') || 'it';
    const allowed =
      keyword === 'enum' || keyword === 'const'
        ? ` (${JSON.stringify(params['allowedValues'] ?? params['allowedValue'])})`
        : '';
    const mend = key === 'metadata.version' && keyword === 'type' ? `; quote it: version: "2.0.0"` : '';
    return `the model card ${path}: ${key} ${message ?? 'is not valid'}${allowed}${mend}`;
  });
}

/**
 * The version that a folder's name stands for: `v2.0` and `2.0` give [2, 0]; undefined for a folder named otherwise.
 */
export function folderVersion(path: string): number[] | undefined {
  const name = basename(dirname(path));
  return /^v?\d+(?:\.\d+)*$/u.test(name) ? parts(name.replace(/^v/u, '')) : undefined;
}

/** Why a card can't be in its folder; undefined where it can. A missing part counts as 0: v2.0.0 holds 2.0. */
function folderClash(path: string, version: string): string | undefined {
  const folder = folderVersion(path);
  if (folder === undefined) return undefined;
  const own = parts(version.replace(/[-+].*$/u, ''));
  if (folder.every((part, i) => part === (own[i] ?? 0))) return undefined;
  return `the model card ${path} says metadata.version "${version}", but its folder is ${basename(dirname(path))}; move the card or correct the version`;
}

function parts(version: string): number[] {
  return version.split('.').map(Number);
}

/** A card for a version that has none yet. What isn't known is left out; people add it. */
export async function newModelCard(known: {
  name: string;
  version: string;
  source?: { uri: string; revision: string; digest: string };
}): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(
    {
      apiVersion: 'llm/v1',
      kind: 'ModelVersion',
      metadata: { name: known.name, version: known.version },
      spec: {
        ...(known.source === undefined ? {} : { source: known.source }),
        evaluation: { metrics: {} },
        status: 'draft',
      },
    },
    { defaultStringType: 'PLAIN', lineWidth: 0 },
  );
}
