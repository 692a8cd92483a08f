/**
 * TypeScript to JavaScript by swc. In a test's realm every look at a global (`Math`, `Object`) asks the sandbox, some hundred times
 * as dear as a variable: so each module gets variables of those names. None of these is ever replaced by a test; clocks,
 * timers and `process`, which may be, are left as they are.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createTransformer } from '@swc/jest';

const NAMES = (
  'Array BigInt Buffer DataView Error Infinity JSON Map Math NaN Number Object Promise Reflect RegExp Set String Symbol ' +
  'TextDecoder TextEncoder URL Uint8Array WeakMap'
).split(' ');
const own = readFileSync(import.meta.filename);
const inner = createTransformer({
  jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
  module: { type: 'es6' },
  sourceMaps: true,
});

/** On the first line, so that all others keep their numbers. */
function bound({ code, ...rest }) {
  const used = NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(code) && !declares(code, name));
  const names = used.map((name) => `${name}=globalThis.${name}`).join(',');
  return { ...rest, code: used.length === 0 ? code : `var ${names};${code}` };
}

function declares(code, name) {
  return new RegExp(`^(import\\b.*\\b|(export )?(class|function|const|let|var) )${name}\\b`, 'm').test(code);
}

export default {
  process: (...given) => bound(inner.process(...given)),
  processAsync: async (...given) => bound(await inner.processAsync(...given)),
  getCacheKey: (...given) =>
    createHash('sha256')
      .update(own)
      .update(inner.getCacheKey(...given))
      .digest('hex'),
};
