"""The service card in the layout of AWS AI Service Cards: human text, and blocks made from the results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain, count

from asr_fair.fairness.results import DimensionInfo, Results
from asr_fair.report import texts
from asr_fair.report.card import layout, words
from asr_fair.report.card.model import Banner, Card, Facts, Generated, Part, Section, Sentences, Words
from asr_fair.report.card.robustness import one_condition, robustness_parts
from asr_fair.report.card.tables import comparisons_table, rates_table
from asr_fair.report.card.text import NOTHING_WRITTEN, HumanText
from asr_fair.report.condition_texts import condition_facts
from asr_fair.report.losses import losses_table
from asr_fair.report.model import Fact
from asr_fair.report.plan_texts import plan_fact
from asr_fair.report.redact import Shown, shown_in_report
from asr_fair.report.tables import overall_table


def build_card(public: Results, text: HumanText = NOTHING_WRITTEN) -> Card:
    """The card of results that were handed out (`handed_out.results`): nothing hidden is in them.

    Raises ValueError for results that hold everything.
    """
    if public.shared is None:
        msg = "a card is made of results that may be handed out (report.handed_out), not of all of them"
        raise ValueError(msg)
    shown = shown_in_report(public)
    generated = _generated(shown)
    return Card(
        title=f"Service card: {public.title}",
        fewest=public.shared.min_speakers,
        top=Generated("sharing", _top(shown)),
        sections=[
            Section(
                heading.title,
                heading.level,
                text.below(heading.title) if heading.prompt else None,
                [Generated(name, parts) for name, parts in generated.get(heading.title, ()) if parts],
            )
            for heading in layout.OUTLINE
        ],
    )


def _top(shown: Shown) -> list[Part]:
    warning = texts.banner(shown.results)
    return [Words(words.sharing_words(shown.results)), *([Banner(warning)] if warning else [])]


def _generated(shown: Shown) -> Mapping[str, list[tuple[str, list[Part]]]]:
    """The blocks of each heading with their names, in order; those without a part are left out."""
    results = shown.results
    names = _block_names(results.dimensions)
    return {
        layout.OVERVIEW: [("header", [Facts(words.header_facts(shown)), Words(words.MACHINE_MADE)])],
        layout.USES: [
            ("limits", [Words("", "What this card cannot say"), Sentences([*words.limits(shown)])])
        ],
        layout.PERFORMANCE: [("performance", [*_performance(shown)])],
        layout.METHODOLOGY: [("methodology", _methodology(shown))],
        layout.FAIRNESS: [
            (f"fairness-{names[one.name]}", [*_fairness(shown, one)]) for one in results.dimensions
        ],
        layout.ROBUSTNESS: [
            ("robustness", one_condition(shown)),
            *(
                (f"robustness-{names[one.name]}", _titled(one.title, robustness_parts(shown, one)))
                for one in results.dimensions
            ),
        ],
        layout.FURTHER: [("provenance", _provenance(shown))],
    }


def _performance(shown: Shown) -> Iterator[Part]:
    yield overall_table(shown)
    if texts.has_losses(shown.results):
        yield Words(texts.LOST_WORDS, "Losses")
        if (table := losses_table(shown)) is not None:
            yield table


def _methodology(shown: Shown) -> list[Part]:
    facts: list[Fact] = [*condition_facts(shown.results.conditions), plan_fact(shown.results.plan)]
    return [Sentences(words.methodology_sentences(shown)), Facts(facts)]


def _fairness(shown: Shown, dimension: DimensionInfo) -> Iterator[Part]:
    source = f"Labels: {texts.source_words(dimension)}. {words.comparison_words(shown, dimension)}"
    yield Words(source, dimension.title)
    for system in shown.results.systems:
        yield rates_table(shown, dimension, system.name)
        if (table := comparisons_table(shown, dimension, system.name)) is not None:
            yield table


def _titled(title: str, parts: list[Part]) -> list[Part]:
    return [Words("", title), *parts] if parts else []


def _provenance(shown: Shown) -> list[Part]:
    return [Words("", "Provenance"), Facts(texts.provenance(shown.results))]


def _block_names(dimensions: tuple[DimensionInfo, ...]) -> dict[str, str]:
    """A name for each dimension that can stand in a marker: its own in plain letters, or its number."""
    names: dict[str, str] = {}
    for dimension in dimensions:
        plain = re.sub(r"[^a-z0-9]+", "-", dimension.name.casefold()).strip("-") or "tag"
        numbered = (f"{plain}-{number}" for number in count(2))
        names[dimension.name] = next(one for one in chain([plain], numbered) if one not in names.values())
    return names
