/** From a target to the registry behind it; each is loaded only when it is named. */
import type { Pointer, Registered, RegistryContext, Subject } from './registry.ts';
import type { Tracked } from './mlflow-track.ts';
import type { PromoteTarget, RegisterTarget, TrackTarget } from './targets.ts';

/** The name that `promote` moves, and `registry` of auto-rollback puts back. */
export async function openPointer(target: PromoteTarget, context: RegistryContext): Promise<Pointer> {
  switch (target.kind) {
    case 'hf': {
      const { HubApi } = await import('./hub-api.ts');
      const { HubTag } = await import('./hub-registry.ts');
      return new HubTag(new HubApi(target.repo, context), target.repo, target.tag);
    }
    case 's3': {
      const { openS3 } = await import('@sluice/sources/s3-source');
      const { S3Alias } = await import('./s3-registry.ts');
      return new S3Alias(await openS3({}, context), target, target.alias);
    }
    case 'wandb': {
      const { WandbClient } = await import('@sluice/sources/wandb-client');
      const { WandbAlias } = await import('./wandb-alias.ts');
      return new WandbAlias(new WandbClient(context), target, target.alias);
    }
    case 'oci':
      return (await import('./oci-registry.ts')).openOciTag(target.repository, target.tag, context);
    case 'sagemaker':
      return (await import('./sagemaker.ts')).openSagemaker(target.group, context);
    case 'vertex':
      return new (await import('./vertex.ts')).VertexAlias(target.name, target.alias, context);
    case 'azureml':
      return new (await import('./azureml.ts')).AzuremlStage(target.name, target.stage, context);
    case 'mlflow-alias':
    case 'mlflow-stage': {
      const { MlflowApi } = await import('./mlflow-api.ts');
      const { MlflowAlias, MlflowStage } = await import('./mlflow-pointer.ts');
      const api = new MlflowApi(context);
      return target.kind === 'mlflow-alias'
        ? new MlflowAlias(api, target.name, target.alias)
        : new MlflowStage(api, target.name, target.stage);
    }
  }
}

/** Whether registering needs the files themselves: elsewhere it is enough to say where they are. */
export async function uploads(
  target: RegisterTarget,
  subject: Pick<Subject, 'source' | 'revision'>,
): Promise<boolean> {
  if (target.kind === 'mlflow') return false;
  if (target.kind === 'oci')
    return (await import('./oci-registry.ts')).ownManifest(target.repository, subject) === undefined;
  if (target.kind === 'wandb') return !(await import('./wandb-version.ts')).isOwn(target, subject.source);
  if (target.kind !== 'hf') return true;
  return (await import('./hub-registry.ts')).ownCommit(target.repo, subject) === undefined;
}

/** Puts the subject where others take it from. */
export async function register(
  target: RegisterTarget,
  subject: Subject,
  context: RegistryContext,
): Promise<Registered> {
  switch (target.kind) {
    case 'hf':
      return (await import('./hub-registry.ts')).registerOnHub(target.repo, subject, context);
    case 'oci':
      return (await import('./oci-registry.ts')).registerInOci(target.repository, subject, context);
    case 's3':
      return (await import('./s3-registry.ts')).registerInS3(target, subject, context);
    case 'dvc':
      return (await import('./dvc-register.ts')).registerInDvc(target, subject, context);
    case 'wandb':
      return (await import('./wandb-register.ts')).registerInWandb(target, subject, context);
    case 'mlflow': {
      const { MlflowApi } = await import('./mlflow-api.ts');
      const { registerVersion } = await import('./mlflow-versions.ts');
      return registerVersion(new MlflowApi(context), target.name, subject);
    }
  }
}

/** Logs metrics and verdict. */
export async function track(
  target: TrackTarget,
  tracked: Tracked,
  context: RegistryContext,
): Promise<{ run: string; changed: boolean }> {
  const { MlflowApi } = await import('./mlflow-api.ts');
  const { trackRun } = await import('./mlflow-track.ts');
  return trackRun(new MlflowApi(context), target.experiment, tracked);
}
