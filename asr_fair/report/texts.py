"""Sentences that the report and the card share: what was run, how to read it, what it cannot say."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.config import Thresholds
from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import DimensionInfo, Results, SharedInfo, SystemInfo
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report import wording
from asr_fair.report.condition_texts import condition_digests, condition_facts, condition_limits
from asr_fair.report.model import Fact
from asr_fair.report.plan_texts import (
    exploratory_banner,
    exploratory_words,
    not_analysed_words,
    own_margins,
    plan_fact,
    plan_provenance,
    together_words,
)
from asr_fair.report.prompts import without_prompts
from asr_fair.report.redact import Shown
from asr_fair.report.references import thin_reference

SYNTHETIC_BANNER = (
    "Synthetic voices: settings of a synthesiser. "
    "This shows how the tool works and says nothing about people."
)
CALIBRATION = (
    "How far to trust the intervals: of data sets drawn by computer from a known truth, 95\u00a0% intervals "
    "of rates, ratios and gaps held it in at least about 92 of 100 from 10 speakers on; intervals that hold "
    "together missed it in about 7 of 100, and those of gaps in about 9, where groups of 10 speakers stood "
    "beside one of 60; and "
    "“equivalent” was wrong in about 6 of 100 at the margin, with 30 speakers against 300 (all of it: "
    "benchmarks/results/calibration.md in asr-fair's repository, made by `make calibrate`)."
)
LOST_WORDS = (
    "Some utterances of the manifest have no usable transcript and are in no rate. "
    "Groups too small to be counted are in the numbers of everyone only."
)
NAMES_SHOWN = 20
"""Of empty combinations; `results.json` holds all."""


def banner(results: Results) -> str | None:
    """The plain warnings on top: what was left out, voices that are nobody's, a late plan."""
    synthetic = SYNTHETIC_BANNER if results.manifest.synthetic else None
    # Where hidden groups are named, as on a card, they stand in the tables.
    is_told = results.shared is not None and results.shared.hidden is None
    shared = shared_words(results.shared) if results.shared is not None and is_told else None
    return " ".join(filter(None, (shared, exploratory_banner(results.plan), synthetic))) or None


def source_words(dimension: DimensionInfo) -> str:
    """Where the labels of a dimension come from, with the note of the manifest."""
    if dimension.parts:
        return f"those of {wording.listed(dimension.parts)} together"
    words = wording.SOURCE_WORDS.get(dimension.source, dimension.source)
    note = (dimension.source_note or "").strip().rstrip(".")
    return f"{words} ({note})" if note else words


def comparison_words(dimension: DimensionInfo) -> str:
    """What the groups are compared with, and why."""
    if dimension.reference is None and dimension.parts:
        return "Not every part has a declared reference: each combination is compared with all others."
    if dimension.reference is None:
        return "No reference was declared: each group is compared with all other groups."
    reason = (dimension.reference_reason or "no reason was stored").rstrip(".")
    if dimension.parts:
        return f"Compared with {dimension.reference}, the references of its parts together ({reason})."
    return f"Compared with {dimension.reference}, declared in the analysis plan ({reason})."


def combination_words(dimension: DimensionInfo, *, n_groups: int) -> list[str]:
    """Of an intersection: how many combinations there could be, and which of them hold nobody."""
    n_empty = len(dimension.empty)
    words = [
        f"Of {n_groups + n_empty:,} combinations of groups, {n_groups:,} hold somebody. Verdicts are given "
        "together on those with enough speakers and words."
    ]
    if n_empty:
        more = f" and {n_empty - NAMES_SHOWN:,} more" if n_empty > NAMES_SHOWN else ""
        names = ", ".join(dimension.empty[:NAMES_SHOWN])
        words.append(f"Nobody is in {names}{more}: nothing here speaks for such people.")
    return words


def comparison_and_margin_words(shown: Shown, dimension: DimensionInfo) -> str:
    """What the groups are compared with, whether that is too small, and margins of the dimension's own."""
    margins = own_margins(shown.results.plan, dimension)
    return " ".join(filter(None, (comparison_words(dimension), thin_reference(shown, dimension), margins)))


