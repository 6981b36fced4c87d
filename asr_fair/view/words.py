"""Words and confusions that go wrong more often in one group than in all others, as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from asr_fair.fairness.counting.words import Kind, SideCounts, WordRow
from asr_fair.fairness.permutations.word_tests import WordTest, by_kind
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.wording import NBSP, count, p_number, percent, signed_tenths
from asr_fair.view.choices import Choices, Link, choices, column_of
from asr_fair.view.query import Query, QueryError
from asr_fair.view.word_study import Totals, WordStudies, WordStudy
from asr_fair.wording import counted

ROWS_SHOWN = 40
"""Of each table: those with the smallest adjusted p."""
LEFT_OUT = "left out"

TITLES = {
    Kind.WORD: "Words",
    Kind.CONFUSION: "What was heard in their place",
    Kind.INSERTION: "Words that nobody said",
}
SUBJECTS = {Kind.WORD: "Word", Kind.CONFUSION: "Said → heard", Kind.INSERTION: "Heard"}
PER = {
    Kind.WORD: "Wrong per time the word was said.",
    Kind.CONFUSION: "Times this was heard, or nothing, per time the word was said.",
    Kind.INSERTION: "Times it was heard though nobody said it, per reference word of any kind.",
}


@dataclass(frozen=True, slots=True)
class WordsPage:
    """The page; `refusal` stands in place of everything else where a group's words are not shown."""

    title: str
    run_title: str
    subject: str
    condition: str
    choices: Sequence[Choices]
    facts: Sequence[tuple[str, str]]
    refusal: str | None
    found: str
    how_to_read: Sequence[str]
    tables: Sequence[Table]
    untested: Table | None


def words_page(studies: WordStudies, query: Query, link: Link) -> WordsPage:
    """The page of the group, condition and system that a query names; without a group, of the first one.

    Raises QueryError for a query that names several groups.
    """
    browser = studies.browser
    asked = _about(studies, query)
    links = choices(asked, browser.catalogue, studies.groups, link)
    page = WordsPage("Words", browser.title, "", asked.condition or "", links, (), None, "", (), (), None)
    if not asked.groups:
        nobody = "There is no group whose words may be shown: none has speakers enough, or none is declared."
        return replace(page, refusal=nobody)
    ((dimension, group),) = asked.groups.items()
    page = replace(page, subject=f"{browser.catalogue.tags[dimension].title}: {group}")
    if refusal := studies.refusal(dimension, group):
        return replace(page, refusal=refusal)
    condition, system = column_of(asked, browser.catalogue)
    study = studies.study(dimension, group, condition, system)
    level = 1.0 - studies.shown.results.plan.thresholds.confidence
    return replace(
        page,
        facts=_facts(study, condition, system, browser.normaliser.name),
        found=_found(study, level),
        how_to_read=list(_how_to_read(study, within=studies.is_within(dimension))),
        tables=[_table(kind, own, study, level) for kind, own in by_kind(study.tests).items()],
        untested=_untested(study),
    )


def _about(studies: WordStudies, query: Query) -> Query:
    """The query with a group, condition and system, where there are any."""
    if len(query.groups) > 1:
        msg = "words are shown of one group at a time: leave one tag in the address"
        raise QueryError(msg)
    condition, system = column_of(query, studies.browser.catalogue)
    first = {name: groups[0] for name, groups in list(studies.groups.items())[:1]}
    return Query(condition=condition, system=system, groups=query.groups or first)


def _facts(study: WordStudy, condition: str, system: str, normaliser: str) -> list[tuple[str, str]]:
    return [
        ("Condition", condition),
        ("System", system),
        ("Normaliser", normaliser),
        ("This group", _side_words(study.group)),
        ("All other groups", _side_words(study.rest)),
    ]


def _side_words(side: Totals) -> str:
    return (
        f"{counted(side.n_speakers, 'speaker')}, {counted(side.n_words, 'reference word')}, "
        f"{counted(side.n_errors, 'error')}"
    )


def _found(study: WordStudy, level: float) -> str:
    tested = [test for test in study.tests if test.adjusted is not None]
    if not tested:
        return "Nothing could be tested: too few speakers said the same words."
    n_found = sum((test.adjusted or 0.0) <= level for test in tested)
    rows = counted(len(tested), "row")
    if not n_found:
        return (
            f"{rows} tested, and none goes wrong more often in this group beyond what chance among so many "
            "would do. That is no evidence that none does."
        )
    return (
        f"{rows} tested; {count(n_found)} of them found to go wrong more often in this group. Of what is "
        f"found in this way, at most {percent(level)} are expected to be chance."
    )


