// Generated from action.yml and action-types.yml by scripts/generate.ts: change those, then run it.
import { InputReader } from '@sluice/runtime/inputs';
import type { VaultReference } from '@sluice/runtime/vault-reference';

const NAMES = [
  'target',
  'service',
  'listen',
  'state-dir',
  'model-path',
  'engine',
  'engine-args',
  'engine-command',
  'adapter-path',
  'prompts',
  'context-length',
  'tensor-parallel',
  'gpu-lease',
  'model-name',
  'version',
  'startup-timeout',
  'kubeconfig',
  'context',
  'waves',
  'namespace',
  'workload',
  'image',
  'set',
  'manifest',
  'values',
  'model-card',
  'apply',
  'gitops-repository',
  'gitops-branch',
  'gitops-path',
  'gitops-mode',
  'gitops-token',
  'strategy',
  'header',
  'cookie',
  'split',
  'sticky',
  'decide',
  'duration',
  'traffic',
  'route',
  'steps',
  'analysis',
  'prometheus',
  'probe',
  'protocol',
  'judge',
  'failure-limit',
  'kayenta-scores',
  'confidence',
  'min-samples',
  'interval',
  'max-duration',
  'on-inconclusive',
  'gpu-surge',
  'warmup',
  'drain',
  'judge-endpoint',
  'judge-model',
  'judge-token',
  'verify',
  'verify-endpoint',
  'operation',
  'command-file',
  'endpoint',
  'environment',
  'require-gate',
  'require-gate-parts',
  'dry-run',
  'allow-quarantined',
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

/** The inputs of canary-deploy: durations in milliseconds, sizes in bytes, shares 0 to 1, paths absolute. */
export interface Inputs {
  /** `host` (default): one machine with supervised servers behind a weighted local router. `kubernetes`: a workload in a cluster, driven from outside. */
  target: 'host' | 'kubernetes' | undefined;
  /** On a host: name of the service, under which its state is kept (default `llm`). On Kubernetes: the Service that sends requests to the workload, where several select its pods. */
  service: string | undefined;
  /** Address of the service's router, which users call. */
  listen: string;
  /** Where supervisor, state and logs live. Default `/var/lib/sluice` when it can be written, else `~/.local/state/sluice`. */
  stateDir: string | undefined;
  /** The release's weights: a file, or a folder as model-pull makes it. */
  modelPath: string | undefined;
  /** What serves the model: `embedded` (llama.cpp on the CPU, which comes by itself), `vllm`, `sglang`, `tgi`, `llama-server`, `ollama`, `triton` (which have to be on PATH), or `command`. */
  engine: 'embedded' | 'command' | 'vllm' | 'sglang' | 'tgi' | 'llama-server' | 'ollama' | 'triton';
  /** Arguments of the engine, POSIX words; they are a part of the release. */
  engineArgs: string[];
  /** With `engine: command`: the server's command line; `{port}`, `{model-path}`, `{model-name}` and `{adapter-path}` are filled in. */
  engineCommand: string[];
  /** A LoRA adapter to serve with the model. */
  adapterPath: string | undefined;
  /** Prompt files of the release, which become its part `prompts`: versions (`prompts/capital@v2`), files, folders or globs. They are hashed anew, and the door compares them with what was gated. Without it the release record says which they are. */
  prompts: string[];
  /** Tokens that prompt and answer may have together, as the engine's own flag. */
  contextLength: number | undefined;
  /** GPUs that the weights are split over, as the engine's own flag. */
  tensorParallel: number | undefined;
  /** On a host: GPUs of a shared machine for each version, a number or `all`, and how long to wait for them (1h): `1 wait 30m`. A server sees only its own and holds them as long as it serves, also over restarts; inference-test's `gpu-lease` waits for them in the same queue (folder `SLUICE_GPU_LEASES`). The new version needs its GPUs beside those of the stable one. */
  gpuLease: string | undefined;
  /** The name that clients ask for. Default the name of the service, so that it stays the same from release to release. */
  modelName: string | undefined;
  /** Label of the release in metrics and in `x-sluice-version`. Default the first eight digits of the release digest. */
  version: string | undefined;
  /** How long a server may take to become healthy. */
  startupTimeout: number;
  /** Path of the kubeconfig; default `KUBECONFIG`, then `~/.kube/config`, then the pod that the runner is in. */
  kubeconfig: string | undefined;
  /** Context of the kubeconfig; default its current one. Several are deployed to one after another; the first that fails ends it. */
  context: string[];
  /** Groups of clusters in their order, a line each: contexts, and the time until the next group at the end (`eu-canary 30m`). All are looked at before the first is touched; the first that fails ends it. */
  waves: string[];
  /** Kubernetes namespace; default that of the context. */
  namespace: string | undefined;
  /** The stable workload: `deployment/llm`, `statefulset/llm`; or what a controller rolls out, which then moves pods and requests by our word: `rollout/llm` (Argo Rollouts), `canary/llm` (Flagger). Default the one in `manifest`. */
  workload: string | undefined;
  /** `container=image` that changes, one or several; the container may be left out where one serves. A tag is resolved to the digest that the registry has under it. */
  image: string[];
  /** Fields that change, one a line: `spec.template.spec.containers[server].args[0]=--max-model-len=8192`. */
  set: string[];
  /** A model deployment (`models/v1/deployment.yaml`) or Kubernetes YAML, for the first deployment and later ones. */
  manifest: string | undefined;
  /** Values files over a model deployment, each over the one before. */
  values: string[];
  /** The release's model card; a card that is a draft, rejected or rolled back is refused. Where `environment` is protected on GitHub it has to be approved, by somebody else than who pushed, proposed or started the release (`permissions: {actions: read}`). `release.json` beside it is a place where the gate is looked for. */
  modelCard: string | undefined;
  /** `cluster` (default) writes to the API server. `gitops`: every step (image, weight, promotion, abort) is a commit that the GitOps controller carries out, each waited for; the kubeconfig needs no more than reading, and the rollout's state is kept in the repository. */
  apply: 'cluster' | 'gitops' | undefined;
  /** With `apply: gitops`: the repository that a GitOps controller (Flux, Argo CD, or any other) applies: `owner/name`, or an https, ssh or file URL. Empty: this workflow's own. */
  gitopsRepository: string | undefined;
  /** Its branch; `main` if empty. Never pushed with force; a lost race is done again on top of the others' commits. */
  gitopsBranch: string | undefined;
  /** The folder or file of the workload's manifests there: plain manifests, a kustomization (`images`, `replicas`, patches), a Flux HelmRelease, a chart, or its values. */
  gitopsPath: string | undefined;
  /** `commit` (default) pushes each step; `pull-request` opens one for each step and waits up to `max-duration` for its merge. */
  gitopsMode: 'commit' | 'pull-request' | undefined;
  /** Token that may write the repository; goes to its own origin only, never into a file, a URL or a log. Empty: `github-token` for this workflow's own repository, and what the runner has for ssh. */
  gitopsToken: string | undefined;
  /** `canary`: step by step beside the stable version. `blue-green`: shown to who asks for it, then one switch. `ab`: both at once, until one is chosen. `shadow`: copies of requests, whose answers nobody sees. `rolling`: all traffic at once after health checks and warm-up, watched for the hold of the last step by absolute rules. */
  strategy: 'canary' | 'rolling' | 'blue-green' | 'ab' | 'shadow';
  /** With `strategy: ab`, the header that asks for the new version, `x-beta` (value `always`) or `x-beta: yes`; with `blue-green`, the one that shows it before the switch (default `x-sluice-preview: true`). Beside `split` and `sticky`, the header by whose value users are told apart. */
  header: string | undefined;
  /** As `header`, a cookie: `beta` (value `always`) or `beta=yes`. */
  cookie: string | undefined;
  /** With `strategy: ab`: percent of requests to the stable version and to the new one, `50/50`. A sample-ratio mismatch, proven at 0.001 over all looks, is an error. */
  split: string | undefined;
  /** With `split` on a host: each user stays with the version that he was given first, by a cookie of the router, or by the value of `header` or `cookie`. */
  sticky: boolean | undefined;
  /** With `strategy: ab`: the rule that chooses, `ttft_ms better-than stable by 5%`. Kept: the new version wins; broken: the stable one. Without it the new one wins when it keeps every rule of `analysis`. */
  decide: string | undefined;
  /** With `strategy: ab`: how long both are asked at least, before one is chosen (default `1h`). */
  duration: number | undefined;
  /** What moves the traffic. Default `auto`: the controller that `workload` belongs to, else what sends requests to the stable Service, else `replicas`. */
  traffic:
    | 'auto'
    | 'replicas'
    | 'gateway-api'
    | 'istio'
    | 'ingress-nginx'
    | 'traefik'
    | 'argo-rollouts'
    | 'flagger'
    | undefined;
  /** Names of the routes whose weights move; default all that send requests to the stable Service. */
  route: string | undefined;
  /** Shares of new requests, and how long each is held at least; `25% pause` waits for `operation: promote`. Early steps go on while no rule is broken; the step to 100 % needs every rule to pass. Default `5% 5m, 25% 10m, 50% 10m, 100%`; `blue-green`: `preview, 100% 10m`; `shadow`: `20% 15m`, shares of requests that are copied; `rolling`: `100%`. */
  steps: string | undefined;
  /** Rules over live requests, one a line, such as `error_rate no-worse-than stable by 1%`. Default: error_rate by 1 %, rejected_rate, empty_rate and loop_rate by 5 %, ttft_ms by 50 %, each no-worse-than stable; and any rise of error_rate that is no chance takes the release back. */
  analysis: string | undefined;
  /** Address of the Prometheus that evidence comes from. `query:` lines of `analysis` may ask Datadog, CloudWatch, InfluxDB or a web hook beside it, or instead. */
  prometheus: string | undefined;
  /** Suites that are asked of both versions' servers, past users' route, while the rollout goes on: evidence beside users' requests, by the same rules and names. What it proves holds for its questions. */
  probe: string[];
  /** How servers are asked by `probe` and `verify`, where a case has no `options.protocol`. `auto`: chat, else completions. */
  protocol: 'auto' | 'openai-chat' | 'openai-completions' | 'tgi' | 'ollama';
  /** `sequential`: tests that hold at every look. `thresholds`: each look's readings against the bars, broken by more than `failure-limit` failures, as Argo Rollouts and Flagger count. `kayenta`: Kayenta's judge, once at the end of each step. */
  judge: 'sequential' | 'thresholds' | 'kayenta';
  /** With `judge: thresholds`: failed readings of a rule that are allowed (default 0). */
  failureLimit: number | undefined;
  /** With `judge: kayenta`: the marginal score, below which a step fails, and the score from which all traffic may go over (default `75 95`). */
  kayentaScores: string | undefined;
  /** Confidence of the sequential tests over all rules and looks together. */
  confidence: number;
  /** Requests of the new version below which no step goes on and nothing passes. A proven breach fails before. */
  minSamples: number;
  /** Longest time between two looks. */
  interval: number;
  /** An undecided rollout ends then. Default twice the holds and half an hour. */
  maxDuration: number | undefined;
  /** What happens at `max-duration`: `rollback`, or `hold` the share as it is for a later run. */
  onInconclusive: 'rollback' | 'hold';
  /** `surge`: the canary comes on top of the stable pods. `none`: the stable side gives up one pod first. Default `auto`: what fits. */
  gpuSurge: 'auto' | 'surge' | 'none' | undefined;
  /** Requests to the new server before its first user, a number (`3`) or a time (`30s`). */
  warmup: string;
  /** How long open streams of a version that ends may go on. */
  drain: number;
  /** A model, OpenAI's chat protocol, that compares both versions' answers to `probe` in both orders: `judge.win_rate`. Without it they are compared by their words alone: `answer_similarity`. */
  judgeEndpoint: string | undefined;
  /** Model of the judge; what `judge-endpoint` lists by default. */
  judgeModel: string | undefined;
  /** Token of the judge; sent to the origin of `judge-endpoint` only. */
  judgeToken: string | undefined;
  /** Suites that are asked through the public route after 100 %, before the old version goes: one case that does not pass takes the release back. */
  verify: string[];
  /** Address of the public route. Default `listen`, the address that a Gateway tells of itself, or with `traffic: replicas` the Service through the API server. */
  verifyEndpoint: string | undefined;
  /** `deploy`; `promote` or `abort` a rollout that is held or half-done; `status`; `remove` the service. */
  operation: 'deploy' | 'promote' | 'abort' | 'status' | 'remove';
  /** GitHub environment whose deployment and statuses follow the rollout; needs `deployments write`. */
  environment: string | undefined;
  /** Gates that must hold for exactly this release: empty (compared when a record is found), `true` (any), names, or `false` (not asked). */
  requireGate: string | undefined;
  /** `all`: parts of the release that no gate knew close the door too. */
  requireGateParts: 'all' | undefined;
  /** Tell the plan, touch nothing. */
  dryRun: boolean;
  /** Deploy a release that was rolled back before. */
  allowQuarantined: boolean;
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
  read.planned('command-file');
  read.planned('endpoint');
  read.planned('redact');
  const inputs = {
    target: read.enum('target', ['host', 'kubernetes'] as const, [
      'sagemaker',
      'vertex-ai',
      'azure-ml',
      'ray-serve',
      'model-server',
      'command',
    ]),
    service: read.string('service', { pattern: new RegExp('^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$') }),
    listen: read.string('listen', { default: '127.0.0.1:8080' }),
    stateDir: read.path('state-dir'),
    modelPath: read.path('model-path'),
    engine: read.enum(
      'engine',
      ['embedded', 'command', 'vllm', 'sglang', 'tgi', 'llama-server', 'ollama', 'triton'] as const,
      [],
      { default: 'embedded' },
    ),
    engineArgs: read.words('engine-args'),
    engineCommand: read.words('engine-command'),
    adapterPath: read.path('adapter-path'),
    prompts: read.list('prompts'),
    contextLength: read.integer('context-length', { min: 1 }),
    tensorParallel: read.integer('tensor-parallel', { min: 1, max: 1024 }),
    gpuLease: read.string('gpu-lease'),
    modelName: read.string('model-name'),
    version: read.string('version', { pattern: new RegExp('^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$') }),
    startupTimeout: read.duration('startup-timeout', { default: '10m' }),
    kubeconfig: read.path('kubeconfig'),
    context: read.list('context'),
    waves: read.lines('waves'),
    namespace: read.string('namespace'),
    workload: read.string('workload'),
    image: read.list('image'),
    set: read.lines('set'),
    manifest: read.path('manifest'),
    values: read.list('values'),
    modelCard: read.path('model-card'),
    apply: read.enum('apply', ['cluster', 'gitops'] as const, []),
    gitopsRepository: read.string('gitops-repository'),
    gitopsBranch: read.string('gitops-branch'),
    gitopsPath: read.string('gitops-path'),
    gitopsMode: read.enum('gitops-mode', ['commit', 'pull-request'] as const, []),
    gitopsToken: read.token('gitops-token'),
    strategy: read.enum('strategy', ['canary', 'rolling', 'blue-green', 'ab', 'shadow'] as const, [], {
      default: 'canary',
    }),
    header: read.string('header'),
    cookie: read.string('cookie'),
    split: read.string('split'),
    sticky: read.boolean('sticky'),
    decide: read.string('decide', { atPath: true }),
    duration: read.duration('duration', { min: 1000 }),
    traffic: read.enum(
      'traffic',
      [
        'auto',
        'replicas',
        'gateway-api',
        'istio',
        'ingress-nginx',
        'traefik',
        'argo-rollouts',
        'flagger',
      ] as const,
      ['kserve', 'seldon', 'openkruise', 'launchdarkly'],
    ),
    route: read.string('route'),
    steps: read.string('steps', { atPath: true }),
    analysis: read.string('analysis', { atPath: true }),
    prometheus: read.string('prometheus'),
    probe: read.list('probe'),
    protocol: read.enum(
      'protocol',
      ['auto', 'openai-chat', 'openai-completions', 'tgi', 'ollama'] as const,
      [],
      { default: 'auto' },
    ),
    judge: read.enum('judge', ['sequential', 'thresholds', 'kayenta'] as const, [], {
      default: 'sequential',
    }),
    failureLimit: read.integer('failure-limit', { min: 0 }),
    kayentaScores: read.string('kayenta-scores', { pattern: new RegExp('^(100|\\d{1,2}) (100|\\d{1,2})$') }),
    confidence: read.share('confidence', { default: '95%' }),
    minSamples: read.integer('min-samples', { default: '20', min: 1 }),
    interval: read.duration('interval', { default: '10s', min: 100 }),
    maxDuration: read.duration('max-duration', { min: 1000 }),
    onInconclusive: read.enum('on-inconclusive', ['rollback', 'hold'] as const, [], { default: 'rollback' }),
    gpuSurge: read.enum('gpu-surge', ['auto', 'surge', 'none'] as const, []),
    warmup: read.string('warmup', { default: '3' }),
    drain: read.duration('drain', { default: '2m' }),
    judgeEndpoint: read.string('judge-endpoint', { pattern: new RegExp('^https?://[^\\s]+$') }),
    judgeModel: read.string('judge-model'),
    judgeToken: read.token('judge-token'),
    verify: read.list('verify'),
    verifyEndpoint: read.string('verify-endpoint', { pattern: new RegExp('^https?://[^\\s]+$') }),
    operation: read.enum('operation', ['deploy', 'promote', 'abort', 'status', 'remove'] as const, [], {
      default: 'deploy',
    }),
    environment: read.string('environment'),
    requireGate: read.string('require-gate'),
    requireGateParts: read.enum('require-gate-parts', ['all'] as const, []),
    dryRun: read.boolean('dry-run', { default: 'false' }),
    allowQuarantined: read.boolean('allow-quarantined', { default: 'false' }),
    releaseRecord: read.path('release-record', { default: 'sluice-run/release.json' }),
    summary: read.boolean('summary', { default: 'true' }),
    enforce: read.enum('enforce', ['true', 'report'] as const, [], { default: 'true' }),
    validate: read.boolean('validate', { default: 'false' }),
    texts: read.enum('texts', ['failures', 'all', 'none'] as const, [], { default: 'failures' }),
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
