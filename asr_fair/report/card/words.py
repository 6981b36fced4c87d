"""Sentences of the card alone: how it was measured, whom it does not speak for, what it cannot say."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import DimensionInfo, Results
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report import texts, wording
from asr_fair.report.condition_texts import condition_facts
from asr_fair.report.model import Fact
from asr_fair.report.plan_texts import plan_fact, together_words
from asr_fair.report.redact import Shown
from asr_fair.wording import counted

MAY_NOT_BE_SHARED = (
    "NOT TO BE SHARED: the permitted use of this data does not include sharing results (share_results)."
)
MAY_BE_SHARED = "Results may be shared: the permitted use of this data includes it."
MACHINE_MADE = (
    "Figures, tables and the sentences beside them were made by asr-fair from the results of one evaluation; "
    "all else was written by people. asr-fair card --check tells whether the two still go together."
)


def sharing_words(results: Results) -> str:
    """Whether the card may be handed out."""
    return MAY_BE_SHARED if results.manifest.share_results else MAY_NOT_BE_SHARED


def header_facts(shown: Shown) -> list[Fact]:
    """Date, systems with their settings, seed, data with digest and dates, normaliser, language, licence."""
    results = shown.results
    of_the_method = [*condition_facts(results.conditions), plan_fact(results.plan)]
    return [
        *(fact for fact in texts.run_facts(results) if fact not in of_the_method),
        *texts.data_facts(shown),
        Fact("Language", results.manifest.language or "not recorded"),
        Fact("Fewest speakers shown", str(results.plan.thresholds.card_min_speakers)),
        Fact("Made with", f"asr-fair {results.asr_fair_version}"),
    ]


def methodology_sentences(shown: Shown) -> list[str]:
    """How the figures were made, in the order in which a reader needs it."""
    thresholds = shown.results.plan.thresholds
    confidence = f"{100 * thresholds.confidence:g}{wording.NBSP}%"
    sentences = [
        "Every utterance was transcribed and compared with its reference transcript, word by word. WER (word "
        "error rate) is the number of wrong, missing and added words per hundred words that were said: all "
        "errors of a group divided by all its words.",
        f"Intervals ({confidence}) say how far a figure could move with other speakers of the same kind. "
        "They rest on the number of speakers, not of utterances.",
        f"A group needs {thresholds.card_min_speakers} speakers to be on this card; where one is hidden, the "
        "next smallest is hidden with it, so that no total reveals it. Below "
        f"{thresholds.min_speakers_full} speakers or {thresholds.min_words_full:,} words figures are "
        "indicative: they carry no verdict.",
        "Verdicts: “equivalent” means that the two rates are shown to be nearly the same (within "
        f"{wording.ratio(thresholds.equivalence_ratio)}, or the margin named with the dimension); "
        "“disparity” means that the interval of the ratio, widened so that those of "
        f"{together_words(shown.results.plan)} hold together (simultaneous), excludes 1; "
        "“cannot tell” means neither, and is no evidence of fairness.",
    ]
    if len(shown.results.conditions) > 1:
        sentences.insert(1, "The same utterances were heard under every condition.")
    return [*sentences, texts.CALIBRATION]


def comparison_words(shown: Shown, dimension: DimensionInfo) -> str:
    """What groups are compared with; or why none can be with all others, where that tells of a hidden one."""
    words = texts.comparison_and_margin_words(shown, dimension)
    shared = shown.results.shared
    hidden = shared is not None and dimension.title in shared.n_hidden
    told = any(key.dimension == dimension.name for key, _ in shown.comparisons)
    if dimension.reference is not None or told or not hidden:
        return words
    return (
        f"{words} Those comparisons are left out, since they would reveal groups that are hidden here; "
        "a reference declared in the analysis plan would allow them."
    )


def limits(shown: Shown) -> Iterator[str]:
    """All that the card cannot say (methods section 9)."""
    yield from texts.limits(shown)
    manifest = shown.results.manifest
    for title, groups in manifest.empty_groups.items():
        yield f"{title}: nobody in this data is in {wording.listed(groups)}, so they were not measured."
    if shown.expected[OVERALL][EVERYONE] > Visibility.HIDDEN:
        people = [] if manifest.n_speakers is None else [counted(manifest.n_speakers, "speaker")]
        size = wording.listed([*people, counted(manifest.n_utterances, "utterance")])
        yield (
            f"The figures rest on {size} (collected: {manifest.collected or 'not stated'}). Other people, "
            "other days and other things said can give others."
        )
    yield "This card was made by those who ran the evaluation. The maker of the system does not endorse it."
