/** What the router counts: metrics, samples and totals, all fed from one place. */
import { UserCount } from './arrangement.ts';
import type { Labels } from './metrics.ts';
import { Counter, gaugeText, Histogram, CHUNK_BUCKETS, LATENCY_BUCKETS } from './metrics.ts';
import { SampleRing } from './samples.ts';
import type { RequestSample, ServerStatus, Track, VersionTotals } from './types.ts';

/** A finished request with what only metrics want to know. */
export interface Finished extends Omit<RequestSample, 'seq'> {
  /** Only requests that ask for generation (POST) are samples; GET /v1/models would flatter the latencies. */
  sampled: boolean;
  /** A copy: no user saw its answer. */
  mirrored?: boolean;
}

/** The version in totals and metrics of requests for which no server could be chosen. */
export const NO_VERSION = 'none';

export class Traffic {
  readonly service: string;
  readonly samples = new SampleRing();
  readonly totals: Record<string, VersionTotals> = {};
  readonly users = new UserCount();
  readonly #known = new Map<string, Labels>();
  readonly #requests = new Counter('sluice_requests_total', 'Requests by the status that the client got.');
  readonly #ttft = new Histogram(
    'sluice_ttft_seconds',
    'From a request to the first content of its stream.',
    LATENCY_BUCKETS,
  );
  readonly #gaps = new Histogram(
    'sluice_inter_chunk_seconds',
    'Between two content chunks of a stream.',
    CHUNK_BUCKETS,
  );
  readonly #e2e = new Histogram(
    'sluice_e2e_seconds',
    'From a request to the end of its answer.',
    LATENCY_BUCKETS,
  );
  readonly #tokens = new Counter(
    'sluice_output_tokens_total',
    'Generated tokens: usage when the server tells, else content chunks of the stream.',
  );
  readonly #answers = new Counter('sluice_answers_total', 'Complete answers by kind, where not ok.');
  readonly #lost = new Counter(
    'sluice_lost_total',
    'Requests without a complete answer, client still there.',
  );
  readonly #failovers = new Counter(
    'sluice_failovers_total',
    'Attempts that could not connect and were answered by another attempt.',
  );

  constructor(service: string) {
    this.service = service;
  }

  gap(version: string, track: Track | 'probe' | 'mirror', ms: number): void {
    this.#gaps.observe(this.#labels(version, track), ms / 1_000);
  }

  failover(version: string): void {
    this.#failovers.add({ service: this.service, version });
    this.#total(version).failovers += 1;
  }

  /** A request that no server could be chosen for. */
  unserved(status: number): void {
    this.#requests.add({ ...this.#labels(NO_VERSION, NO_VERSION), code: String(status) });
    const total = this.#total(NO_VERSION);
    total.requests += 1;
    total.errors += 1;
    total.lost += 1;
  }

  finished({ sampled, mirrored = false, ...sample }: Finished): void {
    // Probes and copies have tracks of their own, so that no user metric holds any of it.
    const labels = this.#labels(sample.version, sample.probe ? 'probe' : mirrored ? 'mirror' : sample.track);
    this.#requests.add({ ...labels, code: String(sample.status) });
    const lost = !sample.complete && !sample.clientGone;
    if (lost) this.#lost.add(labels);
    if (sampled) {
      if (sample.ttftMs !== null) this.#ttft.observe(labels, sample.ttftMs / 1_000);
      if (sample.complete) this.#e2e.observe(labels, sample.e2eMs / 1_000);
      if (sample.outputTokens !== null) this.#tokens.add(labels, sample.outputTokens);
      if (sample.answer !== null && sample.answer !== 'ok')
        this.#answers.add({ ...labels, kind: sample.answer });
      this.samples.add(sample);
    }
    if (sample.probe || mirrored) return;
    const total = this.#total(sample.version);
    total.requests += 1;
    if (lost) total.lost += 1;
    if (lost || sample.status >= 500) total.errors += 1;
  }

  metricsText(
    servers: readonly Pick<
      ServerStatus,
      'version' | 'track' | 'phase' | 'weight' | 'openStreams' | 'restarts'
    >[],
  ): string {
    const values = (read: (server: (typeof servers)[number]) => number): [Labels, number][] =>
      servers.map((server) => [this.#labels(server.version, server.track), read(server)]);
    return [
      this.#requests.text(),
      this.#ttft.text(),
      this.#gaps.text(),
      this.#e2e.text(),
      this.#tokens.text(),
      this.#answers.text(),
      this.#lost.text(),
      this.#failovers.text(),
      gaugeText(
        'sluice_open_streams',
        'Requests that a server is answering.',
        values((server) => server.openStreams),
      ),
      gaugeText(
        'sluice_weight',
        'Share of new requests.',
        values((server) => server.weight),
      ),
      gaugeText(
        'sluice_server_up',
        '1 when healthy.',
        values((server) => (server.phase === 'ready' ? 1 : 0)),
      ),
      gaugeText(
        'sluice_server_restarts',
        'Restarts since the version was started.',
        values((server) => server.restarts),
      ),
    ].join('');
  }

  /** The same object for the same version and track: its text is made once. It must not be changed. */
  #labels(version: string, track: string): Labels {
    const key = `${track} ${version}`;
    let labels = this.#known.get(key);
    if (labels === undefined) this.#known.set(key, (labels = { service: this.service, version, track }));
    return labels;
  }

  #total(version: string): VersionTotals {
    return (this.totals[version] ??= { requests: 0, errors: 0, lost: 0, failovers: 0 });
  }
}
