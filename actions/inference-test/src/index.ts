import { runAction } from '@sluice/runtime/action';
import { embeddedRole } from '@sluice/inference/engines/embedded/role';
import { ollamaRole } from '@sluice/inference/engines/servers/ollama-role';
import { readInputs } from './inputs.gen.ts';
import { post } from './post.ts';
import { run } from './run.ts';

await runAction({
  name: 'inference-test',
  readInputs,
  run,
  post,
  roles: { 'embedded-server': embeddedRole, 'ollama-server': ollamaRole },
});
