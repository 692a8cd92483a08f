// Generated from action.yml and action-types.yml by scripts/generate.ts: change those, then run it.
import { InputReader } from '@sluice/runtime/inputs';
import type { VaultReference } from '@sluice/runtime/vault-reference';

const NAMES = [
  'name',
  'results',
  'metrics-map',
  'thresholds',
  'baseline',
  'candidates',
  'select',
  'confidence',
  'clusters',
  'on-inconclusive',
  'on-missing',
  'pairwise',
  'judge-endpoint',
  'judge-model',
  'judge-token',
  'judge-max-requests',
  'judge-price',
  'human-review',
  'data',
  'data-schema',
  'data-report',
  'drift-reference',
  'drift-current',
  'embeddings-endpoint',
  'embeddings-model',
  'embeddings-token',
  'leakage-against',
  'model-card',
  'policy',
  'register',
  'model-path',
  'promote',
  'track',
  'pr-comment',
  'check-run',
  'html-report',
  'target',
  'service',
  'state-dir',
  'kubeconfig',
  'context',
  'namespace',
  'workload',
  'release-record',
  'summary',
  'enforce',
  'validate',
  'texts',
  'redact',
  'github-token',
  'vault-address',
  'vault-role',
  'notify',
  'notify-on',
  'telemetry',
];

