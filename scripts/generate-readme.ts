/** The tables of inputs and outputs in an action's README, between markers. */
import type { ActionMetadata, InputMetadata } from './action-metadata.ts';

export function spliceTables(readme: string, action: ActionMetadata): string {
  const inputs = action.inputs.map(
    (input) => `| \`${input.name}\` | ${cell(input.description)}${notes(input)} | ${defaultCell(input)} |`,
  );
  const outputs = action.outputs.map((output) => `| \`${output.name}\` | ${cell(output.description)} |`);
  return splice(
    splice(readme, 'inputs', ['| input | meaning | default |', '|---|---|---|', ...inputs]),
    'outputs',
    ['| output | meaning |', '|---|---|', ...outputs],
  );
}

function notes(input: InputMetadata): string {
  if (input.planned) return ' *Not built yet: refused.*';
  const parts = [];
  if (input.required) parts.push('Required.');
  const built = input.allowedValues.filter((value) => !input.plannedValues.includes(value));
  if (built.length > 0) parts.push(`One of ${built.map((value) => `\`${value}\``).join(', ')}.`);
  if (input.plannedValues.length > 0) {
    parts.push(`*Not built yet: ${input.plannedValues.map((value) => `\`${value}\``).join(', ')}.*`);
  }
  return parts.length === 0 ? '' : ` ${parts.join(' ')}`;
}

function defaultCell(input: InputMetadata): string {
  return input.default === undefined || input.default === '' ? '' : `\`${cell(input.default)}\``;
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

function splice(readme: string, name: string, lines: readonly string[]): string {
  const open = `<!-- ${name} -->`;
  const close = `<!-- /${name} -->`;
  const start = readme.indexOf(open);
  const end = readme.indexOf(close);
  if (start < 0 || end < start) throw new Error(`README.md lacks the markers ${open} and ${close}`);
  return `${readme.slice(0, start + open.length)}\n\n${lines.join('\n')}\n\n${readme.slice(end)}`;
}