def how_to_read(shown: Shown) -> list[str]:
    """The few things a reader must know before the first table."""
    thresholds = shown.results.plan.thresholds
    confidence = f"{100 * thresholds.confidence:g}{wording.NBSP}%"
    inner_confidence = f"{100 * (2 * thresholds.confidence - 1):.4g}{wording.NBSP}%"
    points = thresholds.equivalence_points
    gap = "" if points is None else f" and that of the gap within {points:g} points,"
    own = " (some dimensions have margins of their own, named there)" if shown.results.plan.margins else ""
    sentences = [
        "WER (word error rate) is the number of wrong, missing and added words per hundred words that were "
        "said: all errors of a group divided by all its words. It can exceed 100"
        f"{wording.NBSP}%.",
        f"The interval in brackets ({confidence}) says how far the figure could move with other speakers of "
        "the same kind. It rests on the number of speakers, not of utterances: a hundred recordings of one "
        "person are still one person.",
        f"Groups of fewer than {thresholds.min_speakers_counted} speakers with reference words are hidden, "
        f"{_counts_only_words(thresholds)}and below "
        f"{thresholds.min_speakers_full} speakers or {thresholds.min_words_full:,} words figures are "
        "indicative: they carry no verdict. "
        f"Flagged beside that: few words (below {thresholds.few_words:,}), and one speaker dominates (holds "
        f"over {100 * thresholds.dominant_speaker_share:g}{wording.NBSP}% of the words).",
        f"Verdicts: “equivalent” means that the {inner_confidence} interval of the ratio lies within "
        f"{wording.ratio(thresholds.equivalence_ratio)} either way,{gap} with at least "
        f"{thresholds.min_speakers_equivalent} speakers on each side{own}; “disparity” means that the "
        f"interval of the ratio, widened so that those of {together_words(shown.results.plan)} hold "
        "together (simultaneous), excludes 1; “cannot tell” means neither, and is no evidence of fairness. "
        "Ratio and gap can move in opposite directions, so both stand side by side. A verdict and its "
        "adjusted p-value are two procedures and can disagree; the verdict is what was declared.",
        CALIBRATION,
        "A difference between groups is an association in this data. It does not say why, and no group is "
        "the norm.",
        _audience(shown.results),
    ]
    exploratory = exploratory_words(shown.results.plan)
    return sentences if exploratory is None else [*sentences[:4], exploratory, *sentences[4:]]


def _counts_only_words(limits: Thresholds) -> str:
    """Below how many speakers only counts are shown; empty where no number of them is."""
    if limits.min_speakers_shown <= limits.min_speakers_counted:
        return ""
    return f"below {limits.min_speakers_shown} only counts are shown, "


def _audience(results: Results) -> str:
    """For whom this report is."""
    if results.shared is not None:
        return (
            "This report was made to be handed out: what is left out of it is in none of its figures by "
            "itself, and no total less the others reveals it."
        )
    return (
        "This report is for those who hold the data: where one group is hidden, totals less the others may "
        "reveal it. Hand out the card, or what `--share` writes, which guard against that."
    )


def shared_words(shared: SharedInfo) -> str:
    """What was left out of results that are handed out."""
    hidden = ", ".join(f"{title} {count}" for title, count in shared.n_hidden.items())
    which = f" Groups left out: {hidden}." if hidden else " No group had to be left out."
    return (
        f"Shared version: every figure rests on at least {shared.min_speakers} people; smaller groups are "
        f"left out, and with them larger ones that would reveal them.{which}"
    )


def has_losses(results: Results) -> bool:
    """Whether anything was lost, even where it may not be told of whom."""
    return bool(results.losses) or (results.shared is not None and results.shared.has_losses)


def losses_words(results: Results) -> str:
    """Whether anything was lost, in a few words."""
    if has_losses(results):
        return LOST_WORDS
    if all(map(is_handed_in, results.systems)):
        return "No transcript is missing."
    return "No recording failed and no transcript is missing."


def limits(shown: Shown) -> list[str]:
    """What these results cannot say."""
    return list(_limits(shown))


