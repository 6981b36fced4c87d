"""Every reason for which a recording is refused, reached by a file that has the fault."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr_fair.audio.decode import SILENCE_DB, load_audio
from asr_fair.audio.probe import probe_audio
from asr_fair.audio.reasons import AudioReason
from asr_fair.errors import AudioError
from asr_fair.records import AudioSource

from .sound_files import cut_to, source, tone, write_av, write_wav


def _text_named_wav(path: Path) -> Path:
    path.write_text("this is not audio\n" * 100, encoding="utf-8")
    return path


def _with_nan(path: Path, value: float) -> Path:
    samples = tone(16_000)
    samples[100] = value
    return write_wav(path, samples, 16_000, "FLOAT")


def _bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def long_wav(path: Path, duration_s: int) -> Path:
    """8-bit, 8 kHz, nearly all of it a hole in the file; one second of tone at 3000 s."""
    n_bytes = duration_s * 8_000
    sizes = (b"RIFF", 36 + n_bytes, b"WAVE", b"fmt ", 16, 1, 1, 8_000, 8_000, 1, 8, b"data", n_bytes)
    with path.open("wb") as file:
        file.write(struct.pack("<4sI4s4sIHHIIHH4sI", *sizes))
        file.seek(3_000 * 8_000, 1)
        file.write((tone(8_000) * 128 + 128).astype(np.uint8).tobytes())
        file.truncate(44 + n_bytes)
    return path


CASES: dict[str, tuple[AudioReason, Callable[[Path], AudioSource]]] = {
    "no file": (AudioReason.MISSING, lambda d: source(d / "none.wav")),
    "no object": (AudioReason.MISSING, lambda d: source("memory://asr-fair/none.wav")),
    "0 bytes": (AudioReason.EMPTY, lambda d: source(_bytes(d / "a.wav", b""))),
    "a folder": (AudioReason.UNREADABLE, source),
    "text": (AudioReason.UNREADABLE, lambda d: source(_text_named_wav(d / "a.wav"))),
    "text as m4a": (AudioReason.UNREADABLE, lambda d: source(_text_named_wav(d / "a.m4a"))),
    "text as raw": (AudioReason.UNREADABLE, lambda d: source(_text_named_wav(d / "a.raw"))),
    "random bytes": (
        AudioReason.UNREADABLE,
        lambda d: source(_bytes(d / "a.mp3", np.random.Generator(np.random.PCG64(1)).bytes(5_000))),
    ),
    "half a header": (
        AudioReason.UNREADABLE,
        lambda d: source(_bytes(d / "a.wav", write_wav(d / "b.wav", tone(16_000), 16_000).read_bytes()[:30])),
    ),
    "unknown protocol": (AudioReason.UNREADABLE, lambda d: source("nowhere://a.wav")),
    "cut wav": (
        AudioReason.TRUNCATED,
        lambda d: source(cut_to(write_wav(d / "a.wav", tone(16_000), 16_000), 0.7)),
    ),
    "wav without its last sample": (
        AudioReason.TRUNCATED,
        lambda d: source(_bytes(d / "a.wav", write_wav(d / "b.wav", tone(16_000), 16_000).read_bytes()[:-2])),
    ),
    "cut aiff": (
        AudioReason.TRUNCATED,
        lambda d: source(cut_to(write_wav(d / "a.aiff", tone(16_000), 16_000), 0.7)),
    ),
    "cut flac": (
        AudioReason.TRUNCATED,
        lambda d: source(cut_to(write_wav(d / "a.flac", tone(16_000), 16_000), 0.7)),
    ),
    "cut m4a": (
        AudioReason.TRUNCATED,
        lambda d: source(
            cut_to(write_av(d / "a.m4a", tone(48_000, 3), 48_000, "aac", movflags="faststart"), 0.7)
        ),
    ),
    "cut webm": (
        AudioReason.TRUNCATED,
        lambda d: source(cut_to(write_av(d / "a.webm", tone(48_000, 3), 48_000, "libopus"), 0.7)),
    ),
    "0 s": (AudioReason.NO_SAMPLES, lambda d: source(write_wav(d / "a.wav", tone(16_000, 0.0), 16_000))),
    "over an hour": (AudioReason.TOO_LONG, lambda d: source(long_wav(d / "a.wav", 3_601))),
    "NaN": (AudioReason.NOT_FINITE, lambda d: source(_with_nan(d / "a.wav", np.nan))),
    "infinity": (AudioReason.NOT_FINITE, lambda d: source(_with_nan(d / "a.wav", np.inf))),
    "zeros": (AudioReason.SILENT, lambda d: source(write_wav(d / "a.wav", 0 * tone(16_000), 16_000))),
    "constant": (
        AudioReason.SILENT,
        lambda d: source(write_wav(d / "a.wav", 0 * tone(16_000) + 0.25, 16_000)),
    ),
    "a tone at -83 dBFS": (
        AudioReason.SILENT,
        lambda d: source(write_wav(d / "a.wav", tone(16_000, peak=1e-4), 16_000, "FLOAT")),
    ),
    "segment after the end": (
        AudioReason.SEGMENT_OUTSIDE,
        lambda d: source(write_wav(d / "a.wav", tone(16_000), 16_000), start_s=1.5, duration_s=0.1),
    ),
    "segment over the end": (
        AudioReason.SEGMENT_OUTSIDE,
        lambda d: source(write_wav(d / "a.wav", tone(16_000), 16_000), start_s=0.5, duration_s=0.6),
    ),
    "segment before the beginning": (
        AudioReason.SEGMENT_OUTSIDE,
        lambda d: source(write_wav(d / "a.wav", tone(16_000), 16_000), start_s=-0.5, duration_s=0.6),
    ),
    "segment after the end of an m4a": (
        AudioReason.SEGMENT_OUTSIDE,
        lambda d: source(write_av(d / "a.m4a", tone(48_000, 2), 48_000, "aac"), start_s=5.0, duration_s=1.0),
    ),
    "segment over the end of a webm": (
        AudioReason.SEGMENT_OUTSIDE,
        lambda d: source(
            write_av(d / "a.webm", tone(48_000, 2), 48_000, "libopus"), start_s=1.5, duration_s=1.0
        ),
    ),
    "another checksum": (
        AudioReason.CHECKSUM,
        lambda d: source(write_wav(d / "a.wav", tone(16_000), 16_000), sha256="0" * 64),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_faulty_recording_is_refused_with_its_reason(tmp_path: Path, case: str) -> None:
    reason, make = CASES[case]
    faulty = make(tmp_path)
    with pytest.raises(AudioError) as caught:
        load_audio(faulty)
    assert caught.value.reason == reason
    assert "'u1'" in str(caught.value)
    assert faulty.path in str(caught.value)
    facts = probe_audio(faulty)
    assert (facts.usable, facts.reason, facts.message) == (False, reason.value, str(caught.value))


def test_every_reason_has_a_case_and_a_meaning() -> None:
    of_recordings = set(AudioReason) - {AudioReason.NO_SPEAKER}  # babble finds that one: tests/noise
    assert {reason for reason, _ in CASES.values()} == of_recordings
    assert all(reason.meaning and "\n" not in reason.meaning for reason in AudioReason)
    assert f"{SILENCE_DB:g} dBFS" in AudioReason.SILENT.meaning


def test_a_segment_of_a_recording_over_an_hour_is_fine(tmp_path: Path) -> None:
    path = long_wav(tmp_path / "a.wav", 3_601)
    samples = load_audio(source(path, start_s=3_000, duration_s=1.0))
    np.testing.assert_allclose(samples[1000:-1000], tone(16_000)[1000:-1000], atol=0.02)


def test_the_right_checksum_is_accepted_in_any_case_of_letters(tmp_path: Path) -> None:
    import hashlib

    path = write_wav(tmp_path / "a.wav", tone(16_000), 16_000)
    digest = hashlib.sha256(path.read_bytes()).hexdigest().upper()
    assert len(load_audio(source(path, sha256=digest))) == 16_000


def test_a_file_that_changed_is_hashed_again(tmp_path: Path) -> None:
    import hashlib

    path = write_wav(tmp_path / "a.wav", tone(16_000), 16_000)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    load_audio(source(path, sha256=digest))
    write_wav(path, tone(16_000, 0.9), 16_000)
    with pytest.raises(AudioError, match="SHA-256"):
        load_audio(source(path, sha256=digest))


def test_a_quiet_word_in_long_silence_is_not_silent(tmp_path: Path) -> None:
    word = tone(16_000, 0.5, peak=2.5e-4)  # -75 dBFS, in a minute of zeros: RMS -96 dBFS
    samples = np.concatenate([word, np.zeros(16_000 * 60, np.float32)])
    path = write_wav(tmp_path / "a.wav", samples, 16_000, "FLOAT")
    assert len(load_audio(source(path))) == len(samples)


def test_a_playlist_cannot_open_another_file(tmp_path: Path) -> None:
    secret = write_wav(tmp_path / "secret.wav", tone(16_000), 16_000)
    for name, text in {
        "a.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "a.wav": f"ffconcat version 1.0\nfile {secret}\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert probe_audio(source(tmp_path / name)).reason == AudioReason.UNREADABLE


def test_a_broken_sample_rate_is_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(16_000), 16_000)
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", 3_000_000)
    path.write_bytes(content)
    facts = probe_audio(source(path))
    assert facts.reason == AudioReason.UNREADABLE
    assert "3000000 Hz" in (facts.message or "")


def test_the_error_reaches_another_process_whole(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        load_audio(source(tmp_path / "none.wav"))
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made one line above
    assert (copy.reason, str(copy)) == ("missing", str(caught.value))


def test_a_probe_reads_what_soundfile_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(44_100, 1.2345), 44_100)
    facts = probe_audio(source(path))
    assert facts.duration_s == pytest.approx(soundfile.info(path).duration, abs=1 / 16_000)
