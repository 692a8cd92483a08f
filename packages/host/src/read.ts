/** Typed readers for what comes over the control socket and out of state.json: `unknown` in, types out. */
import { ConfigError } from '@sluice/runtime/errors';
import type { ReleaseRecord } from '@sluice/release/record';
import type { ReleaseUnit } from '@sluice/release/unit';
import type {
  Arrangement,
  Beside,
  HistoryEntry,
  QuarantineEntry,
  RolloutState,
  RolloutStep,
  ServerSpec,
  Sticky,
  Track,
} from './types.ts';

type Fields = Record<string, unknown>;

function fault(what: string, wanted: string): ConfigError {
  return new ConfigError(`host service: ${what} must be ${wanted}`);
}

export function readObject(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault(what, 'an object');
  return value as Fields;
}

export function readString(value: unknown, what: string): string {
  if (typeof value !== 'string') throw fault(what, 'a string');
  return value;
}

export function readNumber(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw fault(what, 'a number of 0 or more');
  }
  return value;
}

export function readList<T>(value: unknown, what: string, read: (item: unknown, what: string) => T): T[] {
  if (!Array.isArray(value)) throw fault(what, 'a list');
  return value.map((item: unknown, index) => read(item, `${what}[${index}]`));
}

export function orNull<T>(value: unknown, what: string, read: (value: unknown, what: string) => T): T | null {
  return value === null ? null : read(value, what);
}

function readMap<T>(
  value: unknown,
  what: string,
  read: (item: unknown, what: string) => T,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(readObject(value, what)).map(([name, item]) => [name, read(item, `${what}.${name}`)]),
  );
}

export function readWeights(value: unknown, what = 'weights'): Record<string, number> {
  return readMap(value, what, readNumber);
}

export function readTrack(value: unknown, what = 'track'): Track {
  if (value !== 'stable' && value !== 'canary' && value !== 'standby') {
    throw fault(what, 'stable, canary or standby');
  }
  return value;
}

export function readUnit(value: unknown, what: string): ReleaseUnit {
  // Parts of a release unit are digests or null (release/unit.ts); they are kept and compared, never opened.
  return readMap(value, what, (part, name) => orNull(part, name, readString)) as unknown as ReleaseUnit;
}

export function readSpec(value: unknown, what = 'spec'): ServerSpec {
  const spec = readObject(value, what);
  const version = readString(spec['version'], `${what}.version`);
  if (!/^[\x21-\x7e]{1,128}$/.test(version) || version === 'none') {
    throw fault(
      `${what}.version`,
      `1 to 128 visible ASCII characters and not 'none' (it is sent as a header)`,
    );
  }
  return {
    version,
    releaseDigest: readString(spec['releaseDigest'], `${what}.releaseDigest`),
    unit: readUnit(spec['unit'], `${what}.unit`),
    command: readString(spec['command'], `${what}.command`),
    args: readList(spec['args'], `${what}.args`, readString),
    env: readMap(spec['env'], `${what}.env`, readString),
    healthPath: readString(spec['healthPath'], `${what}.healthPath`),
    modelPath: readString(spec['modelPath'], `${what}.modelPath`),
    modelName: readString(spec['modelName'], `${what}.modelName`),
    startupTimeoutMs: readNumber(spec['startupTimeoutMs'], `${what}.startupTimeoutMs`),
    ...(spec['gpuLease'] === undefined
      ? {}
      : { gpuLease: readGpuLease(spec['gpuLease'], `${what}.gpuLease`) }),
  };
}

function readGpuLease(value: unknown, what: string): NonNullable<ServerSpec['gpuLease']> {
  const lease = readObject(value, what);
  return {
    gpus: lease['gpus'] === 'all' ? 'all' : readNumber(lease['gpus'], `${what}.gpus`),
    waitMs: readNumber(lease['waitMs'], `${what}.waitMs`),
    holder: readString(lease['holder'], `${what}.holder`),
  };
}

const PHASES = ['preparing', 'warming', 'stepping', 'promoting', 'aborting', 'done', 'aborted'] as const;

const ENDS = ['gate', 'decision', 'report'] as const;

function readStep(value: unknown, what: string): RolloutStep {
  const step = readObject(value, what);
  const ends = ENDS.find((name) => name === step['ends']);
  if (step['ends'] !== undefined && ends === undefined)
    throw fault(`${what}.ends`, `one of ${ENDS.join(', ')}`);
  return {
    weight: readNumber(step['weight'], `${what}.weight`),
    holdMs: readNumber(step['holdMs'], `${what}.holdMs`),
    ...(step['pods'] === undefined ? {} : { pods: readNumber(step['pods'], `${what}.pods`) }),
    ...(ends === undefined ? {} : { ends }),
    ...readBeside(step, what),
  };
}

