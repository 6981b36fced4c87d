"""`asr-fair card` on a run: written beside human text that it never touches, and checked for CI."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from asr_fair.cli.main import status_of
from asr_fair.errors import ConfigError
from asr_fair.fairness.results import read_results, write_results
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.card import check_card, write_card
from asr_fair.pipeline.outputs import render_again
from asr_fair.pipeline.score import score
from pipeline.test_score import SIDECAR, write_inputs

CARDS = ("card.md", "card.html", "card.tex")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scored")
    inputs = write_inputs(folder)
    sidecar = SIDECAR.replace("speaker}", "speaker, values: [Scottish, Indian, Welsh, Maltese]}")
    inputs[0].with_suffix(".yaml").write_text(sidecar, encoding="utf-8")
    score(*inputs, folder / "run")
    return folder


@pytest.fixture
def run(scored: Path, tmp_path: Path) -> Path:
    """A copy of the run; its manifest stays where it was."""
    import shutil

    return Path(shutil.copytree(scored / "run", tmp_path / "run"))


def texts(run: Path) -> dict[str, str]:
    return {name: (run / name).read_text(encoding="utf-8") for name in CARDS}


def test_the_text_file_is_made_once_and_its_words_come_onto_every_card(run: Path) -> None:
    first = write_card(run)
    assert first.text_created == run / "card_text.md"
    assert len(first.unwritten) == first.n_headings == 16
    own = (run / "card_text.md").read_text(encoding="utf-8")
    written = own.replace("## Safety\n", "## Safety\n\nA nurse reads every transcript.\n")
    (run / "card_text.md").write_text(written, encoding="utf-8")
    second = write_card(run)
    assert second.text_created is None
    assert "Safety" not in second.unwritten
    assert len(second.unwritten) == 15
    assert all("A nurse reads every transcript." in text for text in texts(run).values())
    assert (run / "card_text.md").read_text(encoding="utf-8") == written
    # Rendered again by another command, it is still there.
    before = texts(run)
    render_again(run)
    assert texts(run) == before
    assert check_card(run).differences == {}


def test_the_manifest_s_language_and_its_empty_groups_are_on_the_card(run: Path) -> None:
    write_card(run)
    card = texts(run)["card.md"]
    assert "- **Language**: en" in card
    assert "Accent: nobody in this data is in Welsh and Maltese, so they were not measured." in card


def test_a_number_edited_by_hand_fails_the_check_with_its_block(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_card(run)
    assert status_of(["card", str(run), "--check"]) == 0
    assert "every generated block matches the results" in capsys.readouterr().out
    for name, text in texts(run).items():
        (run / name).write_text(text.replace("72", "71"), encoding="utf-8")  # utterances
    assert status_of(["card", str(run), "--check"]) == 1
    out, err = capsys.readouterr()
    for name in CARDS:
        assert f"{name}: block performance does not match the results" in out
    assert "-| clean | 24 | 71 |" in out
    assert "+| clean | 24 | 72 |" in out
    assert "of 3 cards do not match the results" in err


def test_results_that_came_after_the_card_fail_the_check(run: Path) -> None:
    write_card(run)
    results = read_results(run / "results.json")
    moved = tuple(one.model_copy(update={"n_words": one.n_words + 1}) for one in results.figures)
    write_results(results.model_copy(update={"figures": moved}), run / "results.json")
    found = check_card(run)
    assert set(found.differences) == {run / name for name in CARDS}
    assert {one.block for one in found.differences[run / "card.md"]} == {"performance", "fairness-accent"}


def test_a_card_elsewhere_is_checked_and_text_outside_of_blocks_is_a_note(run: Path, tmp_path: Path) -> None:
    write_card(run)
    copy = tmp_path / "site" / "published.md"
    copy.parent.mkdir()
    copy.write_text(f"---\nlayout: card\n---\n{texts(run)['card.md']}", encoding="utf-8")
    found = check_card(run, card=copy)
    assert (found.files, found.differences) == ((copy,), {})
    assert "outside of its generated blocks" in found.notes[0]
    assert check_card(run).notes == ()


def test_more_speakers_asked_for_stay_asked_for(run: Path) -> None:
    write_card(run, fewest=13)
    assert all("fewest-speakers=13" in text for text in texts(run).values())
    assert check_card(run).differences == {}
    render_again(run)
    write_card(run)
    assert all("fewest-speakers=13" in text for text in texts(run).values())
    write_card(run, fewest=5)
    assert all("fewest-speakers=5" in text for text in texts(run).values())


def test_withdrawn_consent_is_on_the_card_and_fails_the_check(run: Path, scored: Path) -> None:
    write_card(run)
    sidecar = scored / "ward.yaml"
    before = sidecar.read_text(encoding="utf-8")
    try:
        content = yaml.safe_load(before) | {"permitted_use": [Use.EVALUATE.value]}
        sidecar.write_text(yaml.safe_dump(content), encoding="utf-8")
        found = check_card(run)
        assert {one.block for each in found.differences.values() for one in each} == {"sharing"}
        assert not write_card(run).may_be_shared
        assert all("NOT TO BE SHARED" in text for text in texts(run).values())
        render_again(run)
        assert all("NOT TO BE SHARED" in text for text in texts(run).values())
    finally:
        sidecar.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fewest": 3}, "nothing is handed out of fewer than 5 speakers"),
        ({"text": Path("nowhere.md")}, "nowhere.md: cannot be read"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(run: Path, arguments: dict, message: str) -> None:
    before = texts(run)
    with pytest.raises(ConfigError, match=message):
        write_card(run, **arguments)
    assert texts(run) == before
    assert not (run / "card_text.md").exists()


def test_a_check_without_a_card_or_of_something_else_says_what_to_do(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is no card: the name of one ends in \.md, \.html, \.tex"):
        check_card(run, card=tmp_path / "card.pdf")
    with pytest.raises(ConfigError, match="cannot be read"):
        check_card(run, card=tmp_path / "card.md")
    for name in CARDS:
        (run / name).unlink()
    with pytest.raises(ConfigError, match=r"holds no card\. Write one: asr-fair card"):
        check_card(run)
    with pytest.raises(ConfigError, match="holds no"):
        write_card(tmp_path / "nowhere")


def test_the_command_says_what_is_left_to_do(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["card", str(run)]) == 0
    out, err = capsys.readouterr()
    assert "card_text.md" in err
    assert "Not yet written: 16 of 16 texts (Overview," in err
    assert all(name in out for name in CARDS)
    (run / "card_text.md").write_text("## Overveiw\nx\n", encoding="utf-8")
    assert status_of(["card", str(run)]) == 0
    assert "Did you mean “Overview”?" in capsys.readouterr().err
    assert status_of(["card", str(run), "--card", "x.md"]) == 2
    assert "--card goes with --check" in capsys.readouterr().err


def test_text_from_elsewhere_is_used_and_makes_no_file_in_the_run(run: Path, tmp_path: Path) -> None:
    text = tmp_path / "ours.md"
    text.write_text("## Governance\nThe board of the hospital.\n", encoding="utf-8")
    written = write_card(run, text=text)
    assert written.text_created is None
    assert not (run / "card_text.md").exists()
    assert all("The board of the hospital." in each for each in texts(run).values())
    assert any("headings that are missing" in problem for problem in written.problems)
    assert check_card(run, text=text).differences == {}


def test_the_command_says_that_a_text_from_elsewhere_is_not_remembered(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ours.md").write_text("## Governance\nThe board.\n", encoding="utf-8")
    assert status_of(["card", str(run), "--text", str(tmp_path / "ours.md")]) == 0
    assert "do not know of --text" in capsys.readouterr().err


def test_results_of_before_are_read(run: Path) -> None:
    """Without a language and empty groups, as schema 1.3 had it at first."""
    path = run / "results.json"
    old = json.loads(path.read_text(encoding="utf-8"))
    for name in ("language", "empty_groups"):
        del old["manifest"][name]
    path.write_text(json.dumps(old), encoding="utf-8")
    render_again(run)
    assert "- **Language**: not recorded" in (run / "card.md").read_text(encoding="utf-8")
