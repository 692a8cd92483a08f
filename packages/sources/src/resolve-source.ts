/** Picks the driver of a source; each is loaded only when it is needed. */
import type { FileSource } from './grammar.ts';
import type { DrivenSource, ResolvedSource, SourceContext } from './source.ts';

/**
 * Resolves a source to an immutable revision and its files. Cards and list entries are followed first, by
 * `followReference` (`reference.ts`); a hub's repository is `hub-client.ts`'s.
 */
export async function resolveSource(parsed: DrivenSource, context: SourceContext): Promise<ResolvedSource> {
  switch (parsed.kind) {
    case 'file':
      return (await import('./file-source.ts')).resolveFile(parsed satisfies FileSource, context);
    case 'https':
      return (await import('./web-source.ts')).resolveWeb(parsed, context);
    case 's3':
      return (await import('./s3-source.ts')).resolveS3(parsed, context);
    case 'gs':
      return (await import('./gcs-source.ts')).resolveGcs(parsed, context);
    case 'az':
      return (await import('./azure-source.ts')).resolveAzure(parsed, context);
    case 'dvc':
      return (await import('./dvc-source.ts')).resolveDvc(parsed, context);
    case 'mlflow':
      return (await import('./mlflow-source.ts')).resolveMlflow(parsed, context);
    case 'oci':
      return (await import('./oci-source.ts')).resolveOci(parsed, context);
    case 'lakefs':
      return (await import('./lakefs-source.ts')).resolveLakefs(parsed, context);
    case 'wandb':
      return (await import('./wandb-source.ts')).resolveWandb(parsed, context);
    case 'clearml':
      return (await import('./clearml-source.ts')).resolveClearml(parsed, context, resolveSource);
    case 'webhdfs':
      return (await import('./webhdfs-source.ts')).resolveWebhdfs(parsed, context);
    case 'model-card':
    case 'dataset-entry':
      throw new Error(`${parsed.kind} is followed by followReference before it is resolved`);
  }
}