function readBeside({ mark, mirror, sticky }: Fields, what: string): Beside {
  return {
    ...(mark === undefined ? {} : { mark: readMark(mark, `${what}.mark`) }),
    ...(mirror === undefined ? {} : { mirror: readNumber(mirror, `${what}.mirror`) }),
    ...(sticky === undefined ? {} : { sticky: readSticky(sticky, `${what}.sticky`) }),
  };
}

function readMark(given: unknown, what: string): NonNullable<Beside['mark']> {
  const mark = readObject(given, what);
  const value = readString(mark['value'], `${what}.value`);
  return mark['header'] === undefined
    ? { cookie: readString(mark['cookie'], `${what}.cookie`), value }
    : { header: readString(mark['header'], `${what}.header`), value };
}

function readSticky(given: unknown, what: string): Sticky {
  const sticky = readObject(given, what);
  const by = (['own-cookie', 'header', 'cookie'] as const).find((name) => name === sticky['by']);
  if (by === undefined) throw fault(`${what}.by`, 'own-cookie, header or cookie');
  return by === 'own-cookie' ? { by } : { by, name: readString(sticky['name'], `${what}.name`) };
}

export function readArrangement(value: unknown, what = 'arrangement'): Arrangement {
  const given = readObject(value, what);
  return {
    version: readString(given['version'], `${what}.version`),
    id: readString(given['id'], `${what}.id`),
    ...readBeside(given, what),
  };
}

export function readRollout(value: unknown, what = 'rollout'): RolloutState {
  const state = readObject(value, what);
  const phase = PHASES.find((name) => name === state['phase']);
  if (phase === undefined) throw fault(`${what}.phase`, `one of ${PHASES.join(', ')}`);
  return {
    id: readString(state['id'], `${what}.id`),
    from: orNull(state['from'], `${what}.from`, readString),
    to: readString(state['to'], `${what}.to`),
    strategy: readString(state['strategy'], `${what}.strategy`),
    steps: readList(state['steps'], `${what}.steps`, readStep),
    stepIndex: readNumber(state['stepIndex'], `${what}.stepIndex`),
    stepStartedAt: readNumber(state['stepStartedAt'], `${what}.stepStartedAt`),
    startedAt: readNumber(state['startedAt'], `${what}.startedAt`),
    phase,
    owner: orNull(state['owner'], `${what}.owner`, (item, name) => {
      const owner = readObject(item, name);
      return {
        pid: readNumber(owner['pid'], `${name}.pid`),
        startTime: readString(owner['startTime'], `${name}.startTime`),
        run: readString(owner['run'], `${name}.run`),
        ...(owner['holder'] === undefined ? {} : { holder: readString(owner['holder'], `${name}.holder`) }),
      };
    }),
    reason: readString(state['reason'], `${what}.reason`),
    data: readObject(state['data'], `${what}.data`),
  };
}

export function readQuarantine(value: unknown, what = 'quarantine'): QuarantineEntry {
  const entry = readObject(value, what);
  return {
    releaseDigest: readString(entry['releaseDigest'], `${what}.releaseDigest`),
    weights: orNull(entry['weights'], `${what}.weights`, readString),
    reason: readString(entry['reason'], `${what}.reason`),
    at: readNumber(entry['at'], `${what}.at`),
  };
}

const EVENTS = ['deployed', 'promoted', 'aborted', 'rolled-back', 'restored'] as const;

export function readHistory(value: unknown, what = 'history'): HistoryEntry {
  const entry = readObject(value, what);
  const event = EVENTS.find((name) => name === entry['event']);
  if (event === undefined) throw fault(`${what}.event`, `one of ${EVENTS.join(', ')}`);
  return {
    at: readNumber(entry['at'], `${what}.at`),
    event,
    version: readString(entry['version'], `${what}.version`),
    releaseDigest: readString(entry['releaseDigest'], `${what}.releaseDigest`),
    reason: readString(entry['reason'], `${what}.reason`),
    // Kept whole for later runs, which check it by its own schema (release/record.ts).
    record: orNull(entry['record'], `${what}.record`, readObject) as unknown as ReleaseRecord | null,
  };
}
