"""Two systems of two runs compared, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from made_systems import NAMES, compared

from asr_fair.fairness.results import ComparedRuns, ComparedSide, Loss, SystemInfo


def make_compared(**changes: object) -> ComparedRuns:
    """B (`tiny`) makes a fifth more errors than A (`base`) in every group, and every gap widens."""
    results = compared(**changes)
    places = {(row.dimension, row.group): row for row in results.system_comparisons}
    losses = tuple(
        Loss(
            dimension=dimension,
            group=group,
            condition=results.conditions[0].name,
            system="A and B",
            n_expected=row.n_utterances + 3,
            n_missing=3,
            reasons={"only in A": 3},
        )
        for (dimension, group), row in places.items()
    )
    return ComparedRuns(
        a=_side(NAMES[1], "before", seed="1"),
        b=_side(NAMES[0], "after", seed="2", model="tiny.en v2"),
        results=results.model_copy(update={"losses": losses}),
    )


def with_rows(made: ComparedRuns, group: str, **fields: object) -> ComparedRuns:
    """The same comparison with other rows for one group."""
    rows = tuple(
        row.model_copy(update=fields) if row.group == group else row
        for row in made.results.system_comparisons
    )
    return made.model_copy(update={"results": made.results.model_copy(update={"system_comparisons": rows})})


def with_secrets(made: ComparedRuns, groups: set[str]) -> ComparedRuns:
    """The same comparison, had these groups been transcribed, counted and lost otherwise."""
    results = made.results
    rows = tuple(
        row.model_copy(
            update={
                "wer": 0.918273,
                "other_wer": 0.817263,
                "ratio": 7.77,
                "p_value": 0.0303,
                "difference": row.difference.model_copy(update={"value": 0.101, "low": 0.09, "high": 0.4}),
                "n_speakers_fewer": 0,
                "n_words": 77_777,
            }
        )
        if row.group in groups
        else row
        for row in results.system_comparisons
    )
    matched = tuple(
        row.model_copy(update={"n_segments": 88_888, "n_errors": 66_666}) if row.group in groups else row
        for row in results.matched_pairs
    )
    losses: tuple[Loss, ...] = tuple(
        loss.model_copy(update={"n_missing": 5_555, "reasons": {"only in B": 5_555}})
        if loss.group in groups
        else loss
        for loss in results.losses
    )
    changed = {"system_comparisons": rows, "matched_pairs": matched, "losses": losses}
    return made.model_copy(update={"results": results.model_copy(update=changed)})


def _side(system: str, run: str, *, seed: str, model: str = "tiny.en") -> ComparedSide:
    return ComparedSide(
        label=system,
        run=run,
        run_digest=f"{len(run):02x}" * 32,
        system=SystemInfo(name=system, engine="whisper", model=model, settings={"language": "en"}),
        kind="run",
        asr_fair_version="0.1.0",
        started_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC),
        seed=seed,
        manifest_name="accents",
        manifest_version="1.2",
        manifest_digest="0f" * 32,
        audio_digest="1f" * 32,
        transcripts_digest=None,
        batches_digest="2f" * 32,
        normaliser="whisper_en",
        normaliser_version="1",
        conditions={"clean": "3f" * 32},
        plan_digest="4f" * 32,
    )
