"""Small inputs made to take long, or all memory: refused with their place, or done in a moment.

None of these tests looks at a clock: what they are about took minutes to years before, so that the time limit
of every test is theirs.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from asr_fair.errors import ConfigError, FaultsError
from asr_fair.manifest.tables import parse_csv, parse_jsonl
from asr_fair.report.card.prose import Paragraph, Run, parse_prose
from asr_fair.score.normalise import DEFAULT_NORMALISERS, load_normaliser
from asr_fair.score.trace import trace
from asr_fair.validation import load_yaml_mapping
from asr_fair.view.query import QueryError, known

pytestmark = pytest.mark.timeout(60)

LEVELS = "abcdefghij"


def bomb(entry: str) -> str:
    """Ten lines that stand for nine to the ninth power of values; `entry`: how aliases are written."""
    lines = ["a: &a {x: 1, y: 2}"]
    for before, name in pairwise(LEVELS):
        lines.append(f"{name}: &{name} " + entry.format(", ".join([f"*{before}"] * 9)))
    return "\n".join(lines)


@pytest.mark.parametrize("entry", ["[{}]", "{{<<: [{}]}}", "{{<<: [{0}], own: [{0}]}}"])
def test_a_few_lines_of_yaml_do_not_stand_for_billions_of_values(entry: str) -> None:
    with pytest.raises(ConfigError, match=r"plan\.yaml:1: .* more than 100,000 values"):
        load_yaml_mapping(bomb(entry), name="plan.yaml")


def test_aliases_that_stand_for_little_are_read() -> None:
    text = "limits: &limits {low: 1, high: 2}\nfirst: *limits\nsecond: {<<: *limits, high: 3}"
    assert load_yaml_mapping(text, name="x")["second"] == {"low": 1, "high": 3}


@pytest.mark.parametrize("text", ["a: " + "[" * 1200 + "]" * 1200, "a: " + "{a: " * 1200 + "1" + "}" * 1200])
def test_yaml_that_is_too_deep_is_told_so(text: str) -> None:
    with pytest.raises(ConfigError, match=r"plan\.yaml: .* too deep"):
        load_yaml_mapping(text, name="plan.yaml")


def test_json_that_is_too_deep_is_told_so_with_its_line() -> None:
    line = '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"
    with pytest.raises(FaultsError, match=r"ward\.jsonl:2: its lists and objects stand too deep"):
        parse_jsonl(["{}", line], name="ward.jsonl")


def test_a_header_of_fifty_thousand_columns_is_read() -> None:
    header = ",".join(f"c{number}" for number in range(50_000))
    with pytest.raises(ConfigError, match="no rows"):
        parse_csv([header], name="wide.csv")
    with pytest.raises(FaultsError, match="c5: this column stands twice"):
        parse_csv([f"{header},c5"], name="wide.csv")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("# x" + " " * 20_000 + "y", "x" + " " * 20_000 + "y"),
        ("# Use ## ", "Use"),
        ("## a # b ##  ", "a # b"),
        ("# C#", "C"),
    ],
)
def test_headings_of_human_text_are_read_in_one_go(line: str, text: str) -> None:
    assert parse_prose(line).blocks == (Paragraph((Run(text, "strong"),)),)


@pytest.mark.parametrize("name", DEFAULT_NORMALISERS)
@pytest.mark.parametrize("number", ["7" * 5000, "1." + "3" * 5000, "$" + "9" * 5000])
def test_a_number_longer_than_python_reads_stops_no_scoring(name: str, number: str) -> None:
    normaliser = load_normaliser(name)
    assert normaliser.words(f"bed {number} please")[-1] == "please"
    assert number[-1000:] in "".join(normaliser.words(f"bed {number} please"))
    trace(f"bed {number} please", normaliser)


def test_an_utterance_that_is_not_among_many_is_answered_without_naming_them_all() -> None:
    ids = {f"speaker-{number % 500:03d}-utterance-{number:06d}": number for number in range(50_000)}
    with pytest.raises(QueryError) as found:
        known("utterance", "speaker-001-utterance-000001x", ids)
    assert str(found.value).endswith("Did you mean 'speaker-001-utterance-000001'?")
    with pytest.raises(QueryError) as found:
        known("utterance", "speaker-" * 8000, ids)
    assert len(str(found.value)) < 500


def test_an_archive_is_never_unpacked_and_nothing_is_unpickled() -> None:
    """What could run code or fill a disk by being read stands in no module; weights are weights alone."""
    sources = {
        path: path.read_text(encoding="utf-8")
        for path in (Path(__file__).resolve().parents[2] / "asr_fair").rglob("*.py")
    }
    forbidden = ("read_pickle", "allow_pickle=True", "joblib", "extractall", "unpack_archive", "shell=True")
    forbidden += ("weights_only=False", "yaml.unsafe_load", "yaml.full_load", "import pickle", "marshal")
    assert {
        (path.name, each) for path, text in sources.items() for each in forbidden if each in text
    } == set()
    loads = {path: text.count("torch.load(") for path, text in sources.items() if "torch.load(" in text}
    assert {path.name for path in loads} == {"openai_whisper.py"}
    assert all(sources[path].count("weights_only=True") == n for path, n in loads.items())
    arrays = {path: text.count("np.load(") for path, text in sources.items() if "np.load(" in text}
    assert arrays
    assert all(sources[path].count("allow_pickle=False") == n for path, n in arrays.items())
