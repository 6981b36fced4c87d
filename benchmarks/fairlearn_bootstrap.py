"""fairlearn's bootstrap of the word error rate, for `statistics_speed.py`; runs where fairlearn is.

    python fairlearn_bootstrap.py rows.npz 1000

Prints JSON: processor seconds of so many draws, and the rates in the data by "group column".
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from fairlearn.metrics import MetricFrame  # type: ignore[import-not-found]


def word_error_rate(words: np.ndarray, errors: np.ndarray) -> float:
    """Pooled over rows."""
    return float(np.sum(errors) / np.sum(words))


def main() -> None:
    """Bootstrap the rows of a file."""
    rows = np.load(sys.argv[1])
    begun_s = time.process_time()
    frame = MetricFrame(
        metrics=word_error_rate,
        y_true=rows["words"],
        y_pred=rows["errors"],
        sensitive_features=rows["group"],
        control_features=rows["column"],
        n_boot=int(sys.argv[2]),
        ci_quantiles=[0.025, 0.975],
        random_state=1,
    )
    bounds = frame.by_group_ci
    processor_s = time.process_time() - begun_s
    if len(bounds) != 2:
        msg = f"expected a lower and an upper bound, got {len(bounds)}"
        raise RuntimeError(msg)
    rates = {f"{group} {column}": rate for (column, group), rate in frame.by_group.items()}
    print(json.dumps({"processor_s": processor_s, "rates": rates}))


if __name__ == "__main__":
    main()
