/**
 * Amazon CloudWatch's GetMetricData: a Metrics Insights query (`SELECT AVG(…) FROM …`) or metric math (`SEARCH(…)`).
 * Shapes: botocore, cloudwatch/2010-08-01 (JSON 1.0). Credentials and region as for AWS's own tools.
 */
import { InfraError } from '@sluice/runtime/errors';
import { openAws, type AwsService } from '@sluice/sources/aws-service';
import { arrayOf, fieldsOf } from '@sluice/sources/json-fields';
import type { SourceContext } from './open-source.ts';
import { BadQueryError, type Points, type QuerySource, type Span } from './query-source.ts';

const PAGES = 20;

export class CloudWatch implements QuerySource {
  readonly name = 'CloudWatch';
  /** Metrics of usual resolution; periods are multiples of it. */
  readonly finestStep = 60;
  readonly #service: AwsService;

  private constructor(service: AwsService) {
    this.#service = service;
  }

  static async open(context: SourceContext): Promise<CloudWatch> {
    const target = 'GraniteServiceVersion20100801';
    return new CloudWatch(await openAws('monitoring', 'monitoring', target, context, '1.0'));
  }

  async read(query: string, { from, to, step }: Span): Promise<Points[]> {
    const all = new Map<string, Points>();
    let token: string | undefined;
    for (let page = 0; page < PAGES; page++) {
      const answer = await this.#service.ask(
        'GetMetricData',
        {
          MetricDataQueries: [{ Id: 'q', Expression: query, Period: Math.ceil(step / 60) * 60 }],
          StartTime: Math.floor(from),
          EndTime: Math.ceil(to),
          ScanBy: 'TimestampAscending',
          ...(token === undefined ? {} : { NextToken: token }),
        },
        this.name,
      );
      for (const entry of arrayOf(answer['MetricDataResults'], this.name)) {
        const { Label, Timestamps, Values, StatusCode, Messages } = fieldsOf(entry, this.name);
        if (StatusCode === 'Forbidden' || StatusCode === 'InternalError')
          throw new InfraError(`${this.name}: ${StatusCode} for ${query.slice(0, 100)}`);
        const faults = arrayOf(Messages, this.name).map((one) => fieldsOf(one, this.name)['Value']);
        const values = arrayOf(Values, this.name);
        if (faults.length > 0 && values.length === 0) throw new BadQueryError(faults.map(String).join('; '));
        const points = arrayOf(Timestamps, this.name).flatMap((at, index): Points => {
          const [time, value] = [epochOf(at), values[index]];
          return time !== undefined && typeof value === 'number' ? [[time, value]] : [];
        });
        const key = typeof Label === 'string' ? Label : '';
        all.set(key, [...(all.get(key) ?? []), ...points]);
      }
      token = typeof answer['NextToken'] === 'string' ? answer['NextToken'] : undefined;
      if (token === undefined) break;
    }
    return [...all.values()].filter((points) => points.length > 0);
  }
}

/** Epoch seconds in JSON 1.0; some stand-ins write ISO 8601. */
function epochOf(at: unknown): number | undefined {
  if (typeof at === 'number') return at;
  const read = typeof at === 'string' ? Date.parse(at) / 1000 : NaN;
  return Number.isNaN(read) ? undefined : read;
}
