"""Where a figure lies exactly at its limit, a gate is wrong in no more than five of a hundred runs."""

from __future__ import annotations

from benchmarks.calibration import gate
from benchmarks.calibration.simulate import MEDIUM


def test_many_groups_at_their_limit_neither_pass_nor_fail_by_chance() -> None:
    passes, fails, fails_alone = gate.one_rule(MEDIUM, 15, n_groups=20, n_runs=40, seed=5).shares
    assert passes.passes, str(passes)
    assert fails.passes, str(fails)
    # Were each bound that of the group alone, one in three such releases would be stopped for nothing.
    assert fails_alone.value > 3 * gate.MOST
