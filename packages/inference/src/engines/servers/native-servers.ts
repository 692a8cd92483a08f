/**
 * llama.cpp's server, Ollama and Triton: flags as their released command lines document them.
 * llama-server: tools/server/README.md (b5390 to b11549). Ollama: docs/faq.mdx, docs/modelfile.mdx (0.17).
 * Triton: src/command_line_parser.cc (2.51).
 */
import { namesFlag } from '../settings.ts';
import type { ServerDescription } from './description.ts';

export const LLAMA_SERVER: ServerDescription = {
  programs: [{ name: 'llama-server', lead: [], version: { args: ['--version'], pattern: /version: (\w+)/ } }],
  install:
    'install llama.cpp on the runner (its releases, `brew install llama.cpp`), or use `engine: embedded`, which comes by itself',
  model: 'gguf',
  adapter: 'gguf',
  healthPath: '/health',
  ownFlags: {
    '--host': 'port',
    '--port': 'port',
    '--model': 'model-path',
    '-m': 'model-path',
    '--alias': 'model-name',
    '-a': 'model-name',
    '--lora': 'adapter-path',
  },
  start: ({ model, name, port, adapter, args }) => ({
    args: [
      ...['--model', model, '--alias', name, '--host', '127.0.0.1', '--port', port, '--metrics'],
      ...(adapter === undefined ? [] : ['--lora', adapter.path]),
      ...args,
    ],
  }),
  causes: [
    {
      pattern: /failed to (?:create context|allocate (?:buffer|KV|compute))|unable to allocate \w+ buffer/i,
      says: 'the memory is not enough for the context: a smaller `context-length`, or fewer layers on the GPU (`--n-gpu-layers`)',
    },
    {
      pattern: /failed to apply lora|incompatible lora|llama_adapter_lora_init/i,
      says: '`adapter-path` does not belong to this model',
    },
  ],
};

/** An alias that stands once the model is loaded, without the slashes that `/v1/models/<name>` has no room for. */
export const OLLAMA_READY = 'sluice-ready';
const OLLAMA_PARAMETER = /^[a-z][a-z_]*=.+$/s;
const OLLAMA_VARIABLE = /^OLLAMA_[A-Z_]+=/;

export const OLLAMA: ServerDescription = {
  programs: [
    {
      name: 'ollama',
      lead: [],
      version: { args: ['--version'], pattern: /(?:client )?version is (\d[\w.+-]*)/ },
    },
  ],
  install: 'install Ollama on the runner (its installer or package)',
  model: 'any',
  adapter: 'either',
  healthPath: `/v1/models/${OLLAMA_READY}`,
  ownFlags: {},
  nameFault: (name) =>
    /^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*){0,2}(?::[\w.-]+)?$/.test(name)
      ? undefined
      : 'is no name that Ollama takes (letters, digits, `_`, `.`, `-`, slashes, a `:tag`)',
  argFaults: (args) =>
    args
      .filter((word) => !OLLAMA_PARAMETER.test(word) && !OLLAMA_VARIABLE.test(word))
      .map(
        (word) =>
          `input \`engine-args\`: '${word}': with \`engine: ollama\` write parameters (num_ctx=4096) or variables of the server (OLLAMA_NUM_PARALLEL=4)`,
      ),
  start: ({ model, name, port, adapter, args, scratch }) => ({
    role: 'ollama-server',
    args: [
      ...['--model', model, '--name', name, '--store', `${scratch}/ollama-${port}`],
      ...(adapter === undefined ? [] : ['--adapter', adapter.path]),
      ...args.filter((word) => OLLAMA_PARAMETER.test(word)).flatMap((word) => ['--parameter', word]),
    ],
    env: {
      OLLAMA_KEEP_ALIVE: '-1',
      ...Object.fromEntries(
        args
          .filter((word) => OLLAMA_VARIABLE.test(word))
          .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
      ),
      OLLAMA_HOST: `127.0.0.1:${port}`,
      OLLAMA_MODELS: `${scratch}/ollama-${port}`,
    },
  }),
  causes: [
    {
      pattern: /model requires more system memory \(([^)]+)\) than is available/,
      says: 'the model needs more memory than there is ({}): a smaller `context-length` or model',
    },
    {
      pattern: /Error: (?:unsupported architecture|unknown type) ?"?([\w-]*)/,
      says: 'Ollama does not know the architecture {}: a newer Ollama, or a GGUF',
    },
    {
      pattern: /llama runner process has terminated: (.+)/,
      says: 'its runner ended: {}',
    },
  ],
};

export const TRITON: ServerDescription = {
  programs: [{ name: 'tritonserver', lead: [], version: { variable: 'TRITON_SERVER_VERSION' } }],
  install:
    'Triton is released as a container: `image: nvcr.io/nvidia/tritonserver@sha256:…` with `engine-args: tritonserver --model-repository=…`, or run the job in it (`container:`)',
  model: 'repository',
  adapter: 'no: adapters are parts of its model repository',
  healthPath: '/v2/health/ready',
  ownFlags: {
    '--http-port': 'port',
    '--http-address': 'port',
    '--model-repository': 'model-path',
    '--model-store': 'model-path',
  },
  sparePorts: 1,
  // Its other doors have fixed ports, which two servers on a machine would fight for.
  start: ({ model, port, sparePorts: [metricsPort = ''], args }) => {
    const isOwn = namesFlag(args, '--metrics-port') || namesFlag(args, '--allow-metrics');
    const metrics = ['--allow-metrics=true', '--metrics-address=127.0.0.1', `--metrics-port=${metricsPort}`];
    return {
      args: [
        `--model-repository=${model}`,
        '--http-address=127.0.0.1',
        `--http-port=${port}`,
        ...(namesFlag(args, '--grpc-port') || namesFlag(args, '--allow-grpc') ? [] : ['--allow-grpc=false']),
        ...(isOwn ? [] : metrics),
        ...args,
      ],
      ...(isOwn ? {} : { metricsUrl: `http://127.0.0.1:${metricsPort}/metrics` }),
    };
  },
  causes: [
    {
      pattern: /Unable to find shared library (libtriton_\w+\.so)/,
      says: "the backend {} isn't in this Triton: another image, or `--backend-directory`",
    },
    {
      pattern: /failed to poll model repository|failed to stat (?:file )?(\S+)/,
      says: '`model-path` is no model repository (folders with config.pbtxt and numbered versions)',
    },
    {
      pattern: /failed to load ('[^']+' version \d+: (?!Unavailable)[^\\\n]+)/,
      says: 'a model of the repository does not load: {}',
    },
    {
      pattern: /failed to load all models/,
      says: 'a model of the repository does not load',
    },
  ],
};
