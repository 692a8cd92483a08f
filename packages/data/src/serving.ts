/** Whether training's tokenizer and chat template are those that are served. Pure. */
import type { ReleaseRecord } from '@sluice/release/record';
import type { DatasetEntry } from './datasets-list.ts';

export interface Likeness {
  part: 'tokenizer' | 'chat_template';
  /** undefined: one of the two isn't known. */
  isEqual: boolean | undefined;
  text: string;
}

/** Files whose digest stands for a part where the release unit has none of its own, best first. */
const FILES = {
  tokenizer: ['tokenizer.json', 'tokenizer.model'],
  chat_template: ['chat_template.jinja'],
} as const;

/** Of each part that the entry of the training data names. */
export function compareServing(
  entry: DatasetEntry | undefined,
  record: ReleaseRecord | undefined,
): Likeness[] {
  const trained = { tokenizer: entry?.tokenizer, chat_template: entry?.['chat-template'] };
  return (['tokenizer', 'chat_template'] as const).flatMap((part): Likeness[] => {
    const wanted = trained[part];
    if (wanted === undefined) return [];
    const served = servedDigest(part, record);
    if (served === undefined) {
      return [
        {
          part,
          isEqual: undefined,
          text: `the release record knows no ${part.replace('_', ' ')} that is served`,
        },
      ];
    }
    const isEqual = served === wanted;
    const text = `training used ${part.replace('_', ' ')} ${wanted}, ${isEqual ? 'and it is' : `but ${served} is`} served`;
    return [{ part, isEqual, text }];
  });
}

function servedDigest(part: Likeness['part'], record: ReleaseRecord | undefined): string | undefined {
  const own = part === 'tokenizer' ? record?.unit.tokenizer : record?.unit.chatTemplate;
  if (own !== undefined && own !== null) return own;
  for (const name of FILES[part]) {
    const file = record?.model?.files.find(({ path }) => path === name);
    if (file !== undefined) return `sha256:${file.sha256}`;
  }
  return undefined;
}
