/**
 * The language of `steps`: `5% 5m, 25% pause, 100%`, a share of traffic and how long it is held; `pause` waits for
 * `operation: promote`. `preview` shows the new version to nobody but who asks for it.
 */
import type { RolloutStep } from '@sluice/host/types';
import { ConfigError } from '@sluice/runtime/errors';
import { parseDuration } from '@sluice/runtime/units';

export type Step = RolloutStep;

const EXAMPLE = '`5% 5m, 25% 10m, 100%`';

/**
 * Parses steps, separated by commas or line breaks. Shares must rise and end at 100 %. All faults are told
 * at once, each with the number of its step and the character where the step begins.
 *
 * @param may what else a strategy takes: a first step `preview`, or an end below 100 %
 * @throws ConfigError
 */
export function parseSteps(text: string, may: { preview?: boolean; open?: boolean } = {}): Step[] {
  const faults: string[] = [];
  const steps: Step[] = [];
  for (const { item, number, column } of items(text)) {
    const where = `input \`steps\`, step ${number} ${JSON.stringify(item)} at character ${column}`;
    const parsed = parseStep(item, may.preview === true && number === 1);
    if ('fault' in parsed) {
      faults.push(`${where}: ${parsed.fault}`);
      continue;
    }
    const before = steps.at(-1);
    if (before !== undefined && parsed.value.weight <= before.weight) {
      faults.push(
        `${where}: ${percent(parsed.value.weight)} doesn't rise above ${percent(before.weight)} before it`,
      );
    }
    steps.push(parsed.value);
  }
  if (faults.length === 0 && steps.length === 0)
    faults.push(`input \`steps\` is empty; write it like ${EXAMPLE}`);
  const last = steps.at(-1);
  if (faults.length === 0 && last !== undefined && last.weight !== 1 && may.open !== true) {
    faults.push(
      `input \`steps\` = ${JSON.stringify(text)} ends at ${percent(last.weight)}; the last step must be 100% ` +
        '(to stop before that, give `max-duration` and `on-inconclusive: hold`)',
    );
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return steps;
}

function items(text: string): { item: string; number: number; column: number }[] {
  const found: { item: string; number: number; column: number }[] = [];
  for (const match of text.matchAll(/[^,\n]+/g)) {
    const item = match[0].trim();
    if (item === '') continue;
    const lead = match[0].length - match[0].trimStart().length;
    found.push({ item, number: found.length + 1, column: match.index + lead + 1 });
  }
  return found;
}

function parseStep(item: string, preview: boolean): { value: Step } | { fault: string } {
  const [share = '', hold, ...rest] = item.split(/\s+/);
  if (rest.length > 0) return { fault: `has more than a share and a duration; write it like ${EXAMPLE}` };
  if (hold !== undefined && /^hosts?$/.test(hold)) {
    return { fault: 'counting hosts is not built yet in this version; give a share such as 25%' };
  }
  if (share === 'preview' && !preview)
    return { fault: '`preview` is the first step of `strategy: blue-green`, and stands nowhere else' };
  const digits = share === 'preview' ? '0' : /^(\d+(?:\.\d+)?)%$/.exec(share)?.[1];
  if (digits === undefined) return { fault: `${JSON.stringify(share)} is not a share; write it like 25%` };
  const weight = Number(digits) / 100;
  if ((weight <= 0 && share !== 'preview') || weight > 1) return { fault: `${share} is outside 0% to 100%` };
  if (hold === 'pause') return { value: { weight, holdMs: 0, ends: 'gate' } };
  const holdMs = hold === undefined ? 0 : parseDuration(hold);
  if (holdMs === undefined)
    return { fault: `${JSON.stringify(hold)} is not a duration; write it like 30s, 5m or 1h, or pause` };
  return { value: { weight, holdMs } };
}

/** `5%`, `12.5%`. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
