/**
 * What the servers and gateways of models call their series, and which label tells a version's from others.
 * Names as their own sources have them; what they were called before stands behind.
 */

/** Counters that are added up; `where` keeps those whose labels match (an absent label is the empty string). */
export interface Pick {
  name: string;
  where?: Readonly<Record<string, RegExp>>;
}

export interface ShareSeries {
  of: readonly Pick[];
  hits: readonly Pick[];
  /** Hits that may be among `hits` already: the truth lies between the larger one and both together. */
  also?: readonly Pick[];
}

export interface HistogramSeries {
  names: readonly string[];
  /** Milliseconds in the histogram's unit. */
  scale: number;
}

/** By which labels the series of a version are told from others. */
export type Scope = 'pods' | 'version' | 'traefik' | 'istio' | 'nginx' | 'envoy';

export interface SeriesTable {
  name: string;
  /** What a gateway counts holds for all that users met, so it goes before what the server counts itself. */
  kind: 'gateway' | 'server';
  scopes: readonly Scope[];
  /** By metric; the first whose `of` is there. */
  shares: Readonly<Record<string, readonly ShareSeries[]>>;
  histograms: Readonly<Record<string, HistogramSeries>>;
}

const SECONDS = 1000;
const FAILED = /^(5\d\d|5xx|0)$/;
const REJECTED = /^(4\d\d|4xx)$/;

/** A counter with the status in a label. */
function byStatus(
  name: string,
  label: string,
  where: Readonly<Record<string, RegExp>> = {},
): Record<string, ShareSeries[]> {
  const share = (status: RegExp): ShareSeries => ({
    of: [{ name, where }],
    hits: [{ name, where: { ...where, [label]: status } }],
  });
  return { error_rate: [share(FAILED)], rejected_rate: [share(REJECTED)] };
}

const USERS = { track: /^(?!probe$)/ };
const answersOf = (kind: RegExp): ShareSeries[] => [
  {
    of: [{ name: 'sluice_requests_total', where: { ...USERS, code: /^2/ } }],
    hits: [{ name: 'sluice_answers_total', where: { ...USERS, kind } }],
  },
];

export const SERIES_TABLES: readonly SeriesTable[] = [
  {
    name: 'sluice',
    kind: 'gateway',
    scopes: ['pods', 'version'],
    shares: {
      error_rate: [
        {
          of: [{ name: 'sluice_requests_total', where: USERS }],
          hits: [{ name: 'sluice_requests_total', where: { ...USERS, code: FAILED } }],
          also: [{ name: 'sluice_lost_total', where: USERS }],
        },
      ],
      rejected_rate: byStatus('sluice_requests_total', 'code', USERS)['rejected_rate'] ?? [],
      empty_rate: answersOf(/^empty$/),
      loop_rate: answersOf(/^looping$/),
      refusal_rate: answersOf(/^refused$/),
    },
    histograms: {
      ttft_ms: { names: ['sluice_ttft_seconds'], scale: SECONDS },
      inter_chunk_ms: { names: ['sluice_inter_chunk_seconds'], scale: SECONDS },
      e2e_ms: { names: ['sluice_e2e_seconds'], scale: SECONDS },
    },
  },
  {
    name: 'traefik',
    kind: 'gateway',
    scopes: ['traefik'],
    shares: byStatus('traefik_service_requests_total', 'code'),
    histograms: { e2e_ms: { names: ['traefik_service_request_duration_seconds'], scale: SECONDS } },
  },
  {
    name: 'istio',
    kind: 'gateway',
    scopes: ['istio'],
    shares: byStatus('istio_requests_total', 'response_code'),
    histograms: { e2e_ms: { names: ['istio_request_duration_milliseconds'], scale: 1 } },
  },
  {
    name: 'ingress-nginx',
    kind: 'gateway',
    scopes: ['nginx'],
    shares: byStatus('nginx_ingress_controller_requests', 'status'),
    histograms: { e2e_ms: { names: ['nginx_ingress_controller_request_duration_seconds'], scale: SECONDS } },
  },
  {
    name: 'envoy',
    kind: 'gateway',
    scopes: ['envoy'],
    shares: byStatus('envoy_cluster_upstream_rq', 'envoy_response_code'),
    histograms: { e2e_ms: { names: ['envoy_cluster_upstream_rq_time'], scale: 1 } },
  },
  {
    name: 'vllm',
    kind: 'server',
    scopes: ['pods', 'version'],
    shares: {
      ...byStatus('http_requests_total', 'status', { method: /^POST$/ }),
    },
    histograms: {
      ttft_ms: { names: ['vllm:time_to_first_token_seconds'], scale: SECONDS },
      inter_chunk_ms: {
        names: ['vllm:inter_token_latency_seconds', 'vllm:time_per_output_token_seconds'],
        scale: SECONDS,
      },
      tpot_ms: { names: ['vllm:request_time_per_output_token_seconds'], scale: SECONDS },
      e2e_ms: { names: ['vllm:e2e_request_latency_seconds'], scale: SECONDS },
    },
  },
  {
    name: 'sglang',
    kind: 'server',
    scopes: ['pods', 'version'],
    shares: {
      ...byStatus('sglang:http_responses_total', 'status_code', { method: /^POST$/ }),
      error_rate: [
        ...(byStatus('sglang:http_responses_total', 'status_code', { method: /^POST$/ })['error_rate'] ?? []),
        {
          of: [{ name: 'sglang:num_requests_total' }],
          hits: [{ name: 'sglang:num_aborted_requests_total' }],
        },
      ],
    },
    histograms: {
      ttft_ms: { names: ['sglang:time_to_first_token_seconds'], scale: SECONDS },
      inter_chunk_ms: {
        names: ['sglang:inter_token_latency_seconds', 'sglang:time_per_output_token_seconds'],
        scale: SECONDS,
      },
      e2e_ms: { names: ['sglang:e2e_request_latency_seconds'], scale: SECONDS },
    },
  },
  {
    name: 'tgi',
    kind: 'server',
    scopes: ['pods', 'version'],
    shares: {
      error_rate: [
        {
          of: [{ name: 'tgi_request_count' }],
          hits: [{ name: 'tgi_request_failure', where: { err: /^(?!validation$|dropped$|overloaded$)/ } }],
        },
      ],
      rejected_rate: [
        {
          of: [{ name: 'tgi_request_count' }],
          hits: [{ name: 'tgi_request_failure', where: { err: /^(validation|overloaded)$/ } }],
        },
      ],
    },
    histograms: {
      tpot_ms: { names: ['tgi_request_mean_time_per_token_duration'], scale: SECONDS },
      e2e_ms: { names: ['tgi_request_duration'], scale: SECONDS },
    },
  },
  {
    name: 'triton',
    kind: 'server',
    scopes: ['pods', 'version'],
    shares: {
      error_rate: [
        {
          of: [{ name: 'nv_inference_request_success' }, { name: 'nv_inference_request_failure' }],
          // REJECTED is the client's (a full queue, a bad input), CANCELED too.
          hits: [{ name: 'nv_inference_request_failure', where: { reason: /^(?!REJECTED$|CANCELED$)/ } }],
        },
      ],
    },
    histograms: { ttft_ms: { names: ['nv_inference_first_response_histogram_ms'], scale: 1 } },
  },
];
