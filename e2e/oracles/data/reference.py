"""Reference values of scipy for distances and tests of drift, and Parquet files of pyarrow.

reference.py <folder> [seed]: writes drift.json and a <packing>.parquet each; the committed copies lie in
packages/statistics/test/fixtures and packages/data/test/fixtures.
"""
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats
from scipy.spatial import distance

folder = Path(sys.argv[1])
random = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 7)


def two_samples(x, y):
    x, y = np.sort(x), np.sort(y)
    exact = stats.ks_2samp(x, y, method="exact")
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "ks": float(exact.statistic),
        "ks_p": float(exact.pvalue),
        "wasserstein": float(stats.wasserstein_distance(x, y)),
        "deciles": np.quantile(x, np.arange(1, 10) / 10).tolist(),
    }


def two_counts(p, q):
    p, q = np.array(p, float), np.array(q, float)
    kept = (p + q) > 0
    chi2 = stats.chi2_contingency([p[kept], q[kept]], correction=False)
    a, b = np.maximum(p / p.sum(), 1e-4), np.maximum(q / q.sum(), 1e-4)
    return {
        "p": p.tolist(),
        "q": q.tolist(),
        "psi": float(np.sum((b - a) * np.log(b / a))),
        "js": float(distance.jensenshannon(p, q, base=2)),
        "chi2": float(chi2.statistic),
        "chi2_p": float(chi2.pvalue),
    }


reference = {
    "samples": [
        two_samples(random.normal(size=40), random.normal(0.8, 1.2, size=57)),
        two_samples(random.exponential(size=25), random.exponential(size=25)),
        two_samples(random.integers(0, 6, 30).astype(float), random.integers(1, 7, 44).astype(float)),
        two_samples(random.normal(size=60), random.normal(4, 1, size=60)),
    ],
    "counts": [
        two_counts([10, 20, 30, 40], [12, 18, 33, 37]),
        two_counts([100, 50, 25, 0, 0], [10, 60, 0, 30, 0]),
        two_counts([5000, 1, 3], [4000, 200, 8]),
    ],
    "kolmogorov": [[float(z), float(stats.kstwobign.sf(z))] for z in (0.2, 0.5, 0.9, 1.0, 1.3, 2.0, 4.0)],
    "chi2": [[float(x), df, float(stats.chi2.sf(x, df))] for x, df in ((0.1, 1), (3.84, 1), (12.0, 9), (250.0, 9), (9.0, 50))],
}


def two_clouds(x, y):
    """Unbiased MMD² with the Gaussian kernel of the median distance, and its permutation test."""
    both = np.vstack([x, y])
    width = np.median(distance.pdist(both))
    kernel = np.exp(-distance.cdist(both, both, "sqeuclidean") / (2 * width**2))
    np.fill_diagonal(kernel, 0)

    def discrepancy(a, b):
        a, b = np.asarray(a, int), np.asarray(b, int)
        m, n = len(a), len(b)
        within = kernel[np.ix_(a, a)].sum() / (m * (m - 1)) + kernel[np.ix_(b, b)].sum() / (n * (n - 1))
        return within - 2 * kernel[np.ix_(a, b)].sum() / (m * n)

    groups = np.arange(len(x)), np.arange(len(x), len(both))
    tested = stats.permutation_test(
        groups, discrepancy, permutation_type="independent", alternative="greater", n_resamples=4999, rng=random
    )
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "mmd": float(tested.statistic),
        "width": float(width),
        "mmd_p": float(tested.pvalue),
        "cosine": float(distance.cosine(x.mean(axis=0), y.mean(axis=0))),
    }


reference["vectors"] = [
    two_clouds(random.normal(size=(12, 3)), random.normal(0.4, 1, size=(17, 3))),
    two_clouds(random.normal(size=(20, 5)), random.normal(size=(20, 5))),
    two_clouds(random.normal(1, 1, size=(15, 4)), random.normal(1, 1.6, size=(9, 4))),
]
(folder / "drift.json").write_text(json.dumps(reference) + "\n")

table = pa.table(
    {
        "id": pa.array([1, 2, None], pa.int64()),
        "text": ["x", "é", "z"],
        "items": [[1], [2, 3], None],
        "nested": [{"u": 1, "v": "q"}, None, {"u": 2, "v": "w"}],
        "share": [1.5, float("nan"), 2.5],
        "at": pa.array([0, 1, 2], pa.timestamp("ms")),
        "__proto__": ["p", "q", "r"],
    }
)
for packing in ("snappy", "zstd", "gzip", "brotli", "none", "lz4"):
    pq.write_table(table, folder / f"{packing}.parquet", compression=packing, row_group_size=2)
# Beyond 64 MiB in one row group: read in slices, by its page index.
large = pa.table({"n": pa.array(range(300_000), pa.int64()), "text": [f"{i:0300d}" for i in range(300_000)]})
pq.write_table(large, folder / "large.parquet", compression="zstd", row_group_size=300_000, write_page_index=True, use_dictionary=False)
