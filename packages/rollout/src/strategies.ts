/** What a strategy is: steps, and what each of them does beside the shares. Everything else is the one machine's. Pure. */
import type { Beside, RequestMark, RolloutStep, Sticky } from '@sluice/host/types';
import { ConfigError } from '@sluice/runtime/errors';
import { formatDuration } from '@sluice/runtime/units';
import { parseSteps, percent } from './steps.ts';

export type Strategy = 'canary' | 'rolling' | 'blue-green' | 'ab' | 'shadow';

/** The inputs of these names, as they were given. */
export interface StrategyInputs {
  strategy: Strategy;
  steps?: string | undefined;
  header?: string | undefined;
  cookie?: string | undefined;
  split?: string | undefined;
  sticky?: boolean | undefined;
  decide?: string | undefined;
  /** Milliseconds. */
  duration?: number | undefined;
}

export const DEFAULT_STEPS: Readonly<Record<Strategy, string>> = {
  canary: '5% 5m, 25% 10m, 50% 10m, 100%',
  rolling: '100%',
  'blue-green': 'preview, 100% 10m',
  ab: '100%',
  shadow: '20% 15m',
};
/** What shows the new version to who asks for it before anybody else. */
const PREVIEW: RequestMark = { header: 'x-sluice-preview', value: 'true' };
const MARK_VALUE = 'always';
const DURATION_MS = 60 * 60_000;
/** Nobody knows beforehand how many requests carry the mark. */
const PODS_OF_MARKED = 0.5;

/**
 * The steps of a strategy with its inputs.
 *
 * @throws ConfigError with every fault
 */
