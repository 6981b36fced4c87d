"""`asr-fair view`: prints one address, ends quietly, and says what is wrong before it serves anything."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from asr_fair.cli.main import status_of
from asr_fair.errors import ExitStatus
from asr_fair.view.guard import Guard
from asr_fair.view.server import address_of, guard_for
from view.test_view_server import ask


@contextmanager
def started(run: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and the address that it prints."""
    command = [sys.executable, "-m", "asr_fair", "view", str(run), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_the_address_is_all_that_stdout_gets_and_a_signal_ends_it_quietly(made_run: Path) -> None:
    with started(made_run, "--port", "0") as (process, address):
        assert address.startswith("http://127.0.0.1:")
        assert "runaway" in ask(address, "/utterances?kind=runaway").text
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
        assert (process.returncode, rest) == (0, "")
        assert said == "Private: it shows what single people said. Ctrl-C ends it.\n"


def test_a_token_is_asked_for_beyond_loopback_and_where_it_is_wanted() -> None:
    assert guard_for("127.0.0.1", None).token is None
    assert guard_for("127.0.0.1", token=True).token
    assert guard_for("0.0.0.0", None).token  # noqa: S104
    assert guard_for("0.0.0.0", None).token != guard_for("0.0.0.0", None).token  # noqa: S104
    assert address_of(Guard.of("::1", "abc"), "::1", 80) == "http://[::1]:80/?token=abc"


def test_a_port_that_is_taken_is_named(made_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert status_of(["view", str(made_run), "--port", str(port)]) == ExitStatus.BAD_INPUT
    assert f"--port {port}: cannot be had" in capsys.readouterr().err


def test_nobody_is_served_beyond_loopback_without_a_token(
    made_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["view", str(made_run), "--host", "0.0.0.0", "--no-token"]) == ExitStatus.BAD_INPUT  # noqa: S104
    assert "needs its token" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_named(
    made_run: Path, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["view", str(made_run), "--host", host]) == ExitStatus.BAD_INPUT
    assert f"--host {host}" in capsys.readouterr().err


def test_a_folder_without_a_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["view", str(tmp_path)]) == ExitStatus.BAD_INPUT
    assert "holds no run.json" in capsys.readouterr().err
