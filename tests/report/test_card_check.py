"""A card is compared with its results block by block: every change inside one is found and named."""

from __future__ import annotations

import pytest
from made_people import build_card
from made_results import CLEAN_ONLY, make_results

from asr_fair.fairness.results import Results
from asr_fair.report.card import render_cards
from asr_fair.report.card.check import differences, fewest_in, text_differs
from asr_fair.report.card.text import parse_text

SUFFIXES = (".md", ".html", ".tex")
BLOCKS = ["sharing", "header", "limits", "performance", "methodology", "fairness-accent"]


def cards(results: Results, text: str = "", *, fewest: int = 0) -> dict[str, str]:
    card = build_card(results, parse_text(text, name="t.md"), fewest=fewest)
    return {name[4:]: content for name, content in render_cards(card).items()}


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return cards(make_results(rendered=CLEAN_ONLY))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_card_matches_the_results_it_was_made_from(made: dict[str, str], suffix: str) -> None:
    again = cards(make_results(rendered=CLEAN_ONLY), "## Safety\nNew words.\n")[suffix]
    assert differences(made[suffix], again, suffix=suffix) == []
    assert text_differs(made[suffix], again, suffix=suffix)
    # What an editor or a checkout does to the ends of lines says nothing else.
    assert differences(made[suffix].replace("\n", "\r\n"), again, suffix=suffix) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_number_changed_by_hand_is_found_in_its_block(made: dict[str, str], suffix: str) -> None:
    edited = made[suffix].replace("+16.9", "+6.9", 1)  # the gap of Vietnamese English
    assert edited != made[suffix]
    (found,) = differences(edited, made[suffix], suffix=suffix)
    assert (found.block, found.what) == ("fairness-accent", "does not match the results")
    lines = found.diff.splitlines()
    assert any(line.startswith("-") and "+6.9" in line for line in lines)
    assert any(line.startswith("+") and "+16.9" in line for line in lines)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_results_that_moved_are_found(made: dict[str, str], suffix: str) -> None:
    results = make_results(rendered=CLEAN_ONLY)
    moved = results.model_copy(
        update={"figures": tuple(f.model_copy(update={"n_words": f.n_words + 1}) for f in results.figures)}
    )
    found = {one.block for one in differences(made[suffix], cards(moved)[suffix], suffix=suffix)}
    assert found == {"performance", "fairness-accent", "fairness-handset"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_blocks_that_are_missing_doubled_open_or_moved_are_named(made: dict[str, str], suffix: str) -> None:
    card = made[suffix]
    mark = "% asr-fair:{} {}" if suffix == ".tex" else "<!-- asr-fair:{} {} -->"
    begin, end = (mark.format(kind, "limits") for kind in ("begin", "end"))
    whole = card[card.index(begin) : card.index(end) + len(end)]

    def told(edited: str) -> set[tuple[str, str]]:
        return {(one.block, one.what) for one in differences(edited, card, suffix=suffix)}

    assert told(card.replace(whole, "")) == {("limits", "is not in the card")}
    assert ("limits", "stands twice") in told(card.replace(whole, f"{whole}\n{whole}"))
    assert ("limits", "has no end") in told(card.replace(end, ""))
    assert ("limits", "ends without a beginning") in told(card.replace(begin, ""))
    extra = "\n".join([mark.format("begin", "mine"), "WER 0 %", mark.format("end", "mine")])
    assert told(f"{card}\n{extra}\n") == {("mine", "is of no such results")}
    moved = f"{card.replace(whole, '')}\n{whole}\n"
    assert any(what == "stand in another order than the results give" for _, what in told(moved))


def test_an_empty_file_holds_no_block(made: dict[str, str]) -> None:
    found = differences("", made[".md"], suffix=".md")
    assert {one.what for one in found} == {"is not in the card"}
    assert set(BLOCKS) <= {one.block for one in found}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_card_says_itself_how_many_speakers_it_asks_for(suffix: str) -> None:
    results = make_results(rendered=CLEAN_ONLY)
    card = cards(results, fewest=12)[suffix]
    assert fewest_in(card) == 12
    assert fewest_in("no card") == 0
    # Who writes another number there gets a card that does not match.
    lower = card.replace("fewest-speakers=12", "fewest-speakers=5")
    again = cards(results, fewest=fewest_in(lower))[suffix]
    assert "fairness-accent" in {one.block for one in differences(lower, again, suffix=suffix)}
