/** Counters, gauges and histograms in Prometheus' text format (exposition format 0.0.4). */

export type Labels = Record<string, string>;

/** Seconds: from a token of a small model to minutes of a long answer. */
export const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160];
export const CHUNK_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** `{a="b"}` with backslash, quote and line break escaped. */
export function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return parts.length > 0 ? `{${parts.join(',')}}` : '';
}

/** Texts of label sets that come again and again, as for every chunk of a stream. */
const knownTexts = new WeakMap<Labels, string>();

function cachedText(labels: Labels): string {
  let text = knownTexts.get(labels);
  if (text === undefined) knownTexts.set(labels, (text = labelText(labels)));
  return text;
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
}

export class Counter {
  readonly name: string;
  readonly help: string;
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  add(labels: Labels, amount = 1): void {
    const key = cachedText(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  text(): string {
    const lines = [...this.#values].map(([labels, value]) => `${this.name}${labels} ${value}\n`);
    return head(this.name, this.help, 'counter') + lines.join('');
  }
}

interface Distribution {
  labels: Labels;
  /** Values per bucket, not yet summed up; the last one is +Inf. */
  counts: number[];
  sum: number;
}

export class Histogram {
  readonly name: string;
  readonly help: string;
  readonly #bounds: readonly number[];
  readonly #distributions = new Map<string, Distribution>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
  }

  observe(labels: Labels, value: number): void {
    const key = cachedText(labels);
    let entry = this.#distributions.get(key);
    if (entry === undefined) {
      entry = { labels, counts: new Array<number>(this.#bounds.length + 1).fill(0), sum: 0 };
      this.#distributions.set(key, entry);
    }
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const index = found === -1 ? this.#bounds.length : found;
    entry.counts[index] = (entry.counts[index] ?? 0) + 1;
    entry.sum += value;
  }

  text(): string {
    let out = head(this.name, this.help, 'histogram');
    for (const [key, { labels, counts, sum }] of this.#distributions) {
      let total = 0;
      for (const [index, count] of counts.entries()) {
        total += count;
        const bound = this.#bounds[index];
        const le = bound === undefined ? '+Inf' : String(bound);
        out += `${this.name}_bucket${labelText({ ...labels, le })} ${total}\n`;
      }
      out += `${this.name}_sum${key} ${sum}\n${this.name}_count${key} ${total}\n`;
    }
    return out;
  }
}

/** A gauge's text from values read at the moment of the scrape. */
export function gaugeText(
  name: string,
  help: string,
  values: readonly (readonly [Labels, number])[],
): string {
  return (
    head(name, help, 'gauge') +
    values.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`).join('')
  );
}