/** The inputs of eval-gate: durations in milliseconds, sizes in bytes, shares 0 to 1, paths absolute. */
export interface Inputs {
  /** The gate's name; canary-deploy can require several. */
  name: string;
  /** Files or globs of what evaluation tools write, found by content: lm-eval (the samples beside it are read too), promptfoo, deepeval, Inspect, HELM, lighteval, OpenAI evals, ragas, garak, W&B summaries, GuideLLM, vLLM bench, aiperf, genai-perf, inference-perf, Evidently, WhyLogs, Great Expectations, TFDV, JUnit, coverage, flat JSON, CSV, JSON lines, inference-test. `mlflow:<run id>`, `wandb:entity/project/run`: the metrics of a run. A gate about data alone needs none. */
  results: string[];
  /** Where the numbers are in files of no known tool, or `@file`: YAML, a metric a line, `accuracy: $.scores.acc` or `accuracy: {path: $.rows[*].ok, id: $.rows[*].id, n: $.count, stderr: $.se, direction: higher, share: true, unit: ms}`. */
  metricsMap: string | undefined;
  /** Rules, one a line, or `@file`: `accuracy >= 0.9`, `judge.win_rate > 75% with 95%`, `perplexity <= baseline * 1.02`, `mmlu.acc no-worse-than baseline by 1%`, `warn: …`, `define: …`. */
  thresholds: string;
  /** Results to compare with: a file or glob in the formats of `results`, an `eval-results.json` or a release record; `git:<ref>:<path or glob>` takes them from a commit of this repository, `mlflow:models:/name@alias` from the run that measured that model, `wandb:entity/project/run` from a run. `release`: the last release that was stable on `target`, by its stored record. `none`: nothing. */
  baseline: string;
  /** Several candidates in place of `results`, one a line: `q4=results/q4/*.json`. Each is judged with its share of the error, so that the chance of a wrong pass stays the stated one. */
  candidates: string[];
  /** Which of the candidates that pass is taken: `best <metric>`, `smallest` (model.bytes, memory_gb or gpu_memory_gb) or `cheapest` (cost.per_mtok or energy.j_per_token); the two may name a metric too. */
  select: string | undefined;
  /** Confidence of comparisons without `with`, and of the mark "within noise". */
  confidence: number;
  /** Slice whose items belong together, such as `passage`: comparisons then count clusters, not items. Never guessed. */
  clusters: string | undefined;
  /** What a rule does that the samples don't decide. */
  onInconclusive: 'fail' | 'warn';
  /** What a rule does whose metric or baseline is missing. Never a pass. */
  onMissing: 'fail' | 'warn';
  /** Answers to compare: a JSONL of {id, prompt, candidate, baseline}, with `rubric`, `human` (candidate, baseline, tie) and `tags` where a row has them; or `auto` when `results` and `baseline` are of inference-test with `texts: all`. */
  pairwise: string | undefined;
  /** Address of a judge that speaks OpenAI's chat completions. It compares every pair in both orders; what it says of one order only is a tie. Gives `judge.win_rate`, `judge.lc_win_rate` (length-controlled), `judge.ties`, `judge.position_consistency`, `judge.parse_failures` (at most 5 % unless a rule says otherwise), `judge.kappa` and `judge.agreement` with people, `judge.rubric.*`. */
  judgeEndpoint: string | undefined;
  /** Model of the judge; what `judge-endpoint` lists by default. */
  judgeModel: string | undefined;
  /** Token of the judge; sent to the origin of `judge-endpoint` only. */
  judgeToken: string | undefined;
  /** Requests to the judge that may be made, two a pair; what it said before of the same texts is free. */
  judgeMaxRequests: number;
  /** What the judge costs, for the metric `judge.cost`: the price of a million tokens, or two, of prompts and of answers (`0.15, 0.60`), in whatever currency. What it said before is free. */
  judgePrice: string | undefined;
  /** A sheet (.csv or .json) of the pairs for people, without whose answer is whose; its key `<sheet>.key.json` is not for them. Written where there is none, read back as `human.win_rate`, `human.ties`, `human.kappa` and `human.agreement`; until every pair has a verdict the gate is inconclusive. */
  humanReview: string | undefined;
  /** Data to validate: files, globs or a folder of CSV, TSV, JSONL, JSON arrays (also .gz, .zst) or Parquet, an entry of a list as `data/datasets.yaml#name`, or another source. Gives `data.rows`, `nulls.rate`, `outliers.rate`, `data.duplicates`, `pii.*`, `data.age_days` and more. */
  data: string | undefined;
  /** What the data have to be, in YAML (schemas/data.schema.json: columns with types, ranges, nulls, sets, lengths), or a JSON Schema for each row. Gives `schema.violations`. */
  dataSchema: string | undefined;
  /** Where to write the data report, an .html file; the same as .json is put beside it. */
  dataReport: string | undefined;
  /** Data that drift is measured from, which rules call `training`. Gives per column `<column>.psi`, `.ks_p`, `.js`, `.wasserstein`, of texts `<column>.length.…` and `.vocabulary.…`, of vectors `<column>.embedding.mmd`, `.mmd_p` (a permutation test) and `.cosine`, and `drift.max_psi`. */
  driftReference: string | undefined;
  /** Data that drift is measured in; without it `data`. */
  driftCurrent: string | undefined;
  /** Address of a server that speaks OpenAI's embeddings, for drift of texts by their meaning: for each column that a rule names as `<column>.embedding.mmd_p`, `.mmd` or `.cosine`, 400 texts of each side are sent there, of each the first 8,000 characters. Columns that hold vectors themselves need none. */
  embeddingsEndpoint: string | undefined;
  /** Model of the embeddings; what `embeddings-endpoint` lists by default. */
  embeddingsModel: string | undefined;
  /** Token of that server; sent to the origin of `embeddings-endpoint` only. */
  embeddingsToken: string | undefined;
  /** Training data in which no row of `data`, the evaluation set, may stand. Gives `leakage.exact` and `leakage.near`. */
  leakageAgainst: string | undefined;
  /** The model card, `models/<version>/model-card.yaml`, updated with metrics and status (created when absent); the release record and `eval-results.json` are put beside it. */
  modelCard: string | undefined;
  /** A YAML file (`schemas/policy.schema.json`) of allowed `licenses`, required `cardSections`, and `approval`: `automatic`, or reviews of this run's environments, by `roles` (`github-token` with `actions: read`). What the card lacks fails the gate; an approval that is still missing leaves it undecided. */
  policy: string | undefined;
  /** Where to register the model after a pass: `mlflow:name`, `hf:org/name` (a commit of the files; private where the repository is new), `s3://bucket/prefix`, `oci://host/repository`, `wandb:entity/project/name` (a version of an artifact), `dvc:models/llm` (files to the DVC remote, `models/llm.dvc` into the checkout, for a later step to commit). Servers and logins come from their own tools' variables (the README lists them). One digest is one version: a second run finds it and changes nothing. */
  register: string[];
  /** Where the weights lie on this machine, such as model-pull's output `path`, for a `register` that uploads them (`hf:`, `s3:`, `oci:`, `wandb:`, `dvc:`). They must have the digest that was judged. */
  modelPath: string | undefined;
  /** Alias, stage or tag to move after a pass: `mlflow:name@alias`, `mlflow:name/Staging`, `hf:org/name@tag`, `s3://bucket/prefix@alias`, `oci://host/repository:tag`, `wandb:entity/project/name:alias`, `sagemaker:group`, `vertex:name@alias`, `azureml:name/Stage`. It is moved only from where it pointed when the gate began: a race that was lost is an error. `git:models/v2.0` commits the card, `eval-results.json` and `release.json` of that folder to the branch and tags it by its name (`contents: write`). */
  promote: string[];
  /** Where to log metrics and verdict, whatever it is: `mlflow:experiment`. */
  track: string[];
  /** One comment on the pull request, kept up to date (`github-token` with `pull-requests: write`); without a pull request a red gate is told in a comment on the commit (`contents: write`). */
  prComment: boolean;
  /** Write a check run (`checks: write`), with an annotation on the model card for each rule that does not hold. */
  checkRun: boolean;
  /** Where to write an HTML report. */
  htmlReport: string | undefined;
  /** Where releases run, `host` or `kubernetes`: there `baseline: release`, the reference `stable` (what serves now) and drift `against release` are found. */
  target: 'host' | 'kubernetes' | undefined;
  /** Service of target `host`; `llm` without it. */
  service: string | undefined;
  /** State directory of target `host`; that of canary-deploy without it. */
  stateDir: string | undefined;
  /** Kubeconfig of target `kubernetes`. */
  kubeconfig: string | undefined;
  /** Context of the kubeconfig. */
  context: string[];
  /** Namespace of the workload. */
  namespace: string | undefined;
  /** The workload that runs the model, such as `deployment/llm`. */
  workload: string | undefined;
  /** The release record, a JSON file that every stage appends to; created when it is not there. */
  releaseRecord: string;
  /** Write a job summary. */
  summary: boolean;
  /** `true`: a missed bar fails the step. `report`: judge and tell, but stay green; the verdict is unchanged. */
  enforce: 'true' | 'report';
  /** Only check inputs, suites, rules and cards; run nothing. */
  validate: boolean;
  /** Which prompts and answers stand in reports and records: of `failures`, `all` or `none`. */
  texts: 'failures' | 'all' | 'none';
  /** Patterns to black out in prompts and answers. */
  redact: string[];
  /** Token for GitHub's API, where it is called, the job's own by default; one that may not write turns comments, checks and deployments into a warning. */
  githubToken: string | undefined;
  /** HashiCorp Vault or OpenBao for tokens written as `vault:path#key` (any token input may be: `vault:secret/hub#token`); falls back to `VAULT_ADDR`. */
  vaultAddress: string | undefined;
  /** Vault role that the job's OIDC token logs in as (`permissions: id-token: write`), at `auth/jwt`; `mount/role` for another mount. Without it `VAULT_TOKEN` is used where there is one. */
  vaultRole: string | undefined;
  /** Where to send news, one a line: a URL (Slack and Teams are told by it), `slack:<url>`, `teams:<url>`, `pagerduty:<key>`, `alertmanager:<url>`, `webhook:<url>#<secret>` (signed as `X-Hub-Signature-256`). What cannot be delivered is a warning. */
  notify: string[];
  /** Which news to send: `fail` (errors too), `inconclusive`, `pass`, `promoted`, `rolled-back`, `step` (each step of a rollout). */
  notifyOn: string[];
  /** Where to send the step's metrics, one a line: `pushgateway:<url>`, `otlp:<url>` (OTLP over HTTP, JSON; `OTEL_EXPORTER_OTLP_HEADERS` is honoured), or a URL whose port tells (9091, 4318). What cannot be delivered is a warning. */
  telemetry: string[];
  /** Tokens that are still to be read from Vault. */
  vaultReferences: readonly VaultReference[];
}

