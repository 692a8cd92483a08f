/** Pull, look, name, lay out, record, tell: in this order, so that nothing unsafe or unexpected is handed on. */
import { dirname, join } from 'node:path';
import type { Lineage } from '@sluice/release/lineage';
import type { ReleaseRecord } from '@sluice/release/record';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { describeAdapter, describeOrigin, describeRefusal, describeSuccess } from './describe-pull.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Inspect, Inspected, Pulled } from './pulled.ts';
import { cacheHit, megabytesPerSecond, totalBytes } from './pulled.ts';
import type { FitFacts } from './preflight.ts';
import { TO_KEEP } from './post.ts';
import { allLooks, fitLook, FitRefusal } from './preflight.ts';
import type { Adapter } from './pull-adapter.ts';
import { adapterOutputs, pullAdapter, readAdapter } from './pull-adapter.ts';
import { readWanted } from './wanted.ts';
import type { Wanted } from './wanted.ts';

export async function run(inputs: Inputs, context: ActionContext): Promise<ActionResult> {
  if (inputs.model === undefined && (inputs.maxCacheSize ?? inputs.maxAge) !== undefined) {
    const { collectCache } = await import('./collect-cache.ts');
    return collectCache(inputs, context);
  }
  try {
    return await pullModel(inputs, context);
  } catch (error) {
    if (!(error instanceof FitRefusal)) throw error;
    return { verdict: error.verdict, reasons: [error.message], outputs: {} };
  }
}

async function pullModel(inputs: Inputs, context: ActionContext): Promise<ActionResult> {
  const started = performance.now();
  const asked = await readWanted(inputs, context.env);
  if (asked.token) context.addSecret(asked.token.value);
  const askedAdapter = await readAdapter(inputs, asked, context.env);
  if (inputs.validate) {
    return { verdict: 'pass', reasons: [`inputs are valid: ${asked.name} would be pulled`], outputs: {} };
  }
  // What follows is loaded only now: a wrong input is told before.
  const { readRecord } = await import('@sluice/release/record');
  const { filesDigest } = await import('@sluice/release/weights');
  const { isChanged } = await import('./changed.ts');
  const { readLineage } = await import('./read-lineage.ts');
  const { inspectPull, mayRefuse } = await import('./inspect-pull.ts');
  const before = await readRecord(inputs.releaseRecord);
  const inspect: Inspect = (placed, scan) => inspectPull(placed, inputs, asked, context, scan);
  const fit: FitFacts = {};
  const adapter = await pullAdapter(askedAdapter, inputs, asked, context, pull);
  const looks = [adapter?.look, await fitLook(inputs, context, adapter?.bytes ?? 0, fit)];
  const watched = { ...asked, ...allLooks(looks) };
  // Where a file is refused, it doesn't even get a name in the cache.
  const pulled = await pull(watched, inputs, context, mayRefuse(inputs, asked) ? inspect : undefined);
  const wanted = { ...asked, name: pulled.source ?? asked.name };
  const digest = filesDigest(pulled.files);
  const serving = { weights: digest, adapter: adapter?.digest ?? null };
  const changed = await isChanged(serving, before, inputs, context);
  const inspected =
    pulled.inspected ??
    (await inspect(
      pulled.files.map((file) => ({ ...file, at: join(pulled.folder, ...file.path.split('/')) })),
      pulled.scan,
    ));
  const { safety } = inspected;
  const refused = describeRefusal(inputs, wanted, digest, inspected);
  const passed = refused.length === 0;

  const path = passed ? await handOver(pulled, inputs, context) : undefined;
  if (passed && pulled.toKeep) context.saveState(TO_KEEP, pulled.toKeep);
  const manifest = await writeManifest(inputs, wanted, pulled, digest);
  const lineage = await readLineage(pulled, wanted, context.log);
  const reasons = passed ? [describeSuccess(wanted, pulled, started)] : refused;
  const recorded = await record({
    inputs,
    context,
    wanted,
    pulled,
    digest,
    changed,
    inspected,
    before,
    reasons,
    passed,
    started,
    fit,
    adapter,
    lineage,
  });
  const { writeBom } = await import('./write-bom.ts');
  const bom = await writeBom({
    recordPath: inputs.releaseRecord,
    wanted,
    pulled,
    digest,
    lineage,
    signer: inspected.signature?.state === 'valid' ? inspected.signature.signer : null,
    at: recorded.stages.at(-1)?.at ?? '',
  });
  const { summarizePull } = await import('./summary.ts');
  return {
    verdict: passed ? 'pass' : 'fail',
    reasons,
    outputs: {
      ...(path !== undefined && { path }),
      ...(passed && adapter && adapterOutputs(adapter)),
      revision: pulled.revision,
      digest,
      bytes: String(totalBytes(pulled.files)),
      files: String(pulled.files.length),
      'cache-hit': cacheHit(pulled.files),
      changed: String(changed),
      safety: safety.state,
      manifest,
      bom,
    },
    summary: summarizePull({
      name: wanted.name,
      asked: wanted.revision,
      from: describeOrigin(wanted),
      digest,
      path,
      pulled,
      inspected,
      changed,
      adapter,
      lineage,
      fit: fit.answer?.text,
      totalMs: performance.now() - started,
    }),
  };
}

