/** Ends the lab, or what is left of one. `node e2e/lab/down.ts [--keep]`: with `--keep` its logs and data stay. */
import { parseArgs } from 'node:util';
import { down } from './cluster.ts';

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
await down({ keep: values.keep });
