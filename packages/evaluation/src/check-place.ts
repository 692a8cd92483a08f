/** Faults of rules that are of the language but not of this place. */
import type { CheckOptions } from './check.ts';
import { knownFacts } from './metrics-table.ts';
import { metricsOf, type Fault, type Rule, type RuleSet } from './rules.ts';
import { suggestNames } from './suggest-names.ts';

/** What is of the language, but not of this action. */
export function checkPlace(rule: Rule, { live, against }: CheckOptions, faults: Fault[]): void {
  const { objective, metric } = rule;
  if (objective !== undefined && live !== true) {
    faults.push({
      position: objective.position,
      message: `'for … over …' is for the \`slo\` of auto-rollback; here write the percentile, as ttft_ms.p99 <= 800`,
    });
  }
  if (metric.against !== undefined && against?.(metric.against) !== true) {
    faults.push({
      position: rule.position,
      message: `'against ${metric.against}': ${against === undefined ? "drift isn't measured here" : 'this drift is not measured here; name its data in the inputs'}`,
    });
  }
}

/** `query:` lines, and directions that contradict what is known. */
export function checkDeclared(set: RuleSet, { live }: CheckOptions, faults: Fault[]): void {
  for (const { position } of live === true ? [] : set.queries) {
    faults.push({
      position,
      message: `'query:' asks live versions (canary-deploy, auto-rollback); results of an evaluation have no Prometheus behind them`,
    });
  }
  for (const { name, direction, position } of set.directions) {
    const known = knownFacts(name)?.direction;
    if (known !== undefined && known !== direction) {
      faults.push({
        position,
        message: `${name} is better ${known}; for another meaning of the name write 'define: mine = ${name}' and 'direction: mine ${direction}'`,
      });
    }
    const used =
      set.rules.some(({ metric }) => metric.name === name) ||
      set.definitions.some((definition) =>
        metricsOf(definition.expression).some((metric) => metric.name === name),
      );
    if (!used) {
      const near = suggestNames(name, [...new Set(set.rules.map(({ metric }) => metric.name))]);
      faults.push({
        position,
        message: `no rule is about '${name}'${near.length === 0 ? '; take the line out' : `; there is ${near.join(', ')}`}`,
      });
    }
  }
}
