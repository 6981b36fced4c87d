"""From the configuration to named conditions."""

from __future__ import annotations

import pickle

import pytest

from asr_fair.conditions.plan import expand_conditions
from asr_fair.config import Grid, RunConfig
from asr_fair.errors import ConfigError, FaultsError, UnknownNameError
from asr_fair.recipes.library import folders
from asr_fair.validation import validate_mapping

from .recipes import tones_at

SHIPPED = folders(None)


def test_names_are_compact_and_keep_the_order_of_the_configuration() -> None:
    entries = [
        "clean",
        Grid(profile=("scanner",), snr_db=(10, -5, 2.5, -0.0)),
        Grid(profile=("alarm",), snr_db=(20,)),
    ]
    conditions = expand_conditions(entries, SHIPPED)
    assert [condition.name for condition in conditions] == [
        "clean",
        "scanner@10dB",
        "scanner@-5dB",
        "scanner@2.5dB",
        "scanner@0dB",
        "alarm@20dB",
    ]
    assert conditions[0].profile is None
    assert conditions[2].snr_db == -5
    assert conditions[1].title == "Scanner-like pulsed tone, 10 dB SNR"


@pytest.mark.parametrize(
    "entries",
    [
        ["clean", "clean"],
        ["clean", Grid(profile=("scanner",), snr_db=(5,)), Grid(profile=("scanner",), snr_db=(0, 5))],
        ["clean", Grid(profile=("scanner",), snr_db=(0.0,)), Grid(profile=("scanner",), snr_db=(-0.0,))],
    ],
)
def test_a_condition_named_twice_is_refused(entries: list[Grid]) -> None:
    with pytest.raises(ConfigError, match="more than once"):
        expand_conditions(entries, SHIPPED)


def test_an_snr_out_of_range_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"conditions: scanner: snr_db must lie in \[-50, 100\] dB, got 1000"
    ):
        expand_conditions([Grid(profile=("scanner",), snr_db=(1000,))], SHIPPED)


def test_an_unknown_profile_stops_before_anything_runs() -> None:
    with pytest.raises(
        UnknownNameError, match=r"^conditions: unknown noise profile 'alarms'\. Did you mean 'alarm'"
    ):
        expand_conditions(["clean", Grid(profile=("alarms",), snr_db=(0,))], SHIPPED)


def test_a_grid_is_every_combination_in_the_order_of_the_signal() -> None:
    grid = Grid(
        profile=("none", "scanner"), snr_db=(10, 0), room=("none", "bay"), handset=("none", "landline")
    )
    names = [each.name for each in expand_conditions([grid], SHIPPED)]
    assert names == [
        "landline",
        "scanner@10dB",
        "scanner@0dB",
        "scanner@10dB+landline",
        "scanner@0dB+landline",
        "bay",
        "bay+landline",
        "bay+scanner@10dB",
        "bay+scanner@0dB",
        "bay+scanner@10dB+landline",
        "bay+scanner@0dB+landline",
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"profile": "scanner"}, "snr_db: is missing"),
        ({"snr_db": 5}, "snr_db: needs a profile"),
        ({"room": "none"}, "names no profile, room or handset"),
        ({"profile": "scanner", "snr_db": "loud"}, r"conditions\.1\.snr_db.*number.*'loud'"),
        ({"profile": "scanner", "snr_db": float("nan")}, "finite number"),
        ({"profile": ["scanner", "scanner"], "snr_db": 5}, "must not stand there more than once"),
        ({"profile": "scanner", "snr": 5}, "snr: unknown key. Did you mean 'snr_db'"),
    ],
)
def test_a_faulty_grid_is_named_with_its_place(entry: dict[str, object], message: str) -> None:
    content = {
        "name": "x",
        "manifest": "m.csv",
        "systems": [{"name": "a", "engine": "e", "model": "m"}],
        "conditions": ["clean", entry],
    }
    with pytest.raises(FaultsError, match=message):
        validate_mapping(RunConfig, content, name="run.yaml")


def test_digests_follow_the_sound() -> None:
    conditions = [tones_at(5), tones_at(6), tones_at(5, duty=0.3)]
    assert len({each.digest for each in conditions}) == 3
    assert tones_at(5).digest == conditions[0].digest


def test_a_condition_goes_to_a_worker_unchanged() -> None:
    condition = tones_at(5)
    assert pickle.loads(pickle.dumps(condition)) == condition  # noqa: S301 - made on this line
