"""Which ways to search for a text fit together, how they are recorded, and when a text is doubted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from asr_fair.asr import describe_engine
from asr_fair.asr.fallback import TEMPERATURES, Fallback, fallback_of
from asr_fair.asr.options import search_settings
from asr_fair.asr.windows import DecodedWindow
from asr_fair.config import SystemConfig
from asr_fair.config.systems.whisper import Searched
from asr_fair.errors import ConfigError, FaultsError
from asr_fair.validation import validate_mapping

MakeSystem = Callable[..., SystemConfig]
LOOP = "and then " * 30


def searched(**asked: object) -> Searched:
    keys = {"name": "tested", "engine": "whisper", "model": "tiny.en"} | asked
    return validate_mapping(Searched, keys, name="run.yaml")


def window(text: str = "one two", mean: float = -0.3, no_speech: float = 0.1) -> DecodedWindow:
    return DecodedWindow(text, "en", no_speech, 3 * mean, 3)


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"patience": 2}, "patience: needs a beam search: set beam_size to 2"),
        ({"beam_size": 5, "patience": 0.5}, "patience"),
        ({"beam_size": 0}, "beam_size"),
        ({"length_penalty": 0.5}, "length_penalty: .* greedy search has one: set beam_size to 2"),
        ({"beam_size": 2, "length_penalty": 2}, "length_penalty"),
        ({"best_of": 5}, "best_of: is used with `temperature_fallback: true` alone"),
        ({"beam_size": 5, "best_of": 5}, "best_of: is used with `temperature_fallback: true` alone"),
        ({"no_speech_threshold": 0.5}, "no_speech_threshold: is used with `temperature_fallback: true`"),
        ({"temperature_fallback": True, "log_probability_threshold": 0.5}, "log_probability_threshold"),
        ({"initial_prompt": "  "}, "initial_prompt: is blank: write a text"),
        ({"best_of": 2, "patience": 2}, "patience: .*best_of: "),
    ],
)
def test_what_does_not_fit_together_is_refused_with_a_remedy(asked: dict[str, object], refusal: str) -> None:
    with pytest.raises(FaultsError, match=rf"run\.yaml: .*{refusal}"):
        searched(**asked)


def test_what_is_searched_with_is_recorded_and_nothing_else() -> None:
    assert search_settings(searched()) == {"strategy": "greedy", "temperature": 0.0}
    assert search_settings(searched(beam_size=5, patience=2, initial_prompt=" Artie ")) == {
        "strategy": "beam search",
        "beam_size": 5,
        "patience": 2.0,
        "temperature": 0.0,
        "length_penalty": "mean log-probability",
        "initial_prompt": "Artie",
    }
    assert search_settings(searched(temperature_fallback=True, best_of=2, no_speech_threshold=0.9)) == {
        "strategy": "greedy",
        "temperature": "0, 0.2, 0.4, 0.6, 0.8, 1",
        "best_of": 2,
        "compression_ratio_threshold": 2.4,
        "log_probability_threshold": -1.0,
        "no_speech_threshold": 0.9,
        "sampling_seed": "of the window's samples",
        "length_penalty": "mean log-probability",
    }


def test_every_choice_changes_the_key_of_a_text(small_checkpoint: Path, make_system: MakeSystem) -> None:
    choices: tuple[dict[str, object], ...] = (
        {},
        {"beam_size": 2},
        {"beam_size": 2, "patience": 2},
        {"beam_size": 2, "length_penalty": 1},
        {"temperature_fallback": True},
        {"temperature_fallback": True, "compression_ratio_threshold": 2},
        {"initial_prompt": "Names."},
        {"precision": "bfloat16"},
    )
    keys = {
        describe_engine(make_system(model=str(small_checkpoint), device="cpu", **each)).text_key
        for each in choices
    }
    assert len(keys) == len(choices)


def test_a_prompt_longer_than_half_the_context_is_refused(
    small_checkpoint: Path, make_system: MakeSystem
) -> None:
    def describe(n_words: int) -> None:
        describe_engine(make_system(model=str(small_checkpoint), initial_prompt=" dog" * n_words))

    describe(223)
    with pytest.raises(ConfigError, match=r"initial_prompt: has 224 tokens.* holds 223 .*Shorten it"):
        describe(224)


@pytest.mark.parametrize(
    ("tried", "accepted"),
    [
        (window(), True),
        (window(LOOP), False),
        (window(mean=-1.2), False),
        (window(mean=-1.2, no_speech=0.7), True),  # silence is not tried again
        (window(LOOP, mean=-1.2, no_speech=0.7), True),
        (window(LOOP, no_speech=0.7), False),
    ],
)
def test_a_loop_and_an_improbable_text_are_doubted_unless_it_is_silent(
    tried: DecodedWindow, accepted: bool
) -> None:
    assert Fallback().accepts(tried) is accepted


def test_sampling_goes_up_until_a_text_is_accepted() -> None:
    asked: list[float] = []

    def sample(temperature: float) -> DecodedWindow:
        asked.append(temperature)
        return window(f"at {temperature}", mean=-0.3 if temperature == 0.6 else -2)

    settled = Fallback().settle(window(LOOP), sample, last_resort=lambda tried: tried[0])
    assert settled.text == "at 0.6"
    assert asked == [0.2, 0.4, 0.6]


def test_the_last_resort_sees_all_that_was_tried() -> None:
    seen: list[str] = []

    def last_resort(tried: list[DecodedWindow]) -> DecodedWindow:
        seen.extend(each.text for each in tried)
        return tried[1]

    settled = Fallback().settle(window("0", -2), lambda each: window(f"{each}", -2), last_resort)
    assert seen == ["0", *map(str, TEMPERATURES)]
    assert settled.text == "0.2"


def test_a_silent_window_gives_no_text() -> None:
    silent = window("Thank you.", mean=-1.5, no_speech=0.8)
    settled = Fallback().settle(silent, lambda _: pytest.fail("was sampled"), lambda tried: tried[-1])
    assert settled.text == ""
    assert settled.no_speech_probability == 0.8


def test_there_is_no_fallback_unless_it_is_asked_for() -> None:
    assert fallback_of(searched()) is None
    asked = searched(temperature_fallback=True, best_of=1, log_probability_threshold=-0.5)
    assert fallback_of(asked) == Fallback(1, 2.4, -0.5, 0.6)
