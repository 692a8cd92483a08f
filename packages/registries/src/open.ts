/** From a target to the registry behind it. */
import type { Pointer, Registered, RegistryContext, Subject } from './registry.ts';
import type { Tracked } from './mlflow-track.ts';
import type { PromoteTarget, RegisterTarget, TrackTarget } from './targets.ts';

/** The name that `promote` moves, and `registry` of auto-rollback puts back. */
export async function openPointer(target: PromoteTarget, context: RegistryContext): Promise<Pointer> {
  const { MlflowApi } = await import('./mlflow-api.ts');
  const { MlflowAlias, MlflowStage } = await import('./mlflow-pointer.ts');
  const api = new MlflowApi(context);
  return target.kind === 'mlflow-alias'
    ? new MlflowAlias(api, target.name, target.alias)
    : new MlflowStage(api, target.name, target.stage);
}

/** Puts the subject where others take it from. */
export async function register(
  target: RegisterTarget,
  subject: Subject,
  context: RegistryContext,
): Promise<Registered> {
  const { MlflowApi } = await import('./mlflow-api.ts');
  const { registerVersion } = await import('./mlflow-versions.ts');
  return registerVersion(new MlflowApi(context), target.name, subject);
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
