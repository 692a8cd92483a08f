/**
 * A server of the user's own that knows how a version does: it gets the question as JSON by POST (`version`, `track`,
 * `namespace`, `workload`, `service`, `pods`, `metric`, and `from`, `to`, `step` in epoch seconds) and answers
 * `{"points": [[epoch seconds, value], …]}`, or `{"value": number}` for now. `METRICS_TOKEN` goes along as a bearer token.
 */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { shownUrl } from '@sluice/http/client';
import { askJson, saidBy } from '@sluice/sources/json-api';
import { arrayOf } from '@sluice/sources/json-fields';
import { variable } from '@sluice/sources/server-address';
import type { SourceContext } from './open-source.ts';
import { BadQueryError, type Points, type QuerySource, type Span } from './query-source.ts';

export class WebHook implements QuerySource {
  readonly name = 'the web hook';
  readonly finestStep = 1;
  readonly #context: SourceContext;
  readonly #token: string | undefined;
  /** Answers that are of now only, by address and subject: a mean over time needs more than one. */
  readonly #said = new Map<string, Points>();

  constructor(context: SourceContext) {
    this.#context = context;
    this.#token = variable(context.env, 'METRICS_TOKEN');
    if (this.#token !== undefined) context.addSecret(this.#token);
  }

  async read(address: string, span: Span, about: Readonly<Record<string, string>>): Promise<Points[]> {
    const url = URL.parse(address);
    if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
      throw new BadQueryError('a web hook is an address without credentials, such as https://host/path');
    const authorize = (hop: URL): Record<string, string> =>
      this.#token !== undefined && hop.origin === url.origin
        ? { authorization: `Bearer ${this.#token}` }
        : {};
    const { status, fields } = await askJson(
      {
        url: url.href,
        method: 'POST',
        body: JSON.stringify({ ...about, ...span }),
        headers: { 'content-type': 'application/json' },
        authorize,
        retries: 1,
      },
      'a web hook for metrics',
      this.#context,
    );
    const said = saidBy(fields['error'] ?? fields['message']);
    if (status === 401 || status === 403)
      throw new ConfigError(`${shownUrl(url)} answered ${status}${said}; set \`METRICS_TOKEN\``);
    if (status === 400 || status === 404)
      throw new BadQueryError(`${shownUrl(url)} answered ${status}${said}`);
    if (status >= 300) throw new InfraError(`${shownUrl(url)} answered ${status}${said}`);
    const { points, value } = fields;
    if (typeof value === 'number') return [this.#remembered(url.href, about, span, value)];
    if (!Array.isArray(points))
      throw new InfraError(`${shownUrl(url)} answered neither \`points\` nor \`value\``);
    return [
      points.flatMap((pair): Points => {
        const [at, one] = arrayOf(pair, this.name);
        return typeof at === 'number' && typeof one === 'number' ? [[at, one]] : [];
      }),
    ];
  }

  #remembered(
    url: string,
    about: Readonly<Record<string, string>>,
    { from, to }: Span,
    value: number,
  ): Points {
    const key = JSON.stringify([url, about['metric'], about['version'], from]);
    const points: Points = [...(this.#said.get(key) ?? []), [to, value]];
    this.#said.set(key, points);
    return points;
  }
}
