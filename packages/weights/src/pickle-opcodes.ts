/** The opcodes of pickle protocols 0 to 5 (CPython, Lib/pickletools.py) and how each one's argument is written. */

/** none, a number of n bytes, lines of text, or bytes behind a count of n bytes. */
export type Argument =
  'none' | 'u1' | 'u2' | 'u4' | 'u8' | 'f8' | 'line' | 'line2' | 'count1' | 'count4' | 'count8';

const NONE = `( 0 1 2 N R Q ] a b d } e l o s t ) u . \\x81 \\x85 \\x86 \\x87 \\x88 \\x89 \\x8f \\x90 \\x91 \\x92
\\x93 \\x94 \\x97 \\x98`;
const BY_ARGUMENT: readonly (readonly [Argument, string])[] = [
  ['none', NONE],
  ['u1', 'K h q \\x80 \\x82'],
  ['u2', 'M \\x83'],
  ['u4', 'J j r \\x84'],
  ['u8', '\\x95'],
  ['f8', 'G'],
  ['line', 'F I L P S V g p'],
  ['line2', 'c i'],
  ['count1', 'U C \\x8c \\x8a'],
  ['count4', 'T X B \\x8b'],
  ['count8', '\\x8d \\x8e \\x96'],
];

/** By opcode byte; undefined where there is no such opcode. */
export const ARGUMENTS: readonly (Argument | undefined)[] = (() => {
  const table: (Argument | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const [argument, codes] of BY_ARGUMENT) {
    for (const code of codes.split(/\s+/)) {
      table[code.length === 1 ? code.charCodeAt(0) : Number.parseInt(code.slice(2), 16)] = argument;
    }
  }
  return table;
})();

/** PROTO with a protocol that exists: how pickles of protocol 2 and above start. */
export function startsAsPickle(head: Buffer): boolean {
  return head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5;
}

/** Whether bytes inside a pickle are worth a look: no import is possible without one of these. */
export function mayHoldPickle(bytes: Buffer): boolean {
  if (bytes.byteLength < 4 || ARGUMENTS[bytes[0] ?? 0] === undefined) return false;
  return bytes.includes(0x93) || bytes.includes(0x0a);
}
