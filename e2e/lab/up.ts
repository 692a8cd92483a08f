/**
 * Starts the lab and says where it is. `node e2e/lab/up.ts [--gpus 2] [--keep]`, as root; exit 1 with the parts' last log
 * lines when it can't. With `--keep` a lab that failed to start stays as it is; `--images` only prints the archive of the
 * images, for another cluster.
 */
import { parseArgs } from 'node:util';
import { describeError } from '@sluice/runtime/errors';
import { up } from './cluster.ts';
import { ensureImages } from './images.ts';

const { values } = parseArgs({
  options: {
    gpus: { type: 'string', default: '2' },
    keep: { type: 'boolean', default: false },
    images: { type: 'boolean', default: false },
  },
});
try {
  if (values.images) {
    process.stdout.write(`${await ensureImages()}\n`);
    process.exit();
  }
  const state = await up({ gpus: Number(values.gpus), keep: values.keep });
  process.stdout.write(
    `KUBECONFIG=${state.kubeconfig}\nkubectl    ${state.kubectl}\ngateway    ${state.gateway.url}\nprometheus ${state.prometheus}\n`,
  );
} catch (error) {
  process.stderr.write(`the lab does not start: ${describeError(error)}\n`);
  process.exitCode = 1;
}
