"""The page of a comparison: who gained and who did not, in the right direction, and nothing hidden."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from made_compared import make_compared, with_rows, with_secrets
from made_results import ACCENTS, CLEAN_ONLY, CONDITIONS, Voice
from made_systems import compared
from pages import Page

from asr_fair.cli.compare_text import in_words
from asr_fair.fairness.results import ComparedRuns, SystemComparison, Verdict, read_compared
from asr_fair.report.compare.page import build_comparison
from asr_fair.report.compare.write import write_comparison
from asr_fair.report.html import render_comparison

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    '" onmouseover="x',
    "</style>",
    "\u202eevil",
    "bell\x07\x1b[31m",
    "مرحبا",
    "x" * 300,
)


GROUP = "Vietnamese English"
"""Fourteen speakers, compared with the Irish."""
MORE = "For whom B makes more"


@pytest.fixture(scope="module")
def made() -> ComparedRuns:
    return make_compared()


@pytest.fixture(scope="module")
def page(made: ComparedRuns) -> Page:
    return Page.parse(render_comparison(made))


def told(made: ComparedRuns, start: str) -> list[str]:
    """The sentences under the first heading that begins with `start`."""
    found = next((each for each in build_comparison(made).told if each.title.startswith(start)), None)
    return [] if found is None else [words.replace("\u00a0", " ") for words in found.sentences]


def row_of(made: ComparedRuns, group: str) -> SystemComparison:
    return next(row for row in made.results.system_comparisons if row.group == group)


def moved(made: ComparedRuns, group: str, before: float, after: float, own: float) -> ComparedRuns:
    """The comparison with a gap that moves from `before` to `after` as the group's rate changes by `own`."""
    row = row_of(made, group)
    assert row.gap_difference is not None
    change = after - before
    gap = {"gap": after, "other_gap": before, "value": change}
    gap |= {"simultaneous_low": change - 0.001, "simultaneous_high": change + 0.001}
    return with_rows(
        made,
        group,
        gap_difference=row.gap_difference.model_copy(update=gap),
        difference=row.difference.model_copy(update={"value": own}),
    )


def number(value: float) -> str:
    text = f"{100 * value:+.1f}".replace("-", "−")
    return "0.0" if text[1:] == "0.0" else text


def gap_words(made: ComparedRuns, group: str) -> str:
    (words,) = (each for each in told(made, "Gaps that") if each.startswith(f"“{group}”"))
    return words


def test_the_first_screen_says_whether_b_is_better_and_for_whom(made: ComparedRuns) -> None:
    titles = [each.title for each in build_comparison(made).told]
    assert titles[:2] == ["Over all, B makes more errors than A", "For whom B makes more errors"]
    (everyone,) = told(made, "Over all")
    assert everyone.startswith("WER from 15.9 % with A to 19.9 % with B, +4.0 points [+2.4 to +5.6]")
    assert "Of 84 speakers, 3 had fewer errors with B, 9 more, 72 as many." in everyone
    assert "“Irish” (Accent), 9.2 % to 11.5 %, +2.3 points [+1.4 to +3.2]." in told(
        made, "For whom B makes more"
    )


def test_a_group_with_fewer_errors_is_on_the_other_side(made: ComparedRuns) -> None:
    change = row_of(made, "Irish").difference.model_copy(update={"value": -0.02, "low": -0.03, "high": -0.01})
    better = with_rows(made, "Irish", ratio=0.8, difference=change, wer=0.072)
    assert told(better, "For whom B makes fewer") == [
        "“Irish” (Accent), 9.2 % to 7.2 %, −2.0 points [−3.0 to −1.0]."
    ]
    assert not any("Irish" in words for words in told(better, "For whom B makes more"))


def test_where_no_group_got_worse_that_is_no_evidence_that_none_did(made: ComparedRuns) -> None:
    rows = tuple(
        row.model_copy(update={"verdict": row.verdict and Verdict.CANNOT_TELL})
        for row in made.results.system_comparisons
    )
    unsure = made.model_copy(update={"results": made.results.model_copy(update={"system_comparisons": rows})})
    assert told(unsure, "Over all, it cannot be told")
    assert told(unsure, MORE) == [
        "This is shown for no group. That is no evidence that there is none: see below."
    ]
    (words, *_) = told(unsure, "What this data cannot tell")
    assert "That is no evidence that nothing changed for them." in words


