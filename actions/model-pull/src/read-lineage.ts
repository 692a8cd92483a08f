/** The lineage of a pull: from the card at the head of README.md, else from the hub's reading of it, and config.json. */
import { join } from 'node:path';
import type { Lineage } from '@sluice/release/lineage';
import { lineageOfCard, lineageOfConfig, readFrontMatter } from '@sluice/release/lineage';
import { readFileIfThere } from '@sluice/runtime/files';
import type { Logger } from '@sluice/runtime/logger';
import type { Pulled } from './pulled.ts';
import type { Wanted } from './wanted.ts';

/** A README or config larger than this is not read. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Never fails: what can't be read is told, and left out. */
export async function readLineage(pulled: Pulled, { reference }: Wanted, log: Logger): Promise<Lineage> {
  const read = async (path: string): Promise<string | undefined> => {
    const file = pulled.files.find((one) => one.path === path);
    if (!file || file.bytes > MAX_BYTES) return undefined;
    return readFileIfThere(join(pulled.folder, path));
  };
  const readme = await read('README.md');
  const front = readme === undefined ? undefined : await readFrontMatter(readme);
  if (front?.fault !== undefined) {
    log.notice(`lineage: the head of README.md is not valid YAML (${front.fault}); what it says is not read`);
  }
  const card = front?.card ?? pulled.cardData;
  return { ...ofReference(reference), ...lineageOfCard(card), ...ofConfig(await read('config.json'), log) };
}

/** What the user's own model card says, where the model's says nothing. */
function ofReference(reference: Wanted['reference']): Lineage {
  const { baseModel, licence } = reference?.lineage ?? {};
  return {
    ...(baseModel !== undefined && { baseModels: [baseModel] }),
    ...(licence !== undefined && { licenses: [licence] }),
  };
}

function ofConfig(text: string | undefined, log: Logger): Lineage {
  if (text === undefined) return {};
  try {
    return lineageOfConfig(JSON.parse(text));
  } catch {
    log.notice('lineage: config.json is not JSON; what it says is not read');
    return {};
  }
}
