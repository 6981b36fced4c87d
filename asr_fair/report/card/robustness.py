"""Robustness on the card: every condition beside clean speech, what it takes from whom, tolerance in dB."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.fairness.results import DimensionInfo
from asr_fair.report.card.model import Part, Sentences, Words
from asr_fair.report.noise.scales import disagreements
from asr_fair.report.noise.snr_tables import along_snr_table
from asr_fair.report.noise.tables import excess_table
from asr_fair.report.overview import overview_table
from asr_fair.report.redact import Shown
from asr_fair.report.settings import settings_of

ONE_CONDITION = (
    "Only one condition was measured: nothing on this card speaks for noise, rooms or handsets other than "
    "those in the recordings."
)


def robustness_parts(shown: Shown, dimension: DimensionInfo) -> list[Part]:
    """All tables of a dimension, system by system; empty with one condition or no group to show."""
    return [part for system in shown.results.systems for part in _parts(shown, dimension, system.name)]


def _parts(shown: Shown, dimension: DimensionInfo, system: str) -> Iterator[Part]:
    for make in (overview_table, excess_table):
        if (table := make(shown, dimension, system)) is not None:
            yield table
    told = [
        sentence
        for setting in settings_of(shown.results.conditions)
        for sentence in disagreements(shown, dimension, system, setting)
    ]
    if told:
        yield Sentences(told)
    if (table := along_snr_table(shown, dimension, system)) is not None:
        yield table


def one_condition(shown: Shown) -> list[Part]:
    """What to say where there is nothing to compare."""
    return [Words(ONE_CONDITION)] if len(shown.results.conditions) == 1 else []
