"""Where audio may lie: under the audio root, or at a remote address."""

from __future__ import annotations

import os.path
from collections.abc import Callable

from asr_fair.errors import holds_secret

REMOTE_SCHEMES = ("http", "https", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "hf")
"""Schemes of fsspec that reach another machine; any other could read this one's files past the root."""


def is_url(path: str) -> bool:
    """Whether a path is an fsspec URL, or a chain of them."""
    return "://" in path or "::" in path


def url_problem(url: str) -> str | None:
    """What is wrong with a URL (None if nothing): a secret, a scheme that is not remote, a chain of URLs."""
    if holds_secret(url):
        return (
            "must not hold a user, a password or a signature: a manifest is copied and shared. Give "
            "credentials by the environment of those who read it (docs/clusters.md)"
        )
    if "::" in url:
        return "must not chain URLs with '::'"
    if url.split("://", 1)[0] not in REMOTE_SCHEMES:
        return f"must be a path, or a URL that begins with one of {', '.join(REMOTE_SCHEMES)}"
    return None


def audio_path(root: str) -> Callable[[str], tuple[str | None, str | None]]:
    """From a path under `root`, or a remote URL, to (absolute path or URL, problem): one of them is None."""
    real_root = os.path.realpath(root)

    def locate(path: str) -> tuple[str | None, str | None]:
        if "\0" in path:
            return None, "must not hold a NUL character"
        if is_url(path):
            problem = url_problem(path)
            return (path, None) if problem is None else (None, problem)
        if is_url(root):
            inside = not path.startswith("/") and ".." not in path.split("/")
            return (f"{root.rstrip('/')}/{path}", None) if inside else (None, "leaves the audio root")
        # realpath: a symbolic link could leave the root where the text of the path does not.
        real_path = os.path.realpath(os.path.join(real_root, path))  # noqa: PTH118 - millions of rows
        if os.path.commonpath([real_root, real_path]) != real_root:
            return None, f"leaves the audio root {root}"
        return real_path, None

    return locate