def run_facts(results: Results) -> list[Fact]:
    """What was run, for the first screen."""
    manifest = results.manifest
    return [
        *(Fact(f"System {system.name}", _system_words(system)) for system in results.systems),
        Fact("Data", f"{_named(manifest.name, manifest.version)}, digest {_short(manifest.digest)}"),
        *condition_facts(results.conditions),
        Fact("Normaliser", _normaliser_words(results, results.normalisers[0])),
        Fact("Seed", "not recorded" if results.seed is None else str(results.seed)),
        Fact("Run", f"{results.name}, {results.created_at:%Y-%m-%d %H:%M %Z}".strip()),
        plan_fact(results.plan),
    ]


def data_facts(shown: Shown) -> list[Fact]:
    """The data that the figures rest on: counts, dates, licence."""
    manifest = shown.results.manifest
    return [
        Fact("Size", size_words(shown)),
        Fact("Collected", manifest.collected or "not stated"),
        Fact("Licence", manifest.licence or "not stated"),
        *([Fact("Description", manifest.description)] if manifest.description else []),
    ]


def size_words(shown: Shown) -> str:
    """How many speakers, utterances and hours the manifest holds."""
    if shown.expected[OVERALL][EVERYONE] == Visibility.HIDDEN:
        return "hidden: too few known speakers"
    manifest = shown.results.manifest
    size = f"{wording.count(manifest.n_utterances)} utterances"
    if manifest.n_speakers is not None:
        size = f"{wording.count(manifest.n_speakers)} speakers, {size}"
    return size if manifest.duration_s is None else f"{size}, {wording.hours(manifest.duration_s)} hours"


def is_handed_in(system: SystemInfo) -> bool:
    """Whether only its transcripts are known."""
    return system.engine is None and system.model is None


def provenance(results: Results) -> list[Fact]:
    """All that is needed to repeat the run, with whole digests."""
    thresholds = results.plan.thresholds.model_dump(exclude_none=True)
    return [
        Fact("asr-fair", f"{results.asr_fair_version}, results schema {results.schema_version}"),
        Fact("Manifest digest", results.manifest.digest),
        *plan_provenance(results.plan),
        *(Fact(f"Model digest, {s.name}", s.model_digest or "not recorded") for s in results.systems),
        *condition_digests(results.conditions),
        *(Fact(f"Normaliser {name}", _normaliser_words(results, name)) for name in results.normalisers),
        Fact(
            "Thresholds", ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in thresholds.items())
        ),
    ]


def _limits(shown: Shown) -> Iterator[str]:
    results = shown.results
    if results.manifest.synthetic:
        yield SYNTHETIC_BANNER
    else:
        yield (
            "Group labels are what the source named for each dimension says. No label was inferred from "
            "voice, name or text."
        )
    yield "Groups that are not in this data were not measured; nothing here speaks for them."
    if (not_analysed := not_analysed_words(results.plan)) is not None:
        yield not_analysed
    yield (
        "The speakers are those who could be recorded, not a random sample of any population. The intervals "
        "cover the chance of drawing other speakers of the same kind, not a different way of finding them."
    )
    yield from condition_limits(results.conditions)
    yield "The reference transcripts were written by somebody and hold mistakes and habits of their own."
    yield (
        "Differences are associations. What was said, how it was recorded and who was asked may lie "
        "behind them."
    )
    has_left_out = results.shared is not None and results.shared.n_hidden
    if has_left_out or any(Visibility.HIDDEN in groups.values() for groups in shown.visibility.values()):
        yield "Some groups are hidden for want of speakers. Hidden does not mean that all is well."
    yield "The figures hold for these systems, settings and this normaliser; other versions can differ."


def _system_words(system: SystemInfo) -> str:
    if is_handed_in(system):
        return "transcripts that were handed in"
    named = " ".join(part for part in (system.engine, system.model) if part)
    settings = ", ".join(
        f"{name.replace('_', ' ')} {value}"
        for name, value in without_prompts(system.settings).items()
        if value is not None
    )
    digest = "" if system.model_digest is None else f", digest {_short(system.model_digest)}"
    return named + digest + (f"; {settings}" if settings else "")


def _normaliser_words(results: Results, name: str) -> str:
    return _named(name, results.normaliser_versions.get(name))


def _named(name: str, version: str | None) -> str:
    return name if version is None else f"{name}, version {version}"


def _short(digest: str) -> str:
    return wording.short_digest(digest)
