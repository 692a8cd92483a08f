"""Reference values of scipy and statsmodels for packages/statistics, as JSON on stdout.

Each entry names the function of ours, what it is called with, and what scipy or statsmodels give. The same data every time.
"""
import json
import sys

import numpy as np
from scipy import special, stats
from statsmodels.stats import contingency_tables, multitest, proportion

rng = np.random.default_rng(20261120)
entries = []


def put(name, arguments, expected):
    entries.append({"name": name, "arguments": arguments, "expected": expected})


def numbers(values):
    return [float(value) for value in values]


for gained, lost in [(0, 0), (1, 0), (5, 5), (12, 3), (3, 12), (40, 22), (300, 260)]:
    table = [[50, gained], [lost, 20]]
    exact = contingency_tables.mcnemar(table, exact=True).pvalue if gained + lost else 1.0
    low = min(gained, lost)
    n = gained + lost
    # Fagerland, Lydersen and Laake 2013: twice the tail less the observed table; 1 less half of it where both are alike.
    point = stats.binom.pmf(low, n, 0.5)
    mid = 2 * stats.binom.cdf(low, n, 0.5) - point if gained != lost else 1 - point / 2
    put("mcnemar", [gained, lost], {"exact": float(exact), "midP": float(mid) if n else 1.0})

for s, n, confidence in [(0, 12, 0.95), (12, 12, 0.95), (160, 200, 0.9), (165, 200, 0.9), (3, 720, 0.99), (1, 3, 0.8)]:
    for name, method in [("clopperPearson", "beta"), ("wilson", "wilson")]:
        low, high = proportion.proportion_confint(s, n, 1 - confidence, method=method)
        low, high = (0.0 if s == 0 else low), (1.0 if s == n else high)
        put(name, [s, n, confidence], {"low": float(low), "high": float(high)})

for one, other, confidence in [((56, 70), (48, 80), 0.975), ((9, 10), (3, 10), 0.95), ((10, 10), (0, 20), 0.975), ((5, 56), (0, 29), 0.9)]:
    # Two-sided at 2c − 1 has the one-sided ends at c.
    low, high = proportion.confint_proportions_2indep(*one, *other, method="newcomb", compare="diff", alpha=2 * (1 - confidence))
    names = ({"successes": one[0], "n": one[1]}, {"successes": other[0], "n": other[1]})
    put("newcombeDifference", [*names, confidence], {"low": float(low), "high": float(high)})

for n in (2, 9, 60):
    a, b = rng.normal(0.5, 0.2, n), rng.normal(0.45, 0.2, n)
    interval = stats.ttest_rel(a, b).confidence_interval(0.9)
    put("pairedDifference", [numbers(a), numbers(b), 0.95], {"low": float(interval.low), "high": float(interval.high)})

for n in (1, 2, 5, 12, 15):
    d = rng.normal(0.3, 1, n)
    p = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=np.inf).pvalue if n > 1 else 1.0
    put("signFlipTest", [numbers(d)], {"p": float(p)})
for n in (40, 400):
    d = rng.normal(0.05, 1, n)
    p = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=99_999, random_state=rng).pvalue
    # Within the Monte Carlo error of our 10,000 flips and their 99,999, five standard errors of the two together.
    error = 5 * float(np.sqrt(p * (1 - p) * (1 / 1e4 + 1 / 1e5)))
    put("signFlipTest", [numbers(d)], {"p": float(p), "within": error})

for m in (1, 4, 25):
    p = rng.uniform(0, 0.2, m)
    put("holm", [numbers(p)], numbers(multitest.multipletests(p, method="holm")[1]))

for k, c in [(20, 4), (300, 40)]:
    x = rng.normal(0, 1, k)
    groups = rng.integers(0, c, k)
    used = np.unique(groups)
    # The cluster-robust error of a regression on a constant, with the small-sample factor C/(C − 1) alone.
    import statsmodels.api as sm

    fit = sm.OLS(x, np.ones(k)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    se = float(fit.bse[0] * np.sqrt(len(used) / (len(used) - 1)))
    put("clusteredMean", [numbers(x), [f"c{g}" for g in groups]], {"mean": float(x.mean()), "se": se, "df": len(used) - 1})

for effect, variance, confidence, power in [(0.03, 1 / 9, 0.975, 0.8), (0.05, 0.1, 0.975, 0.8), (0.01, 0.1, 0.95, 0.9)]:
    z = stats.norm.ppf(confidence) + stats.norm.ppf(power)
    options = {"confidence": confidence, "power": power}
    put("samplesForEffect", [effect, variance, options], {"value": int(np.ceil(z**2 * variance / effect**2))})
    put("detectableEffect", [1000, variance, options], {"value": float(z * np.sqrt(variance / 1000))})

# The same draws give the same BCa ends.
for n, confidence in [(15, 0.95), (40, 0.99)]:
    x = rng.exponential(1, n)
    result = stats.bootstrap((x,), np.mean, confidence_level=2 * confidence - 1, n_resamples=199, method="BCa", random_state=rng)
    jack = np.array([np.delete(x, i).mean() for i in range(n)])
    u = (n - 1) * (jack.mean() - jack)
    acceleration = (u**3).sum() / (6 * (u**2).sum() ** 1.5)
    put(
        "bcaBounds",
        [numbers(result.bootstrap_distribution), float(x.mean()), float(acceleration), confidence],
        {"low": float(result.confidence_interval.low), "high": float(result.confidence_interval.high)},
    )
    totals = [float(x.sum()), float(n)]
    rows = [value for item in x for value in (float(item), 1.0)]
    put("jackknifeAcceleration", [rows, 2, totals], {"value": float(acceleration)})

# Draws of their own: within the Monte Carlo error of 10,000 draws, five standard errors of a quantile.
for n in (30, 500):
    x, w = rng.normal(-3, 1, n), rng.integers(3, 30, n).astype(float)
    ends = []
    for seed in range(8):
        result = stats.bootstrap(
            (x * w, w), lambda a, b, axis: np.exp(-a.sum(axis) / b.sum(axis)), paired=True, vectorized=True,
            confidence_level=0.9, n_resamples=10_000, method="BCa", batch=500, random_state=np.random.default_rng(seed),
        )
        ends.append(result.confidence_interval)
    ends = np.array(ends)
    within = 5 * ends.std(axis=0, ddof=1).max()
    rows = [value for pair in zip(x * w, w) for value in numbers(pair)]
    put("perplexityBounds", [rows, 0.95], {"low": float(ends[:, 0].mean()), "high": float(ends[:, 1].mean()), "within": float(within)})

json.dump(entries, sys.stdout)
