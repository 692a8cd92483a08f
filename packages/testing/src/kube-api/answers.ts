/** What the API server answers when it refuses: meta/v1 Status, in apimachinery's words. */

export interface Cause {
  reason: string;
  message: string;
  field?: string;
}

export class Refused extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: number, reason: string, message: string, details?: Record<string, unknown>) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  body(): object {
    const { code, reason, message, details } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

/** `deployments.apps`, `pods`. */
export function qualified(plural: string, group: string): string {
  return group === '' ? plural : `${plural}.${group}`;
}

export const notFound = (resource: string, name: string): Refused =>
  new Refused(404, 'NotFound', `${resource} "${name}" not found`, { name, kind: resource });

export const alreadyExists = (resource: string, name: string): Refused =>
  new Refused(409, 'AlreadyExists', `${resource} "${name}" already exists`, { name, kind: resource });

export const changed = (resource: string, name: string): Refused =>
  new Refused(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    { name, kind: resource },
  );

export function invalid(kind: string, name: string, causes: { field: string; message: string }[]): Refused {
  const list = causes.map(({ field, message }) => `${field}: ${message}`).join(', ');
  return new Refused(422, 'Invalid', `${kind} "${name}" is invalid: ${list}`, {
    name,
    kind,
    causes: causes.map(({ field, message }) => ({ reason: 'FieldValueInvalid', message, field })),
  });
}

/** The words for a JSON patch that can't be applied, a failed `test` among them. */
export const patchFailed = (): Refused =>
  new Refused(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

export const badRequest = (message: string): Refused => new Refused(400, 'BadRequest', message);