@pytest.mark.parametrize(
    ("before", "after", "own", "said"),
    [
        (0.10, 0.06, -0.04, None),
        (0.10, 0.06, 0.00, "Nobody gained: it narrowed only in that errors rose for"),
        (0.10, 0.06, 0.02, "Nobody gained: it narrowed only in that errors rose for"),
        (0.10, 0.06, -0.02, "It narrowed in part because errors rose for"),
        (-0.10, -0.06, 0.04, "Nobody gained: it narrowed only in that errors rose for “Vietnamese English”"),
        (0.10, -0.02, 0.00, "Nobody gained: it changed sides only in that errors rose for"),
        (0.06, 0.10, -0.01, "Errors fell on both sides, but less for “Vietnamese English”"),
    ],
)
def test_a_gap_that_closed_as_one_side_got_worse_says_so(
    made: ComparedRuns, before: float, after: float, own: float, said: str | None
) -> None:
    words = gap_words(moved(made, GROUP, before, after, own), GROUP)
    direction = "narrowed" if abs(after) < abs(before) else "widened"
    direction = "changed sides" if before * after < 0 else direction
    assert f"the gap {direction}, from {number(before)} to {number(after)} points" in words
    assert f"{number(own)} points for “{GROUP}”" in words
    assert f"{number(own - (after - before))} points for “Irish”" in words
    if said is None:
        assert words.endswith(".")
        assert "errors rose" not in words
    else:
        assert said in words


def test_a_gap_whose_interval_includes_zero_is_not_told(made: ComparedRuns) -> None:
    part = row_of(made, GROUP).gap_difference
    assert part is not None
    open_ = with_rows(made, GROUP, gap_difference=part.model_copy(update={"simultaneous_low": -0.1}))
    assert gap_words(made, GROUP)
    assert not any(words.startswith(f"“{GROUP}”") for words in told(open_, "Gaps that"))


def test_the_table_holds_both_rates_and_the_change_in_this_order(page: Page) -> None:
    rows = {row[0]: row for row in page.table("From A to B: Clean").rows}
    row = [cell.replace("\u00a0", " ") for cell in rows[GROUP]]
    assert row[1:5] == ["14", "22.7 %", "28.4 %", "+5.7 points [+3.4 to +8.0]"]
    assert row[6] == "3, 9, 2"
    assert row[7].startswith("more errors with B ")
    assert [cell.split(" ")[0] for cell in row[8:]] == ["+5.7", "+8.5", "+2.8"]
    assert row[10].endswith("widened")
    assert rows["Nigerian English"][7].startswith("no verdict")


def test_what_differs_stands_in_one_table_and_what_does_not_in_another(page: Page) -> None:
    differs = {row[0]: row[1:] for row in page.table("What differs").rows}
    assert differs["Seed"] == ["1", "2"]
    assert differs["Model"] == ["tiny.en", "tiny.en v2"]
    same = {row[0] for row in page.table("The same in both").rows}
    assert {"Decoding, language", "Manifest digest", "Recipe of clean", "asr-fair"} <= same
    assert not same & (differs.keys() - {"Setting"})


def test_what_was_left_out_is_told_by_group(page: Page) -> None:
    rows = {row[0]: row[1:] for row in page.table("Utterances left out").rows}
    assert rows["Everyone"][-2:] == ["3", "only in A: 3"]
    assert rows[GROUP][-2:] == ["3", "only in A: 3"]


def test_every_condition_has_its_table_and_one_holds_them_all() -> None:
    made = make_compared(rendered=CONDITIONS[:3])
    page = Page.parse(render_comparison(made))
    for condition in CONDITIONS[:3]:
        assert page.table(f"From A to B: {condition.title}").rows
    (heading, *_) = page.table("Change under every condition").rows
    assert heading == ["Group", *(one.title for one in CONDITIONS[:3])]
    assert len(told(made, "Over all")) == 3


@pytest.mark.parametrize(
    ("verdict", "title"),
    [
        (Verdict.EQUIVALENT, "For whom both are equivalent"),
        (Verdict.CANNOT_TELL, "What this data cannot tell"),
    ],
)
def test_what_did_not_change_takes_one_sentence_over_all_conditions(verdict: Verdict, title: str) -> None:
    made = make_compared(rendered=CONDITIONS[:3])
    rows = tuple(
        row.model_copy(update={"verdict": row.verdict and verdict}) for row in made.results.system_comparisons
    )
    alike = made.model_copy(update={"results": made.results.model_copy(update={"system_comparisons": rows})})
    sentence, *_ = told(alike, title)
    assert all(f"under “{condition.title}”" in sentence for condition in CONDITIONS[:3])


