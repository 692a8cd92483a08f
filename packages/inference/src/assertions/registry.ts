/** All kinds of assertions by their names. */
import { CONTEXT_KINDS } from './context-kinds.ts';
import { CONVERSATION_KINDS } from './conversation-kinds.ts';
import { GRADED_KINDS } from './graded-kinds.ts';
import { JSON_KINDS } from './json-kinds.ts';
import { JUDGE_KINDS } from './judge-kinds.ts';
import type { Kind, Kinds } from './kinds.ts';
import { MARKUP_KINDS } from './markup-kinds.ts';
import { MODEL_KINDS } from './model-kinds.ts';
import { OVERLAP_KINDS } from './overlap-kinds.ts';
import { RIVAL_KINDS } from './rival-kinds.ts';
import { SCRIPT_KINDS } from './script-kinds.ts';
import { SERVER_KINDS } from './server-kinds.ts';
import { SIMILAR_KINDS } from './similar-kinds.ts';
import { SQL_KINDS } from './sql-kinds.ts';
import { TENSOR_KINDS } from './tensor-kinds.ts';
import { TEXT_KINDS } from './text-kinds.ts';
import { TOOL_KINDS } from './tool-kinds.ts';
import { WEBHOOK_KINDS } from './webhook-kinds.ts';

const KINDS: Kinds = {
  ...TEXT_KINDS,
  ...SQL_KINDS,
  ...JSON_KINDS,
  ...MARKUP_KINDS,
  ...OVERLAP_KINDS,
  ...SERVER_KINDS,
  ...TOOL_KINDS,
  ...SIMILAR_KINDS,
  ...MODEL_KINDS,
  ...JUDGE_KINDS,
  ...GRADED_KINDS,
  ...CONTEXT_KINDS,
  ...CONVERSATION_KINDS,
  ...RIVAL_KINDS,
  ...SCRIPT_KINDS,
  ...WEBHOOK_KINDS,
  ...TENSOR_KINDS,
};

/** Names without `not-`, `assert-set` last. */
export const KIND_NAMES: readonly string[] = [...Object.keys(KINDS), 'assert-set'];

export function kindOf(type: string): { kind: Kind | undefined; isNegated: boolean } {
  const isNegated = type.startsWith('not-');
  const base = isNegated ? type.slice('not-'.length) : type;
  return { kind: Object.hasOwn(KINDS, base) ? KINDS[base] : undefined, isNegated };
}
