"""The profiles shipped with the package, and the guide to writing one's own."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter

from asr_fair.audio.level import rms_db
from asr_fair.conditions.plan import expand_conditions
from asr_fair.config import RunConfig
from asr_fair.noise.clips import ClipBank, clip_of
from asr_fair.noise.synth import NoiseBed, synthesise
from asr_fair.recipes.library import load_recipes, read_recipe, shipped_folder
from asr_fair.recipes.profile import Profile
from asr_fair.recipes.sources import Alarm, Babble, ClipFile, NoiseSource, Recording, Source, Sweep
from asr_fair.records import SAMPLE_RATE_HZ

FOLDER = shipped_folder()
IDS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
KINDS: dict[str, type[Source]] = {
    get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(get_args(NoiseSource)[0])
}
PLACES = {
    *("mri-epi", "mri-gradient-echo", "mri-tse", "ct-gantry", "ventilator", "patient-monitor", "suction"),
    *("infusion-pump-alarm-low", "infusion-pump-alarm-medium", "infusion-pump-alarm-high"),
    *("ward-ventilation", "corridor-babble", "operating-theatre", "ambulance-siren", "helicopter"),
    *("call-centre", "car-cabin", "street", "cafe", "scanner", "alarm"),
}


@cache
def profiles() -> dict[str, Profile]:
    return {name: found.recipe for name, found in load_recipes(Profile, [FOLDER]).items()}


def guide() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", guide(), flags=re.DOTALL)


@cache
def voices() -> ClipBank:
    """Twelve voices made of noise."""
    rng = np.random.default_rng(1)
    return ClipBank(
        tuple(
            clip_of(f"{i}", rng.normal(0, 0.05, 5 * SAMPLE_RATE_HZ).astype(np.float32), f"speaker {i}")
            for i in range(12)
        )
    )


def bed_of(profile: Profile) -> NoiseBed:
    return NoiseBed(
        profile, tuple(voices() if isinstance(each, Babble) else None for each in profile.sources)
    )


def test_every_place_that_was_promised_is_there() -> None:
    assert sorted(PLACES - set(IDS)) == []


@pytest.mark.parametrize("name", IDS)
def test_a_profile_reads_without_a_recording(name: str) -> None:
    profile = profiles()[name]
    assert profile.licence == "Apache-2.0"
    assert profile.tags
    assert not any(isinstance(source, Recording) for source in profile.sources)


@pytest.mark.parametrize("name", IDS)
def test_what_was_read_cites_an_address_or_a_title(name: str) -> None:
    sources = [
        entry.source
        for source in profiles()[name].sources
        for entry in source.evidence
        if entry.source is not None
    ]
    assert [each for each in sources if not re.search(r"https?://\S+\.\S+|doi 10\.|IEC|manual", each)] == []
    broken = [each for each in sources if re.search(r"https?://\S+/ \S+-", each)]
    assert broken == [], "an address must not be folded over two lines"


@pytest.mark.parametrize("name", IDS)
def test_a_profile_sounds(name: str) -> None:
    profile = profiles()[name]
    speech = np.ones(4 * SAMPLE_RATE_HZ, dtype=bool)
    noise = synthesise(bed_of(profile), speech, seed=1, utterance_id="u", speaker="speaker 1")
    assert noise.samples.shape == noise.sounding.shape == speech.shape
    assert np.isfinite(noise.samples).all()
    assert noise.sounding.any()
    assert rms_db(noise.samples[noise.sounding]) > -20
    assert rms_db(noise.samples[~noise.sounding]) < rms_db(noise.samples[noise.sounding])


# Ranges of the secondary sources on IEC 60601-1-8 that the files cite: pulses of a burst, length of a pulse,
# spacing, shortest and longest time between bursts. For low priority no length was read: as for medium.
PATTERNS = {
    "low": ({1, 2}, (0.125, 0.25), (0.125, 0.25), (15, 60)),
    "medium": ({3}, (0.125, 0.25), (0.125, 0.25), (2.5, 30)),
    "high": ({10}, (0.075, 0.2), (0.05, 0.125), (2.5, 15)),
}
PRIORITIES = {
    "infusion-pump-alarm-low": "low",
    "infusion-pump-alarm-medium": "medium",
    "patient-monitor": "medium",
    "infusion-pump-alarm-high": "high",
    "alarm": "high",
}


def alarm_of(name: str) -> Alarm:
    (found,) = (each for each in profiles()[name].sources if isinstance(each, Alarm))
    return found


def test_every_alarm_has_a_priority() -> None:
    with_alarm = {name for name in IDS if any(isinstance(each, Alarm) for each in profiles()[name].sources)}
    assert with_alarm == set(PRIORITIES)


@pytest.mark.parametrize(("name", "priority"), PRIORITIES.items())
def test_an_alarm_lies_in_the_ranges_that_it_cites(name: str, priority: str) -> None:
    source = alarm_of(name)
    pulses, pulse_s, spacing_s, period_s = PATTERNS[priority]
    assert len(source.pulses) in pulses
    assert pulse_s[0] <= source.pulse_s <= pulse_s[1]
    spacings_s = set(source.spacings_s)
    if priority == "high":  # 3 + 2: as long as if a pulse were left out
        spacings_s.remove(source.spacings_s[2])
        assert source.spacings_s[2] == pytest.approx(2 * min(spacings_s) + source.pulse_s)
    assert spacing_s[0] <= min(spacings_s) <= max(spacings_s) <= spacing_s[1]
    assert period_s[0] <= source.burst_period_s <= period_s[1]
    assert 0.1 <= source.rise_share <= 0.2
    if source.groups_per_burst == 2:
        assert 0.35 <= source.gap_s <= 1.3
    fundamentals_hz = {hz for _, hz in source.pulses}
    assert all(150 <= hz <= 1000 for hz in fundamentals_hz)
    for fundamental_hz in fundamentals_hz:
        levels_db = [
            level_db
            for number, level_db in enumerate(source.harmonics_db, start=1)
            if 300 <= number * fundamental_hz <= 4000
        ]
        assert len(levels_db) >= 4
        assert max(levels_db) - min(levels_db) <= 15


@pytest.mark.parametrize(
    ("name", "order_hz"),
    [
        ("infusion-pump-alarm-low", [2000, 3000, 1000]),
        ("infusion-pump-alarm-high", [2200, 550, 1100, 1650]),
        ("patient-monitor", [1440, 480, 960, 1920]),
    ],
)
def test_partials_are_in_the_order_that_was_read(name: str, order_hz: list[float]) -> None:
    source = alarm_of(name)
    levels_db = {number * source.fundamental_hz: db for number, db in enumerate(source.harmonics_db, start=1)}
    loudest_first = sorted(levels_db, key=lambda hz: -levels_db[hz])
    assert loudest_first[: len(order_hz)] == order_hz


def test_figures_are_those_that_were_read() -> None:
    """Against the sources that the files cite; written down here a second time, from the sources."""
    every = profiles()
    siren, two_tone = every["ambulance-siren"].sources[0], every["ambulance-two-tone"].sources[0]
    assert isinstance(siren, Sweep)
    assert isinstance(two_tone, Sweep)
    assert (siren.low_hz, siren.high_hz) == (500, 1650)
    assert two_tone.high_hz / two_tone.low_hz == pytest.approx(4 / 3)
    ventilator: Any = every["ventilator"].sources[0]
    assert 60 / ventilator.period_s == 15
    assert ventilator.duty == pytest.approx(1 / 3, abs=0.01)
    blades: Any = every["helicopter"].sources
    assert blades[0].fundamental_hz == pytest.approx(395 / 60 * 2, abs=0.01)
    assert blades[1].period_s == pytest.approx(1 / blades[0].fundamental_hz, rel=1e-4)
    noise_criteria_db = {
        "ward-ventilation": (0, [57, 48, 41, 35, 31, 29, 28, 27]),
        "operating-theatre": (0, [60, 52, 45, 40, 36, 34, 33, 32]),
        "call-centre": (2, [64, 56, 50, 45, 41, 39, 38, 37]),
        "cafe": (2, [64, 56, 50, 45, 41, 39, 38, 37]),
    }
    for name, (index, curve_db) in noise_criteria_db.items():
        ventilation: Any = every[name].sources[index]
        assert list(ventilation.bands_db.values()) == curve_db


def rows(*, first_cell: str) -> list[list[str]]:
    """Cells of the guide's table whose heading begins with `first_cell`."""
    (table,) = re.findall(
        rf"^\| {re.escape(first_cell)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", guide(), flags=re.MULTILINE
    )
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_the_guide_has_one_row_for_each_profile() -> None:
    named = [row[0] for row in rows(first_cell="id")]
    assert sorted(named) == sorted(f"[`{name}`]({name}.yaml)" for name in IDS)


