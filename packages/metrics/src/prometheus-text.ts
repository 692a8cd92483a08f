/**
 * Reads Prometheus' text format (exposition format 0.0.4, and what OpenMetrics 1.0 adds: exemplars and `# EOF`), as
 * model servers write it.
 */

export interface PrometheusSample {
  /** With its suffix: `…_sum`, `…_bucket`. */
  name: string;
  labels: Record<string, string>;
  /** May be NaN or infinite, as the format allows. */
  value: number;
}

const LINE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?[ \t]+([^ \t]+)(?:[ \t]+[^ \t]+)?[ \t]*(?:#.*)?$/;
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(?:,|$)/y;
const SPECIAL: Readonly<Record<string, number>> = {
  '+inf': Infinity,
  inf: Infinity,
  '-inf': -Infinity,
  nan: NaN,
};

/** All samples in their order. Throws an Error that names the first line that isn't in the format. */
export function parsePrometheusText(text: string): PrometheusSample[] {
  const samples: PrometheusSample[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = LINE.exec(line);
    const value = match === null ? undefined : readValue(match[3] ?? '');
    const labels = match === null ? undefined : readLabels(match[2] ?? '');
    if (match === null || value === undefined || labels === undefined)
      throw new Error(`line ${index + 1} is no sample of Prometheus' text format: ${line.slice(0, 120)}`);
    samples.push({ name: match[1] ?? '', labels, value });
  }
  return samples;
}

function readValue(text: string): number | undefined {
  const special = SPECIAL[text.toLowerCase()];
  if (special !== undefined) return special;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

function readLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (match === null) return /^[ \t]*$/.test(text.slice(at)) ? labels : undefined;
    const [whole, name = '', value = ''] = match;
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    at += whole.length;
  }
  return labels;
}

/** Sum over all label sets of a name; undefined when it isn't there, so that what is missing is no 0. NaN counts as missing. */
export function sumOf(samples: readonly PrometheusSample[], name: string): number | undefined {
  const values = samples.filter((sample) => sample.name === name && !Number.isNaN(sample.value));
  return values.length === 0 ? undefined : values.reduce((sum, { value }) => sum + value, 0);
}

/** The largest of a name's label sets, for shares such as a cache's use; undefined when it isn't there. */
export function largestOf(samples: readonly PrometheusSample[], name: string): number | undefined {
  const values = samples.filter((sample) => sample.name === name && !Number.isNaN(sample.value));
  return values.length === 0 ? undefined : Math.max(...values.map(({ value }) => value));
}
