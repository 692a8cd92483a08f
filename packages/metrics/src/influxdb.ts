/**
 * InfluxDB: Flux where the query is a pipeline (`from(bucket: …) |> …`; InfluxDB 2, `/api/v2/query`), InfluxQL else (1, 2 and 3,
 * `/query`). The span is told as Grafana tells it, so that a panel's query can be copied: `v.timeRangeStart`, `v.timeRangeStop`,
 * `v.windowPeriod` in Flux, `$timeFilter` and `$__interval` in InfluxQL.
 */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { askJson, saidBy } from '@sluice/sources/json-api';
import { arrayOf, fieldsOf, type Fields } from '@sluice/sources/json-fields';
import { fetchRemote } from '@sluice/sources/remote-http';
import { readServerAddress, variable } from '@sluice/sources/server-address';
import type { SourceContext } from './open-source.ts';
import { BadQueryError, type Points, type QuerySource, type Span } from './query-source.ts';

export class InfluxDb implements QuerySource {
  readonly finestStep = 1;
  readonly name: string;
  readonly #context: SourceContext;
  readonly #base: string;
  readonly #token: string | undefined;

  /** @throws ConfigError without `INFLUX_HOST` */
  constructor(context: SourceContext) {
    const host = variable(context.env, 'INFLUX_HOST');
    if (host === undefined)
      throw new ConfigError(
        'InfluxDB has no address: set `INFLUX_HOST` (https://host:8086), and `INFLUX_TOKEN`',
      );
    this.#base = readServerAddress(host, '`INFLUX_HOST`');
    this.name = new URL(this.#base).host;
    this.#token = variable(context.env, 'INFLUX_TOKEN');
    if (this.#token !== undefined) context.addSecret(this.#token);
    this.#context = context;
  }

  read(query: string, span: Span): Promise<Points[]> {
    return /^\s*(import\s|from\(|option\s)|\|>/.test(query)
      ? this.#flux(query, span)
      : this.#influxQl(query, span);
  }

  #authorize = (hop: URL): Record<string, string> =>
    this.#token !== undefined && hop.origin === new URL(this.#base).origin
      ? { authorization: `Token ${this.#token}` }
      : {};

  async #flux(query: string, span: Span): Promise<Points[]> {
    const org = variable(this.#context.env, 'INFLUX_ORG');
    if (org === undefined) throw new ConfigError('a Flux query needs `INFLUX_ORG`, the organisation’s name');
    const dialect = { header: true, annotations: [], delimiter: ',' };
    const response = await fetchRemote(
      {
        url: `${this.#base}/api/v2/query?${new URLSearchParams({ org }).toString()}`,
        method: 'POST',
        body: JSON.stringify({ query: withSpan(query, span), type: 'flux', dialect }),
        headers: { 'content-type': 'application/json', accept: 'application/csv' },
        authorize: this.#authorize,
        retries: 1,
      },
      this.#context,
    );
    const text = await response.text();
    if (response.status >= 300) this.#refuse(response.status, parsed(text));
    const { parse } = await import('csv-parse/sync');
    // A table a schema, each with its header; empty lines between.
    const series = new Map<string, Points>();
    for (const [number, block] of text.split(/\r?\n\r?\n/u).entries()) {
      const [header = [], ...rows] = parse(block.trim(), {
        relax_column_count: true,
      });
      const [table, time, value] = ['table', '_time', '_value'].map((name) => header.indexOf(name));
      if (header.includes('error')) throw new BadQueryError(rows[0]?.join(' ').slice(0, 300) ?? 'an error');
      if (time === undefined || value === undefined || time < 0 || value < 0) continue;
      for (const row of rows) {
        const key = `${number}/${row[table ?? -1] ?? ''}`;
        const point: [number, number] = [Date.parse(row[time] ?? '') / 1000, Number(row[value] || NaN)];
        const points = series.get(key) ?? [];
        if (point.every(Number.isFinite)) points.push(point);
        series.set(key, points);
      }
    }
    return [...series.values()].filter((points) => points.length > 0);
  }

  async #influxQl(query: string, span: Span): Promise<Points[]> {
    const db = variable(this.#context.env, 'INFLUX_DATABASE');
    if (db === undefined)
      throw new ConfigError('an InfluxQL query needs `INFLUX_DATABASE`, the database’s name');
    const asked = new URLSearchParams({ db, q: inSpan(query, span), epoch: 's' });
    const { status, fields } = await askJson(
      { url: `${this.#base}/query?${asked.toString()}`, authorize: this.#authorize, retries: 1 },
      'InfluxDB',
      this.#context,
    );
    if (status >= 300) this.#refuse(status, fields);
    return arrayOf(fields['results'], this.name).flatMap((entry) => {
      const { series, error } = fieldsOf(entry, this.name);
      if (typeof error === 'string') throw new BadQueryError(error.slice(0, 300));
      return arrayOf(series, this.name).map((one) => this.#rowsOf(fieldsOf(one, this.name)));
    });
  }

  /** `values`: the time, then the fields; the first field is the value. */
  #rowsOf({ values }: Fields): Points {
    return arrayOf(values, this.name).flatMap((row): Points => {
      const [at, value] = arrayOf(row, this.name);
      return typeof at === 'number' && typeof value === 'number' ? [[at, value]] : [];
    });
  }

  #refuse(status: number, fields: Fields): never {
    const said = saidBy(fields['message'] ?? fields['error']);
    if (status === 401 || status === 403)
      throw new ConfigError(`${this.name} refuses the token (${status}${said}); check \`INFLUX_TOKEN\``);
    if (status === 400 || status === 404) throw new BadQueryError(`${this.name} refuses it${said}`);
    throw new InfraError(`${this.name} answered ${status}${said}`);
  }
}

/** Flux allows nothing before its imports. */
function withSpan(query: string, { from, to, step }: Span): string {
  const imports = /^(\s*import\s+(\w+\s+)?"[^"]*"\s*;?)*/u.exec(query)?.[0] ?? '';
  const [start, stop] = [from, to].map((at) => new Date(at * 1000).toISOString());
  const option = `option v = {timeRangeStart: ${start}, timeRangeStop: ${stop}, windowPeriod: ${Math.max(1, Math.round(step))}s}`;
  return `${imports}\n${option}\n${query.slice(imports.length)}`;
}

function inSpan(query: string, { from, to, step }: Span): string {
  const filter = `time >= ${Math.floor(from)}s AND time < ${Math.ceil(to)}s`;
  return query
    .replaceAll('$timeFilter', filter)
    .replace(/\$__interval|\$interval/gu, `${Math.max(1, Math.round(step))}s`);
}

function parsed(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text), 'InfluxDB');
  } catch {
    return {};
  }
}
