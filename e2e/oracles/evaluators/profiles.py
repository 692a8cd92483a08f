"""Renews the profiles of data under fixtures/results, each by its own tool.

Usage: python profiles.py whylogs|tfdv <folder>

whylogs 1.6.4 needs `pip install whylogs "setuptools<80"`. TFDV is installed by uv, since pip takes half an hour to resolve it:
`uv pip install tensorflow-data-validation==1.16.1 dill crcmod "setuptools<80"` (Python 3.11).
"""

import random
import sys
from pathlib import Path


def whylogs(folder: Path) -> None:
    from whylogs.core import DatasetProfile

    random.seed(3)
    profile = DatasetProfile()
    for i in range(60):
        profile.track(
            {
                "score": round(random.gauss(0.7, 0.1), 4),
                "tokens": random.randint(5, 400),
                "lang": random.choice(["de", "en", "zh"]),
                "answer": None if i % 10 == 0 else f"text {i}",
                "toxicity": float("nan") if i == 7 else random.random() / 10,
            }
        )
    profile.view().write(str(folder / "profile.bin"))


def tfdv(folder: Path) -> None:
    import pandas as pd
    import tensorflow_data_validation as tfdv

    random.seed(5)

    def frame(shift: float, languages: list) -> "pd.DataFrame":
        return pd.DataFrame(
            {
                "score": [round(random.gauss(0.7, 0.1) + shift, 4) for _ in range(80)],
                "lang": [random.choice(languages) for _ in range(80)],
                "tokens": [random.randint(5, 400) for _ in range(80)],
                "answer": [None if i % 10 == 0 else f"text {i}" for i in range(80)],
            }
        )

    before, after = frame(0, ["de", "en", "zh"]), frame(0.4, ["de", "fr"])
    table = folder / "before.csv"
    before.to_csv(table, index=False)
    statistics = tfdv.generate_statistics_from_dataframe(before)
    (folder / "stats.pb").write_bytes(statistics.SerializeToString())
    tfdv.generate_statistics_from_csv(str(table), output_path=str(folder / "stats.tfrecord"))
    schema = tfdv.infer_schema(statistics)
    tfdv.get_feature(schema, "lang").drift_comparator.infinity_norm.threshold = 0.1
    found = tfdv.validate_statistics(
        tfdv.generate_statistics_from_dataframe(after), schema, previous_statistics=statistics
    )
    (folder / "anomalies.pb").write_bytes(found.SerializeToString())
    tfdv.write_anomalies_text(found, str(folder / "anomalies.pbtxt"))


if __name__ == "__main__":
    {"whylogs": whylogs, "tfdv": tfdv}[sys.argv[1]](Path(sys.argv[2]))
