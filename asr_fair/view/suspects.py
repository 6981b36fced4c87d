"""Suspected reference errors as a page: how many in which group, what they do to its WER, and which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from asr_fair.fairness.counting.strata import Mask
from asr_fair.fairness.results import DimensionInfo
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.wording import count, percent, points
from asr_fair.score.reference_doubts import REASONS
from asr_fair.view.addresses import Addresses, Place
from asr_fair.view.choices import Choices, Link, choices, column_of
from asr_fair.view.query import Query
from asr_fair.view.suspect_study import Sensitivity, Share, SuspectStudy
from asr_fair.wording import counted

LISTED = 100
"""Utterances of one reason on the page."""
NOT_SHOWN = TableCell("not shown", "too few speakers")


@dataclass(frozen=True, slots=True)
class Suspect:
    """An utterance whose reference is suspected, and the passage that says so."""

    utterance_id: str
    address: str
    reference: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ReasonSection:
    """All suspects of one reason; `n_more` are left out of the list."""

    title: str
    words: str
    suspects: Sequence[Suspect]
    n_more: int


@dataclass(frozen=True, slots=True)
class SuspectsPage:
    """The page from top to bottom."""

    title: str
    run_title: str
    subject: str
    choices: Sequence[Choices]
    found: str
    how_to_read: Sequence[str]
    reasons: Table
    groups: Sequence[Table]
    sections: Sequence[ReasonSection]


def suspects_page(study: SuspectStudy, query: Query, link: Link, addresses: Addresses) -> SuspectsPage:
    """The page of a condition and system; with groups in the query, its list holds their utterances only."""
    browser = study.browser
    condition, system = column_of(query, browser.catalogue)
    asked = Query(condition=condition, system=system, groups=query.groups)
    members = np.ones(browser.catalogue.n_utterances, np.bool_)
    for dimension, group in asked.groups.items():
        members &= browser.catalogue.members(dimension, group)
    everyone = study.share(np.ones_like(members), study.suspected())
    return SuspectsPage(
        title="Suspected references",
        run_title=browser.title,
        subject=", ".join(
            f"{browser.catalogue.tags[name].title}: {group}" for name, group in asked.groups.items()
        ),
        choices=choices(replace(asked, groups={}), browser.catalogue, {}, link),
        found=_found(everyone),
        how_to_read=list(_how_to_read(study)),
        reasons=_reasons(study, members),
        groups=[_groups(study, each, condition, system) for each in _dimensions(study)],
        sections=list(_sections(study, members, (study.condition, system), addresses)),
    )


def _dimensions(study: SuspectStudy) -> list[DimensionInfo]:
    return [each for each in study.shown.results.dimensions if not each.parts]


def _found(share: Share) -> str:
    n_speakers = share.n_speakers_suspected
    people = "" if n_speakers is None else f", of {counted(n_speakers, 'speaker')},"
    references = counted(share.n_utterances, "reference")
    if not share.n_suspected:
        return f"None of {references} is suspected. That vouches for none of them."
    return f"{count(share.n_suspected)} of {references}{people} may not be what was said."


def _how_to_read(study: SuspectStudy) -> Iterator[str]:
    yield (
        "Found by rules, without listening, from the texts and what was heard under "
        f"{study.condition}. A rule may be wrong about an utterance: listen before you change a reference."
    )
    yield (
        "Nothing is removed: the report counts every one of these. “WER without” leaves them out, all "
        "reasons together, and is descriptive: it has no interval. It can be lower or higher, as an "
        "utterance with one word written otherwise may have few errors else."
    )
    yield (
        "Unequal shares are a finding by themselves: where references are worse for one group, its WER is "
        "too high by that much, and so is its gap."
    )
    if study.n_untimed:
        yield (
            f"The length of {counted(study.n_untimed, 'utterance')} is not in the manifest (duration_s): "
            "whether their words fit into it was not checked."
        )


def _reasons(study: SuspectStudy, members: Mask) -> Table:
    rows = []
    for reason, meaning in REASONS.items():
        share = study.share(members, study.suspected(reason))
        rows.append(
            Row(meaning.title, [*_share_cells(share), TableCell(meaning.words)], share.n_suspected == 0)
        )
    return Table(
        caption="Reasons",
        columns=[
            Column("Reason", is_number=False),
            Column("Utterances"),
            Column("Speakers"),
            Column("What the rule looks at", is_number=False),
        ],
        blocks=[Block("", rows)],
        notes=["An utterance may have several reasons."],
    )


def _share_cells(share: Share) -> list[TableCell]:
    of = percent(share.n_suspected / share.n_utterances) if share.n_utterances else ""
    people = "not known" if share.n_speakers_suspected is None else count(share.n_speakers_suspected)
    return [
        TableCell(count(share.n_suspected), f"{of} of {count(share.n_utterances)}"),
        TableCell(people, "" if share.n_speakers is None else f"of {count(share.n_speakers)}"),
    ]


def _groups(study: SuspectStudy, dimension: DimensionInfo, condition: str, system: str) -> Table:
    suspected = study.suspected()
    everyone = np.ones(study.browser.catalogue.n_utterances, np.bool_)
    rows = [(EVERYONE, everyone, study.shown.has_rates(OVERALL, EVERYONE))]
    rows += [
        (name, members, study.shown.has_rates(dimension.name, name))
        for name, members in study.groups_of(dimension)
    ]
    return Table(
        caption=f"{dimension.title}: {condition}, {system}",
        columns=[
            Column("Group", is_number=False),
            Column("Suspected"),
            Column("Speakers"),
            Column("WER"),
            Column("WER without"),
            Column("Difference"),
        ],
        blocks=[
            Block(
                "",
                [
                    _group_row(
                        "everyone" if name == EVERYONE else name,
                        study.sensitivity(members, suspected, condition, system, has_rates=has_rates),
                        is_reserved=dimension.is_reserved(name),
                    )
                    for name, members, has_rates in rows
                ],
            )
        ],
    )


def _group_row(name: str, found: Sensitivity, *, is_reserved: bool) -> Row:
    wer, without = found.wer, found.wer_without
    return Row(
        header=name,
        cells=[
            *_share_cells(found.share),
            NOT_SHOWN if wer is None else TableCell(percent(wer), f"{count(found.n_words)} words"),
            NOT_SHOWN
            if without is None
            else TableCell(percent(without), f"{count(found.n_words_without)} words"),
            NOT_SHOWN if wer is None or without is None else TableCell(points(without - wer)),
        ],
        is_quiet=is_reserved,
    )


def _sections(
    study: SuspectStudy, members: Mask, column: tuple[str, str], addresses: Addresses
) -> Iterator[ReasonSection]:
    browser = study.browser
    for reason, meaning in REASONS.items():
        own = [
            (browser.numbers[doubt.utterance_id], doubt)
            for doubt in study.doubts
            if doubt.reason is reason and members[browser.numbers[doubt.utterance_id]]
        ]
        if own:
            suspects = [
                Suspect(
                    doubt.utterance_id,
                    addresses.utterance(Place(number, column)),
                    browser.reference(number),
                    doubt.evidence,
                )
                for number, doubt in own[:LISTED]
            ]
            yield ReasonSection(meaning.title, meaning.words, suspects, len(own) - len(suspects))
