/** Events on the objects that we change, for who looks with kubectl. */
import { randomBytes } from 'node:crypto';
import { describeError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import type { KubeApi, KubeObject } from './types.ts';

export interface EventText {
  /** UpperCamelCase: SluiceRolloutStarted. */
  reason: string;
  note: string;
  type?: 'Normal' | 'Warning';
  /** What was done, UpperCamelCase; default: the reason. */
  action?: string;
}

/** Limits of events.k8s.io/v1. */
const MAX_NOTE_BYTES = 1024;
const MAX_NAME = 253;

/** Writes an event; one that can't be written is told once by a warning of the log, and stops nothing. */
export class EventWriter {
  readonly #api: KubeApi;
  readonly #options: { instance: string; labels?: Record<string, string>; log: Logger };
  #failed = false;

  /** `instance`: which run writes, at most 128 characters. */
  constructor(api: KubeApi, options: { instance: string; labels?: Record<string, string>; log: Logger }) {
    this.#api = api;
    this.#options = options;
  }

  async write(
    regarding: KubeObject,
    { reason, note, type = 'Normal', action = reason }: EventText,
  ): Promise<void> {
    const { name, namespace = this.#api.namespace, uid, resourceVersion } = regarding.metadata;
    const suffix = `.${randomBytes(8).toString('hex')}`;
    try {
      await this.#api.create({
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: {
          name: `${name.slice(0, MAX_NAME - suffix.length)}${suffix}`,
          namespace,
          labels: { 'app.kubernetes.io/managed-by': 'sluice', ...this.#options.labels },
        },
        eventTime: new Date().toISOString().replace('Z', '000Z'),
        reportingController: 'sluice',
        reportingInstance: this.#options.instance.slice(0, 128) || 'sluice',
        action,
        reason,
        note: cut(note),
        type,
        regarding: {
          apiVersion: regarding.apiVersion,
          kind: regarding.kind,
          name,
          namespace,
          uid,
          resourceVersion,
        },
      });
    } catch (error) {
      if (!this.#failed) this.#options.log.warning(`no events are written: ${describeError(error)}`);
      this.#failed = true;
    }
  }
}

/** At most 1024 bytes, between characters. */
function cut(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length < MAX_NOTE_BYTES) return note;
  return `${bytes
    .subarray(0, MAX_NOTE_BYTES - 4)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}…`;
}
