/** XML of untrusted files as plain records: attributes under `@name`, one element as itself, several as a list. */
import { isObject } from '../model.ts';
import type { Fields } from './fields.ts';

/** @throws Error where the text isn't well-formed, which is what a file cut off by a crash is not */
export async function parseXml(text: string): Promise<Fields> {
  const { XMLParser } = await import('fast-xml-parser');
  // Entities are left alone: a report needs none, and a bomb of them costs nothing that way.
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', processEntities: false });
  let root: unknown;
  try {
    // The parser alone mends what isn't well-formed; a report that was cut mustn't look whole.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is a package of its own
    root = parser.parse(text, true);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const open = /^Invalid '\[([^\]]*)\]' found/u.exec(why)?.[1]?.replaceAll(/["\s]/gu, '').split(',');
    throw new Error(
      open === undefined
        ? `not well-formed XML (${why})`
        : `not well-formed XML (it ends before ${open.map((tag) => `<${tag}>`).join(', ')} ${open.length === 1 ? 'is' : 'are'} closed)`,
    );
  }
  return isObject(root) ? root : {};
}