def _how_to_read(study: WordStudy, *, within: bool) -> Iterator[str]:
    yield (
        "The test asks whether a word goes wrong more often per time it was said, by speaker: "
        + (
            "each speaker's two sides change places"
            if within
            else "whole speakers change places between this group and all others"
        )
        + ", among those who said it. It needs 3 speakers on each side and 3 who were misheard."
    )
    yield (
        "This is exploration: p is adjusted over all rows of this page (Benjamini & Hochberg). Without "
        "“found” a row is no finding; look at it and listen, and test it on other speakers."
    )
    yield (
        "Too many: errors of this group beyond those that the others' rate would give it. Share of errors: "
        "of all errors of this group, below it of all errors of the others; it is not tested, and a word "
        "that is said more has more of them."
    )
    yield "A word may go wrong for its neighbours, its topic or its reference. The table claims no cause."


def _table(kind: Kind, tests: Sequence[WordTest], study: WordStudy, level: float) -> Table:
    higher = [test for test in tests if test.excess > 0]
    notes = [PER[kind]]
    if len(higher) > ROWS_SHOWN:
        notes.append(f"The first {ROWS_SHOWN} of {len(higher)} rows with a higher rate in this group.")
    if len(tests) > len(higher):
        notes.append(f"{counted(len(tests) - len(higher), 'tested row')} without a higher rate not listed.")
    return Table(
        caption=TITLES[kind],
        columns=[
            Column(SUBJECTS[kind], is_number=False),
            Column("This group"),
            Column("All others"),
            Column("Too many"),
            Column("Share of errors"),
            Column("Adjusted p"),
        ],
        blocks=[Block("", [_row(test, study, level) for test in higher[:ROWS_SHOWN]])],
        notes=notes,
    )


def _row(test: WordTest, study: WordStudy, level: float) -> Row:
    row, adjusted = test.row, test.adjusted or 0.0
    shares = [
        percent(side.n_wrong / totals.n_errors) if totals.n_errors else "none"
        for side, totals in ((row.group, study.group), (row.rest, study.rest))
    ]
    p = f"p{NBSP}{p_number(test.p or 0.0)}{', exact' if test.exact else ''}"
    return Row(
        header=_name(row),
        cells=[
            _side(row.group),
            _side(row.rest),
            TableCell(signed_tenths(test.excess)),
            TableCell(shares[0], f"others {shares[1]}"),
            TableCell(p_number(adjusted), f"found; {p}" if adjusted <= level else p),
        ],
        is_quiet=adjusted > level,
    )


def _name(row: WordRow) -> str:
    match row.kind:
        case Kind.WORD:
            return row.reference
        case Kind.INSERTION:
            return f"+{row.hypothesis}"
        case _:
            return f"{row.reference} → {row.hypothesis or f'({LEFT_OUT})'}"


def _side(side: SideCounts) -> TableCell:
    return TableCell(
        percent(side.rate or 0.0),
        f"{count(side.n_wrong)} of {count(side.n_said)}; {counted(side.n_speakers, 'speaker')}, "
        f"{count(side.n_speakers_wrong)} misheard",
    )


def _untested(study: WordStudy) -> Table | None:
    """How many rows were not tested, why, and how many of the group's errors are in them."""
    rows, errors = Counter[tuple[str, Kind]](), Counter[tuple[str, Kind]]()
    for test in study.tests:
        if test.untested is not None:
            rows[test.untested.value, test.row.kind] += 1
            errors[test.untested.value, test.row.kind] += test.row.group.n_wrong
    if not rows:
        return None
    return Table(
        caption="Not tested",
        columns=[
            Column("Why", is_number=False),
            *(Column(TITLES[kind]) for kind in Kind),
        ],
        blocks=[
            Block(
                "",
                [
                    Row(
                        reason,
                        [
                            TableCell(count(rows[reason, kind]), counted(errors[reason, kind], "error"))
                            for kind in Kind
                        ],
                    )
                    for reason in sorted({reason for reason, _ in rows})
                ],
            )
        ],
        notes=["Rows, and below them the errors of this group that they hold."],
    )
