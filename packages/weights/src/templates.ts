/** Chat templates: text that servers run as Jinja. */

export const TEMPLATE_PROBLEM =
  'has a chat template that reaches for `__` attributes, as an attack on the server would';

/** `.__class__`, `['__globals__']`, `attr('__mro__')`, escaped or put together: no ordinary template writes these. */
export function reachesInternals(template: string): boolean {
  return /\.\s*__|\[\s*['"]__|attr\s*\(\s*['"](__|[^'"]*%c)|\\x5f|\\u005f|\\137|['"]_+['"]\s*(~|\+|\*\s*2)/i.test(
    template,
  );
}

/** The `chat_template` of a JSON file: one text, or a list of named ones. */
export function templatesOf(text: string): string[] {
  try {
    const value = JSON.parse(text) as { chat_template?: unknown } | null;
    const template = value?.chat_template;
    if (typeof template === 'string') return [template];
    if (!Array.isArray(template)) return [];
    return template.map((entry: { template?: unknown } | null) => String(entry?.template ?? ''));
  } catch {
    return [];
  }
}
