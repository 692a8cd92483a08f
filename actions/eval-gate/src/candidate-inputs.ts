/** The inputs `candidates` and `select`. Pure. */

export interface NamedPatterns {
  name: string;
  patterns: string[];
}

/** By what one is taken: its metric, and which way is better. */
export interface Selection {
  kind: 'best' | 'smallest' | 'cheapest';
  metric?: string;
}

/** `q4=results/q4/*.json` each; patterns of one name apart by commas. Faults name the line. */
export function parseCandidates(lines: readonly string[]): { candidates: NamedPatterns[]; faults: string[] } {
  const candidates: NamedPatterns[] = [];
  const faults: string[] = [];
  for (const line of lines) {
    const [, name, patterns] = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*=\s*(.+)$/u.exec(line) ?? [];
    if (name === undefined || patterns === undefined) {
      faults.push(
        `input \`candidates\`: '${line}' is no candidate; write name=files, as q4=results/q4/*.json`,
      );
    } else if (candidates.some((other) => other.name === name)) {
      faults.push(`input \`candidates\`: '${name}' is there twice`);
    } else {
      candidates.push({ name, patterns: patterns.split(',').flatMap((part) => part.trim() || []) });
    }
  }
  return { candidates, faults };
}

/** `best accuracy`, `smallest`, `cheapest`, each with a metric of one's own if need be. */
export function parseSelection(text: string): Selection | string {
  const [, kind, metric] = /^(best|smallest|cheapest)(?:\s+(\S+))?$/u.exec(text.trim()) ?? [];
  if (kind !== 'best' && kind !== 'smallest' && kind !== 'cheapest')
    return `input \`select\` = '${text}' is not known; write 'best <metric>', 'smallest' or 'cheapest'`;
  if (kind === 'best' && metric === undefined)
    return `input \`select\` = 'best': by which metric? write 'best accuracy'`;
  return { kind, ...(metric === undefined ? {} : { metric }) };
}
