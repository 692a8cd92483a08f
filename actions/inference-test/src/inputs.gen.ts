// Generated from action.yml and action-types.yml by scripts/generate.ts: change those, then run it.
import { InputReader } from '@sluice/runtime/inputs';
import type { VaultReference } from '@sluice/runtime/vault-reference';

const NAMES = [
  'suite',
  'tags',
  'endpoint',
  'endpoint-token',
  'engine',
  'engine-command',
  'engine-args',
  'image',
  'port',
  'env',
  'gpus',
  'protocol',
  'request',
  'response',
  'model-path',
  'model-name',
  'adapter-path',
  'prompts',
  'context-length',
  'tensor-parallel',
  'health-path',
  'startup-timeout',
  'request-timeout',
  'warmup',
  'concurrency',
  'keep-running',
  'gpu-lease',
  'thresholds',
  'on-missing',
  'on-inconclusive',
  'load',
  'baseline-endpoint',
  'baseline-model',
  'baseline-token',
  'repeats',
  'repeat-min-pass',
  'seed',
  'perturb',
  'classifier-endpoint',
  'judge-endpoint',
  'judge-model',
  'judge-token',
  'price-per-hour',
  'results',
  'junit',
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

/** The inputs of inference-test: durations in milliseconds, sizes in bytes, shares 0 to 1, paths absolute. */
export interface Inputs {
  /** YAML suites to ask: paths and globs, and packs that ship with the action: `pack:hostile` (broken, huge and odd requests that the server has to live through), `pack:harm` (300 requests to be refused, English and Chinese; also `pack:harm-en`, `pack:harm-zh`), `pack:injection` (prompt injection and secret leaks). `none` only tests that the server starts. `@path` reads the list from a file. */
  suite: string[];
  /** Ask only cases with one of these tags; `!slow` leaves those with the tag `slow` out. */
  tags: string[];
  /** Address of a server that runs already, `http://host:8000` or `http://host:8000/v1`. Give `endpoint` or `engine`. */
  endpoint: string | undefined;
  /** Bearer token for `endpoint`; sent to its origin only. */
  endpointToken: string | undefined;
  /** The server to start: `vllm`, `sglang`, `tgi`, `llama-server`, `ollama` or `triton`, which has to be on PATH; `embedded` is llama.cpp (CPU), installed on demand into the tool cache, or taken from the folder in the variable `SLUICE_EMBEDDED`; `command` is any other, started by `engine-command`. */
  engine:
    'embedded' | 'command' | 'vllm' | 'sglang' | 'tgi' | 'llama-server' | 'ollama' | 'triton' | undefined;
  /** Command line for `engine: command`, as POSIX words; nothing is expanded except `{port}`, `{model-path}`, `{model-name}` (also in the variables `PORT`, `MODEL_PATH` and `MODEL_NAME`) and `{adapter-path}`. */
  engineCommand: string[];
  /** Arguments for the engine, as POSIX words. `embedded` has `--ctx` (tokens of a request), `--parallel` (requests at once, 4), `--threads` (1) and `--queue` (requests that may wait, 256); `ollama` takes parameters (`num_ctx=4096`) and variables of its server (`OLLAMA_NUM_PARALLEL=4`). They are a part of the release. */
  engineArgs: string[];
  /** Container image to start with the docker command line (`engine-args` are its arguments); pulled, shown and recorded by its digest, removed at the end. `model-path` is mounted read-only at the same path. */
  image: string | undefined;
  /** Port of the server that is started, a free one by default; of an `image` the port inside, by default the one that it exposes. */
  port: number | undefined;
  /** Environment of the container, `NAME=value` a line; on no command line. */
  env: string[];
  /** GPUs of the container: `all`, a number, or `device=0,1`. */
  gpus: string | undefined;
  /** How the server is asked, where a case has no `options.protocol`. `auto` asks the server which it is, chat first. */
  protocol:
    | 'auto'
    | 'openai-chat'
    | 'openai-completions'
    | 'tgi'
    | 'open-inference-v2'
    | 'kserve-v1'
    | 'torchserve'
    | 'tf-serving'
    | 'ollama'
    | 'http';
  /** JSON template of the request's body for `protocol: http`, such as `{"prompt": {{prompt}}}`; also `{{model}}`, `{{max_tokens}}`, `{{temperature}}`, `{{top_p}}`, `{{stop}}`, `{{seed}}`, `{{system}}`. `endpoint` is then the whole address, unless a path stands before the body: `POST /answer {"prompt": {{prompt}}}`. */
  request: string | undefined;
  /** JSONPath of the answer for `protocol: http`, such as `$.text`; the whole body by default. */
  response: string | undefined;
  /** What the engine serves; for `embedded` and `llama-server` a GGUF file or a folder that holds one, for `triton` a model repository. */
  modelPath: string | undefined;
  /** Name the model is asked by. Default is `org/name` of a Hugging Face snapshot, else the name of the file or folder, or what `endpoint` lists. */
  modelName: string | undefined;
  /** A LoRA adapter to serve with the model, a PEFT folder (`vllm`, `sglang`, `tgi`, `ollama`) or a GGUF file (`llama-server`, `ollama`); requests are answered through it. */
  adapterPath: string | undefined;
  /** Prompt files of the release, which become its part `prompts`: versions (`prompts/capital@v2`), files, folders or globs. Default are the versions that the suites ask with. */
  prompts: string[];
  /** Tokens that prompt and answer may have together, as the engine's own flag. */
  contextLength: number | undefined;
  /** GPUs that the weights are split over (`vllm`, `sglang`, `tgi`), as the engine's own flag. */
  tensorParallel: number | undefined;
  /** Page that answers 200 when the server is well. Default is the engine's own, `/health` for `endpoint` and `command`; there `/v1/models` is asked when there is no such page. */
  healthPath: string | undefined;
  /** How long the server may take to be well. */
  startupTimeout: number;
  /** How long a complete answer may take, where a case has no `options.timeout`. */
  requestTimeout: number;
  /** Requests before the first that counts. */
  warmup: number;
  /** Requests at the same time. */
  concurrency: number;
  /** Leave the server running for the job's later steps; it ends with the job. */
  keepRunning: boolean;
  /** Lease GPUs of this machine among jobs that ask so, first come, first served: a number or `all`, for how long (6h) and how long to wait (1h): `1 for 2h wait 30m`. The server sees only these. Leases lie in the folder `SLUICE_GPU_LEASES` (`/tmp/sluice-gpu-leases`). */
  gpuLease: string | undefined;
  /** Rules over the metrics of this run, one a line (`accuracy >= 0.9`); they alone decide then, but a case without an answer still fails. Without rules, or with `warn:` rules only, every case must pass. `@path` reads them from a file. */
  thresholds: string | undefined;
  /** What a rule over a metric without a value does. */
  onMissing: 'fail' | 'warn';
  /** What a rule does that the samples don't decide. */
  onInconclusive: 'fail' | 'warn';
  /** Load after the cases, with their questions: `concurrency: 1,4,16 for 30s` (so many under way), `rate: 5/s poisson for 60s` (sent when due, whatever the server does), `ramp: 1/s to 20/s over 60s`, `sweep: 1/s to 50/s for 20s` (the highest rate that keeps each line like `slo: ttft_ms <= 500 for 95%`). Metrics are `load.c4.ttft_ms.p95`, `load.r5.…`, `load.ramp.…`, `load.sweep.rate`. Settings, one a line: `warmup: 5s`, `max-in-flight: 100`, `prompt-tokens: 200 to 800`, `output-tokens: 128 forced`, `runs: 5`, `metrics: <address>`. */
  load: string[];
  /** A server to compare with under the same `load`: both are run by turns, five times each (`runs`). Rules may say `load.r5.ttft_ms.p50 <= baseline * 1.1`, or `load.r5.vs_baseline.ttft_ms.p50.high <= 1.1`: the bound of a bootstrap over runs. */
  baselineEndpoint: string | undefined;
  /** Model of the baseline; what `baseline-endpoint` lists by default. */
  baselineModel: string | undefined;
  /** Token of the baseline; sent to the origin of `baseline-endpoint` only. */
  baselineToken: string | undefined;
  /** How often each case is asked. */
  repeats: number;
  /** How many of the repeats have to pass; all of them by default. */
  repeatMinPass: number | undefined;
  /** Seed for cases that have none. */
  seed: number | undefined;
  /** Ask the functional cases again in other words: `typos`, `case`, `whitespace`, or a file of paraphrases (CSV or JSONL with `prompt` and `paraphrase`). They count in no other metric than `robustness.drop`, what other words cost. */
  perturb: string[];
  /** Classifier that says of the answers to `pack:harm` whether they refuse: it answers `[{label, score}]` with the label `refusal` to `{inputs}`. Without it their first words decide. */
  classifierEndpoint: string | undefined;
  /** Server with OpenAI's API for `llm-rubric` and `pairwise`; it also gives the vectors of `similar`, which the server under test gives otherwise. */
  judgeEndpoint: string | undefined;
  /** Model of the judge; what `judge-endpoint` lists by default. */
  judgeModel: string | undefined;
  /** Token of the judge; sent to the origin of `judge-endpoint` only. */
  judgeToken: string | undefined;
  /** Price of the machine in an hour: for the assertion `cost` and the metric `cost.per_mtok`. */
  pricePerHour: number | undefined;
  /** Where to write the results. */
  results: string;
  /** Where to write the JUnit report. */
  junit: string;
  /** Where to write the HTML report. */
  htmlReport: string;
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
  read.planned('target');
  read.planned('service');
  read.planned('state-dir');
  read.planned('kubeconfig');
  read.planned('context');
  read.planned('namespace');
  read.planned('workload');
  const inputs = {
    suite: read.list('suite', { required: true, atPath: true }),
    tags: read.list('tags'),
    endpoint: read.string('endpoint', { pattern: new RegExp('^https?://[^\\s]+$') }),
    endpointToken: read.token('endpoint-token'),
    engine: read.enum(
      'engine',
      ['embedded', 'command', 'vllm', 'sglang', 'tgi', 'llama-server', 'ollama', 'triton'] as const,
      [],
    ),
    engineCommand: read.words('engine-command'),
    engineArgs: read.words('engine-args'),
    image: read.string('image', { pattern: new RegExp('^[A-Za-z0-9][^\\s]*$') }),
    port: read.integer('port', { min: 1, max: 65535 }),
    env: read.lines('env'),
    gpus: read.string('gpus'),
    protocol: read.enum(
      'protocol',
      [
        'auto',
        'openai-chat',
        'openai-completions',
        'tgi',
        'open-inference-v2',
        'kserve-v1',
        'torchserve',
        'tf-serving',
        'ollama',
        'http',
      ] as const,
      [],
      { default: 'auto' },
    ),
    request: read.string('request', { atPath: true }),
    response: read.string('response'),
    modelPath: read.path('model-path'),
    modelName: read.string('model-name'),
    adapterPath: read.path('adapter-path'),
    prompts: read.list('prompts'),
    contextLength: read.integer('context-length', { min: 1 }),
    tensorParallel: read.integer('tensor-parallel', { min: 1, max: 1024 }),
    healthPath: read.string('health-path', { pattern: new RegExp('^/') }),
    startupTimeout: read.duration('startup-timeout', { default: '10m', min: 1000 }),
    requestTimeout: read.duration('request-timeout', { default: '2m', min: 1 }),
    warmup: read.integer('warmup', { default: '2', min: 0, max: 1000 }),
    concurrency: read.integer('concurrency', { default: '4', min: 1, max: 1024 }),
    keepRunning: read.boolean('keep-running', { default: 'false' }),
    gpuLease: read.string('gpu-lease'),
    thresholds: read.string('thresholds', { atPath: true }),
    onMissing: read.enum('on-missing', ['fail', 'warn'] as const, [], { default: 'fail' }),
    onInconclusive: read.enum('on-inconclusive', ['fail', 'warn'] as const, [], { default: 'fail' }),
    load: read.lines('load'),
    baselineEndpoint: read.string('baseline-endpoint', { pattern: new RegExp('^https?://[^\\s]+$') }),
    baselineModel: read.string('baseline-model'),
    baselineToken: read.token('baseline-token'),
    repeats: read.integer('repeats', { default: '1', min: 1, max: 1000 }),
    repeatMinPass: read.integer('repeat-min-pass', { min: 1, max: 1000 }),
    seed: read.integer('seed'),
    perturb: read.list('perturb'),
    classifierEndpoint: read.string('classifier-endpoint', { pattern: new RegExp('^https?://[^\\s]+$') }),
    judgeEndpoint: read.string('judge-endpoint', { pattern: new RegExp('^https?://[^\\s]+$') }),
    judgeModel: read.string('judge-model'),
    judgeToken: read.token('judge-token'),
    pricePerHour: read.number('price-per-hour', { min: 0 }),
    results: read.path('results', { default: 'sluice-run/results.json' }),
    junit: read.path('junit', { default: 'sluice-run/junit.xml' }),
    htmlReport: read.path('html-report', { default: 'sluice-run/inference-test.html' }),
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
