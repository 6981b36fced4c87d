"""What differs between A and B, setting by setting, and what is the same in both."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.fairness.results import ComparedRuns, ComparedSide
from asr_fair.report import wording

NONE = "none"


def settings(compared: ComparedRuns) -> list[tuple[str, str, str]]:
    """Name and both values of every setting that is known of either side, in the order of reading."""
    before, after = (dict(_settings(side)) for side in (compared.a, compared.b))
    names = list(dict.fromkeys([*before, *after]))
    return [(name, before.get(name, NONE), after.get(name, NONE)) for name in names]


def side_words(side: ComparedSide) -> str:
    """One side in a line: system, run, when."""
    info = side.system
    named = " ".join(part for part in (info.engine, info.model) if part)
    made = named or "transcripts that were handed in"
    return (
        f"{info.name}, {made}; run {side.run}, started {side.started_at:%Y-%m-%d %H:%M %Z}".strip()
        + f", asr-fair {side.asr_fair_version}"
    )


def _settings(side: ComparedSide) -> Iterator[tuple[str, str]]:
    info = side.system
    yield "Run", side.run
    yield "System", info.name
    yield "Engine", info.engine or "not recorded: transcripts that were handed in"
    yield "Model", info.model or "not recorded"
    yield "Model digest", wording.short_digest(info.model_digest)
    for name, value in info.settings.items():
        yield f"Decoding, {name.replace('_', ' ')}", NONE if value is None else str(value)
    yield "Windows in a batch", "not recorded" if info.batch_windows is None else str(info.batch_windows)
    yield "Division into batches", wording.short_digest(side.batches_digest)
    yield "Seed", side.seed or "not recorded"
    yield "Manifest", " ".join(filter(None, (side.manifest_name, side.manifest_version)))
    yield "Manifest digest", wording.short_digest(side.manifest_digest)
    yield "Digest of the recordings", wording.short_digest(side.audio_digest)
    yield "Digest of the transcripts handed in", wording.short_digest(side.transcripts_digest)
    yield "Normaliser of its own report", ", ".join(filter(None, (side.normaliser, side.normaliser_version)))
    yield "Conditions", ", ".join(side.conditions)
    for name, digest in side.conditions.items():
        yield f"Recipe of {name}", wording.short_digest(digest)
    yield "Plan of its own report", wording.short_digest(side.plan_digest)
    yield "asr-fair", side.asr_fair_version
    yield "Started", f"{side.started_at:%Y-%m-%d %H:%M:%S %Z}".strip()
