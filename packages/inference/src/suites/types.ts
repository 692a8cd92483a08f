/** A test suite as its file says (schemas/suite.schema.json), and the cases that come out of it. */

export type Protocol = 'openai-completions' | 'openai-chat';

export interface Assertion {
  type: string;
  value?: unknown;
  threshold?: number;
  status?: string | number;
  weight?: number;
  metric?: string;
  /** Of `assert-set`. */
  assert?: Assertion[];
  /** Handed to scripts as it is. */
  config?: Record<string, unknown>;
  /** Model that gives vectors or labels. */
  model?: string;
  /** Address of a classifier. */
  endpoint?: string;
  /** The classifier's label that is judged. */
  label?: string;
  /** Seconds that a script may take. */
  timeout?: number;
  /** Absolute path of what `value` names by file://; put in when the suite is loaded. */
  file?: string;
}

export interface TestOptions {
  protocol?: Protocol;
  system?: string;
  max_tokens?: number;
  temperature?: number;
  top_p?: number;
  seed?: number;
  stop?: string[];
  timeout?: number;
  body?: Record<string, unknown>;
}

export type Scalar = string | number | boolean;
/** A list is several tests: one for each of its values, with every value of the other lists. */
export type Vars = Record<string, Scalar | Scalar[]>;

export interface SuiteTest {
  description?: string;
  vars?: Vars;
  assert?: Assertion[];
  options?: TestOptions;
  metadata?: { tags?: string[] } & Record<string, unknown>;
  threshold?: number;
}

export interface SuiteFile {
  description?: string;
  prompts?: string[];
  defaultTest?: Omit<SuiteTest, 'description'>;
  tests: SuiteTest[];
}

/** One question with everything filled in. */
export interface Case {
  /** sha256 over what is asked and demanded; the same in every file, at every place, in every run. */
  id: string;
  description: string;
  suite: string;
  tags: string[];
  /** bad-input: the server has to refuse the request, so it says nothing about the model's answers. */
  kind: 'functional' | 'bad-input';
  prompt: string;
  options: TestOptions;
  assert: Assertion[];
  threshold: number | undefined;
}

/** Something wrong in a suite file; `key` is a path such as `tests[3].assert[0].type`. */
export interface Finding {
  file: string;
  line: number;
  column: number;
  key: string;
  message: string;
}

export function formatFinding(finding: Finding): string {
  const key = finding.key === '' ? '' : `${finding.key}: `;
  return `${finding.file}:${finding.line}:${finding.column}: ${key}${finding.message}`;
}
