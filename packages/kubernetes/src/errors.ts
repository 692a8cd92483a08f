/** Somebody else changed the object first, or owns the field; what to do is the caller's business. */
import { InfraError } from '@sluice/runtime/errors';

export class KubeConflictError extends InfraError {
  override readonly name: string = 'KubeConflictError';
  /** Field managers that own what was to be changed; empty when the resourceVersion or a `test` didn't hold. */
  readonly managers: readonly string[];

  constructor(message: string, managers: readonly string[] = [], options?: ErrorOptions) {
    super(message, options);
    this.managers = managers;
  }
}
