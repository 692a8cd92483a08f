/** Copies actions/common.yml between the markers of an action.yml, so that each fact is written once. */
import { stringify } from 'yaml';
import { readYaml } from './action-metadata.ts';

export function spliceCommon(actionYml: string): string {
  const common = readYaml('actions/common.yml');
  return ['inputs', 'outputs'].reduce((text, section) => {
    const block = stringify({ x: common[section] }, { lineWidth: 0, singleQuote: true })
      .split('\n')
      .slice(1)
      .filter((line) => line !== '')
      .join('\n');
    const open = `  # common-${section} (from actions/common.yml)`;
    const close = `  # /common-${section}`;
    const pattern = new RegExp(`^  # common-${section}\\b[^\\n]*\\n(?:[\\s\\S]*?)^${close}$`, 'm');
    if (!pattern.test(text))
      throw new Error(`action.yml lacks the markers '  # common-${section}' and '${close}'`);
    return text.replace(pattern, () => `${open}\n${block}\n${close}`);
  }, actionYml);
}
