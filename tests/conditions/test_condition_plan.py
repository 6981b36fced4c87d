"""From the configuration to named conditions."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import yaml

from asr_fair.conditions.plan import expand_conditions
from asr_fair.conditions.profile import profiles_folder
from asr_fair.config import NoiseAt
from asr_fair.errors import ConfigError, UnknownNameError


def test_names_are_compact_and_keep_the_order_of_the_configuration() -> None:
    entries = [
        "clean",
        NoiseAt(profile="scanner", snr_db=(10, -5, 2.5, -0.0)),
        NoiseAt(profile="alarm", snr_db=20),
    ]
    conditions = expand_conditions(entries, profiles_folder())
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
    assert len({condition.digest for condition in conditions}) == 6


@pytest.mark.parametrize(
    "entries",
    [
        ["clean", "clean"],
        ["clean", NoiseAt(profile="scanner", snr_db=(10, 10.0))],
        ["clean", NoiseAt(profile="scanner", snr_db=5), NoiseAt(profile="scanner", snr_db=(0, 5))],
        ["clean", NoiseAt(profile="scanner", snr_db=(0.0, -0.0))],
    ],
)
def test_a_condition_named_twice_is_refused(entries: list[NoiseAt]) -> None:
    with pytest.raises(ConfigError, match="more than once"):
        expand_conditions(entries, profiles_folder())


def test_an_snr_out_of_range_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"conditions: scanner: snr_db must lie in \[-50, 100\] dB, got 1000"
    ):
        expand_conditions([NoiseAt(profile="scanner", snr_db=1000)], profiles_folder())


def test_an_unknown_profile_stops_before_anything_runs() -> None:
    with pytest.raises(
        UnknownNameError, match=r"^conditions: unknown noise profile 'alarms'\. Did you mean 'alarm'"
    ):
        expand_conditions(["clean", NoiseAt(profile="alarms", snr_db=0)], profiles_folder())


def test_the_guide_to_ones_own_profile_works_as_written(tmp_path: Path) -> None:
    guide = (profiles_folder() / "README.md").read_text(encoding="utf-8")
    block = guide.split("```yaml\n")[1].split("```")[0]
    config = yaml.safe_load(block)
    folder = tmp_path / config["noise_profiles"]
    folder.mkdir()
    scanner = (profiles_folder() / "scanner.yaml").read_text(encoding="utf-8")
    (folder / "my-scanner.yaml").write_text(
        scanner.replace("id: scanner", "id: my-scanner"), encoding="utf-8"
    )
    entries = [entry if entry == "clean" else NoiseAt(**entry) for entry in config["conditions"]]
    names = [condition.name for condition in expand_conditions(entries, folder)]
    assert names == ["clean", *block.split("# conditions ")[1].split(", ")[:2], "my-scanner@0dB"]
    assert "my-scanner@0dB" in block


def test_a_condition_goes_to_a_worker_unchanged() -> None:
    (condition,) = expand_conditions([NoiseAt(profile="alarm", snr_db=0)], profiles_folder())
    assert pickle.loads(pickle.dumps(condition)) == condition  # noqa: S301 - made on this line
