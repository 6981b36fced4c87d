"""The report as a page: sections in the order in which they are read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asr_fair.fairness.results import DimensionInfo, Results
from asr_fair.report import tables, texts
from asr_fair.report.cells import groups_with_rates
from asr_fair.report.findings import Finding, findings, more_words
from asr_fair.report.first_screen import cannot_say, highest, who_and_what
from asr_fair.report.further import further_table
from asr_fair.report.heat_map import heat_map
from asr_fair.report.losses import losses_table
from asr_fair.report.made_up import made_up_table
from asr_fair.report.model import (
    DimensionSection,
    FindingLine,
    Folded,
    PlotGroup,
    ReportPage,
    SettingSection,
    SystemSection,
    T,
)
from asr_fair.report.models.faas import faas_limits, faas_table
from asr_fair.report.models.tables import fits_table, models_table
from asr_fair.report.nobody_said import nobody_said_table
from asr_fair.report.noise import tables as noise_tables
from asr_fair.report.noise.scales import disagreements
from asr_fair.report.noise.snr_tables import along_snr_table
from asr_fair.report.normalisers.tables import normaliser_section
from asr_fair.report.outcomes import declared_groups
from asr_fair.report.plots.intervals import interval_plots
from asr_fair.report.plots.noise import noise_curves
from asr_fair.report.redact import Shown, shown_in_report
from asr_fair.report.settings import Setting, settings_of
from asr_fair.report.summaries import WITHHELD, summaries_table, withholds_summaries
from asr_fair.report.systems.tables import pair_sections
from asr_fair.report.systems.texts import pair_sentences, pairs_words
from asr_fair.report.within import control_section

FINDINGS_SHOWN = 5
"""Before all others are folded: what fits on the first screen. One of them is of systems, where these are."""

MOST_PLOTTED = 25
"""Combinations: more make a plot that nobody reads."""

NO_PLOTS = PlotGroup(title="", caption="", plots=())


def build_report(results: Results) -> ReportPage:
    """The whole report, formatted and without hidden values."""
    shown = shown_in_report(results)
    found, pairs = findings(shown), pair_sentences(shown)
    n_first = FINDINGS_SHOWN - min(len(pairs), 1)
    return ReportPage(
        title=results.title,
        banner=texts.banner(results),
        tested=who_and_what(shown),
        highest=highest(shown),
        findings=_folded([_line(one) for one in found], n_first, more_words(found[n_first:])),
        system_findings=_folded(pairs, FINDINGS_SHOWN - min(len(found), n_first), "More pairs of systems"),
        cannot_say=cannot_say(shown),
        how_to_read=texts.how_to_read(shown),
        warnings=results.warnings,
        losses_words=texts.losses_words(results),
        losses=losses_table(shown),
        made_up=made_up_table(shown),
        overall=tables.overall_table(shown),
        systems_words=pairs_words(shown),
        pairs=pair_sections(shown),
        dimensions=[
            _dimension_section(shown, dimension, number)
            for number, dimension in enumerate(shown.results.dimensions, start=1)
        ],
        controls=[
            control_section(shown, control, number)
            for number, control in enumerate(shown.results.controls, start=1)
        ],
        faas=faas_table(shown),
        limits=[*texts.limits(shown), *faas_limits(results, shown)],
        what_was_run=[*texts.run_facts(shown.results), *texts.data_facts(shown)],
        provenance=texts.provenance(shown.results),
    )


def _line(finding: Finding) -> FindingLine:
    return FindingLine(finding.verdict, finding.lead, finding.more, finding.asks)


def _folded(entries: Sequence[T], n_shown: int, more: str) -> Folded[T]:
    return Folded(entries[:n_shown], entries[n_shown:], more)


def _dimension_section(shown: Shown, dimension: DimensionInfo, number: int) -> DimensionSection:
    slug = re.sub(r"\W+", "-", dimension.name.lower(), flags=re.ASCII).strip("-")
    return DimensionSection(
        anchor=f"dimension-{number}-{slug}",
        title=dimension.title,
        source=texts.source_words(dimension),
        comparison=texts.comparison_and_margin_words(shown, dimension),
        systems=[
            (_lean_section if dimension.parts else _system_section)(shown, dimension, system.name)
            for system in shown.results.systems
        ],
        more_words=[*_combination_words(shown, dimension), *_withheld_words(shown, dimension)],
    )


def _combination_words(shown: Shown, dimension: DimensionInfo) -> list[str]:
    if not dimension.parts:
        return []
    return texts.combination_words(dimension, n_groups=len(declared_groups(shown, dimension)))


def _withheld_words(shown: Shown, dimension: DimensionInfo) -> list[str]:
    if not withholds_summaries(shown, dimension):
        return []
    return [f"How far the groups are apart in all is not told: {WITHHELD}."]


def _lean_section(shown: Shown, dimension: DimensionInfo, system: str) -> SystemSection:
    """What an intersection adds to its parts: rates with verdicts, and how far combinations are apart."""
    few = len(groups_with_rates(shown, dimension)) <= MOST_PLOTTED
    return SystemSection(
        title=system,
        heat_map=heat_map(shown, dimension, system),
        settings=[
            SettingSection(
                title=setting.title,
                intervals=interval_plots(shown, dimension, system, setting) if few else NO_PLOTS,
                rates=tables.rates_table(shown, dimension, system, setting),
            )
            for setting in settings_of(shown.results.conditions)
        ],
        summaries=summaries_table(shown, dimension, system),
    )


def _system_section(shown: Shown, dimension: DimensionInfo, system: str) -> SystemSection:
    return SystemSection(
        title=system,
        heat_map=heat_map(shown, dimension, system),
        excess=noise_tables.excess_table(shown, dimension, system),
        noise_curves=noise_curves(shown, dimension, system),
        along_snr=along_snr_table(shown, dimension, system),
        settings=[
            _setting_section(shown, dimension, system, setting)
            for setting in settings_of(shown.results.conditions)
        ],
        summaries=summaries_table(shown, dimension, system),
        models=[table for make in (models_table, fits_table) if (table := make(shown, dimension, system))],
        normalisers=normaliser_section(shown, dimension, system),
    )


def _setting_section(shown: Shown, dimension: DimensionInfo, system: str, setting: Setting) -> SettingSection:
    return SettingSection(
        title=setting.title,
        intervals=interval_plots(shown, dimension, system, setting),
        rates=tables.rates_table(shown, dimension, system, setting),
        against_clean=noise_tables.against_clean_table(shown, dimension, system, setting),
        disagreements=tuple(disagreements(shown, dimension, system, setting)),
        scales=noise_tables.scales_table(shown, dimension, system, setting),
        nobody_said=nobody_said_table(shown, dimension, system, setting),
        further=further_table(shown, dimension, system, setting),
    )
