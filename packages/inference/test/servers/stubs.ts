/** Puts the stub servers on a PATH of their own. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const HERE = import.meta.dirname;
export const RECORDED = join(HERE, 'recorded.json');

export interface Stubs {
  folder: string;
  /** PATH with the stubs and Node, and nothing else. */
  env: Record<string, string>;
}

/** Programs that aren't model servers. */
const OWN_FILES: Readonly<Record<string, string>> = { docker: 'docker.mjs', 'nvidia-smi': 'nvidia-smi.mjs' };

/** @param programs names to put on PATH */
export function makeStubs(programs: readonly string[], env: Record<string, string> = {}): Stubs {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-stubs-'));
  for (const program of programs) {
    const path = join(folder, program);
    symlinkSync(join(HERE, OWN_FILES[program] ?? 'stub.mjs'), path);
  }
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

export interface FakeProcess {
  pid: number;
  name: string;
  mebibytes: number;
}

/** What `nvidia-smi -q -x` prints of GPUs with 24 GB each (the shape of driver 550), as far as it is read. */
export function renderGpus(gpus: readonly { freeMebibytes: number; processes?: FakeProcess[] }[]): string {
  const xml = gpus.map(({ freeMebibytes, processes = [] }, index) => {
    const infos = processes.map(
      ({ pid, name, mebibytes }) => `
			<process_info>
				<gpu_instance_id>N/A</gpu_instance_id>
				<compute_instance_id>N/A</compute_instance_id>
				<pid>${pid}</pid>
				<type>C</type>
				<process_name>${name}</process_name>
				<used_memory>${mebibytes} MiB</used_memory>
			</process_info>`,
    );
    return `	<gpu id="00000000:0${index}:00.0">
		<product_name>NVIDIA L4</product_name>
		<mig_mode>
			<current_mig>Disabled</current_mig>
			<pending_mig>Disabled</pending_mig>
		</mig_mode>
		<uuid>GPU-0000000${index}-1111-2222-3333-444444444444</uuid>
		<fb_memory_usage>
			<total>23034 MiB</total>
			<reserved>434 MiB</reserved>
			<used>${23034 - 434 - freeMebibytes} MiB</used>
			<free>${freeMebibytes} MiB</free>
		</fb_memory_usage>
		<processes>${infos.join('')}
		</processes>
	</gpu>`;
  });
  return `<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
	<driver_version>550.90.07</driver_version>
	<cuda_version>12.4</cuda_version>
	<attached_gpus>${gpus.length}</attached_gpus>
${xml.join('\n')}
</nvidia_smi_log>
`;
}
