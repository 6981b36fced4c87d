"""What a finished run tells of its losses: per group, over all conditions and systems."""

from __future__ import annotations

from asr_fair.cli.losses_text import SHOWN, losses_lines
from asr_fair.fairness.results import Loss
from asr_fair.pipeline.outputs import GroupLosses, _per_group


def loss(group: str, condition: str, n_expected: int, **reasons: int) -> Loss:
    dimension = "overall" if group == "all" else "accent"
    return Loss(
        dimension=dimension,
        group=group,
        condition=condition,
        system="s",
        n_expected=n_expected,
        n_errors=sum(reasons.values()),
        reasons=reasons,
    )


def test_losses_are_added_over_conditions_and_told_of_all_that_was_expected() -> None:
    losses = [
        loss("Welsh", "clean", 10, worker_died=1),
        loss("Welsh", "alarm", 10, worker_died=2, timed_out=1),
        loss("all", "clean", 40, worker_died=1),
        loss("all", "alarm", 40, worker_died=2, timed_out=1),
    ]
    # Two conditions and two systems, one of which lost nothing.
    assert _per_group(losses, 4) == (
        GroupLosses("overall", "all", 4, 160, 0.075, {"worker_died": 3, "timed_out": 1}),
        GroupLosses("accent", "Welsh", 4, 40, 0.3, {"worker_died": 3, "timed_out": 1}),
    )


def test_nothing_lost_is_not_told_and_of_many_groups_the_first_are() -> None:
    assert list(losses_lines(())) == []
    many = tuple(GroupLosses("accent", f"g{n}", 1, 1000, 0.001, {"silent": 1}) for n in range(SHOWN + 7))
    lines = list(losses_lines(many))
    assert len(lines) == SHOWN + 3
    assert lines[-1] == "  and 7 more groups in tables/losses.csv"
    assert lines[2].split() == ["accent=g0", "1", "1,000", "0.1%", "silent", "1"]
