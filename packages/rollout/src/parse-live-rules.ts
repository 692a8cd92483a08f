/** From the common language of rules to rules over live requests; says what of the language isn't possible here. */
import { faultLines, parseRules } from '@sluice/evaluation/rules-parser';
import { FOREIGN, foreignQuery } from '@sluice/metrics/open-source';
import type { Fault, Rule, RuleSet } from '@sluice/evaluation/rules';
import { GAUGE_METRICS, LIVE_METRICS, PLANNED_METRICS } from './live-metrics.ts';
import { readTest, RuleFault, type Kind } from './live-rule-test.ts';
import { DEFAULT_TRIPS, type LiveQuery, type LiveRule, type Measure } from './live-rules.ts';
import { tellsVersions } from './prometheus-scopes.ts';

export interface LiveRuleOptions {
  /** Of the input, for messages: `analysis`, `slo`. */
  input: string;
  /** Whether there is a stable arm to compare with, and if not, why. */
  stable: true | { because: string };
  /** Rules of the default analysis; its trips are put beside them. */
  optional?: boolean;
  /** Whether there is a Prometheus to ask for what no request tells. */
  prometheus?: boolean;
  /** false: versions have no names that other systems could know them by. */
  perVersion?: boolean;
}

/**
 * Parses rules for sequential judgement. Never throws: `faults` holds one message per faulty line.
 */
export function parseLiveRules(
  text: string,
  options: LiveRuleOptions,
): { rules: LiveRule[]; queries: LiveQuery[]; faults: string[] } {
  const parsed = parseRules(text);
  const faults: Fault[] = [...parsed.faults];
  const rules: LiveRule[] = [];
  for (const definition of parsed.definitions) {
    faults.push({ position: definition.position, message: '`define:` is not built yet for live metrics' });
  }
  const own = ownMetrics(parsed, options);
  faults.push(...own.faults);
  for (const rule of parsed.rules) {
    try {
      const live = toLive(rule, options, own.kinds);
      rules.push({ ...live, optional: options.optional === true });
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error;
      faults.push({ position: error.position, message: error.message });
    }
  }
  if (options.optional === true && options.stable === true) {
    const trips = parseLiveRules(DEFAULT_TRIPS, { ...options, optional: false }).rules;
    rules.push(...trips.map((rule) => ({ ...rule, optional: true, failOnly: true })));
  }
  faults.sort((a, b) => a.position.line - b.position.line);
  return { rules, queries: parsed.queries, faults: faultLines(faults, `input \`${options.input}\``) };
}

type Kinds = ReadonlyMap<string, Kind>;

/** The metrics that `query:` lines make, with their directions; and what is wrong with those lines. */
function ownMetrics(
  parsed: Omit<RuleSet, 'definitions'>,
  options: LiveRuleOptions,
): { kinds: Kinds; faults: Fault[] } {
  const kinds = new Map<string, Kind>();
  const faults: Fault[] = [];
  for (const { name, promql, position } of parsed.queries) {
    const direction = parsed.directions.find((declared) => declared.name === name)?.direction;
    kinds.set(name, { share: false, better: direction, unit: undefined });
    const say = (message: string): void => void faults.push({ position, message });
    const foreign = foreignQuery(promql);
    if (foreign === undefined && options.prometheus !== true)
      say(
        `\`query:\` asks Prometheus: give \`prometheus\`, its address, or name another system: ${FOREIGN.map((one) => `'${one}: …'`).join(', ')}`,
      );
    if (foreign !== undefined && options.perVersion === false)
      say(
        `${foreign.source} is asked with \`target: kubernetes\` only: a host’s router sees every request itself`,
      );
    if (name in LIVE_METRICS || name in GAUGE_METRICS)
      say(`${name} is a live metric already; take another name`);
    if (foreign?.source !== 'webhook' && !tellsVersions(promql))
      say(`${name} would give every version the same number: use {{version}}, {{pods}} or {{service}} in it`);
    if (!parsed.rules.some(({ metric }) => metric.name === name)) say(`${name} is asked by no rule`);
  }
  for (const { name, position } of parsed.directions) {
    if (!kinds.has(name))
      faults.push({ position, message: `'direction: ${name}' can't stand here: live metrics have theirs` });
  }
  return { kinds, faults };
}

