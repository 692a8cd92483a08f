/**
 * Datadog's timeseries query, `GET /api/v1/query` (its API reference, "Query timeseries points"): `DD_API_KEY`, `DD_APP_KEY`
 * and `DD_SITE`, as its own tools read them.
 */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { askJson, saidBy } from '@sluice/sources/json-api';
import { arrayOf, fieldsOf } from '@sluice/sources/json-fields';
import { readServerAddress, variable } from '@sluice/sources/server-address';
import type { SourceContext } from './open-source.ts';
import { BadQueryError, type Points, type QuerySource, type Span } from './query-source.ts';

export class Datadog implements QuerySource {
  readonly finestStep = 1;
  readonly name: string;
  readonly #context: SourceContext;
  readonly #base: string;
  readonly #keys: Record<string, string>;

  /** @throws ConfigError without both keys */
  constructor(context: SourceContext) {
    const { env } = context;
    const [api, application] = [variable(env, 'DD_API_KEY'), variable(env, 'DD_APP_KEY')];
    if (api === undefined || application === undefined)
      throw new ConfigError('Datadog is asked with two keys: set `DD_API_KEY` and `DD_APP_KEY`');
    for (const key of [api, application]) context.addSecret(key);
    const address =
      variable(env, 'DD_API_URL') ?? `https://api.${variable(env, 'DD_SITE') ?? 'datadoghq.com'}`;
    this.#base = readServerAddress(address, 'Datadog’s address (`DD_SITE`, `DD_API_URL`)');
    this.#keys = { 'dd-api-key': api, 'dd-application-key': application };
    this.name = new URL(this.#base).host;
    this.#context = context;
  }

  async read(query: string, { from, to }: Span): Promise<Points[]> {
    const url = new URL(`${this.#base}/api/v1/query`);
    const range = { from: String(Math.floor(from)), to: String(Math.ceil(to)), query };
    url.search = new URLSearchParams(range).toString();
    const authorize = (hop: URL): Record<string, string> => (hop.origin === url.origin ? this.#keys : {});
    const asked = { url: url.href, retries: 1, headers: { accept: 'application/json' }, authorize };
    const { status, fields } = await askJson(asked, 'Datadog', this.#context);
    const [first] = arrayOf(fields['errors'], this.name);
    const said = saidBy(fields['error'] ?? first);
    if (status === 401 || status === 403)
      throw new ConfigError(
        `${this.name} refuses the keys (${status}${said}); check \`DD_API_KEY\`, \`DD_APP_KEY\` (with the scope timeseries_query) and \`DD_SITE\``,
      );
    if (status === 400 || fields['status'] === 'error')
      throw new BadQueryError(`${this.name} refuses it${said}`);
    if (status >= 300) throw new InfraError(`${this.name} answered ${status}${said}`);
    return arrayOf(fields['series'], this.name).map((entry) => this.#pointsOf(entry));
  }

  /** `pointlist`: [epoch milliseconds, value or null]. */
  #pointsOf(entry: unknown): Points {
    return arrayOf(fieldsOf(entry, this.name)['pointlist'], this.name).flatMap((pair): Points => {
      const [at, value] = arrayOf(pair, this.name);
      return typeof at === 'number' && typeof value === 'number' ? [[at / 1000, value]] : [];
    });
  }
}
