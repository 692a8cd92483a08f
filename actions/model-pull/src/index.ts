import { runAction } from '@sluice/runtime/action';
import { readInputs } from './inputs.gen.ts';
import { run } from './run.ts';

await runAction({
  name: 'model-pull',
  readInputs,
  run,
  roles: {
    'transfer-worker': async () => (await import('@sluice/model-store/transfer-worker')).serveTransfers(),
  },
});
