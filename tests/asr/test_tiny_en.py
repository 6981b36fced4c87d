"""Both engines with the real weights of tiny.en on the demo's speech."""

from __future__ import annotations

from collections.abc import Callable

import jiwer
import numpy as np
import pytest

from asr_fair.asr import Engine, describe_engine, load_engine
from asr_fair.asr.ctranslate2_format import read_model
from asr_fair.asr.ctranslate2_weights import whisper_state_dict
from asr_fair.asr.weights import wheel_folder
from asr_fair.asr.windows import cut_windows
from asr_fair.config import SystemConfig
from asr_fair.records import SAMPLE_RATE_HZ, Hypothesis
from fakes.engine import clips_of

pytestmark = pytest.mark.model
ENGINES = ("whisper", "faster-whisper")
PLAIN = jiwer.Compose(
    [jiwer.ToLowerCase(), jiwer.RemovePunctuation(), jiwer.Strip(), jiwer.ReduceToListOfListOfWords()]
)


def wer(references: list[str], hypotheses: list[Hypothesis]) -> float:
    texts = [hypothesis.text for hypothesis in hypotheses]
    return jiwer.wer(references, texts, reference_transform=PLAIN, hypothesis_transform=PLAIN)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tiny_en: Callable[[str], Engine]) -> Engine:
    return tiny_en(request.param)


def test_both_engines_say_the_same(speech, tiny_en) -> None:
    clips = [utterance.samples for utterance in speech[:6]]
    openai, faster = (tiny_en(name).transcribe(clips_of(clips)) for name in ENGINES)
    assert [hypothesis.text for hypothesis in openai] == [hypothesis.text for hypothesis in faster]
    for one, other in zip(openai, faster, strict=True):
        assert one.language == other.language == "en"
        assert one.no_speech_probability == pytest.approx(other.no_speech_probability, abs=1e-3)
        assert one.mean_log_probability == pytest.approx(other.mean_log_probability, abs=1e-3)
    assert wer([utterance.reference for utterance in speech[:6]], openai) < 0.4


def test_over_a_minute_of_speech_is_not_truncated(engine: Engine, speech) -> None:
    pause = np.zeros(SAMPLE_RATE_HZ * 2 // 5, dtype=np.float32)
    recording = np.concatenate([part for one in speech for part in (one.samples, pause)])
    windows = cut_windows(recording)
    assert len(recording) > 70 * SAMPLE_RATE_HZ
    assert len(windows) > 2
    whole, last_window = engine.transcribe(clips_of([recording, windows[-1]]))
    assert whole.text.endswith(last_window.text)
    # A text cut off after 30 s would lack more than half of the words.
    assert wer([" ".join(one.reference for one in speech)], [whole]) < 0.35


def test_a_batch_gives_the_texts_of_single_clips(engine: Engine, speech) -> None:
    clips = [utterance.samples for utterance in speech[8:12]]
    singly = [engine.transcribe(clips_of([clip]))[0] for clip in clips]
    for one, other in zip(engine.transcribe(clips_of(clips)), singly, strict=True):
        assert one.text == other.text
        assert one.mean_log_probability == pytest.approx(other.mean_log_probability, abs=1e-3)


@pytest.mark.parametrize("name", ENGINES)
def test_the_description_is_that_of_the_loaded_engine(
    name: str, tiny_en: Callable[[str], Engine], make_system: Callable[..., SystemConfig]
) -> None:
    info = describe_engine(make_system(name, device="cpu"))
    assert info == tiny_en(name).info
    assert info.settings["language"] == "en"


def test_the_state_dict_holds_every_number_of_the_wheel(tiny_en: Callable[[str], Engine]) -> None:
    network = tiny_en("whisper")._model.state_dict()
    folder = wheel_folder()
    assert folder is not None
    model = read_model(folder / "model.bin")
    state = whisper_state_dict(model, name="model.bin")
    assert state.keys() == network.keys()
    n_numbers = 0
    for key, array in state.items():
        np.testing.assert_array_equal(network[key].numpy(), array, err_msg=key)
        n_numbers += array.size
    stored = sum(
        array.size for name, array in model.variables.items() if array.ndim and "projection" not in name
    )
    key_biases = 384 * (4 + 4 + 4)  # three attentions of four layers; zero in CTranslate2, absent here
    assert n_numbers == stored - key_biases


def test_both_encoders_compute_the_same(speech, tiny_en) -> None:
    windows = [utterance.samples for utterance in speech[:2]]
    openai, faster = (tiny_en(name).encode(windows).features for name in ENGINES)
    np.testing.assert_allclose(np.array(faster), openai.numpy(), atol=5e-3)


def test_int8_is_near_float32(speech, make_system: Callable[..., SystemConfig]) -> None:
    engine = load_engine(make_system("faster-whisper", device="cpu", precision="int8"))
    assert engine.info.settings["precision"] == "int8"
    said = speech[:4]
    hypotheses = engine.transcribe(clips_of([utterance.samples for utterance in said]))
    assert wer([utterance.reference for utterance in said], hypotheses) < 0.4
