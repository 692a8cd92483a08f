/** Pull, look, name, lay out, record, tell: in this order, so that nothing unsafe or unexpected is handed on. */
import { join } from 'node:path';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { describeOrigin, describeRefusal, describeSuccess } from './describe-pull.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Inspect, Pulled } from './pulled.ts';
import { cacheHit, totalBytes } from './pulled.ts';
import type { FitFacts } from './preflight.ts';
import { TO_KEEP, toKeep } from './post.ts';
import { allLooks, fitLook, FitRefusal } from './preflight.ts';
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
  const named = await readWanted(inputs, context.env);
  if (named.token) context.addSecret(named.token.value);
  const askedAdapter = await readAdapter(inputs, named, context.env);
  if (inputs.validate) {
    return { verdict: 'pass', reasons: [`inputs are valid: ${named.name} would be pulled`], outputs: {} };
  }
  // What follows is loaded only now: a wrong input is told before.
  const { followRegistry } = await import('./follow-registry.ts');
  const asked = await followRegistry(named, inputs, context);
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
  const refused = describeRefusal(inputs, wanted, { digest, files: pulled.files }, inspected);
  const passed = refused.length === 0;

  const { handOver } = await import('./hand-over.ts');
  const { recordFacts } = await import('./record-facts.ts');
  const { writeManifest } = await import('./write-manifest.ts');
  const path = passed ? await handOver(pulled, inputs, context) : undefined;
  if (passed) context.saveState(TO_KEEP, toKeep(pulled, adapter?.pulled));
  const manifest = await writeManifest(inputs, wanted, pulled, digest);
  const lineage = await readLineage(pulled, wanted, context.log);
  const reasons = passed ? [describeSuccess(wanted, pulled, started)] : refused;
  const recorded = await recordFacts({
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
