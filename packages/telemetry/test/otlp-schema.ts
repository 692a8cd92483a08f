/**
 * `ExportMetricsServiceRequest` as far as gauges go, from opentelemetry-proto's collector/metrics/v1/metrics_service.proto and
 * metrics/v1/metrics.proto in the JSON mapping of OTLP: lowerCamelCase, 64-bit integers as decimal strings, no other fields.
 */
const STRING = { type: 'string' };
const closed = (properties: object, required: string[] = []): object => ({
  ...{ type: 'object', properties, required },
  additionalProperties: false,
});
const list = (items: object): object => ({ type: 'array', items });
const VALUE = closed({ stringValue: STRING }, ['stringValue']);
const ATTRIBUTES = list(closed({ key: { type: 'string', minLength: 1 }, value: VALUE }, ['key', 'value']));
const POINT = closed(
  {
    ...{ attributes: ATTRIBUTES, asDouble: { type: 'number' } },
    timeUnixNano: { type: 'string', pattern: '^\\d{19}$' },
  },
  ['timeUnixNano', 'asDouble'],
);
const METRIC = closed(
  {
    ...{ name: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_.\\-/]{0,254}$' } },
    ...{ description: STRING, unit: STRING },
    gauge: closed({ dataPoints: { ...list(POINT), minItems: 1 } }, ['dataPoints']),
  },
  ['name', 'gauge'],
);
const SCOPE = closed({ scope: closed({ name: STRING }), metrics: list(METRIC) }, ['metrics']);
const RESOURCE = closed({ resource: closed({ attributes: ATTRIBUTES }), scopeMetrics: list(SCOPE) }, [
  'scopeMetrics',
]);
export const METRICS_REQUEST = closed({ resourceMetrics: { ...list(RESOURCE), minItems: 1 } }, [
  'resourceMetrics',
]);
