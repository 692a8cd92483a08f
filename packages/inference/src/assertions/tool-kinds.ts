/** Assertions over tool calls. */
import type { ToolCall } from '../clients/answer.ts';
import { answerSchemaMisfit } from './json-schemas.ts';
import { parseJson } from './json-text.ts';
import {
  show,
  takesNothing,
  thresholdFault,
  valueFault,
  type Kind,
  type Kinds,
  type Observation,
} from './kinds.ts';
import { readList } from './values.ts';

/** Every call names a tool of the request, and its arguments fit that tool's schema. */
const validCalls: Kind = {
  check: takesNothing,
  async decide(_assertion, seen) {
    const calls = seen.answer.toolCalls ?? [];
    const what = 'the answer is a valid call of a tool that was offered';
    if (calls.length === 0) return { passed: false, reason: `${what} (it calls none)` };
    const tools = offeredTools(seen);
    for (const call of calls) {
      const misfit = await callMisfit(call, tools);
      if (misfit !== undefined) return { passed: false, reason: `${what} (${misfit})` };
    }
    return { passed: true, reason: what };
  },
};

export const TOOL_KINDS: Kinds = {
  'is-valid-openai-tools-call': validCalls,
  'is-valid-openai-function-call': validCalls,
  'is-valid-function-call': validCalls,
  'tool-call-f1': {
    takes: ['threshold'],
    check({ value, threshold }) {
      const list = readList(value);
      if (list === undefined || list.length === 0 || list.includes(''))
        return valueFault("'tool-call-f1' needs the names of the tools that should be called");
      return threshold !== undefined && threshold > 1
        ? thresholdFault("the threshold of 'tool-call-f1' is at most 1")
        : undefined;
    },
    decide({ value, threshold = 1 }, { answer }) {
      const wanted = new Set(readList(value));
      const called = new Set((answer.toolCalls ?? []).map(({ name }) => name));
      const shared = [...wanted].filter((name) => called.has(name)).length;
      const score = called.size === 0 ? 0 : (2 * shared) / (wanted.size + called.size);
      const names = [...called].join(', ');
      return {
        passed: score >= threshold,
        score,
        reason: `the F1 of the called tools is at least ${threshold} (it is ${score.toFixed(2)}: ${show(names)})`,
      };
    },
  },
};

/** Schemas of the tools in the request, by their names; throws when it offered none. */
function offeredTools({ request }: Observation): Map<string, object> {
  const tools = new Map<string, object>();
  const offered: unknown = request?.['tools'] ?? request?.['functions'];
  for (const tool of Array.isArray(offered) ? (offered as unknown[]) : []) {
    const described = typeof tool === 'object' && tool !== null && 'function' in tool ? tool.function : tool;
    if (typeof described !== 'object' || described === null || !('name' in described)) continue;
    const schema = 'parameters' in described ? described.parameters : {};
    if (typeof schema === 'object' && schema !== null) tools.set(String(described.name), schema);
  }
  if (tools.size === 0) throw new Error('the request offered no tools; put them into `options.body.tools`');
  return tools;
}

async function callMisfit(call: ToolCall, tools: ReadonlyMap<string, object>): Promise<string | undefined> {
  const schema = tools.get(call.name);
  if (schema === undefined) return `no tool ${show(call.name)} was offered`;
  const parsed = parseJson(call.arguments === '' ? '{}' : call.arguments);
  if (parsed === undefined) return `the arguments of ${show(call.name)} are no JSON`;
  const misfit = await answerSchemaMisfit(schema, parsed.value);
  return misfit === undefined ? undefined : `the arguments of ${show(call.name)}: ${misfit}`;
}