/** Throws ConfigError with every fault. */
export function readInputs(env: NodeJS.ProcessEnv): Inputs {
  const read = new InputReader(env, NAMES);

  const inputs = {
    name: read.string('name', {
      default: 'quality',
      pattern: new RegExp('^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
    }),
    results: read.list('results'),
    metricsMap: read.string('metrics-map', { atPath: true }),
    thresholds: read.string('thresholds', { required: true, atPath: true }),
    baseline: read.string('baseline', { default: 'none' }),
    candidates: read.lines('candidates'),
    select: read.string('select'),
    confidence: read.share('confidence', { default: '95%' }),
    clusters: read.string('clusters', { pattern: new RegExp('^[^=,\\[\\]\\s]+$') }),
    onInconclusive: read.enum('on-inconclusive', ['fail', 'warn'] as const, [], { default: 'fail' }),
    onMissing: read.enum('on-missing', ['fail', 'warn'] as const, [], { default: 'fail' }),
    pairwise: read.string('pairwise'),
    judgeEndpoint: read.string('judge-endpoint', { pattern: new RegExp('^https?://[^\\s]+$') }),
    judgeModel: read.string('judge-model'),
    judgeToken: read.token('judge-token'),
    judgeMaxRequests: read.integer('judge-max-requests', { default: '5000', min: 1 }),
    judgePrice: read.string('judge-price'),
    humanReview: read.path('human-review'),
    data: read.string('data'),
    dataSchema: read.path('data-schema'),
    dataReport: read.path('data-report'),
    driftReference: read.string('drift-reference'),
    driftCurrent: read.string('drift-current'),
    embeddingsEndpoint: read.string('embeddings-endpoint', { pattern: new RegExp('^https?://[^\\s]+$') }),
    embeddingsModel: read.string('embeddings-model'),
    embeddingsToken: read.token('embeddings-token'),
    leakageAgainst: read.string('leakage-against'),
    modelCard: read.path('model-card'),
    policy: read.path('policy'),
    register: read.list('register'),
    modelPath: read.path('model-path'),
    promote: read.list('promote'),
    track: read.list('track'),
    prComment: read.boolean('pr-comment', { default: 'false' }),
    checkRun: read.boolean('check-run', { default: 'false' }),
    htmlReport: read.path('html-report'),
    target: read.enum('target', ['host', 'kubernetes'] as const, []),
    service: read.string('service'),
    stateDir: read.path('state-dir'),
    kubeconfig: read.path('kubeconfig'),
    context: read.list('context'),
    namespace: read.string('namespace'),
    workload: read.string('workload'),
    releaseRecord: read.path('release-record', { default: 'sluice-run/release.json' }),
    summary: read.boolean('summary', { default: 'true' }),
    enforce: read.enum('enforce', ['true', 'report'] as const, [], { default: 'true' }),
    validate: read.boolean('validate', { default: 'false' }),
    texts: read.enum('texts', ['failures', 'all', 'none'] as const, [], { default: 'failures' }),
    redact: read.lines('redact'),
    githubToken: read.token('github-token'),
    vaultAddress: read.string('vault-address', { pattern: new RegExp('^https?://[^\\s?#]+$') }),
    vaultRole: read.string('vault-role', { pattern: new RegExp('^[A-Za-z0-9][A-Za-z0-9._/-]*$') }),
    notify: read.lines('notify'),
    notifyOn: read.list('notify-on', { default: 'fail, rolled-back' }),
    telemetry: read.lines('telemetry'),
    vaultReferences: read.vaultReferences(),
  };
  read.finish();
  return inputs;
}
