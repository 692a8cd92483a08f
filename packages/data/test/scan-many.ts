/** Run by rows.test.ts and e2e/oracles/data with a small heap: a file is generated row by row, scanned, and what was counted is printed. */
import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { once } from 'node:events';
import { scanData } from '@sluice/data/scan';

const [path = '', rows = '0'] = process.argv.slice(2);
const out = createWriteStream(path);
let block = '';
for (let i = 1; i <= Number(rows); i++) {
  block += `{"id":${i},"v":${i % 977}}\n`;
  if (i % 5000 !== 0) continue;
  if (!out.write(block)) await once(out, 'drain');
  block = '';
}
out.end(block);
await once(out, 'finish');
const { parseDataSchema } = await import('@sluice/data/data-schema');
const schema = await parseDataSchema({ columns: { id: { type: 'integer', min: 1 } } }, 'schema');
const scan = await scanData([{ path, shown: 'rows' }], { schemas: [schema], folder: dirname(path) });
process.stdout.write(
  JSON.stringify({ rows: scan.rows, duplicates: scan.duplicates, violations: scan.schema?.total }),
);
