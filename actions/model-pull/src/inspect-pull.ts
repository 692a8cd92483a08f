/** What is looked at before a pull may go on: the files themselves, and who signed them. */
import type { PlacedFile } from '@sluice/model-store/pull-snapshot';
import { selectPaths } from '@sluice/model-store/patterns';
import type { ActionContext } from '@sluice/runtime/action';
import type { SignatureResult } from '@sluice/signing/verify-model';
import { checkSafety } from './check-safety.ts';
import type { HubScan } from './hub-scan.ts';
import type { Inputs } from './inputs.gen.ts';
import { KnownInspections, rulesOf } from './known-inspections.ts';
import type { Inspected } from './pulled.ts';
import type { Wanted } from './wanted.ts';

/** Whether a look may refuse the pull: then it comes before any file gets its name. */
export function mayRefuse(inputs: Inputs, wanted: Wanted): boolean {
  return inputs.safety === 'strict' || wanted.signature !== null;
}

export async function inspectPull(
  files: readonly PlacedFile[],
  inputs: Inputs,
  wanted: Wanted,
  context: ActionContext,
  scan?: HubScan,
): Promise<Inspected> {
  const signature = await checkSignature(files, inputs, wanted, context);
  const safety = await checkSafety(files, {
    mode: inputs.safety,
    allowFormats: inputs.allowFormats,
    allowGlobals: inputs.allowGlobals,
    connections: inputs.connections,
    log: context.log,
    signal: context.signal,
    scan,
    known: await knownInspections(inputs, wanted, context),
  });
  const unsafe = inputs.safety === 'strict' && safety.state === 'unsafe';
  return { safety, signature, admitted: !unsafe && signature?.state !== 'refused' };
}

/** Of verified files in the cache alone; `verify: full` takes nobody's word, and a user's own folder isn't ours to note. */
async function knownInspections(
  inputs: Inputs,
  wanted: Wanted,
  { bundle }: ActionContext,
): Promise<KnownInspections | undefined> {
  if (inputs.safety === 'off' || inputs.verify === 'full' || wanted.source.kind === 'file') return undefined;
  const rules = rulesOf(bundle, inputs);
  return rules === undefined ? undefined : KnownInspections.open(wanted.cache.path, rules);
}

/** Undefined where no signature is asked for. */
async function checkSignature(
  files: readonly PlacedFile[],
  inputs: Inputs,
  { signature: demand, workspace }: Wanted,
  { log, signal }: ActionContext,
): Promise<SignatureResult | undefined> {
  if (demand === null) return undefined;
  const { verifyModel } = await import('@sluice/signing/verify-model');
  const result = await verifyModel(demand, {
    files,
    // The user's own patterns say what may be missing; a source that leaves out more is found out.
    select: (paths) =>
      selectPaths(
        paths.map((path) => ({ path })),
        inputs.include,
        inputs.exclude,
      ).map(({ path }) => path),
    workspace,
    signal,
  });
  if (result.state === 'valid') {
    log.untrusted(`signature: ${result.signed} files are as ${result.signer} signed them`);
    if (result.leftOut.length > 0)
      log.untrusted(`signature: the signer left out ${result.leftOut.join(', ')}: not covered`);
  }
  return result;
}
