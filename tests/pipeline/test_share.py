"""A package to share holds nothing of anybody: searched for every private string in every disguise."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pandas as pd
import pytest
import yaml

from asr_fair.cli.main import status_of
from asr_fair.config import Plan
from asr_fair.errors import ConfigError, ExitStatus
from asr_fair.fairness.results import Results, read_results
from asr_fair.manifest.tables import write_table
from asr_fair.pipeline.score import score
from asr_fair.pipeline.share import packages_in, share
from asr_fair.pipeline.stored_run import open_run

K = 5
SENTENCE = "please bring the second tray to room nine before the morning round"
WORDS = SENTENCE.split()
GROUPS = {"Scottish": 12, "Indian": 13, "zqmanx": 2, "zqkiwi": 4}
HIDDEN = ("zqmanx", "zqkiwi")
SIDECAR = {
    "name": "ward",
    "title": "Ward round",
    "language": "en",
    "permitted_use": ["evaluate", "share_results"],
    "dimensions": {
        "accent": {"title": "Accent", "source": "self_report", "level": "speaker"},
        "shift": {"title": "Shift", "source": "device_log", "level": "utterance"},
    },
}


def write_private(folder: Path) -> tuple[Path, Path]:
    """A manifest and transcripts in which everything that is private begins with zq."""
    rows, texts = [], []
    for accent, n_speakers in GROUPS.items():
        for speaker in range(n_speakers):
            for take in range(3):
                name = f"zqutt-{accent}-{speaker}-{take}"
                n_wrong = (speaker * 7 + take) % 5 + len(accent) % 3
                spoken = f"{SENTENCE} zqword{speaker} gonna"
                rows.append(
                    {
                        "utterance_id": name,
                        "audio": f"zqfolder/zqfile-{accent}-{speaker}-{take}.wav",
                        "reference": spoken,
                        "speaker_id": f"zqwho-{accent}-{speaker}",
                        "cluster": f"zqhouse-{accent}-{speaker}",
                        "accent": accent,
                        "shift": ["day", "night"][take % 2],
                    }
                )
                heard = " ".join(["zqheard"] * n_wrong + spoken.split()[n_wrong:])
                for system in ("ours", "theirs"):
                    row = {"utterance_id": name, "system": system, "text": heard, "error": None}
                    if system == "theirs" and (accent, speaker) == ("Indian", 3):
                        row |= {"text": None, "error": f"zqerror in /zqdisk/zqhome/{name}.wav"}
                    texts.append(row)
    manifest, transcripts = folder / "zqmanifest.jsonl", folder / "zqtranscripts.jsonl"
    write_table(pd.DataFrame(rows), manifest)
    write_table(pd.DataFrame(texts), transcripts)
    manifest.with_suffix(".yaml").write_text(yaml.safe_dump(SIDECAR), encoding="utf-8")
    return manifest, transcripts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zqplace")
    plan = Plan.model_validate(
        {
            "references": {"accent": {"group": "zqkiwi", "reason": "zqbecause"}},
            "intersections": [["accent", "shift"]],
        }
    )
    score(*write_private(folder), folder / "zqrun", plan=plan, max_loss=1.0)
    return folder / "zqrun"


@pytest.fixture(scope="module")
def package(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "shared"
    share(run, folder)
    return folder


def files_in(package: Path) -> dict[str, bytes]:
    found = {
        str(path.relative_to(package)): path.read_bytes() for path in package.rglob("*") if path.is_file()
    }
    assert len(found) > 15
    return found


def private_strings(run: Path) -> set[str]:
    """Everything in the inputs that names somebody, something of theirs, or a place."""
    stored = open_run(run)
    table = stored.manifest.table
    columns = ("utterance_id", "audio", "reference", "speaker_id", "cluster")
    found = {str(value) for column in columns for value in table[column]}
    found |= {Path(path).name for path in table["audio"]} | {Path(path).stem for path in table["audio"]}
    found |= set(stored.outcomes["text"].dropna()) | set(stored.outcomes["error"].dropna())
    found |= {str(run), run.name, str(run.parent), str(stored.source_manifest), stored.source_manifest.name}
    found |= {str(stored.record.configuration["transcripts"]), *HIDDEN, "zqbecause", "zqheard", "zqword1"}
    found |= {
        stored.record.identity["manifest"],
        stored.record.identity["transcripts"],
        stored.record.plan_digest,
    }
    return found


def in_base64(secret: bytes) -> Iterator[bytes]:
    """What is the same in every base64 text that holds the secret, at each of three offsets."""
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + secret)
        yield whole[4 if offset else 0 : -4]


def disguises(secret: str) -> Iterator[bytes]:
    yield secret.encode()
    yield html.escape(secret).encode()
    yield quote(secret).encode()
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    if len(secret) >= 6:
        yield from in_base64(secret.encode())


def test_no_private_string_is_in_any_file_in_any_disguise(run: Path, package: Path) -> None:
    files = files_in(package)
    secrets = private_strings(run)
    assert len(secrets) > 300
    everything = b"\0".join(files.values())
    for secret in secrets:
        for disguise in disguises(secret):
            assert disguise not in everything, (secret, disguise)
    for name, content in files.items():
        text = unquote(html.unescape(content.decode("utf-8")))
        assert "zq" not in text.lower(), name
        assert not [found for found in re.findall(r"data:[^\"' >]*", text) if "zq" in unquote(found)], name
        assert socket.gethostname() not in re.findall(r"[\w.-]+", text) or len(socket.gethostname()) < 4


def test_data_in_links_are_decoded_and_searched_too(package: Path) -> None:
    for name, content in files_in(package).items():
        for encoded in re.findall(rb"data:[^;\"']*;base64,([A-Za-z0-9+/=]+)", content):
            assert b"zq" not in base64.b64decode(encoded).lower(), name


def test_the_search_finds_what_is_hidden_on_purpose(run: Path) -> None:
    name = "zqwho-Scottish/3 & co"
    for page in (
        f"<p>{html.escape(name)}</p>",
        f'<a href="data:text/csv;base64,{base64.b64encode(f"x{name},1".encode()).decode()}">',
        f'<a href="?q={quote(name, safe="")}">',
    ):
        assert any(disguise in page.encode() for disguise in disguises(name)), page


def numbers_of(results: Results, groups: set[tuple[str, str]]) -> set[str]:
    """Figures as they are written, but for those of a few digits, which stand in any style sheet."""
    found = {repr(one.value) for one in results.figures if (one.dimension, one.group) in groups}
    return {number for number in found if len(number) > 7}


def test_no_figure_of_a_hidden_group_is_in_any_file(run: Path, package: Path) -> None:
    results = read_results(run / "results.json")
    shown = read_results(package / "shared.json")
    kept = {(one.dimension, one.group) for one in shown.figures}
    assert kept == {
        ("overall", "all"),
        ("accent", "Scottish"),
        ("accent", "Indian"),
        ("shift", "day"),
        ("shift", "night"),
    }
    hidden = {(one.dimension, one.group) for one in results.figures} - kept
    secret = numbers_of(results, hidden) - numbers_of(results, kept)
    assert len(secret) > 20
    everything = b"\0".join(files_in(package).values()).decode("utf-8")
    for number in secret:
        assert number not in everything, number


def test_no_row_rests_on_fewer_people_than_k(package: Path) -> None:
    shown = read_results(package / "shared.json")
    rows = [*shown.figures, *shown.models, *shown.system_comparisons]
    assert all(row.n_speakers is None or row.n_speakers >= K for row in rows)
    assert all(group.n_heard >= K for one in shown.dimensions for group in one.groups)
    assert shown.shared.n_hidden == {"Accent": 2}
    assert not any(trace.rules for trace in shown.normaliser_traces)
    assert not shown.controls


def test_the_rate_of_one_person_whom_a_system_lost_is_not_told_by_the_comparison(package: Path) -> None:
    shown = read_results(package / "shared.json")
    # `theirs` lost one Indian speaker: rates of `ours` with and without that speaker would tell theirs.
    assert {row.dimension for row in shown.system_comparisons} == set()
    assert {one.system for one in shown.figures} == {"ours", "theirs"}


def test_messages_of_errors_become_a_number(package: Path) -> None:
    shown = read_results(package / "shared.json")
    assert {reason for one in shown.losses for reason in one.reasons} == {"other"}


def test_a_hidden_reference_has_no_name(package: Path) -> None:
    page = (package / "report.html").read_text(encoding="utf-8")
    assert "Compared with a group that is left out here" in page
    assert "Groups left out: Accent 2" in page
    assert "Groups left out: Accent 2" in (package / "card.md").read_text(encoding="utf-8")


def test_every_file_is_listed_with_its_hash_and_what_was_left_out_is_told(package: Path) -> None:
    files = files_in(package)
    listed = json.loads(files.pop("MANIFEST.json"))
    assert {one["name"]: one["sha256"] for one in listed["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    tables = {one["name"] for one in listed["files"] if "table of the report" in one["what"]}
    assert tables == {name for name in files if name.startswith("tables/")}
    assert listed["min_speakers"] == K
    assert {"audio, reference transcripts and transcripts of the systems"} < {
        one["what"] for one in listed["left_out"]
    }


def test_a_digest_can_be_confirmed_with_the_key_and_not_without(
    run: Path, package: Path, tmp_path: Path
) -> None:
    share(run, tmp_path / "again")
    key_file = tmp_path / "key"
    key_file.write_bytes(b"0123456789abcdef")
    share(run, tmp_path / "other", key_file=key_file)
    digests = [
        read_results(each / "shared.json").manifest.digest
        for each in (package, tmp_path / "again", tmp_path / "other")
    ]
    assert digests[0] == digests[1] != digests[2]

    key = (run / "private" / "share.key").read_bytes().strip()
    digest = open_run(run).record.identity["manifest"]
    assert digests[0] == hmac.new(key, digest.encode(), "sha256").hexdigest()
    assert key not in b"".join(files_in(package).values())
    key_file.write_bytes(b"short")
    with pytest.raises(ConfigError, match="too short for a key"):
        share(run, tmp_path / "third", key_file=key_file)


def test_a_zip_holds_the_same_files_and_no_name_of_this_machine(
    run: Path, package: Path, tmp_path: Path
) -> None:
    share(run, tmp_path / "shared.zip")
    with zipfile.ZipFile(tmp_path / "shared.zip") as archive:
        assert {name.removeprefix("shared/") for name in archive.namelist()} == set(files_in(package))
        for entry in archive.infolist():
            assert b"zq" not in archive.read(entry).lower()
            assert (entry.extra, entry.comment) == (b"", b"")


def test_what_people_wrote_on_the_card_is_left_out_and_the_package_says_so(run: Path, tmp_path: Path) -> None:
    text = run / "card_text.md"
    text.write_text("## Fairness\nOf the two zqmanx speakers one was ill.\n", encoding="utf-8")
    try:
        share(run, tmp_path / "shared")
    finally:
        text.unlink()
    files = files_in(tmp_path / "shared")
    assert b"was ill" not in b"".join(files.values())
    assert b"card_text.md" in files["README.md"]


def test_packages_are_found_where_they_lie(run: Path, tmp_path: Path) -> None:
    share(run, tmp_path / "a.zip")
    share(run, tmp_path / "b")
    (tmp_path / "c.zip").write_bytes(b"no archive")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("thesis.txt", "x")
    assert list(packages_in(tmp_path)) == [tmp_path / "b" / "MANIFEST.json", tmp_path / "a.zip"]


def test_larger_k_hides_more_and_a_k_that_nobody_reaches_is_refused(run: Path, tmp_path: Path) -> None:
    share(run, tmp_path / "twelve", min_speakers=12)
    shown = read_results(tmp_path / "twelve" / "shared.json")
    assert shown.plan.thresholds.min_speakers_shown == 12
    # Six hidden people would be told by the total: the next smallest group goes with them, which is Indian:
    # `theirs` lost one of its speakers, and said less of it.
    (accent,) = (one for one in shown.dimensions if one.name == "accent")
    assert [group.name for group in accent.groups] == ["Scottish"]
    with pytest.raises(ConfigError, match="fewer than 32 people are known"):
        share(run, tmp_path / "none", min_speakers=32)
    assert not (tmp_path / "none").exists()
    assert (
        status_of(["report", str(run), "--share", str(tmp_path / "none"), "--min-speakers", "4"])
        == ExitStatus.BAD_INPUT
    )


def test_without_share_results_today_nothing_is_written(run: Path, tmp_path: Path) -> None:
    sidecar = open_run(run).source_manifest.with_suffix(".yaml")
    before = sidecar.read_text(encoding="utf-8")
    try:
        sidecar.write_text(yaml.safe_dump(SIDECAR | {"permitted_use": ["evaluate"]}), encoding="utf-8")
        with pytest.raises(ConfigError, match=r"permitted_use .* does not hold 'share_results'"):
            share(run, tmp_path / "shared")
    finally:
        sidecar.write_text(before, encoding="utf-8")
    assert not (tmp_path / "shared").exists()


def test_only_an_earlier_package_is_replaced(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="holds something else"):
        share(run, tmp_path / "mine")
    share(run, tmp_path / "shared")
    note = tmp_path / "shared" / "tables" / "to whom I gave it.txt"
    note.write_text("to nobody yet")
    with pytest.raises(ConfigError, match="holds 'tables/to whom I gave it"):
        share(run, tmp_path / "shared")
    assert note.read_text() == "to nobody yet"
    note.unlink()
    before = (tmp_path / "shared").stat().st_ino
    share(run, tmp_path / "shared")
    assert (tmp_path / "shared").stat().st_ino != before
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_a_name_in_a_description_stops_the_package(run: Path, tmp_path: Path) -> None:
    path = run / "results.json"
    before = path.read_text(encoding="utf-8")
    results = read_results(path)
    told = results.manifest.model_copy(update={"description": "With thanks to zqwho-Scottish-3."})
    try:
        path.write_text(results.model_copy(update={"manifest": told}).model_dump_json(), encoding="utf-8")
        with pytest.raises(ConfigError, match=r"would hold 'zqwho-Scottish-3'"):
            share(run, tmp_path / "shared")
    finally:
        path.write_text(before, encoding="utf-8")
    assert not (tmp_path / "shared").exists()
