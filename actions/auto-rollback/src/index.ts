import { runAction } from '@sluice/runtime/action';
import { ollamaRole } from '@sluice/inference/engines/servers/ollama-role';
import { readInputs } from './inputs.gen.ts';
import { post } from './post.ts';
import { run } from './run.ts';

await runAction({
  name: 'auto-rollback',
  readInputs,
  run,
  post,
  roles: {
    'host-supervisor': async (argv) => (await import('@sluice/host/supervisor')).superviseHost(argv),
    'embedded-server': async (argv) =>
      (await import('@sluice/inference/engines/embedded/server')).serve(argv),
    'ollama-server': ollamaRole,
  },
  timeouts: { postMs: 10 * 60_000 },
});
