/** What the cluster serves: the plural and scope of a kind, asked once for each group version. */
import { type Connection, textOf } from './connection.ts';
import { refusal } from './refusals.ts';
import type { KindRef } from './types.ts';

export interface Resource {
  /** `api/v1`, `apis/apps/v1`. */
  prefix: string;
  group: string;
  plural: string;
  namespaced: boolean;
}

/** A CustomResourceDefinition may be installed while we run. */
const ABSENT_FOR_MS = 5_000;

export class Discovery {
  readonly #connection: Connection;
  readonly #known = new Map<string, { until: number; kinds: Promise<Map<string, Resource>> }>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** undefined: the cluster doesn't serve it. */
  async find({ apiVersion, kind }: KindRef): Promise<Resource | undefined> {
    const known = this.#known.get(apiVersion);
    if (known !== undefined && known.until > Date.now()) {
      const found = (await known.kinds).get(kind);
      if (found !== undefined || known.until !== Infinity) return found;
    }
    const kinds = this.#read(apiVersion);
    const entry = { until: Infinity, kinds };
    this.#known.set(apiVersion, entry);
    try {
      const found = (await kinds).get(kind);
      if (found === undefined) entry.until = Date.now() + ABSENT_FOR_MS;
      return found;
    } catch (error) {
      this.#known.delete(apiVersion);
      throw error;
    }
  }

  async #read(apiVersion: string): Promise<Map<string, Resource>> {
    const core = !apiVersion.includes('/');
    const prefix = core ? `api/${apiVersion}` : `apis/${apiVersion}`;
    const group = core ? '' : (apiVersion.split('/')[0] ?? '');
    const answer = await this.#connection.send({ method: 'GET', path: prefix, repeatable: true });
    const text = await textOf(answer.body);
    if (answer.status === 404) return new Map();
    if (answer.status !== 200) {
      const { access } = this.#connection;
      throw refusal(answer.status, text, {
        verb: 'get',
        group,
        resource: prefix,
        cluster: access.cluster,
        user: access.user,
        credentialFault: access.credentialFault(),
      });
    }
    const { resources } = JSON.parse(text) as {
      resources?: { name: string; kind: string; namespaced: boolean }[];
    };
    const whole = (resources ?? []).filter(({ name }) => !name.includes('/'));
    return new Map(
      whole.map(({ name, kind, namespaced }) => [kind, { prefix, group, plural: name, namespaced }]),
    );
  }
}
