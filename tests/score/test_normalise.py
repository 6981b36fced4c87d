import hashlib
import importlib.metadata
import subprocess
import sys

import pytest

from asr_fair.errors import ConfigError, MissingPackageError, UnknownNameError
from asr_fair.score import normalise
from asr_fair.score.normalise import default_normalisers, load_normaliser, load_normalisers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("twenty ten", "2010"),
        ("hmm mm mhm mmm uh um", ""),
        ("erm er uh-huh", "erm er huh"),
        ("ain't", "aint"),
        ("I'ma go, imma go", "i am going to go i am going to go"),
        ("ima finna tryna cuz yall aks wit", "ima finna tryna cuz yall aks wit"),
        ("<LAUGH> it's [noise] (cough) his", "it is his"),
        ("the colour", "the color"),
        ("I'd", "i would"),
        ("Room 0", "room 0"),
        ("10 mg", "10 mg"),
        ("thirty six", "36"),
    ],
)
def test_whisper_en_gives_the_published_examples(text: str, expected: str) -> None:
    assert load_normaliser("whisper_en").words(text) == expected.split()


def test_basic_keeps_fillers_and_number_words() -> None:
    assert load_normaliser("basic").words("Um, it's <LAUGH> Twenty-Ten!") == [
        "um",
        "it",
        "s",
        "twenty",
        "ten",
    ]


def test_rules_equal_those_of_the_whisper_package() -> None:
    from whisper.normalizers import BasicTextNormalizer, EnglishTextNormalizer

    texts = ["Dr. O'Neil's £1,200.50 at 5%", "naïve café — two oh one", "won't y'all've been", "", "  "]
    for text in texts:
        assert load_normaliser("whisper_en").function(text) == EnglishTextNormalizer()(text)
        assert load_normaliser("basic").function(text) == BasicTextNormalizer()(text)


def test_english_variants_are_english() -> None:
    assert load_normaliser("whisper_en", languages=["en", "en-GB", "en_US", "EN"]).name == "whisper_en"


def test_whisper_en_refuses_other_languages() -> None:
    with pytest.raises(ConfigError, match="'de', 'enm'"):
        load_normaliser("whisper_en", languages=["en", "de", "enm"])


def test_basic_takes_any_language() -> None:
    assert load_normaliser("basic", languages=["de", "en"]).languages is None


def test_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'whisper_en'"):
        load_normaliser("wisper_en")


def test_version_is_stamped() -> None:
    """Version and rules of the release that all published figures of this project were made with."""
    stamped = "openai-whisper 20250625, rules 81eba6602c9b"
    assert load_normaliser("whisper_en").version == load_normaliser("basic").version == stamped
    assert importlib.metadata.version("openai-whisper") == normalise.WHISPER_VERSION


def test_stamped_rules_are_the_digest_of_the_installed_files() -> None:
    distribution = importlib.metadata.distribution("openai-whisper")
    files = [
        distribution.locate_file(f"whisper/normalizers/{name}").read_bytes()
        for name in ("basic.py", "english.json", "english.py")
    ]
    digest = hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in files)).hexdigest()
    assert load_normaliser("basic").version.endswith(f"rules {digest[:12]}")


def test_default_is_every_profile_that_suits_the_languages() -> None:
    every = ("whisper_en", "basic", "whisper_en+dialect", "raw")
    assert default_normalisers([]) == default_normalisers(["en-GB", "EN", "en_US"]) == every
    assert default_normalisers(["en", "de"]) == default_normalisers(["enm"]) == ("basic", "raw")


def test_other_release_of_whisper_is_refused_with_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalise, "WHISPER_VERSION", "20990101")
    with pytest.raises(MissingPackageError, match=r"pip install openai-whisper==20990101"):
        normalise._normalizers_folder()


def test_scoring_never_imports_torch_or_whisper() -> None:
    script = """
import sys
import pandas as pd
from asr_fair.score import counts, normalise, transcripts
both = [normalise.load_normaliser(name) for name in ("whisper_en", "basic")]
references = pd.DataFrame({"utterance_id": ["u"], "reference": ["twenty ten"]})
texts = pd.DataFrame({"utterance_id": ["u"], "condition": ["clean"], "system": ["s"], "text": ["2010"]})
assert counts.count_errors(references, texts, both)["hits"].tolist() == [1, 4, 0, 0]
heavy = {"torch", "torchaudio", "whisper", "dask", "soundfile", "av", "librosa"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_normaliser_named_twice_or_none_at_all_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^normalisers: 'basic' must not stand there more than once"):
        load_normalisers(["basic", "whisper_en", "basic"])
    with pytest.raises(ConfigError, match="at least one"):
        load_normalisers([])
    assert [each.name for each in load_normalisers(["basic", "whisper_en"])] == ["basic", "whisper_en"]
