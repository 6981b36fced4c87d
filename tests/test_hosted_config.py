"""Keys of hosted engines: a secret that somebody writes there is refused and not shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_fair.config import parse_config
from asr_fair.config.systems import OpenAIHttpConfig
from asr_fair.errors import FaultsError

PASTED = "sk-proj-A1b2C3d4E5f6G7h8I9j0"
RUN = "name: r\nmanifest: m.jsonl\nsystems:\n  - name: s\n    engine: openai-http\n    model: whisper-1\n"


def system_of(keys: str) -> OpenAIHttpConfig:
    lines = "".join(f"    {line}\n" for line in keys.splitlines())
    (system,) = parse_config(RUN + lines, name="run.yaml", base=Path("/data")).systems
    assert isinstance(system, OpenAIHttpConfig)
    return system


@pytest.mark.parametrize(
    "keys",
    [
        f"base_url: https://user:{PASTED}@example.org/v1",
        f"base_url: https://{PASTED}@example.org/v1",
        f"base_url: https://example.org/v1?api-key={PASTED}",
        f"base_url: https://example.org/v1?{PASTED}",
        f"base_url: https://example.org/v1?v=1&x={PASTED}",
        f"api_key_env: {PASTED}",
        f"api_key_env: {PASTED.replace('-', '')}",
        f"api_key: {PASTED}",
    ],
)
def test_a_secret_in_the_configuration_is_refused_and_not_shown(keys: str) -> None:
    with pytest.raises(FaultsError) as caught:
        system_of(keys)
    assert "run.yaml: systems.0." in str(caught.value)
    assert PASTED not in str(caught.value)
    assert PASTED.replace("-", "") not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1/audio/transcriptions"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1/audio/transcriptions"),
        ("http://[::1]:8000", "http://[::1]:8000/audio/transcriptions"),
        (
            "https://x.openai.azure.com/openai/deployments/w?api-version=2024-12-01-preview",
            "https://x.openai.azure.com/openai/deployments/w/audio/transcriptions"
            "?api-version=2024-12-01-preview",
        ),
    ],
)
def test_the_endpoint_stands_below_the_base(url: str, endpoint: str) -> None:
    assert system_of(f"base_url: '{url}'").endpoint == endpoint


@pytest.mark.parametrize("url", ["", "example.org/v1", "ftp://example.org", "https://", "https://a:99999/v1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(FaultsError, match="must be an address such as"):
        system_of(f"base_url: '{url}'")


def test_recordings_go_nowhere_unencrypted_but_to_a_server_of_ones_own() -> None:
    with pytest.raises(FaultsError, match="unencrypted"):
        system_of("base_url: http://asr.example.org/v1")
    assert system_of("base_url: http://asr.example.org/v1\nown_server: true").own_server
    assert not system_of("base_url: http://127.0.0.1/v1").own_server


def test_openais_key_goes_to_openai_alone_unless_somebody_says_otherwise() -> None:
    assert system_of("").key_variable == "OPENAI_API_KEY"
    assert system_of("base_url: https://api.openai.com.example.org/v1").key_variable is None
    assert system_of("base_url: https://example.org/v1\napi_key_env: OPENAI_API_KEY").key_variable


def test_a_folder_that_is_called_like_the_model_is_not_the_model(tmp_path: Path) -> None:
    (tmp_path / "whisper-1").mkdir()
    (system,) = parse_config(RUN, name="run.yaml", base=tmp_path).systems
    assert system.model == "whisper-1"
