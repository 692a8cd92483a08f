/** Assertions over XML and HTML in the answer. */
import { valueFault, takesNothing, type Kind, type Kinds } from './kinds.ts';
import { readList } from './values.ts';

/** Element paths as promptfoo writes them: `root.child`, as a list, a text with commas, or {requiredElements}. */
function readElements(value: unknown): string[] | undefined {
  if (value === undefined) return [];
  if (typeof value === 'object' && value !== null && 'requiredElements' in value)
    return Array.isArray(value.requiredElements) ? readList(value.requiredElements) : undefined;
  const list = readList(value);
  return list === undefined || list.length === 0 || list.includes('') ? undefined : list;
}

const xml = (isWhole: boolean): Kind => ({
  check: ({ type, value }) =>
    readElements(value) === undefined
      ? valueFault(`'${type}' takes paths of elements such as root.child, or no value`)
      : undefined,
  async decide({ value }, { answer }) {
    const { findXmlMisfit, findXmlPieceMisfit } = await import('./markup.ts');
    const misfit = (isWhole ? findXmlMisfit : findXmlPieceMisfit)(answer.text, readElements(value) ?? []);
    const why = misfit === undefined ? '' : ` (${misfit.slice(0, 120)})`;
    return { passed: misfit === undefined, reason: `the answer ${isWhole ? 'is' : 'holds'} XML${why}` };
  },
});

const html = (isWhole: boolean): Kind => ({
  check: takesNothing,
  async decide(_assertion, { answer }) {
    const { holdsHtml, isHtml } = await import('./markup.ts');
    return {
      passed: (isWhole ? isHtml : holdsHtml)(answer.text),
      reason: `the answer ${isWhole ? 'is' : 'holds'} HTML`,
    };
  },
});

export const MARKUP_KINDS: Kinds = {
  'is-xml': xml(true),
  'contains-xml': xml(false),
  'is-html': html(true),
  'contains-html': html(false),
};
