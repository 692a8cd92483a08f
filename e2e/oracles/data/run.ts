/**
 * Statistics of drift beside scipy's, and Parquet as pyarrow writes it.
 * `node e2e/oracles/data/run.ts` prints a line per check, then `N passed, N failed`; exit 1 when one failed.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import * as drift from '@sluice/statistics/drift';
import { chiSquareTail } from '@sluice/statistics/gamma';
import { meanCosineDistance, meanDiscrepancy } from '@sluice/statistics/vector-drift';
import { prepareVenv } from '../hub/venv.ts';

interface Reference {
  samples: { x: number[]; y: number[]; ks: number; ks_p: number; wasserstein: number }[];
  counts: { p: number[]; q: number[]; psi: number; js: number; chi2: number; chi2_p: number }[];
  vectors: { x: number[][]; y: number[][]; mmd: number; width: number; mmd_p: number; cosine: number }[];
  kolmogorov: [number, number][];
  chi2: [number, number, number][];
}

const SEEDS = ['7', '11', '1234'];
let passed = 0;
let failed = 0;

function check(name: string, holds: boolean, seen: unknown): void {
  if (holds) passed += 1;
  else failed += 1;
  process.stdout.write(`${holds ? 'ok' : 'FAILED'}  ${name}${holds ? '' : `: ${JSON.stringify(seen)}`}\n`);
}

/** The largest relative difference of pairs. */
function apart(pairs: [number | undefined, number][]): number {
  return Math.max(...pairs.map(([a = NaN, b]) => (a === b ? 0 : Math.abs(a - b) / Math.abs(b))));
}

/** Two shares of 5,000 draws each: four standard errors of their difference. */
const chance = (p: number): number => 4 * Math.sqrt((2 * p * (1 - p)) / 5000) + 2 / 5000;

function compare(seed: string, { samples, counts, kolmogorov, chi2, vectors }: Reference): void {
  const clouds = vectors.map((cloud) => ({
    ...cloud,
    of: [cloud.x, cloud.y].map((side) => side.map((row) => Float64Array.from(row))) as [
      Float64Array[],
      Float64Array[],
    ],
  }));
  const two = samples.map((sample) => ({
    ...sample,
    of: [Float64Array.from(sample.x), Float64Array.from(sample.y)] as const,
  }));
  const measured = {
    ks: apart(two.map(({ of, ks }) => [drift.kolmogorovSmirnov(...of)?.statistic, ks])),
    'ks p, exact': apart(two.map(({ of, ks_p }) => [drift.kolmogorovSmirnov(...of)?.p, ks_p])),
    wasserstein: apart(two.map(({ of, wasserstein }) => [drift.wasserstein(...of), wasserstein])),
    psi: apart(counts.map(({ p, q, psi }) => [drift.populationStability(p, q), psi])),
    'Jensen–Shannon': apart(counts.map(({ p, q, js }) => [drift.jensenShannon(p, q), js])),
    'chi-square': apart(counts.map((one) => [drift.chiSquareHomogeneity(one.p, one.q)?.statistic, one.chi2])),
    'chi-square p': apart(counts.map((one) => [drift.chiSquareHomogeneity(one.p, one.q)?.p, one.chi2_p])),
    'tail of Kolmogorov': apart(kolmogorov.map(([z, tail]) => [drift.kolmogorovTail(z), tail])),
    MMD: apart(clouds.map(({ of, mmd }) => [meanDiscrepancy(...of)?.statistic, mmd])),
    'width of the kernel': apart(clouds.map(({ of, width }) => [meanDiscrepancy(...of)?.width, width])),
    'cosine of means': apart(clouds.map(({ of, cosine }) => [meanCosineDistance(...of), cosine])),
    'tail of chi-square': apart(chi2.map(([x, df, tail]) => [chiSquareTail(x, df), tail])),
  };
  for (const [name, most] of Object.entries(measured))
    check(`seed ${seed}: ${name} within 1e-9`, most <= 1e-9, most);
  for (const { of, mmd_p: theirs } of clouds) {
    const ours = meanDiscrepancy(...of)?.p ?? NaN;
    check(
      `seed ${seed}: permutation p of MMD, ${theirs.toFixed(4)}, within chance`,
      Math.abs(ours - theirs) <= chance((ours + theirs) / 2),
      ours,
    );
  }
}

const scratch = await mkdtemp(join(tmpdir(), 'sluice-data-oracle-'));
try {
  const python = await prepareVenv(join(import.meta.dirname, 'requirements.txt'));
  for (const seed of SEEDS) {
    await run(python, [join(import.meta.dirname, 'reference.py'), scratch, seed], { timeoutMs: 120_000 });
    compare(seed, JSON.parse(await readFile(join(scratch, 'drift.json'), 'utf8')) as Reference);
  }
  for (const packing of ['snappy', 'zstd', 'gzip', 'brotli', 'none']) {
    const { readRows } = await import('@sluice/data/read-rows');
    const ids: unknown[] = [];
    for await (const batch of readRows({ path: join(scratch, `${packing}.parquet`), shown: packing })) {
      for (const { values } of batch) ids.push([values.get('id'), values.get('text'), values.get('share')]);
    }
    const same = JSON.stringify(ids) === JSON.stringify([[1, 'x', 1.5], [2, 'é', null], [null, 'z', 2.5]]); // prettier-ignore
    check(`pyarrow's Parquet, ${packing}`, same, ids);
  }
  const script = join(import.meta.dirname, 'sum-large.ts');
  const { stdout } = await run(
    process.execPath,
    ['--max-old-space-size=200', script, join(scratch, 'large.parquet')],
    { timeoutMs: 120_000 },
  );
  check(
    'a row group of 90 MB in slices, heap of 200 MB',
    stdout.trim() === '300000 44999850000 90000000',
    stdout.trim(),
  );
  const many = join(import.meta.dirname, '../../../packages/data/test/scan-many.ts');
  const scanned = await run(
    process.execPath,
    ['--max-old-space-size=40', many, join(scratch, 'many.jsonl'), '1000000'],
    { timeoutMs: 120_000 },
  );
  check(
    'a million rows, checked, profiled and looked through for repeated ones, heap of 40 MB',
    scanned.stdout === '{"rows":1000000,"duplicates":0,"violations":0}',
    scanned.stdout,
  );
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (failed > 0) process.exitCode = 1;
