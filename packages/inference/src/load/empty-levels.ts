/** The levels of a load before it was run: their metrics' names are known then, their values missing. */
import type { LoadLevel } from './level.ts';
import { levelNames, type LoadProfile } from './profile.ts';

export function emptyLevels(load: LoadProfile | undefined, turns = 1): LoadLevel[] {
  if (load === undefined) return [];
  return levelNames(load).map((name) => ({
    name,
    said: name,
    value: 0,
    open: !name.startsWith('c'),
    slos: load.slos,
    turns,
    runs: [],
    samples: [],
    durationMs: 0,
    observed: [],
  }));
}
