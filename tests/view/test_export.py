"""The exported folder: what is in it, what its limit leaves out, whose folder it replaces, and consent."""

from __future__ import annotations

import json
import re
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from asr_fair.cli.view import view
from asr_fair.errors import ConfigError
from asr_fair.report import render_html
from asr_fair.view import export_pages
from asr_fair.view.browser import Browser
from asr_fair.view.catalogue import Rows
from asr_fair.view.diff import word_diff
from asr_fair.view.export import MARK, WARNING, export
from asr_fair.view.export_data import as_json_in_html, default_limit, edits_of, export_data, exported_rows
from asr_fair.view.export_pages import UTTERANCES, Page, SoundFile
from asr_fair.view.kinds import Kind, rows_of_kind
from asr_fair.view.marks import visible
from asr_fair.view.query import Sort
from view.word_run import GROUPS, HIDDEN, HIDDEN_WORD, SENTENCES

N_UTTERANCES = sum(GROUPS.values()) * len(SENTENCES)


@pytest.fixture(scope="module")
def folder(word_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export") / "out"
    export(word_run, made, audio=False, limit=None)
    return made


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the pages that take seconds and are looked at elsewhere."""

    def pages(browser: Browser, rows: Rows, sounds: dict[tuple[int, str], SoundFile]) -> list[Page]:
        return [each for each in export_pages.pages(browser, rows, sounds) if each[0] == UTTERANCES]

    monkeypatch.setattr("asr_fair.view.export.pages", pages)


def data_of(page: Path) -> dict[str, Any]:
    (found,) = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', page.read_text("utf-8")
    )
    read: dict[str, Any] = json.loads(found)
    return read


def test_every_page_that_a_page_leads_to_is_in_the_folder(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert {"report.html", "utterances.html", "words.html", "references.html", WARNING, MARK} <= names
    for page in folder.glob("*.html"):
        for address in re.findall(r'<a [^>]*href="(?!data:)([^"#]+)', page.read_text("utf-8")):
            assert address in names, (page.name, address)


def test_nobody_but_the_owner_may_enter_the_folder(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_folder_says_that_it_is_private(folder: Path) -> None:
    assert "do not hand it out" in (folder / WARNING).read_text("utf-8")
    for page in folder.glob("*.html"):
        if page.name != "report.html":
            assert "Private." in page.read_text("utf-8")


def test_the_policy_allows_one_script_of_ours_and_nothing_from_elsewhere(folder: Path) -> None:
    for page in folder.glob("*.html"):
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page.read_text("utf-8"))
        assert "default-src 'none'" in policy.replace("&#39;", "'")
        assert "http" not in policy
        assert "unsafe" not in policy
        assert ("script-src" in policy) == (page.name == "utterances.html")


def test_rows_hold_what_the_counts_hold(folder: Path, word_run: Path) -> None:
    data = data_of(folder / "utterances.html")
    browser = Browser.open(word_run)
    assert data["complete"]
    assert len(data["rows"]) == 2 * N_UTTERANCES
    counts = np.array([row[3:7] for row in data["rows"]]).sum(axis=0)
    assert counts.tolist() == browser.catalogue.counts.sum(axis=1).tolist()
    errors = [sum(row[3:6]) for row in data["rows"]]
    assert errors == sorted(errors, reverse=True)


def test_kinds_of_the_page_are_those_of_the_server(folder: Path, word_run: Path) -> None:
    data, catalogue = data_of(folder / "utterances.html"), Browser.open(word_run).catalogue
    assert data["kinds"] == [kind.value for kind in Kind]
    for bit, kind in enumerate(Kind):
        assert sum(row[2] >> bit & 1 for row in data["rows"]) == rows_of_kind(catalogue, kind).sum()


def test_orders_are_those_of_the_server(word_run: Path) -> None:
    browser = Browser.open(word_run)
    rows = exported_rows(browser.catalogue, 9)
    data = export_data(browser, rows, lambda number, condition: None, least_speakers=5)
    kept = set(rows.tolist())
    for sort in (Sort.RATE, Sort.ID):
        expected = [row for row in browser.catalogue.ordered(sort).tolist() if row in kept]
        assert [int(rows[place]) for place in data["orders"][sort.value]] == expected


def test_edits_give_back_the_transcript() -> None:
    rng = np.random.default_rng(1)
    vocabulary = np.array(list("abcd"))
    for _ in range(100):
        reference, heard = (list(rng.choice(vocabulary, rng.integers(0, 8))) for _ in range(2))
        found, place = [], 0
        for at, *rest in edits_of(word_diff(reference, heard)):
            found += reference[place:at]
            found += rest[:1]
            place = at + (len(rest) != 2)
        assert found + reference[place:] == heard


def test_lost_and_hostile_transcripts_are_in_the_data(made_run: Path) -> None:
    browser = Browser.open(made_run)
    rows = exported_rows(browser.catalogue, 100)
    data = export_data(browser, rows, lambda number, condition: None, least_speakers=5)
    for row, told in zip(rows.tolist(), data["rows"], strict=True):
        heard = browser.heard(row)
        assert told[7] == (None if heard is None else visible(heard))
        assert isinstance(told[8], str) == (heard is None)
    assert any(told[7] is None for told in data["rows"])
    assert not re.search("[\u202e\u200b\x07]", json.dumps(data, ensure_ascii=False))


@pytest.mark.usefixtures("quick")
def test_a_limit_keeps_the_utterances_with_the_most_errors_of_each_column(
    word_run: Path, tmp_path: Path
) -> None:
    done = export(word_run, tmp_path / "out", audio=False, limit=5)
    data = data_of(tmp_path / "out" / "utterances.html")
    assert not data["complete"]
    errors = Browser.open(word_run).catalogue.errors.reshape(2, -1)
    for column in range(2):
        kept = [sum(row[3:6]) for row in data["rows"] if row[1] == column]
        assert kept == sorted(errors[column].tolist(), reverse=True)[:5]
    assert f"10 of {2 * N_UTTERANCES} transcripts" in done.words
    assert f"{2 * N_UTTERANCES - 10} with fewer errors are not in this folder" in done.words
    assert "utterances with the most errors" in (tmp_path / "out" / "utterances.html").read_text("utf-8")


def test_without_a_limit_columns_share_fifty_thousand_rows(word_run: Path) -> None:
    assert default_limit(Browser.open(word_run).catalogue) == 25_000


def test_no_rate_of_a_hidden_group_and_no_page_of_its_words_is_in_the_folder(folder: Path) -> None:
    for page in folder.glob("*.html"):
        if page.name != "utterances.html":  # which holds what everybody said
            assert HIDDEN_WORD not in page.read_text("utf-8")
            assert page.name == "report.html" or HIDDEN not in page.read_text("utf-8")


def test_json_in_a_page_cannot_end_its_element() -> None:
    texts = [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "a&b\u2028\u2029",
        "]]>",
        "\\u003c/script>",
    ]
    text = as_json_in_html(texts)
    assert not re.search(r"[<>&\u2028\u2029]", text)
    assert json.loads(text) == texts


def test_a_folder_that_no_export_wrote_is_refused_and_left_alone(word_run: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match=r"thesis\.txt"):
        export(word_run, tmp_path, audio=False, limit=1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(ConfigError, match="is no folder"):
        export(word_run, tmp_path / "thesis.txt", audio=False, limit=1)


def test_a_run_is_not_replaced_by_its_own_export(word_run: Path) -> None:
    with pytest.raises(ConfigError, match="which no export of asr-fair wrote"):
        export(word_run, word_run, audio=False, limit=1)
    assert (word_run / "results.json").is_file()


@pytest.mark.usefixtures("quick")
def test_an_earlier_export_is_replaced_whole_unless_something_was_added(
    word_run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export(word_run, out, audio=False, limit=None)
    export(word_run, out, audio=False, limit=1)
    assert len(data_of(out / "utterances.html")["rows"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    (out / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"notes\.txt"):
        export(word_run, out, audio=False, limit=1)
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.usefixtures("quick")
def test_an_empty_folder_may_be_filled(word_run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert export(word_run, tmp_path / "out", audio=False, limit=1).n_sounds == 0
    assert (tmp_path / "out" / UTTERANCES).is_file()


def test_sounds_without_consent_are_refused_before_anything_is_written(
    word_run: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="play_audio"):
        export(word_run, tmp_path / "out", audio=True, limit=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("quick")
def test_sounds_are_those_of_the_exported_rows_and_clean(heard_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = export(heard_run, out, audio=True, limit=2)
    data = data_of(out / "utterances.html")
    named = {row[9] for row in data["rows"]} | {utterance[7] for utterance in data["utterances"]}
    assert named == {path.relative_to(out).as_posix() for path in (out / "sound").iterdir()}
    assert done.n_sounds == len(named)
    for name in named:
        with wave.open(str(out / name)) as file:
            assert file.getframerate() == 16_000
            assert file.getnframes() > 1_000
    assert "voices" in (out / WARNING).read_text("utf-8")


@pytest.mark.usefixtures("quick")
def test_a_recording_that_is_gone_is_told_and_the_rest_is_written(
    heard_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*arguments: object) -> None:
        message = "the recording is gone"
        raise FileNotFoundError(message)

    monkeypatch.setattr("asr_fair.view.sounds.Sounds.sound", gone)
    done = export(heard_run, tmp_path / "out", audio=True, limit=1)
    assert done.silent == ("the recording is gone",)
    assert all(row[9] is None for row in data_of(tmp_path / "out" / "utterances.html")["rows"])


@pytest.mark.usefixtures("quick")
def test_the_command_prints_the_page_to_open(word_run: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(view, [str(word_run), "--export", str(tmp_path / "out"), "--limit", "1"])
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "out" / "report.html") in done.output
    assert "Private" in done.output


def test_links_of_the_report_lead_into_the_folder(word_run: Path) -> None:
    text = render_html(Browser.open(word_run).run.results, f"{UTTERANCES}#")
    assert f'href="{UTTERANCES}#' in text
    assert 'href="utterances?' not in text


@pytest.mark.parametrize("option", [["--audio"], ["--limit", "3"]])
def test_options_of_an_export_need_one(word_run: Path, option: list[str]) -> None:
    done = CliRunner().invoke(view, [str(word_run), *option])
    assert done.exit_code == 2
    assert "--export" in done.output
