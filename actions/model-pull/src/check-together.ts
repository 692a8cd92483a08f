/** What only files together show: data of ONNX models in other files, TensorRT engines and the machine they are for. */
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { listCapabilities } from '@sluice/fit/gpus';
import type { PlacedFile } from '@sluice/model-store/pull-snapshot';
import { checkExternalData } from '@sluice/weights/external-data';
import type { Inspection } from '@sluice/weights/inspect';
import { fitEngine, readEngineConfig } from '@sluice/weights/tensorrt';

export type LookedAt = Pick<PlacedFile, 'path' | 'at' | 'bytes'>;

export interface Told {
  path: string;
  problem: string | null;
  notice: string | null;
}

/** `holders` are files that hold an ONNX model's data: raw numbers, which need not be any format. */
export function checkExternal(
  files: readonly LookedAt[],
  inspections: readonly Inspection[],
): { told: Told[]; holders: Set<string> } {
  const sizes = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const holders = new Set<string>();
  const told: Told[] = [];
  for (const { path, external } of inspections) {
    if (external.length === 0) continue;
    const check = checkExternalData(path, external, sizes);
    for (const holder of check.holders) holders.add(holder);
    told.push(...check.problems.map((problem) => ({ path, problem, notice: null })));
  }
  return { told, holders };
}

/** Engines against the config that TensorRT-LLM wrote beside them, and both against this machine. */
export async function checkEngines(
  files: readonly LookedAt[],
  inspections: readonly Inspection[],
): Promise<Told[]> {
  const engines = inspections.filter(({ format }) => format === 'tensorrt');
  const told: Told[] = [];
  if (engines.length === 0) return told;
  const gpus = await listCapabilities();
  for (const folder of new Set(engines.map(({ path }) => posix.dirname(path)))) {
    const config = files.find(({ path }) => path === posix.join(folder, 'config.json'));
    const facts = config && readEngineConfig(await readFile(config.at, 'utf8'));
    if (!config || !facts) continue;
    const names = engines
      .filter(({ path }) => posix.dirname(path) === folder)
      .map(({ path }) => posix.basename(path));
    const { problems, notices } = fitEngine(facts, names, gpus);
    told.push(...problems.map((problem) => ({ path: config.path, problem, notice: null })));
    told.push(...notices.map((notice) => ({ path: config.path, problem: null, notice })));
  }
  if (told.length === 0) {
    const notice =
      'is a TensorRT engine without a config that says which GPU it is for: nothing was compared';
    told.push({ path: engines[0]?.path ?? '', problem: null, notice });
  }
  return told;
}
