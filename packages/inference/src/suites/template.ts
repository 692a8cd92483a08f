/** Templates: `{{name}}` is replaced by the variable's value, and nothing else is read into it. */

const PLACEHOLDER = /\{\{\s*([A-Za-z_][\w-]*)\s*\}\}/g;

/** What keeps a template from being filled in, or undefined. */
export function findTemplateFault(
  template: string,
  vars: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const [, name = ''] of template.matchAll(PLACEHOLDER)) {
    if (!Object.hasOwn(vars, name)) {
      const known = Object.keys(vars);
      return `'{{${name}}}' has no value; vars has ${known.length === 0 ? 'nothing' : known.join(', ')}`;
    }
  }
  const rest = template.replace(PLACEHOLDER, '');
  const strange = /\{\{[^{}]*\}\}|\{%.*?%\}/.exec(rest);
  return strange === null
    ? undefined
    : `'${strange[0].slice(0, 60)}' is not supported: templates know only {{name}}, no filters or tags`;
}

/** Values are put in as they are: what looks like a placeholder in them stays. */
export function fillTemplate(template: string, vars: Readonly<Record<string, unknown>>): string {
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(vars, name) ? String(vars[name]) : whole,
  );
}