def test_the_guide_names_the_keys_of_every_kind() -> None:
    described: dict[str, list[str]] = defaultdict(list)
    kind = ""
    for first, keys, _ in rows(first_cell="kind"):
        kind = first.strip("`") or kind
        described[kind] += re.findall(r"`(\w+)`", keys)
    common = {"kind", "level_db", "evidence"}
    assert {name: sorted(keys) for name, keys in described.items()} == {
        name: sorted(set(kind.model_fields) - common) for name, kind in KINDS.items()
    }


@pytest.mark.parametrize(
    ("first_cell", "model"), [("key of a profile", Profile), ("key of an entry in `files`", ClipFile)]
)
def test_the_guide_names_the_keys_of_profiles_and_files(first_cell: str, model: type[Any]) -> None:
    described = [key for row in rows(first_cell=first_cell) for key in re.findall(r"`(\w+)`", row[0])]
    assert sorted(described) == sorted(model.model_fields)


def test_every_example_of_the_guide_is_accepted(tmp_path: Path) -> None:
    """Whole profiles are written where the guide says, sources read, run configurations expanded."""
    runs = []
    for text in examples():
        content = yaml.safe_load(text)
        if "# a source" in text:
            TypeAdapter(NoiseSource).validate_python(content)
        elif "# run.yaml" in text:
            runs.append(content)
        else:
            (name,) = re.findall(r"^# (\S+\.yaml)$", text, flags=re.MULTILINE)
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
            read_recipe(Profile, tmp_path / name)
    system = {"name": "s", "engine": "whisper", "model": "tiny.en"}
    names = []
    for content in runs:
        config = RunConfig.model_validate({"name": "n", "manifest": "m", "systems": [system], **content})
        own = [tmp_path / config.noise_profiles] if config.noise_profiles else []
        names.append([each.name for each in expand_conditions(config.conditions, [*own, FOLDER])])
    shipped, own_names = names
    assert {"scanner@20dB", "ward-ventilation@5dB", "bay", "bay+corridor-babble@15dB"} <= set(shipped)
    assert {"ward-7@0dB", "bay+ward-7@10dB"} <= set(own_names)


def test_the_guide_names_a_condition_as_a_run_does() -> None:
    content = {"profile": "scanner", "snr_db": 10, "room": "bay", "handset": "landline"}
    system = {"name": "s", "engine": "whisper", "model": "tiny.en"}
    config = RunConfig.model_validate(
        {"name": "n", "manifest": "m", "systems": [system], "conditions": ["clean", content]}
    )
    (_, condition) = expand_conditions(config.conditions, [FOLDER])
    assert f"`{condition.name}`" in guide()
