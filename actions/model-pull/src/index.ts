import { runAction } from '@sluice/runtime/action';
import { readInputs } from './inputs.gen.ts';
import { post } from './post.ts';
import { run } from './run.ts';

await runAction({
  name: 'model-pull',
  readInputs,
  run,
  post,
  // Ten gigabytes to GitHub's cache take minutes.
  timeouts: { postMs: 2 * 3_600_000 },
  roles: {
    'transfer-worker': async () => (await import('@sluice/model-store/transfer-worker')).serveTransfers(),
  },
});
