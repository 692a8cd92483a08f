/** What users copy: the YAML blocks of every README, the starter workflows and our own, as parsed documents. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from './action-metadata.ts';

export interface Snippet {
  /** `README.md:41`, or a file. */
  origin: string;
  text: string;
  value: unknown;
}

export type Tree = Record<string, unknown>;

/** Markdown that a user reads, relative to the root. */
export function documents(): string[] {
  return globSync(['*.md', 'docs/**/*.md', 'actions/*/README.md', 'e2e/**/README.md', 'examples/**/*.md'], {
    cwd: ROOT,
    exclude: (path) => path.includes('node_modules'),
  }).sort();
}

/** Every YAML block of the documents; text that is no YAML throws, with its place. */
export function markdownSnippets(): Snippet[] {
  return documents().flatMap((file) => {
    const markdown = readFileSync(join(ROOT, file), 'utf8');
    return [...markdown.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].map((match) => {
      const line = markdown.slice(0, match.index).split('\n').length;
      return snippet(`${file}:${line}`, match[1] ?? '');
    });
  });
}

export function workflowFiles(): Snippet[] {
  return globSync(['workflows-templates/*.yml', '.github/workflows/*.yml'], { cwd: ROOT })
    .sort()
    .map((file) => snippet(file, readFileSync(join(ROOT, file), 'utf8')));
}

function snippet(origin: string, text: string): Snippet {
  const documents = parseAllDocuments(text);
  const fault = documents.flatMap((document) => document.errors)[0];
  if (fault !== undefined) throw new Error(`${origin}: ${fault.message}`);
  return { origin, text, value: documents[0]?.toJS() as unknown };
}

/** Every mapping in a value that has a key `uses`: steps, and jobs that call a workflow. */
export function usesIn(value: unknown): (Tree & { uses: string })[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(usesIn);
  return 'uses' in value && typeof value.uses === 'string'
    ? [value as Tree & { uses: string }, ...below]
    : below;
}

/** A mapping, or an empty one. */
export function tree(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}
