/** Personal data in texts: counted, shown masked only. Shapes find them, check digits confirm where there are any. */
import { isIPv6 } from 'node:net';
import { isCardNumber, isChineseId, isIban, isIpv4, isSsn } from './identifiers.ts';
import { textsIn, type Row } from './rows.ts';
import { READ_CHARACTERS } from './words.ts';

export type PiiKind = 'mail' | 'iban' | 'cn_id' | 'card' | 'cn_mobile' | 'ssn' | 'ip' | 'phone';

interface Pattern {
  kind: PiiKind;
  /** Bounded everywhere: hostile text must not make it slow. */
  shape: RegExp;
  confirm: (found: string) => boolean;
}

const bare = (text: string): string => text.replace(/[^0-9A-Za-z]/gu, '');

/** In this order; what one has claimed no later one sees. */
const PATTERNS: readonly Pattern[] = [
  {
    kind: 'mail',
    shape: /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}/gu,
    confirm: (found) => /\.[A-Za-z]{2,}$/u.test(found),
  },
  {
    kind: 'iban',
    shape: /(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)/gu,
    confirm: (found) => isIban(bare(found)),
  },
  { kind: 'cn_id', shape: /(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])/gu, confirm: isChineseId },
  {
    kind: 'card',
    shape: /(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d.]\d|\d)/gu,
    confirm: (found) => isCardNumber(bare(found)),
  },
  // China's mobile numbers begin 13 to 19 and have eleven digits.
  {
    kind: 'cn_mobile',
    shape: /(?<![\d.+])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)/gu,
    confirm: () => true,
  },
  { kind: 'ssn', shape: /(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])/gu, confirm: isSsn },
  { kind: 'ip', shape: /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)/gu, confirm: isIpv4 },
  { kind: 'ip', shape: /(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:])/gu, confirm: isIPv6 },
  // +49 30 1234567 by E.164: 8 to 15 digits; (212) 555-0123 as North America writes it.
  {
    kind: 'phone',
    shape: /(?<![\w+])\+\d{1,3}(?:[ .-]?\(?\d{1,6}\)?){2,6}(?!\d)/gu,
    confirm: (found) => /^\d{8,15}$/u.test(bare(found)),
  },
  {
    kind: 'phone',
    shape: /(?<![\w(])\(?[2-9]\d{2}\)?[ .-][2-9]\d{2}[ .-]\d{4}(?!\d)/gu,
    confirm: () => true,
  },
];

export const PII_KINDS: readonly PiiKind[] = [...new Set(PATTERNS.map(({ kind }) => kind))];

export interface PiiFound {
  kind: PiiKind;
  /** With all letters and digits but the first and the last hidden. */
  masked: string;
}

/** What a text holds; only its first 100,000 characters are read. */
export function findPii(text: string): PiiFound[] {
  let rest = text.slice(0, READ_CHARACTERS);
  // Nothing here comes without a digit or an @: most texts end here.
  if (!/[\d@]|::/u.test(rest)) return [];
  const found: PiiFound[] = [];
  for (const { kind, shape, confirm } of PATTERNS) {
    rest = rest.replace(shape, (match) => {
      if (!confirm(match)) return match;
      found.push({ kind, masked: mask(match) });
      return ' '.repeat(match.length);
    });
  }
  return found;
}

function mask(text: string): string {
  return text.slice(0, 1) + text.slice(1, -1).replace(/[\p{L}\p{N}]/gu, '•') + text.slice(-1);
}

/** A number is an identifier only from the eleven digits of a mobile number on. */
function numberTexts(cell: number | bigint): string[] {
  return cell >= 1e10 && (typeof cell === 'bigint' || Number.isInteger(cell)) ? [String(cell)] : [];
}

export interface PiiCount {
  column: string;
  kind: PiiKind;
  count: number;
  examples: { row: number; masked: string }[];
}

const EXAMPLES = 3;

/** Counts over rows; fixed in size by columns and kinds. */
export class PiiCounter {
  private readonly counts = new Map<string, PiiCount>();
  rowsWithAny = 0;
  rows = 0;

  add(row: Row): void {
    this.rows++;
    let any = false;
    for (const [column, cell] of row.values) {
      const texts = typeof cell === 'number' || typeof cell === 'bigint' ? numberTexts(cell) : textsIn(cell);
      for (const text of texts) {
        for (const { kind, masked } of findPii(text)) {
          any = true;
          this.count(column, kind, row.number, masked);
        }
      }
    }
    if (any) this.rowsWithAny++;
  }

  list(): PiiCount[] {
    return [...this.counts.values()].sort((a, b) => b.count - a.count);
  }

  totalOf(kind: PiiKind): number {
    return this.list().reduce((sum, found) => (found.kind === kind ? sum + found.count : sum), 0);
  }

  private count(column: string, kind: PiiKind, row: number, masked: string): void {
    const key = `${kind} ${column}`;
    const found = this.counts.get(key) ?? { column, kind, count: 0, examples: [] };
    this.counts.set(key, found);
    found.count++;
    if (found.examples.length < EXAMPLES) found.examples.push({ row, masked });
  }
}
