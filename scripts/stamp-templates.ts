/**
 * Stamps the starter workflows with the release that they call: every `OWNER/sluice/…@<sha> # vX.Y.Z` gets this
 * release's owner, commit and version. Until the first release they carry 40 zeros and v0.0.0.
 *
 *     node scripts/stamp-templates.ts --owner acme --sha <40 hex> --version v1.2.3
 *     node scripts/stamp-templates.ts --check      # do all templates carry one and the same stamp?
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface Stamp {
  /** Who publishes the actions. */
  owner: string;
  /** The release's commit: 40 hex digits. A tag could be moved. */
  sha: string;
  /** `vX.Y.Z`, for people and for update bots. */
  version: string;
}

const TEMPLATES = join(import.meta.dirname, '..', 'workflows-templates');
const USES =
  /(?<owner>[\w.-]+)\/sluice\/(?<path>[\w./-]+)@(?<sha>[0-9a-f]{40}) # (?<version>v\d+\.\d+\.\d+)/g;

/**
 * One template's text with the stamp in it. A reusable workflow is called from the user's own organisation: there
 * the user writes the owner, and only commit and version are stamped.
 */
export function stampTemplate(text: string, stamp: Stamp): string {
  return text.replace(USES, (_, owner: string, path: string) => {
    const who = path.startsWith('.github/workflows/') ? owner : stamp.owner;
    return `${who}/sluice/${path}@${stamp.sha} # ${stamp.version}`;
  });
}

/** Every different stamp (commit and version) in a text. */
export function stampsIn(text: string): string[] {
  return [...new Set([...text.matchAll(USES)].map((found) => found[0].split('@')[1] ?? ''))];
}

function readStamp(values: { owner?: string; sha?: string; version?: string }): Stamp {
  const { owner, sha, version } = values;
  if (owner === undefined || !/^[A-Za-z0-9-]+$/.test(owner))
    throw new Error('--owner: the account that publishes the actions');
  if (sha === undefined || !/^[0-9a-f]{40}$/.test(sha))
    throw new Error('--sha: the release commit, 40 hex digits');
  if (version === undefined || !/^v\d+\.\d+\.\d+$/.test(version)) throw new Error('--version: vX.Y.Z');
  return { owner, sha, version };
}

if (import.meta.main) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { owner: text, sha: text, version: text, check: { type: 'boolean', default: false } },
  });
  const files = readdirSync(TEMPLATES).filter((name) => name.endsWith('.yml'));
  if (values.check) {
    const stamps = new Set(files.flatMap((name) => stampsIn(readFileSync(join(TEMPLATES, name), 'utf8'))));
    if (stamps.size !== 1)
      throw new Error(`the templates carry ${stamps.size} stamps: ${[...stamps].join(', ')}`);
    process.stdout.write(`${files.length} templates, one stamp: ${[...stamps].join('')}\n`);
  } else {
    const stamp = readStamp(values);
    for (const name of files) {
      const path = join(TEMPLATES, name);
      writeFileSync(path, stampTemplate(readFileSync(path, 'utf8'), stamp));
    }
    process.stdout.write(
      `${files.length} templates stamped ${stamp.owner}/sluice@${stamp.sha} # ${stamp.version}\n`,
    );
  }
}
