/** How texts of prompts, answers and data may be shown. */
import type { Redactor } from '@sluice/report/redact';
import type { Inputs } from './inputs.gen.ts';

/** With what `redact` names blacked out; undefined: not at all (`texts: none`). */
export async function textShower({
  texts,
  redact,
}: Pick<Inputs, 'texts' | 'redact'>): Promise<Redactor | undefined> {
  if (texts === 'none') return undefined;
  const { makeRedactor } = await import('@sluice/report/redact');
  return makeRedactor(redact);
}
