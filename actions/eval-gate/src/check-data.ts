/** Faults of the inputs about data, before any file is opened, and what drift they allow rules to ask for. */
import { resolve } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import type { Inputs } from './inputs.gen.ts';

type DataInputs = Pick<
  Inputs,
  'data' | 'dataSchema' | 'dataReport' | 'driftReference' | 'driftCurrent' | 'leakageAgainst'
>;

/** Whether there are data to measure at all. */
export function givesData({ data, driftReference, driftCurrent }: DataInputs): boolean {
  return data !== undefined || driftReference !== undefined || driftCurrent !== undefined;
}

/** Pure. */
export function dataFaults(inputs: DataInputs & Pick<Inputs, 'results' | 'candidates'>): string[] {
  const { data, dataSchema, dataReport, driftReference, driftCurrent, leakageAgainst, results } = inputs;
  const faults: string[] = [];
  if (results.length === 0 && inputs.candidates.length === 0 && !givesData(inputs)) {
    faults.push(
      'input `results` is required and was not given (only a gate about `data` or drift goes without)',
    );
  }
  if (data === undefined && dataSchema !== undefined) {
    faults.push('input `data-schema` was given, but no `data` to hold against it');
  }
  if (data === undefined && leakageAgainst !== undefined) {
    faults.push(
      'input `leakage-against` was given, but no `data`: the evaluation set whose rows are looked for',
    );
  }
  if (dataReport !== undefined && !givesData(inputs))
    faults.push('input `data-report` was given, but no `data`');
  if (dataReport !== undefined && !/\.html?$/u.test(dataReport)) {
    faults.push(
      `input \`data-report\` = ${JSON.stringify(dataReport)} has to end in .html; the same as .json is put beside it`,
    );
  }
  if (driftReference !== undefined && driftCurrent === undefined && data === undefined) {
    faults.push(
      'input `drift-reference` was given, but neither `drift-current` nor `data` to compare with it',
    );
  }
  return faults;
}

/** What `against` may name: `training` is `drift-reference`, `release` is known of a target, all else is a file. */
export function driftTold(
  inputs: DataInputs & Pick<Inputs, 'target'>,
): ((what: string) => boolean) | undefined {
  const { data, driftReference, driftCurrent } = inputs;
  if (!givesData(inputs)) return undefined;
  return (what) =>
    what === 'training'
      ? driftReference !== undefined
      : (driftCurrent ?? data) !== undefined && (what !== 'release' || inputs.target !== undefined);
}

/** `validate: true`: schema and list of data sets, without opening any data. @throws ConfigError */
export async function checkDataFiles(
  { data, dataSchema, driftReference, driftCurrent, leakageAgainst }: DataInputs,
  workspace: string,
): Promise<void> {
  const { findEntry, readDatasets } = await import('@sluice/data/datasets-list');
  const { readSchemas } = await import('./data-schemas.ts');
  const faults: string[] = [];
  const gather = async <T>(check: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const named = {
    data,
    'drift-reference': driftReference,
    'drift-current': driftCurrent,
    'leakage-against': leakageAgainst,
  };
  for (const [input, text] of Object.entries(named)) {
    if (text === undefined) continue;
    const entry = await gather(() => findEntry(text, input, workspace));
    if (input === 'data') await gather(() => readSchemas(dataSchema, entry, workspace));
    if (/\.ya?ml$/u.test(text))
      await gather(() =>
        readDatasets(resolve(workspace, text), `input \`${input}\` = ${JSON.stringify(text)}`),
      );
  }
  if (faults.length > 0) throw new ConfigError([...new Set(faults)]);
}
