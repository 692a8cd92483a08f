/** Assertions over JSON in the answer. */
import type { Assertion } from '../suites/types.ts';
import { findMisfit, isSchema } from './json-schemas.ts';
import { findJsonObjects, parseJson } from './json-text.ts';
import { show, valueFault, type AssertionFault, type Kinds } from './kinds.ts';

function checkSchema({ type, value }: Assertion): AssertionFault | undefined {
  return value === undefined || isSchema(value)
    ? undefined
    : valueFault(`'${type}' takes a JSON Schema as a map, or no value`);
}

export const JSON_KINDS: Kinds = {
  'is-json': {
    check: checkSchema,
    decide({ value }, { answer }) {
      const parsed = parseJson(answer.text);
      if (parsed === undefined || !isSchema(value))
        return { passed: parsed !== undefined, reason: 'the answer is JSON' };
      const misfit = findMisfit(value, parsed.value);
      const why = misfit === undefined ? '' : ` (${show(misfit)})`;
      return { passed: misfit === undefined, reason: `the answer is JSON that fits the schema${why}` };
    },
  },
  'contains-json': {
    check: checkSchema,
    decide({ value }, { answer }) {
      const objects = findJsonObjects(answer.text);
      if (!isSchema(value)) return { passed: objects.length > 0, reason: 'the answer holds a JSON object' };
      const misfits = objects.map((object) => findMisfit(value, object));
      const passed = misfits.includes(undefined);
      const why = passed ? '' : objects.length === 0 ? ' (it holds none)' : ` (${show(misfits[0])})`;
      return { passed, reason: `the answer holds a JSON object that fits the schema${why}` };
    },
  },
};