async function pull(
  wanted: Wanted,
  inputs: Inputs,
  context: ActionContext,
  inspect: Inspect | undefined,
): Promise<Pulled> {
  if (wanted.source.kind === 'file') {
    const { pullFile } = await import('./pull-file.ts');
    return pullFile(wanted.source.path, wanted, inputs, context, inspect);
  }
  if (wanted.source.kind !== 'hub') {
    const { pullSource } = await import('./pull-source.ts');
    return pullSource(wanted.source, wanted, inputs, context, inspect);
  }
  const { pullHub } = await import('./pull-hub.ts');
  return pullHub(wanted.source, wanted, inputs, context, inspect);
}

async function handOver(pulled: Pulled, inputs: Inputs, context: ActionContext): Promise<string> {
  if (inputs.dest === undefined) return pulled.path;
  const { layOut } = await import('@sluice/model-store/lay-out');
  const { methods, removed } = await layOut(pulled.files, {
    from: pulled.folder,
    dest: inputs.dest,
    commit: pulled.revision,
    connections: inputs.connections,
    signal: context.signal,
  });
  const how = Object.entries(methods).filter(([, count]) => count > 0);
  context.log.info(
    `laid out in ${inputs.dest}: ${how.map(([method, count]) => `${count} ${method}`).join(', ')}`,
  );
  if (removed.length > 0) {
    context.log.notice(
      `removed from ${inputs.dest}, as an earlier pull had laid them out: ${removed.join(', ')}`,
    );
  }
  return inputs.dest;
}

async function writeManifest(
  inputs: Inputs,
  wanted: Wanted,
  pulled: Pulled,
  digest: string,
): Promise<string> {
  const { writeFileAtomic } = await import('@sluice/runtime/files');
  const path = join(dirname(inputs.releaseRecord), 'manifest.json');
  const files = pulled.files.map(({ path: name, bytes, sha256, etag }) => ({
    path: name,
    bytes,
    sha256,
    etag,
  }));
  const manifest = {
    schemaVersion: 1,
    source: wanted.name,
    revision: pulled.revision,
    digest,
    bytes: totalBytes(files),
    include: inputs.include,
    exclude: inputs.exclude,
    files,
  };
  await writeFileAtomic(path, `${JSON.stringify(manifest, null, 2)}\n`);
  return path;
}

interface Recorded {
  inputs: Inputs;
  context: ActionContext;
  wanted: Wanted;
  pulled: Pulled;
  digest: string;
  changed: boolean;
  inspected: Inspected;
  before: ReleaseRecord | undefined;
  reasons: string[];
  passed: boolean;
  started: number;
  fit: FitFacts;
  adapter: Adapter | undefined;
  lineage: Lineage;
}

async function record(seen: Recorded): Promise<ReleaseRecord> {
  const { inputs, context, wanted, pulled, digest } = seen;
  const { safety, signature } = seen.inspected;
  const { recordPull } = await import('./record-pull.ts');
  const { readModelParts } = await import('@sluice/weights/model-parts');
  const speed = megabytesPerSecond(pulled.downloadedBytes, pulled.fetchMs);
  return recordPull(
    {
      path: inputs.releaseRecord,
      before: seen.before,
      run: context.run,
      model: {
        source: wanted.name,
        revision: pulled.revision,
        digest,
        files: pulled.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })),
        ...(Object.keys(seen.lineage).length > 0 && { lineage: seen.lineage }),
      },
      parts: seen.passed
        ? {
            ...(await readModelParts(
              pulled.folder,
              pulled.files.map(({ path }) => path),
            )),
            ...(seen.adapter && { adapter: seen.adapter.digest }),
          }
        : {},
      verdict: seen.passed ? 'pass' : 'fail',
      reasons: seen.reasons,
      metrics: {
        bytes: { value: totalBytes(pulled.files), unit: 'B' },
        files: { value: pulled.files.length },
        downloaded_bytes: { value: pulled.downloadedBytes, unit: 'B' },
        seconds: { value: (performance.now() - seen.started) / 1000, unit: 's' },
        'fetch.mb_per_s': { value: speed, unit: 'MB/s' },
      },
      data: {
        source: wanted.name,
        origin: describeOrigin(wanted),
        asked: wanted.revision,
        reference: wanted.reference?.path ?? null,
        revision: pulled.revision,
        digest,
        include: inputs.include,
        exclude: inputs.exclude,
        cacheHit: cacheHit(pulled.files),
        repaired: pulled.repaired,
        fit: seen.fit.answer?.text ?? null,
        adapter: seen.adapter ? describeAdapter(seen.adapter) : null,
        safety: {
          mode: inputs.safety,
          state: safety.state,
          problems: safety.problems,
          notices: safety.notices,
          hub: safety.hub,
        },
        signature: signature ?? null,
      },
    },
    context.log,
  );
}
