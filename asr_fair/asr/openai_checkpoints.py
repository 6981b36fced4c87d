"""OpenAI's own checkpoints by name: downloaded once, whole and checked, into openai-whisper's cache."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import urllib.request
from http.client import HTTPException
from pathlib import Path

import whisper

from asr_fair.asr.weights import Hub, file_sha256, missing_model

TIMEOUT_S = 15.0
"""For a connection and for each read: a dead network is an error soon."""
logger = logging.getLogger(__name__)


def openai_hub() -> Hub:
    """OpenAI's model names and how to fetch a checkpoint."""
    names = tuple(whisper.available_models())
    return Hub(names, lambda model: _fetch(model, names))


def download(url: str, target: Path, *, sha256: str) -> None:
    """Write what `url` serves to `target`, which is left as it was unless all of it arrived.

    Raises OSError or HTTPException for a network or disk that fails, ValueError for other content.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    logger.info("downloading %s to %s", url, target)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as part:
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:  # noqa: S310 - a fixed URL
                while block := response.read(1 << 20):
                    digest.update(block)
                    part.write(block)
            if digest.hexdigest() != sha256:
                msg = f"{url} served other content: SHA-256 {digest.hexdigest()}, expected {sha256}"
                raise ValueError(msg)
            part.flush()
            Path(part.name).replace(target)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def cache_folder() -> Path:
    """Where openai-whisper keeps its checkpoints; those already there are used."""
    default = Path.home() / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME", default)) / "whisper"


def _fetch(model: str, names: tuple[str, ...]) -> Path:
    url: str = whisper._MODELS[model]
    _, sha256, file_name = url.rsplit("/", 2)
    target = cache_folder() / file_name
    if target.is_file() and file_sha256(target) == sha256:
        return target
    try:
        download(url, target, sha256=sha256)
    except (OSError, HTTPException, ValueError) as error:
        cause = f"could not be fetched from {url}: {getattr(error, 'reason', error)}"
        raise missing_model(model, cause, names) from error
    return target
