// Generated from action.yml and action-types.yml by scripts/generate.ts: change those, then run it.
import { InputReader } from '@sluice/runtime/inputs';
import type { VaultReference } from '@sluice/runtime/vault-reference';

const NAMES = [
  'model',
  'revision',
  'adapter',
  'adapter-base',
  'repo-type',
  'include',
  'exclude',
  'token',
  'endpoint',
  'dvc-remote',
  'cache-dir',
  'max-cache-size',
  'max-age',
  'dest',
  'connections',
  'bandwidth-limit',
  'timeout',
  'min-free-space',
  'verify',
  'safety',
  'allow-globals',
  'allow-formats',
  'fit',
  'context-length',
  'sequences',
  'gpus',
  'gpu-memory',
  'gpu-memory-utilization',
  'kv-cache-dtype',
  'actions-cache',
  'offline',
  'expect-digest',
  'require-signature',
  'target',
  'service',
  'state-dir',
  'kubeconfig',
  'context',
  'namespace',
  'workload',
  'environment',
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

/** The inputs of model-pull: durations in milliseconds, sizes in bytes, shares 0 to 1, paths absolute. */
export interface Inputs {
  /** The model: `org/name` or `hf://org/name@revision` on a Hugging Face hub, `s3://bucket/key`, `s3://bucket/prefix@alias`, `gs://bucket/object`, `az://account/container/path`, `https://…` (one file; `#sha256=<hex>` pins it), `dvc:path` (`dvc:path@ref` as another commit has it), `mlflow:…` or `models:/name/version`, `oci://registry/name:tag`, `lakefs://repository/ref/path`, `wandb:entity/project/name:alias`, `clearml:<model id>`, `webhdfs://namenode:9870/path`, `file:path` on this machine (Git LFS pointers are resolved), a model card (`card.yaml` with `spec.source`), or `list.yaml#name`. Required, unless `max-cache-size` or `max-age` is given: then garbage is collected in the cache, and nothing pulled. */
  model: string | undefined;
  /** Branch, tag or full commit id; default is `main`. For other sources an S3 or Azure version id, the generation of an object in Google Cloud Storage, an OCI tag or digest, an MLflow version or alias. Always resolved to what can't change. */
  revision: string | undefined;
  /** A PEFT adapter (LoRA) to pull beside the model, by the same grammar. Refused before the first shard when it was trained on another base, or when its tensors don't fit the model's. */
  adapter: string | undefined;
  /** The name, as the adapter's config has it, of the base that `model` is a copy of: a mirror, or files on this machine. Without it a model of a hub counts by its own name. */
  adapterBase: string | undefined;
  /** What kind of repository a bare `org/name` is in: `model`, `dataset` or `space`. `hf://datasets/org/name` and `hf://spaces/org/name` say it themselves. */
  repoType: 'model' | 'dataset' | 'space';
  /** Patterns of files to pull (all without it), as huggingface_hub reads them: `*` crosses `/`, `folder/` is `folder/*`. */
  include: string[];
  /** Patterns of files to leave out; stronger than `include`. */
  exclude: string[];
  /** Token with read access. For a hub it falls back to `HF_TOKEN`, for other sources to what their own tools read (the README lists it). For `gs://` an OAuth token, for `az://` a SAS token, account key or Entra ID token. Sent to the source's own origin only, never to a CDN. */
  token: string | undefined;
  /** Address of the hub; falls back to `HF_ENDPOINT`, then the public Hugging Face hub. For other sources the address of their server, such as an S3 endpoint or an Azure account's blob endpoint. */
  endpoint: string | undefined;
  /** DVC remote to fetch from, by its name in `.dvc/config`; default is `core.remote`. */
  dvcRemote: string | undefined;
  /** The Hugging Face cache. Falls back to `HF_HUB_CACHE`, `HF_HOME/hub`, `XDG_CACHE_HOME/huggingface/hub`, `~/.cache/huggingface/hub`. */
  cacheDir: string | undefined;
  /** Size that the cache may have, such as `500GB`. Before it fetches, least recently used snapshots go, of any model, until what comes fits; never what a running job holds or a process has open. */
  maxCacheSize: number | undefined;
  /** Snapshots in the cache that were not used for this long go, such as `30d`. */
  maxAge: number | undefined;
  /** Also lay the files out in this folder (reflink, hard link or copy). Files of an earlier pull that are no longer part are removed. */
  dest: string | undefined;
  /** Most connections at once, over files and ranges within files. It begins with 4, takes more while they bring more, and falls back when throughput collapses. */
  connections: number;
  /** Bytes per second, all connections together, such as `50MB`. */
  bandwidthLimit: number | undefined;
  /** A connection that is silent for this long counts as broken; the file goes on where it stopped. */
  timeout: number;
  /** Space that must be left on the cache's disk after the pull; checked before the first byte. */
  minFreeSpace: number;
  /** How a file that is in the cache already is checked. `fast`: it is as it was when it was hashed (size, time, inode; once more hashed after a reboot). `full`: it is hashed again. */
  verify: 'fast' | 'full';
  /** `strict` fails on an unsafe file, `warn` only tells, `off` does not look. What a file is, its content says, never its name. Unsafe is: a pickle that asks for a name beyond PyTorch's weights-only list and plain NumPy arrays, or that plays tricks with its format, wherever it lies (torch, NumPy, joblib, zip, tar, gzip); an archive that readers read differently, or that is encrypted; a malformed safetensors or GGUF header, or ONNX model; an ONNX model whose data lies outside its folder, is not there or too short; a TensorRT engine, and one for another GPU; a chat template that reaches for `__` attributes; TorchScript and Keras code; content that is not recognised; what the hub's own scan calls unsafe (asked while files come). Python files and `auto_map` are told, and never fail. A path that leaves the folder always fails. */
  safety: 'strict' | 'warn' | 'off';
  /** Pickle globals to let in, as `module.name`. None of `os`, `posix`, `nt` and `sys`, as PyTorch has it. */
  allowGlobals: string[];
  /** Formats that `safety` lets in, whatever they hold: `pickle`, `zip`, `tar`, `gzip`, `compressed`, `torchscript`, `numpy`, `hdf5`, `tensorrt`, `unknown`. */
  allowFormats: string[];
  /** Decides before the first shard whether the model fits. `disk`: `dest` can hold it (the cache's own disk is always asked). `gpu`: beyond that, from headers alone, weights, KV cache at `context-length`, adapter and working memory against the free memory of the GPUs that `nvidia-smi` shows. Of several models among the files (a GGUF for each quantisation) the one that needs most must fit. What can't be reckoned fails. */
  fit: 'off' | 'disk' | 'gpu';
  /** Tokens of one sequence that `fit` reckons the KV cache with; default is the longest the model was made for. */
  contextLength: number | undefined;
  /** Sequences of that length at once. */
  sequences: number;
  /** GPUs that share the model (tensor parallelism); the first that the job sees. */
  gpus: number;
  /** Memory of each GPU, such as `80GiB`, where the model will not be served by this machine; then `nvidia-smi` is not asked. */
  gpuMemory: number | undefined;
  /** Share of a GPU's memory that the engine takes, as vLLM's option of that name. */
  gpuMemoryUtilization: number;
  /** What the engine keeps keys and values in; `auto` is 16 bits. */
  kvCacheDtype: 'auto' | 'f32' | 'bf16' | 'f16' | 'fp8' | 'q8_0' | 'q4_0';
  /** Keep the model in GitHub's cache, so that the next job needs no hub: `auto` on GitHub's own runners, as long as it fits into the 10 GiB that a repository has for free; `always` on any runner and at any size (an entry, that is a file, has at most 10 GiB); or `never`. What comes from there is verified like any download. Written after the job's last step. */
  actionsCache: 'auto' | 'always' | 'never';
  /** Ask no network; use only what the cache holds, verified. `HF_HUB_OFFLINE=1` does the same. */
  offline: boolean;
  /** Refuse anything but this digest (`sha256:…`, the output `digest` of an earlier pull). */
  expectDigest: string | undefined;
  /** Refuse a model unless this signer signed all of it (OpenSSF Model Signing 1.0): `key:<public key>` (PEM), `cert:<certificates>` (PEM, authorities that you trust), or `keyless:<identity>@<issuer>` (Sigstore; the identity may end in `/*` or `@*`), with `trusted-root=<trusted_root.json>` for a Sigstore of your own. The signature is `model.sig` among the pulled files; `signature=<path>` names another, there or in the workspace. */
  requireSignature: string[];
  /** Where the model runs, to compare `changed` with: `host`, a service that canary-deploy made on this machine, or `kubernetes`, a workload in a cluster. Without it and `environment` the release record counts. */
  target: 'host' | 'kubernetes' | undefined;
  /** Service of target `host`; default is `llm`. */
  service: string | undefined;
  /** State directory of target `host`; default as canary-deploy has it. */
  stateDir: string | undefined;
  /** Kubeconfig of target `kubernetes`. */
  kubeconfig: string | undefined;
  /** Context of the kubeconfig. */
  context: string[];
  /** Namespace of the workload. */
  namespace: string | undefined;
  /** The workload that runs the model, such as `deployment/llm`. */
  workload: string | undefined;
  /** GitHub environment whose last successful deployment `changed` is compared with; needs `github-token` and `permissions` `deployments` `read`. */
  environment: string | undefined;
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
  read.planned('redact');
  const inputs = {
    model: read.string('model'),
    revision: read.string('revision'),
    adapter: read.string('adapter'),
    adapterBase: read.string('adapter-base'),
    repoType: read.enum('repo-type', ['model', 'dataset', 'space'] as const, [], { default: 'model' }),
    include: read.list('include'),
    exclude: read.list('exclude'),
    token: read.token('token'),
    endpoint: read.string('endpoint'),
    dvcRemote: read.string('dvc-remote'),
    cacheDir: read.string('cache-dir'),
    maxCacheSize: read.size('max-cache-size'),
    maxAge: read.duration('max-age'),
    dest: read.path('dest'),
    connections: read.integer('connections', { default: '16', min: 1, max: 64 }),
    bandwidthLimit: read.size('bandwidth-limit', { min: 1 }),
    timeout: read.duration('timeout', { default: '30s', min: 1000 }),
    minFreeSpace: read.size('min-free-space', { default: '1GB' }),
    verify: read.enum('verify', ['fast', 'full'] as const, [], { default: 'fast' }),
    safety: read.enum('safety', ['strict', 'warn', 'off'] as const, [], { default: 'strict' }),
    allowGlobals: read.list('allow-globals'),
    allowFormats: read.list('allow-formats'),
    fit: read.enum('fit', ['off', 'disk', 'gpu'] as const, [], { default: 'off' }),
    contextLength: read.integer('context-length', { min: 1 }),
    sequences: read.integer('sequences', { default: '1', min: 1 }),
    gpus: read.integer('gpus', { default: '1', min: 1, max: 1024 }),
    gpuMemory: read.size('gpu-memory', { min: 1 }),
    gpuMemoryUtilization: read.number('gpu-memory-utilization', { default: '0.9', min: 0.01, max: 1 }),
    kvCacheDtype: read.enum(
      'kv-cache-dtype',
      ['auto', 'f32', 'bf16', 'f16', 'fp8', 'q8_0', 'q4_0'] as const,
      [],
      { default: 'auto' },
    ),
    actionsCache: read.enum('actions-cache', ['auto', 'always', 'never'] as const, [], { default: 'auto' }),
    offline: read.boolean('offline', { default: 'false' }),
    expectDigest: read.string('expect-digest', { pattern: new RegExp('^sha256:[0-9a-f]{64}$') }),
    requireSignature: read.words('require-signature'),
    target: read.enum('target', ['host', 'kubernetes'] as const, []),
    service: read.string('service'),
    stateDir: read.path('state-dir'),
    kubeconfig: read.path('kubeconfig'),
    context: read.list('context'),
    namespace: read.string('namespace'),
    workload: read.string('workload'),
    environment: read.string('environment'),
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
