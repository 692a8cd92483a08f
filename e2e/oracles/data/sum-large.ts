/** Run by run.ts with a small heap: rows, the sum of `n` and the characters of `text` of a Parquet file. */
import { readRows } from '@sluice/data/read-rows';

const [path = ''] = process.argv.slice(2);
let [rows, sum, characters] = [0, 0, 0];
for await (const batch of readRows({ path, shown: path })) {
  for (const { values } of batch) {
    rows += 1;
    sum += Number(values.get('n'));
    characters += String(values.get('text')).length;
  }
}
process.stdout.write(`${rows} ${sum} ${characters}\n`);