function toLive(rule: Rule, options: LiveRuleOptions, own: Kinds): Omit<LiveRule, 'optional'> {
  refuseForeign(rule);
  const { name, measure, kind } = own.has(rule.metric.name) ? ofGauge(rule, own) : readMetric(rule, options);
  const test = readTest(rule, kind, measure, options.stable);
  const live = LIVE_METRICS[name];
  if (live?.kind === 'value' && live.ofBoth === true && test.kind === 'relative')
    throw new RuleFault(
      `${name} compares both versions by itself: give it a bar, such as ${name} >= 60%`,
      rule.position,
    );
  return { text: rule.text, metric: name, measure, test, warn: rule.warn };
}

interface Read {
  name: string;
  measure: Measure;
  kind: Kind;
}

function ofGauge(rule: Rule, kinds: Kinds): Read {
  const { name } = rule.metric;
  const kind = kinds.get(name) ?? { share: false, better: undefined, unit: undefined };
  return { name, kind, measure: { kind: 'gauge', better: kind.better, share: kind.share } };
}

/** What of the language no live rule can have. */
function refuseForeign(rule: Rule): void {
  if (rule.confidence !== undefined) {
    throw new RuleFault(
      "'with' can't stand here: every live rule is a sequential test at `confidence`",
      rule.position,
    );
  }
  if (rule.metric.selector !== undefined) {
    throw new RuleFault(`${rule.metric.name}[…]: live metrics have no slices`, rule.metric.position);
  }
  const { over, against } = rule.metric;
  if (over !== undefined) {
    throw new RuleFault(`.${over.fold}(${over.key}): live metrics have no slices`, rule.metric.position);
  }
  if (against !== undefined)
    throw new RuleFault(`'against ${against}' is not built yet`, rule.metric.position);
  if (rule.objective !== undefined) {
    throw new RuleFault("'for … over …' is not built yet", rule.objective.position);
  }
}

function readMetric(rule: Rule, options: LiveRuleOptions): Read {
  const full = rule.metric.name;
  const gauge = GAUGE_METRICS[full];
  if (gauge !== undefined) {
    if (options.prometheus !== true)
      throw new RuleFault(
        `${full} is told by no request: give \`prometheus\` to read it from`,
        rule.metric.position,
      );
    return ofGauge(rule, new Map([[full, { ...gauge, unit: full.endsWith('_gb') ? 'GB' : undefined }]]));
  }
  const quantile = /^(.*)\.p(\d{1,2}(?:\.\d+)?)$/.exec(full);
  const name = quantile?.[1] ?? full.replace(/\.mean$/, '');
  const metric = LIVE_METRICS[name];
  if (metric === undefined) throw new RuleFault(unknownMetric(name), rule.metric.position);
  const { better } = metric;
  if (metric.kind === 'share') {
    if (name !== full)
      throw new RuleFault(
        `${name} is a share of requests and has no '${full.slice(name.length)}'`,
        rule.metric.position,
      );
    return { name, measure: { kind: 'rate' }, kind: { share: true, better, unit: undefined } };
  }
  const share = metric.share === true;
  const kind: Kind = { share, better, unit: share ? undefined : 'ms' };
  if (quantile === null) return { name, kind, measure: { kind: 'mean' } };
  const q = Number(quantile[2]) / 100;
  if (!(q > 0 && q < 1))
    throw new RuleFault(`${full}: a quantile lies between p0 and p100`, rule.metric.position);
  return { name, kind, measure: { kind: 'quantile', q } };
}

function unknownMetric(name: string): string {
  const base = name.replace(/\.p[\d.]+$|\.mean$/, '');
  if (base in GAUGE_METRICS) return `${base} is read at looks: it has a mean over time and nothing else`;
  const planned = PLANNED_METRICS.includes(base) || base.startsWith('feedback.');
  if (planned) return `${name} is not built yet as a live metric`;
  const all = [...Object.keys(LIVE_METRICS), ...Object.keys(GAUGE_METRICS)];
  return `${name} is no live metric; there are: ${all.join(', ')}, and those of \`query:\` lines`;
}
