/** Load profiles as they are written: `concurrency: 1,4,16 for 30s`. */
import { parseDuration } from '@sluice/runtime/units';

/** A closed loop: so many requests are always under way, each level for so long. */
export interface LoadProfile {
  levels: number[];
  durationMs: number;
}

const MOST_LEVELS = 20;
const MOST_AT_ONCE = 1024;
const SHORTEST_MS = 1_000;
const FORM = 'write it as `concurrency: 1,4,16 for 30s`';

/** The profile of the input's lines, undefined without any; every fault names the line and the mend. */
export function readLoad(lines: readonly string[]): { profile: LoadProfile | undefined; faults: string[] } {
  const faults: string[] = [];
  const profiles = lines.flatMap((line) => {
    const read = readLine(line);
    if (typeof read !== 'string') return [read];
    faults.push(`input \`load\` = "${line}": ${read}`);
    return [];
  });
  if (profiles.length > 1)
    faults.push('input `load` holds more than one profile; write all levels in one line for now');
  return { profile: profiles[0], faults };
}

function readLine(line: string): LoadProfile | string {
  if (/^\s*(?:rate\s*:|sweep\b)/.test(line))
    return '`rate` and `sweep` are not built yet; use `concurrency: 1,4,16 for 30s`';
  const match = /^\s*concurrency\s*:\s*(.+?)\s+for\s+(\S+)\s*$/.exec(line);
  if (match === null) return `no load profile; ${FORM}`;
  const [, list = '', time = ''] = match;
  const levels = list.split(',').map((level) => Number(level.trim() === '' ? NaN : level));
  const isLevel = (level: number): boolean => Number.isInteger(level) && level >= 1 && level <= MOST_AT_ONCE;
  if (!levels.every(isLevel))
    return `'${list}' holds what is no whole number from 1 to ${MOST_AT_ONCE}; ${FORM}`;
  if (new Set(levels).size < levels.length) return `'${list}' holds a level twice`;
  if (levels.length > MOST_LEVELS) return `${levels.length} levels; at most ${MOST_LEVELS} may be`;
  const durationMs = parseDuration(time);
  if (durationMs === undefined || durationMs < SHORTEST_MS)
    return `'${time}' is no duration of a second or more; ${FORM}`;
  return { levels, durationMs };
}
