/** Puts the stub servers on a PATH of their own. */
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const HERE = import.meta.dirname;
export const RECORDED = join(HERE, 'recorded.json');

export interface Stubs {
  folder: string;
  /** PATH with the stubs and Node, and nothing else. */
  env: Record<string, string>;
}

/** @param programs names to put on PATH */
export function makeStubs(programs: readonly string[], env: Record<string, string> = {}): Stubs {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-stubs-'));
  for (const program of programs) {
    const path = join(folder, program);
    symlinkSync(join(HERE, 'stub.mjs'), path);
  }
  chmodSync(join(HERE, 'stub.mjs'), 0o755);
  return {
    folder,
    env: { PATH: `${folder}:${dirname(process.execPath)}`, STUB_RECORDED: RECORDED, ...env },
  };
}

/** A folder with a PEFT adapter's config and a GGUF adapter's first bytes. */
export function makeAdapter(rank: number): { peft: string; gguf: string } {
  const peft = mkdtempSync(join(tmpdir(), 'sluice-adapter-'));
  writeFileSync(join(peft, 'adapter_config.json'), JSON.stringify({ peft_type: 'LORA', r: rank }));
  const gguf = join(peft, 'adapter.gguf');
  writeFileSync(gguf, 'GGUF');
  return { peft, gguf };
}

/** A Triton model repository with these models. */
export function makeRepository(models: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-repository-'));
  for (const model of models) mkdirSync(join(folder, model, '1'), { recursive: true });
  return folder;
}
