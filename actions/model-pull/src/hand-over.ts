/** Where the step says the files are: in the cache, or laid out in `dest`. */
import type { ActionContext } from '@sluice/runtime/action';
import type { Inputs } from './inputs.gen.ts';
import type { Pulled } from './pulled.ts';

/** Lays the files out in `dest` where that is asked; returns the folder for output `path`. */
export async function handOver(pulled: Pulled, inputs: Inputs, context: ActionContext): Promise<string> {
  if (inputs.dest === undefined) return pulled.path;
  const { layOut } = await import('@sluice/model-store/lay-out');
  const { methods, removed } = await layOut(pulled.files, {
    from: pulled.folder,
    dest: inputs.dest,
    commit: pulled.revision,
    connections: inputs.connections,
    signal: context.signal,
  });
  const how = Object.entries(methods).filter(([, count]) => count > 0);
  context.log.info(
    `laid out in ${inputs.dest}: ${how.map(([method, count]) => `${count} ${method}`).join(', ')}`,
  );
  if (removed.length > 0) {
    context.log.notice(
      `removed from ${inputs.dest}, as an earlier pull had laid them out: ${removed.join(', ')}`,
    );
  }
  return inputs.dest;
}
