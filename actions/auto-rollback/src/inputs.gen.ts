// Generated from action.yml and action-types.yml by scripts/generate.ts: change those, then run it.
import { InputReader } from '@sluice/runtime/inputs';
import type { VaultReference } from '@sluice/runtime/vault-reference';

const NAMES = [
  'mode',
  'window',
  'slo',
  'analysis',
  'drift',
  'forecast',
  'requests',
  'drift-reference',
  'feedback',
  'target',
  'service',
  'state-dir',
  'kubeconfig',
  'context',
  'namespace',
  'workload',
  'traffic',
  'route',
  'prometheus',
  'probe',
  'confidence',
  'min-samples',
  'interval',
  'method',
  'gitops-repository',
  'gitops-branch',
  'gitops-path',
  'gitops-mode',
  'gitops-token',
  'registry',
  'issue',
  'environment',
  'cooldown',
  'max-rollbacks',
  'on-inconclusive',
  'startup-timeout',
  'warmup',
  'drain',
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

/** The inputs of auto-rollback: durations in milliseconds, sizes in bytes, shares 0 to 1, paths absolute. */
export interface Inputs {
  /** `watch` for `window`, `check` once (for a schedule), or `rollback` now. */
  mode: 'watch' | 'check' | 'rollback';
  /** How long `watch` watches. */
  window: number;
  /** Objectives over live requests, one a line, such as `loop_rate <= 5%` or `ttft_ms.p99 < 800`. */
  slo: string | undefined;
  /** The same language; both are asked. Without either: `error_rate <= 5%`, `loop_rate <= 5%`, `empty_rate <= 10%`. */
  analysis: string | undefined;
  /** `host` (default): a service that canary-deploy made on this machine. `kubernetes`: a workload in a cluster, driven from outside. */
  target: 'host' | 'kubernetes' | undefined;
  /** On a host: name of the service (default `llm`). On Kubernetes: the Service that sends requests to the workload, where several select its pods. */
  service: string | undefined;
  /** As canary-deploy's. */
  stateDir: string | undefined;
  /** Path of the kubeconfig. */
  kubeconfig: string | undefined;
  /** Context of the kubeconfig. */
  context: string[];
  /** Kubernetes namespace. */
  namespace: string | undefined;
  /** The stable workload, such as `deployment/llm`, `rollout/llm` (Argo Rollouts), `canary/llm` (Flagger). */
  workload: string | undefined;
  /** What moves the traffic. */
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
  /** The route whose weights move. */
  route: string | undefined;
  /** Prometheus to take evidence from. On Kubernetes `watch` and `check` need it, or `query:` lines that ask another system. */
  prometheus: string | undefined;
  /** Confidence of the sequential tests over all rules and looks together. */
  confidence: number;
  /** Requests below which a watch can't pass. */
  minSamples: number;
  /** Longest time between two looks. */
  interval: number;
  /** How it is undone. On a host and on Kubernetes: `traffic`; by the controller that rolls the workload out: `argo-rollouts` (`workload: rollout/…`), `flagger` (`canary/…`), which `auto` takes there too; `gitops`: by commits that a GitOps controller carries out, a revert commit where no earlier release is on record. */
  method: 'auto' | 'traffic' | 'argo-rollouts' | 'flagger' | 'gitops';
  /** With `method: gitops`: the repository that a GitOps controller (Flux, Argo CD, or any other) applies: `owner/name`, or an https, ssh or file URL. Empty: this workflow's own. */
  gitopsRepository: string | undefined;
  /** Its branch; `main` if empty. Never pushed with force; a lost race is done again on top of the others' commits. */
  gitopsBranch: string | undefined;
  /** The folder or file of the workload's manifests there: plain manifests, a kustomization (`images`, `replicas`, patches), a Flux HelmRelease, a chart, or its values. */
  gitopsPath: string | undefined;
  /** `commit` (default) pushes each step; `pull-request` opens one for each step and waits up to five hours for its merge. */
  gitopsMode: 'commit' | 'pull-request' | undefined;
  /** Token that may write the repository; goes to its own origin only, never into a file, a URL or a log. Empty: `github-token` for this workflow's own repository, and what the runner has for ssh. */
  gitopsToken: string | undefined;
  /** Aliases, stages or tags that the undone release was promoted by, as eval-gate's `promote` names them (`mlflow:llm@production`): each is put back to the version of the release that serves again, unless somebody else has moved it meanwhile. The registries' own variables say where they are, as for eval-gate. */
  registry: string[];
  /** GitHub environment whose deployments are marked; needs `deployments write`. */
  environment: string | undefined;
  /** After a rollback, `watch` and `check` undo nothing for so long. */
  cooldown: number;
  /** `watch` and `check` undo at most so many releases within 24 hours. */
  maxRollbacks: number;
  /** What follows when the window ends undecided: `hold` keeps what serves, green with a warning, since nothing was proven against it; `rollback` undoes it. */
  onInconclusive: 'hold' | 'rollback';
  /** How long one answer of the warm-up may take. */
  startupTimeout: number;
  /** Requests to the restored server before its first user, a number (`3`) or a time (`30s`). */
  warmup: string;
  /** How long open streams of the bad version may go on. */
  drain: number;
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
  read.planned('drift');
  read.planned('forecast');
  read.planned('requests');
  read.planned('drift-reference');
  read.planned('feedback');
  read.planned('probe');
  read.planned('issue');
  read.planned('redact');
  const inputs = {
    mode: read.enum('mode', ['watch', 'check', 'rollback'] as const, [], { default: 'watch' }),
    window: read.duration('window', { default: '1h', min: 1000 }),
    slo: read.string('slo', { atPath: true }),
    analysis: read.string('analysis', { atPath: true }),
    target: read.enum('target', ['host', 'kubernetes'] as const, [
      'sagemaker',
      'vertex-ai',
      'azure-ml',
      'ray-serve',
      'model-server',
      'command',
    ]),
    service: read.string('service', { pattern: new RegExp('^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$') }),
    stateDir: read.path('state-dir'),
    kubeconfig: read.path('kubeconfig'),
    context: read.list('context'),
    namespace: read.string('namespace'),
    workload: read.string('workload'),
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
    prometheus: read.string('prometheus'),
    confidence: read.share('confidence', { default: '95%' }),
    minSamples: read.integer('min-samples', { default: '20', min: 1 }),
    interval: read.duration('interval', { default: '10s', min: 100 }),
    method: read.enum(
      'method',
      ['auto', 'traffic', 'argo-rollouts', 'flagger', 'gitops'] as const,
      ['undo', 'kserve', 'seldon', 'openkruise', 'helm'],
      { default: 'auto' },
    ),
    gitopsRepository: read.string('gitops-repository'),
    gitopsBranch: read.string('gitops-branch'),
    gitopsPath: read.string('gitops-path'),
    gitopsMode: read.enum('gitops-mode', ['commit', 'pull-request'] as const, []),
    gitopsToken: read.token('gitops-token'),
    registry: read.list('registry'),
    environment: read.string('environment'),
    cooldown: read.duration('cooldown', { default: '10m' }),
    maxRollbacks: read.integer('max-rollbacks', { default: '3', min: 1 }),
    onInconclusive: read.enum('on-inconclusive', ['hold', 'rollback'] as const, [], { default: 'hold' }),
    startupTimeout: read.duration('startup-timeout', { default: '10m' }),
    warmup: read.string('warmup', { default: '3' }),
    drain: read.duration('drain', { default: '2m' }),
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
