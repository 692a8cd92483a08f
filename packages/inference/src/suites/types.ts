/** A test suite as its file says (schemas/suite.schema.json), and the cases that come out of it. */
import type { Tensor } from '../clients/answer.ts';

export type Protocol =
  | 'openai-completions'
  | 'openai-chat'
  | 'tgi'
  | 'open-inference-v2'
  | 'kserve-v1'
  | 'torchserve'
  | 'tf-serving'
  | 'ollama'
  | 'http';

export interface Assertion {
  type: string;
  /** `#/assertionTemplates/name`; put in when the suite is loaded. */
  $ref?: string;
  value?: unknown;
  threshold?: number;
  status?: string | number;
  weight?: number;
  metric?: string;
  /** Of `assert-set`. */
  assert?: Assertion[];
  /** Handed to scripts as it is. */
  config?: Record<string, unknown>;
  /** Model that gives vectors, labels or flags. */
  model?: string;
  /** Code that makes of the answer what is judged. */
  transform?: string;
  /** Absolute path of what it names by file://; put in when the suite is loaded. */
  transformFile?: string;
  /** Code that takes the context out of the answer. */
  contextTransform?: string;
  /** Absolute path of what it names by file://; put in when the suite is loaded. */
  contextFile?: string;
  /** Address of a classifier or a moderation. */
  endpoint?: string;
  /** The classifier's label that is judged. */
  label?: string;
  /** Seconds that a script or a webhook may take. */
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
  logprobs?: boolean;
  /** Tensors to send: name to file://….npy or .png, or {datatype, shape, data}. */
  inputs?: Record<string, string | Omit<Tensor, 'name'>>;
  /** The same, read. */
  tensors?: Tensor[];
  /** Name of the BYTES tensor that takes the prompt, with open-inference-v2. */
  input?: string;
  /** Before and behind every prompt of the test. */
  prefix?: string;
  suffix?: string;
  /** Code that makes of every answer what is judged; a report shows what the model said. */
  transform?: string;
  /** Absolute path of what it names by file://; put in when the suite is loaded. */
  transformFile?: string;
  /** Lists in `vars` stay lists. */
  disableVarExpansion?: boolean;
}

export type Scalar = string | number | boolean;
/** A list is several tests: one for each of its values, with every value of the other lists. */
export type Vars = Record<string, Scalar | unknown[] | Record<string, unknown>>;

/** One turn of a conversation: what is said next, and what its answer must be. */
export interface Turn {
  prompt: string;
  assert?: Assertion[];
}

export interface SuiteTest {
  description?: string;
  vars?: Vars;
  assert?: Assertion[];
  options?: TestOptions;
  metadata?: { tags?: string[] } & Record<string, unknown>;
  threshold?: number;
  /** Data URIs, or URLs, that go with the question. */
  images?: string[];
  /** Said after the prompt's own answer, in the same conversation. */
  turns?: Turn[];
}

/** As it is written: rows of a file make tests of their own. */
export interface WrittenTest extends SuiteTest {
  data?: string | { path: string; limit?: number; rename?: Record<string, string> };
}

/** A suite as its file says. */
export interface WrittenSuite {
  description?: string;
  prompts?: (string | { raw: string; label?: string; id?: string })[];
  defaultTest?: Omit<SuiteTest, 'description'>;
  tests?: (string | WrittenTest)[];
  scenarios?: { description?: string; config: WrittenTest[]; tests: (string | WrittenTest)[] }[];
  assertionTemplates?: Record<string, Assertion>;
  derivedMetrics?: { name: string; value: string }[];
}

/** A suite with everything put in that its file names. */
export interface SuiteFile {
  description?: string;
  prompts?: string[];
  defaultTest?: Omit<SuiteTest, 'description'>;
  tests: SuiteTest[];
}

/**
 * What a case says something about. functional: the model's answers. bad-input: the server has to refuse the request.
 * hostile: the server has to live through it. safety: the model has to refuse, or to keep to its instructions. perturbed: a
 * functional case in other words, compared with it (`base`) and never counted with the rest.
 */
export type CaseKind = 'functional' | 'bad-input' | 'hostile' | 'safety' | 'perturbed';

/** One question with everything filled in. */
export interface Case {
  /** sha256 over what is asked and demanded; the same in every file, at every place, in every run. */
  id: string;
  description: string;
  /** The same without values of variables, for reports that withhold texts; absent where it is no other. */
  neutral?: string;
  suite: string;
  tags: string[];
  kind: CaseKind;
  prompt: string;
  options: TestOptions;
  assert: Assertion[];
  threshold: number | undefined;
  /** What compares its answer with those to the other prompts of its test, which have the same group. */
  rivals?: { group: string; compare: Assertion[] };
  /** For scripts, which get them as they are. */
  vars?: Readonly<Record<string, unknown>>;
  images?: string[];
  turns?: Required<Turn>[];
  /** Of a perturbed case: the id of the case as it was written, and what was done to it. */
  base?: string;
  variant?: string;
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
