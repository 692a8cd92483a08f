/**
 * vLLM, SGLang and Text Generation Inference: flags as their released command lines document them.
 * vLLM: vllm/entrypoints/openai/cli_args.py, vllm/config/lora.py, vllm/entrypoints/cli/main.py (0.11 to main of 2026).
 * SGLang: docs/advanced_features/server_arguments.md, python/sglang/cli (0.5). Its ranks meet at a port that it finds free itself
 * (PortArgs.init_new, get_free_port), as vLLM's do (get_open_port).
 * TGI: docs/source/reference/launcher.md, launcher/src/main.rs, router/src/lib.rs and server.rs (3.3.6).
 */
import type { ServerDescription } from './description.ts';

/** What vLLM's `--max-lora-rank` takes (MaxLoRARanks). */
const VLLM_RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512];
const VLLM_DEFAULT_RANK = 16;

export const VLLM: ServerDescription = {
  programs: [
    { name: 'vllm', lead: [], version: { args: ['--version'], pattern: /^v?(\d+\.\d[\w.+-]*)\s*$/m } },
  ],
  install:
    'install vLLM on the runner (`pip install vllm`), or run its container: `image: vllm/vllm-openai@sha256:…`',
  model: 'any',
  adapter: 'peft',
  healthPath: '/health',
  ownFlags: {
    '--host': 'port',
    '--port': 'port',
    '--model': 'model-path',
    '--served-model-name': 'model-name',
    '--lora-modules': 'adapter-path',
  },
  start: ({ model, name, port, adapter, args }) => {
    const served = adapter === undefined ? name : `${name}-base`;
    const lora =
      adapter === undefined
        ? []
        : [
            '--enable-lora',
            '--max-lora-rank',
            String(VLLM_RANKS.find((rank) => rank >= (adapter.rank ?? VLLM_DEFAULT_RANK)) ?? 512),
            '--lora-modules',
            JSON.stringify({ name, path: adapter.path, base_model_name: served }),
          ];
    return {
      args: ['serve', model, '--host', '127.0.0.1', '--port', port, '--served-model-name', served, ...lora, ...args],
    }; // prettier-ignore
  },
  causes: [
    {
      pattern: /Free memory on device .*?\(([\d.]+\/[\d.]+ GiB)\) on startup is less than desired/,
      says: 'other processes hold GPU memory ({} free): end them, or give less by `--gpu-memory-utilization`',
    },
    {
      pattern:
        /max seq len \((\d+)\) is larger than the maximum number of tokens|No available memory for the cache blocks|larger than the available KV cache memory/i,
      says: 'the GPU has no room for the KV cache: a smaller `context-length`, or more `--gpu-memory-utilization`',
    },
    {
      pattern: /LoRA rank (\d+) is greater than max_lora_rank/,
      says: "the adapter's rank {} is more than the engine was told: give `--max-lora-rank` in `engine-args`",
    },
  ],
};

/** The name that requests ask for the adapter by, after the model's and a colon. */
const SGLANG_ADAPTER = 'adapter';

export const SGLANG: ServerDescription = {
  programs: [
    {
      name: 'sglang',
      lead: ['serve'],
      version: { args: ['version'], pattern: /sglang version: (\d+\.\d[\w.+-]*)/ },
    },
    {
      name: 'python3',
      lead: ['-m', 'sglang.launch_server'],
      version: {
        args: ['-c', "from importlib.metadata import version; print(version('sglang'))"],
        pattern: /^(\d+\.\d[\w.+-]*)\s*$/m,
      },
    },
  ],
  install:
    'install SGLang on the runner (`pip install sglang`), or run its container: `image: lmsysorg/sglang@sha256:…`',
  model: 'any',
  adapter: 'peft',
  healthPath: '/health',
  ownFlags: {
    '--host': 'port',
    '--port': 'port',
    '--model-path': 'model-path',
    '--model': 'model-path',
    '--served-model-name': 'model-name',
    '--lora-paths': 'adapter-path',
  },
  // A colon parts the model's name from the adapter's in what requests ask for.
  nameFault: (name, hasAdapter) =>
    hasAdapter && name.includes(':')
      ? "holds a colon, which parts the adapter's name from the model's"
      : undefined,
  start: ({ model, name, port, adapter, args }) => ({
    args: [
      ...['--model-path', model, '--host', '127.0.0.1', '--port', port, '--served-model-name', name],
      ...['--enable-metrics'],
      ...(adapter === undefined
        ? []
        : ['--enable-lora', '--lora-paths', `${SGLANG_ADAPTER}=${adapter.path}`]),
      ...args,
    ],
    ...(adapter === undefined ? {} : { askedName: `${name}:${SGLANG_ADAPTER}` }),
  }),
  causes: [
    {
      pattern: /Not enough memory\. Please try to increase --mem-fraction-static/,
      says: 'the share of GPU memory that SGLang takes has no room for the KV cache: more `--mem-fraction-static`, a smaller `context-length`, or end what else holds the GPU',
    },
  ],
};

export const TGI: ServerDescription = {
  programs: [
    {
      name: 'text-generation-launcher',
      lead: [],
      version: { args: ['--version'], pattern: /text-generation-launcher (\d+\.\d[\w.+-]*)/ },
    },
  ],
  install:
    'TGI is released as a container: `image: ghcr.io/huggingface/text-generation-inference@sha256:…`, or build its launcher',
  model: 'any',
  adapter: 'peft',
  healthPath: '/health',
  ownFlags: {
    '--hostname': 'port',
    '--port': 'port',
    '-p': 'port',
    '--model-id': 'model-path',
    '--lora-adapters': 'adapter-path',
  },
  nameFault: (name, hasAdapter) =>
    hasAdapter && /[,=@]/.test(name) ? 'holds one of , = @, which part adapters in LORA_ADAPTERS' : undefined,
  sparePorts: 2,
  // Of a model, a name other than `tgi` is taken for an adapter's.
  start: ({ model, name, port, sparePorts: [metrics = '', master = ''], adapter, args, scratch }) => ({
    args: ['--model-id', model, '--hostname', '127.0.0.1', '--port', port, '--shard-uds-path', `${scratch}/tgi-${port}`, ...args],
    env: {
      ...(adapter === undefined ? {} : { LORA_ADAPTERS: `${name}=${adapter.path}` }),
      // It binds this port too, 9000 by default, and ends where somebody listens there; its metrics are on both.
      PROMETHEUS_PORT: metrics,
      // Where its shards find one another, 29500 by default; two servers on several GPUs each would meet there.
      MASTER_PORT: master,
    },
    ...(adapter === undefined ? { askedName: 'tgi' } : {}),
  }), // prettier-ignore
  causes: [
    {
      pattern: /`num_heads` must be divisible by `num_shards` \(got (.+?)$/m,
      says: "the model's attention heads can't be parted over so many GPUs ({}): another `tensor-parallel`",
    },
    {
      // Its launcher puts the number behind the name, its router doesn't.
      pattern: /`max_\w+_tokens`(?:\(\d+\))? must be|Both `max_input_tokens` \(\d+\) and/,
      says: 'its token limits contradict each other: look at `context-length` and `engine-args`',
    },
  ],
};
