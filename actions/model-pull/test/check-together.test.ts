/** Files that are judged by each other: an ONNX model's data, TensorRT engines and their config. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { plainLogger } from '@sluice/runtime/logger';
import { at, onnx } from '../../../packages/weights/test/onnx-assembler.ts';
import { checkSafety } from '../src/check-safety.ts';

const NUMBERS = Buffer.from([0x78, 0x9c, ...Array<number>(62).fill(0xa5)]);
const ENGINE = Buffer.concat([Buffer.from('ftrt'), Buffer.alloc(100, 7)]);
const CONFIG = JSON.stringify({
  version: '0.20.0',
  build_config: {},
  pretrained_config: { mapping: { world_size: 1 }, quantization: { quant_algo: 'FP8' } },
});
const path = process.env['PATH'];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-together-'));
});
afterEach(async () => {
  process.env['PATH'] = path;
  await rm(folder, { recursive: true, force: true });
});

async function check(files: Record<string, string | Buffer>, allowFormats: string[] = []) {
  const listed = [];
  for (const [name, content] of Object.entries(files)) {
    const place = join(folder, 'model', name);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, content);
    listed.push({ path: name, at: place, bytes: Buffer.byteLength(content) });
  }
  return checkSafety(listed, {
    mode: 'strict',
    allowFormats,
    allowGlobals: [],
    connections: 2,
    log: plainLogger(() => undefined),
    signal: new AbortController().signal,
  });
}

test('data that a model describes is let in; alone, or described wrongly, it is not', async () => {
  const model = onnx([at('w.bin', '0', '8')]);
  expect(await check({ 'a/model.onnx': model, 'a/w.bin': NUMBERS })).toMatchObject({
    state: 'safe',
    problems: [],
  });
  expect((await check({ 'a/w.bin': NUMBERS })).state).toBe('unsafe');
  expect((await check({ 'a/model.onnx': model, 'b/w.bin': NUMBERS })).problems).toEqual([
    expect.stringContaining('b/w.bin'),
    expect.stringMatching(/^a\/model\.onnx names data in `w\.bin`, which is not among/),
  ]);
  const long = onnx([at('w.bin', '60', '8')]);
  expect((await check({ 'model.onnx': long, 'w.bin': NUMBERS })).problems).toContainEqual(
    expect.stringContaining('from byte 60 to 68'),
  );
});

async function nvidiaSmi(answer: string): Promise<void> {
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/nvidia-smi'), `#!/bin/sh\necho '${answer}'\n`);
  await chmod(join(folder, 'bin/nvidia-smi'), 0o755);
  process.env['PATH'] = `${join(folder, 'bin')}${delimiter}${path ?? ''}`;
}

test('an engine needs to be let in, and to fit the GPU all the same', async () => {
  const files = { 'config.json': CONFIG, 'rank0.engine': ENGINE };
  await nvidiaSmi('8.6, NVIDIA A10G');
  const unfit = await check(files, ['tensorrt']);
  expect(unfit.problems).toEqual([
    expect.stringContaining('needs compute capability 8.9; NVIDIA A10G has 8.6'),
  ]);
  await writeFile(join(folder, 'bin/nvidia-smi'), "#!/bin/sh\necho '9.0, NVIDIA H200'\n");
  expect((await check(files)).problems).toEqual([
    expect.stringContaining('`allow-formats: tensorrt` lets it in'),
  ]);
  expect(await check(files, ['tensorrt'])).toMatchObject({ state: 'safe', problems: [] });
});

test('without a GPU that is said, and nothing claimed', async () => {
  process.env['PATH'] = folder;
  const { problems, notices } = await check({ 'config.json': CONFIG, 'rank0.engine': ENGINE }, ['tensorrt']);
  expect([problems, notices.join()]).toEqual([
    [],
    expect.stringContaining('could not be held against a GPU'),
  ]);
  await rm(join(folder, 'model'), { recursive: true });
  expect((await check({ 'model.plan': ENGINE }, ['tensorrt'])).notices.join()).toContain(
    'nothing was compared',
  );
});