export function courseOf(inputs: StrategyInputs): RolloutStep[] {
  const faults = strangeInputs(inputs);
  const text = inputs.steps ?? DEFAULT_STEPS[inputs.strategy];
  const course = collect(faults, () => {
    switch (inputs.strategy) {
      case 'canary':
        return parseSteps(text);
      case 'rolling':
        return parseSteps(text).slice(-1);
      case 'blue-green':
        return blueGreen(text, markOf(inputs) ?? PREVIEW);
      case 'ab':
        return ab(inputs);
      case 'shadow':
        return shadow(text);
    }
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return course ?? [];
}

/** The first release of a service has nobody to compare with, nothing to switch from, and nobody to be shown to. */
export function firstCourse(): RolloutStep[] {
  return [{ weight: 1, holdMs: 0 }];
}

function blueGreen(text: string, mark: RequestMark): RolloutStep[] {
  const [preview, ...rest] = parseSteps(text, { preview: true });
  if (preview?.weight !== 0 || rest.length !== 1)
    throw new ConfigError(
      `input \`steps\` = ${JSON.stringify(text)}: \`strategy: blue-green\` shows the new version and switches once; write it like \`preview 10m, 100% 30m\`, or \`preview pause, 100%\` for a switch by \`operation: promote\``,
    );
  return [{ ...preview, mark, pods: 1 }, ...rest];
}

function shadow(text: string): RolloutStep[] {
  const steps = parseSteps(text, { open: true });
  return steps.map((step, index) => {
    if (step.ends === 'gate')
      throw new ConfigError(
        `input \`steps\` = ${JSON.stringify(text)}: \`pause\` waits for somebody to move traffic on, and \`strategy: shadow\` moves none; give a time`,
      );
    const copied: RolloutStep = { weight: 0, mirror: step.weight, pods: step.weight, holdMs: step.holdMs };
    return index === steps.length - 1 ? { ...copied, ends: 'report' } : copied;
  });
}

function ab(inputs: StrategyInputs): RolloutStep[] {
  const { split, duration = DURATION_MS } = inputs;
  const decided: Pick<RolloutStep, 'holdMs' | 'ends'> = { holdMs: duration, ends: 'decision' };
  const all: RolloutStep = { weight: 1, holdMs: 0 };
  if (split !== undefined) {
    const sticky = inputs.sticky === true ? stickyBy(inputs) : undefined;
    return [{ weight: parseSplit(split), ...decided, ...(sticky === undefined ? {} : { sticky }) }, all];
  }
  const mark = markOf(inputs);
  if (mark === undefined)
    throw new ConfigError(
      'input `strategy` = "ab" needs to know who gets the new version: `split: 50/50`, or the `header` or `cookie` that asks for it',
    );
  return [{ weight: 0, mark, pods: PODS_OF_MARKED, ...decided }, all];
}

function stickyBy({ header, cookie }: StrategyInputs): Sticky {
  if (header !== undefined) return { by: 'header', name: header };
  return cookie === undefined ? { by: 'own-cookie' } : { by: 'cookie', name: cookie };
}

/** `x-beta`, `x-beta: yes` or `x-beta=yes`. */
function markOf({ header, cookie }: StrategyInputs): RequestMark | undefined {
  const text = header ?? cookie;
  if (text === undefined) return undefined;
  const [, name = text, value = MARK_VALUE] = /^([^:=\s]+)\s*[:=]\s*(.*)$/.exec(text.trim()) ?? [];
  return header === undefined ? { cookie: name, value } : { header: name, value };
}

/** @returns the new version's share */
export function parseSplit(text: string): number {
  const [, stable, fresh] = /^(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)$/.exec(text.trim()) ?? [];
  const [a, b] = [Number(stable), Number(fresh)];
  if (stable === undefined || !(a > 0 && b > 0 && Math.abs(a + b - 100) < 1e-9))
    throw new ConfigError(
      `input \`split\` = ${JSON.stringify(text)} must be the percent of the stable version and of the new one, together 100, such as 50/50 or 80/20`,
    );
  return b / 100;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(\s*[:=]\s*[\x20-\x7e]*)?$/;

/** What is given that this strategy doesn't read, or reads otherwise. */
function strangeInputs(inputs: StrategyInputs): string[] {
  const { strategy, header, cookie, split, sticky, steps } = inputs;
  const faults: string[] = [];
  const only = (input: keyof StrategyInputs, where: readonly Strategy[]): void => {
    if (inputs[input] === undefined || inputs[input] === false || where.includes(strategy)) return;
    faults.push(
      `input \`${input}\` = ${JSON.stringify(inputs[input])} is only read with \`strategy: ${where.join('` or `')}\`, and this is \`strategy: ${strategy}\`; leave it out, or change \`strategy\``,
    );
  };
  only('header', ['ab', 'blue-green']);
  only('cookie', ['ab', 'blue-green']);
  for (const input of ['split', 'sticky', 'decide', 'duration'] as const) only(input, ['ab']);
  if (header !== undefined && cookie !== undefined)
    faults.push('inputs `header` and `cookie`: requests are told apart by one of them; leave the other out');
  for (const [input, value] of Object.entries({ header, cookie }))
    if (value !== undefined && !TOKEN.test(value))
      faults.push(
        `input \`${input}\` = ${JSON.stringify(value)} is no name, or name and value; write it like \`x-beta\` or \`x-beta: yes\``,
      );
  if (strategy !== 'ab') return faults;
  if (steps !== undefined)
    faults.push(
      `input \`steps\` = ${JSON.stringify(steps)}: \`strategy: ab\` keeps one split for \`duration\`; leave \`steps\` out`,
    );
  if (sticky === true && split === undefined)
    faults.push(
      'input `sticky` needs `split`: by header or cookie everybody stays where his requests ask to be',
    );
  if (split !== undefined && sticky !== true && (header ?? cookie) !== undefined)
    faults.push(
      `input \`${header === undefined ? 'cookie' : 'header'}\` beside \`split\` tells users apart for \`sticky: true\`; give that, or leave it or \`split\` out`,
    );
  return faults;
}

/** For people: what a step does. */
export function stepText(step: RolloutStep, version: string): string {
  const { weight, mark, mirror, sticky } = step;
  const parts = [
    ...(mark === undefined ? [] : [`requests with ${markText(mark)} to ${version}`]),
    ...(mirror === undefined ? [] : [`a copy of ${percent(mirror)} of requests to ${version}`]),
    ...(weight > 0 ? [`${percent(weight)} of new requests to ${version}`] : []),
    ...(sticky === undefined ? [] : [`each user stays where he is (${stickyText(sticky)})`]),
  ];
  return parts.join(', ');
}

/** One line of a plan. */
export function stepLine(step: RolloutStep, version: string): string {
  const hold = step.holdMs === 0 ? '' : `, at least ${formatDuration(step.holdMs)}`;
  const ends =
    step.ends === 'gate'
      ? ', until `operation: promote`'
      : step.ends === 'decision'
        ? ', then one of both is chosen'
        : '';
  return `${stepText(step, version)}${hold}${ends}`;
}

export function markText(mark: RequestMark): string {
  return 'header' in mark ? `header ${mark.header}: ${mark.value}` : `cookie ${mark.cookie}=${mark.value}`;
}

function stickyText(sticky: Sticky): string {
  return sticky.by === 'own-cookie'
    ? 'by a cookie of the router'
    : `by the value of ${sticky.by} ${sticky.name}`;
}

export function besideOf({ mark, mirror, sticky }: RolloutStep): Beside {
  return {
    ...(mark === undefined ? {} : { mark }),
    ...(mirror === undefined ? {} : { mirror }),
    ...(sticky === undefined ? {} : { sticky }),
  };
}

export function hasBeside(step: RolloutStep | undefined): boolean {
  return step !== undefined && (step.mark ?? step.mirror ?? step.sticky) !== undefined;
}

/** The step that a rollout stands at. */
export function stepOf({
  steps,
  stepIndex,
}: {
  steps: readonly RolloutStep[];
  stepIndex: number;
}): RolloutStep {
  return steps[stepIndex] ?? { weight: 1, holdMs: 0 };
}

function collect<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}
