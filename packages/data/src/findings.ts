/** What was found wrong, counted, with a few examples of each kind. Fixed in size. */

export interface Finding {
  file: string;
  /** null: of the whole data set. */
  column: string | null;
  /** What was asked, as `type integer`, `nulls at most 1 %`. */
  rule: string;
  count: number;
  examples: { row: number; value: string }[];
}

const EXAMPLES = 3;
const VALUE_CHARACTERS = 80;
/** So much of a value is looked through for what must not be shown: far more than is. */
const LOOKED_AT = 4_000;
/** Kinds beyond these are counted together. */
const MOST_FINDINGS = 500;

export class Findings {
  private readonly kinds = new Map<string, Finding>();
  total = 0;
  private readonly show: (text: string) => string;

  /** @param show blacks out what must not be shown, before a value is cut */
  constructor(show: (text: string) => string = (text) => text) {
    this.show = show;
  }

  add(file: string, column: string | null, rule: string, example?: { row: number; value: string }): void {
    this.total++;
    const key = JSON.stringify([file, column, rule]);
    let finding = this.kinds.get(key);
    if (finding === undefined) {
      finding =
        this.kinds.size < MOST_FINDINGS
          ? { file, column, rule, count: 0, examples: [] }
          : (this.kinds.get('') ?? {
              file,
              column: null,
              rule: 'more kinds of findings',
              count: 0,
              examples: [],
            });
      this.kinds.set(this.kinds.size < MOST_FINDINGS ? key : '', finding);
    }
    finding.count++;
    if (example !== undefined && finding.examples.length < EXAMPLES) {
      finding.examples.push({
        row: example.row,
        value: cutValue(this.show(example.value.slice(0, LOOKED_AT))),
      });
    }
  }

  /** Most frequent first. */
  list(): Finding[] {
    return [...this.kinds.values()].sort((a, b) => b.count - a.count);
  }
}

/** One line, cut, without control characters: whoever shows it still escapes it. */
export function cutValue(value: string): string {
  const start = value
    .slice(0, VALUE_CHARACTERS)
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/gu, '\ufffd')
    .replace(/[\ud800-\udbff]$/u, '');
  return value.length > VALUE_CHARACTERS ? `${start}…` : start;
}
