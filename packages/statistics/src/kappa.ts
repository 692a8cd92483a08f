/** Agreement of two raters beyond what chance gives. */

export interface Agreement {
  n: number;
  /** Share of items that both call alike. */
  agreement: number;
  /** Cohen's kappa; undefined where both always say one and the same thing, and chance explains everything. */
  kappa: number | undefined;
  /** Large-sample standard error of kappa. */
  se: number | undefined;
}

/**
 * Cohen's kappa (p_o − p_e)/(1 − p_e) for nominal labels (Cohen 1960) with the standard error of Fleiss, Cohen and
 * Everitt (1969), as statsmodels' `cohens_kappa` gives it (`var_kappa`).
 */
export function cohensKappa(pairs: readonly (readonly [string, string])[]): Agreement {
  const n = pairs.length;
  if (n === 0) return { n, agreement: NaN, kappa: undefined, se: undefined };
  const labels = [...new Set(pairs.flat())];
  const share = (holds: (pair: readonly [string, string]) => boolean): number =>
    pairs.filter(holds).length / n;
  const rows = new Map(labels.map((label) => [label, share(([one]) => one === label)]));
  const columns = new Map(labels.map((label) => [label, share(([, other]) => other === label)]));
  const at = (map: Map<string, number>, label: string): number => map.get(label) ?? 0;
  const agreement = share(([one, other]) => one === other);
  const chance = labels.reduce((sum, label) => sum + at(rows, label) * at(columns, label), 0);
  // Shares of counts up to 1e9 are told apart by more than this.
  if (1 - chance < 1e-12) return { n, agreement, kappa: undefined, se: undefined };
  const kappa = (agreement - chance) / (1 - chance);
  let [same, apart] = [0, 0];
  for (const one of labels) {
    for (const other of labels) {
      const cell = share(([a, b]) => a === one && b === other);
      if (one === other) same += cell * (1 - (at(rows, one) + at(columns, one)) * (1 - kappa)) ** 2;
      else apart += cell * (at(columns, one) + at(rows, other)) ** 2;
    }
  }
  const rest = (kappa - chance * (1 - kappa)) ** 2;
  const variance = (same + (1 - kappa) ** 2 * apart - rest) / ((1 - chance) ** 2 * n);
  return { n, agreement, kappa, se: Math.sqrt(Math.max(0, variance)) };
}