def test_under_several_conditions_three_groups_each_are_named_and_the_others_counted() -> None:
    made = make_compared(rendered=CONDITIONS[:3])
    sentences = told(made, MORE)
    assert len(sentences) == 3
    for sentence in sentences:
        assert sentence.count("(") == 3
        assert sentence.endswith("2 more groups: see the tables.")


def everything(made: ComparedRuns, folder: Path) -> dict[str, str]:
    """All that people see of a comparison: its page, its tables, the terminal."""
    files = [path for path in write_comparison(made, folder) if path.suffix != ".json"]
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    return texts | {"terminal": "\n".join(in_words(made))}


@pytest.mark.parametrize("hidden", [{"Scottish", "unknown"}, {"Welsh"}])
def test_hidden_groups_change_nothing_that_is_seen(
    made: ComparedRuns, hidden: set[str], tmp_path: Path
) -> None:
    """Of Welsh speakers what was left out is counted; their rates are hidden."""
    other = with_secrets(made, hidden)
    if hidden == {"Welsh"}:
        kept = other.results.model_copy(update={"losses": made.results.losses})
        other = other.model_copy(update={"results": kept})
    assert everything(other, tmp_path / "other") == everything(made, tmp_path / "made")
    shown = everything(with_secrets(made, {"Irish"}), tmp_path / "shown")
    assert "91.8" in shown["compare.html"]
    assert "91.8" in shown["terminal"]
    assert "0.918273" in shown["compare.csv"]
    assert "66666" in shown["matched_pairs.csv"]
    assert "5555" in shown["left_out.csv"]


def test_nothing_is_told_where_even_everyone_is_hidden(made: ComparedRuns, tmp_path: Path) -> None:
    results = made.results
    few = {"n_speakers": 2}
    rows = tuple(row.model_copy(update=few) for row in results.system_comparisons)
    figures = tuple(each.model_copy(update=few) for each in results.figures)
    manifest = results.manifest.model_copy(update=few)
    hidden = {"system_comparisons": rows, "figures": figures, "manifest": manifest}
    texts = everything(made.model_copy(update={"results": results.model_copy(update=hidden)}), tmp_path)
    assert "too few people" in texts["terminal"]
    assert "19.9" not in texts["compare.html"] + texts["terminal"]
    assert len(texts["compare.csv"].splitlines()) == 1


def test_hostile_names_are_text_wherever_they_stand(tmp_path: Path) -> None:
    accents = [*ACCENTS[:4], *(Voice(name, 12 + n, 1500, 0.2) for n, name in enumerate(HOSTILE))]
    made = make_compared(accents=accents, title=HOSTILE[0])
    side = made.a.model_copy(update={"run": HOSTILE[0], "label": HOSTILE[0]})
    made = made.model_copy(update={"a": side})
    html = render_comparison(made)
    page = Page.parse(html)
    assert "<script" not in html.lower()
    assert html.count("</style>") == 1
    assert page.attributes("onmouseover") == []
    assert page.open == []
    assert all(name in " ".join(page.texts) for name in HOSTILE[:4])
    texts = everything(made, tmp_path)
    groups = {row["group"] for row in csv.DictReader(io.StringIO(texts["compare.csv"]))}
    assert f"'{HOSTILE[1]}" in groups
    assert HOSTILE[1] not in groups
    steering = [sign for sign in texts["terminal"] if not sign.isprintable() and sign != "\n"]
    assert steering == []
    assert max(map(len, texts["terminal"].splitlines())) < 130


def test_the_json_file_is_read_back_whole(made: ComparedRuns, tmp_path: Path) -> None:
    write_comparison(made, tmp_path)
    assert read_compared(tmp_path / "compare.json") == made
    assert (tmp_path / "compare.schema.json").is_file()


def test_without_speakers_there_are_rates_and_no_verdicts(tmp_path: Path) -> None:
    accents = [Voice("Irish", None, 1533, 0.115), Voice("Welsh", None, 1361, 0.2)]
    made = make_compared(accents=accents, handsets=[], rendered=CLEAN_ONLY)
    assert compared(accents=accents, handsets=[], rendered=CLEAN_ONLY).system_comparisons
    assert "not known" in everything(made, tmp_path)["compare.html"]
