/** Reads the values of assertions; promptfoo's forms. */

/** A list, or text with commas in which double quotes hold an entry together (`"a, b", c`). */
export function readList(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.every(isScalar) ? value.map(String) : undefined;
  if (!isScalar(value)) return undefined;
  const entries = String(value).match(/\s*"(?:[^"\\]|\\.)*"\s*|[^,]+/g) ?? [];
  return entries.map((entry) => {
    const text = entry.trim();
    return /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll('\\"', '"') : text;
  });
}

export interface WordRange {
  min: number;
  max: number;
}

/** A number (exactly so many), or `{min, max}`, either of which may be missing. */
export function readWordRange(value: unknown): WordRange | undefined {
  const isCount = (count: unknown): count is number => Number.isInteger(count) && Number(count) >= 0;
  const exact = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (isCount(exact)) return { min: exact, max: exact };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { min = 0, max = Number.MAX_SAFE_INTEGER, ...others } = value as Record<string, unknown>;
  if (Object.keys(value).length === 0 || Object.keys(others).length > 0) return undefined;
  return isCount(min) && isCount(max) && min <= max ? { min, max } : undefined;
}

/** `4xx` or a status; undefined when it is neither. */
export function readStatus(value: string | number | undefined): ((status: number) => boolean) | undefined {
  const text = String(value ?? '4xx').toLowerCase();
  if (/^[45]xx$/.test(text)) return (status) => Math.floor(status / 100) === Number(text[0]);
  return /^[45]\d\d$/.test(text) ? (status) => status === Number(text) : undefined;
}

export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
