/** A check run with its annotations. */
import type { Repository, Rest } from './comments.ts';

export interface Annotation {
  /** Relative to the repository, with `/`. */
  path: string;
  line: number;
  level: 'failure' | 'warning' | 'notice';
  title: string;
  message: string;
}

export interface Check {
  name: string;
  sha: string;
  conclusion: 'success' | 'failure' | 'neutral';
  title: string;
  /** Markdown. */
  summary: string;
  detailsUrl: string;
  annotations: readonly Annotation[];
}

/** GitHub's limits. */
const ANNOTATIONS_A_REQUEST = 50;
const LONGEST_SUMMARY = 65_535;
const LONGEST_TITLE = 255;

/** Writes it as completed. */
export async function writeCheckRun(rest: Rest, where: Repository, check: Check): Promise<void> {
  const { name, sha, conclusion, detailsUrl } = check;
  const output = { title: check.title.slice(0, LONGEST_TITLE), summary: cut(check.summary) };
  const annotations = check.annotations.map(({ path, line, level, title, message }) => ({
    path,
    start_line: line,
    end_line: line,
    annotation_level: level,
    title: title.slice(0, LONGEST_TITLE),
    message,
  }));
  const { data } = await rest.checks.create({
    ...where,
    name,
    head_sha: sha,
    status: 'completed',
    conclusion,
    ...(detailsUrl === '' ? {} : { details_url: detailsUrl }),
    output: { ...output, annotations: annotations.slice(0, ANNOTATIONS_A_REQUEST) },
  });
  // They add up over updates.
  for (let at = ANNOTATIONS_A_REQUEST; at < annotations.length; at += ANNOTATIONS_A_REQUEST) {
    const more = annotations.slice(at, at + ANNOTATIONS_A_REQUEST);
    await rest.checks.update({ ...where, check_run_id: data.id, output: { ...output, annotations: more } });
  }
}

function cut(text: string): string {
  const bytes = Buffer.from(text.toWellFormed());
  return bytes.length <= LONGEST_SUMMARY
    ? text
    : `${bytes.subarray(0, LONGEST_SUMMARY - 20).toString()}\n\n… cut`;
}
