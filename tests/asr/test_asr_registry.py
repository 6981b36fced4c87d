from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from asr_fair.asr import describe_engine, engine_names, load_engine
from asr_fair.asr.base import EngineInfo
from asr_fair.config import SystemConfig
from asr_fair.config.systems import SYSTEM_MODELS
from asr_fair.errors import MissingPackageError, UnknownNameError

MakeSystem = Callable[..., SystemConfig]


def test_an_unknown_engine_gets_the_nearest_name(make_system: MakeSystem) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'faster-whisper'"):
        load_engine(make_system("fast-whisper"))


def test_every_engine_that_has_keys_is_registered() -> None:
    assert set(engine_names()) == set(SYSTEM_MODELS)


@pytest.mark.parametrize("package", ["faster_whisper", "ctranslate2"])
def test_an_absent_package_gets_its_install_command(
    package: str, make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "asr_fair.asr.faster_whisper", raising=False)
    monkeypatch.setitem(sys.modules, package, None)  # what Python does for a package that is not there
    with pytest.raises(MissingPackageError, match=r'pip install "asr-fair"'):
        describe_engine(make_system("faster-whisper"))


def test_the_package_imports_no_engine() -> None:
    code = (
        "import sys, asr_fair.asr; "
        "print(sorted({'torch', 'whisper', 'faster_whisper', 'ctranslate2'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_the_text_key_follows_the_weights_and_settings_and_not_their_place() -> None:
    info = EngineInfo("e", "/here/model", "abc", {"device": "cpu", "language": "en"})
    moved = EngineInfo("e", "/there/model", "abc", {"language": "en", "device": "cpu"})
    assert info.text_key == moved.text_key
    others = [
        EngineInfo("f", "/here/model", "abc", info.settings),
        EngineInfo("e", "/here/model", "abd", info.settings),
        EngineInfo("e", "/here/model", "abc", {**info.settings, "device": "cuda"}),
    ]
    assert len({info.text_key, *(other.text_key for other in others)}) == 4
