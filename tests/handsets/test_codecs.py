"""Codec round trips: length, delay, level, band, and what the machine or the codec cannot do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import correlate, correlation_lags, welch

from asr_fair.errors import FaultsError
from asr_fair.handsets import formats
from asr_fair.handsets.chain import check_handset
from asr_fair.handsets.formats import FORMATS
from asr_fair.handsets.transmission import change_rate, transmit
from asr_fair.recipes.handset import Codec, Handset
from asr_fair.recipes.library import read_recipe
from asr_fair.records import SAMPLE_RATE_HZ, Samples

from .sounds import speech_like, tone

ALL = [Codec(name=name, kbit_s=rate) for name, form in FORMATS.items() for rate in form.rates_kbit_s]
ASKED = [
    *(Codec(name=name) for name in ("g711_ulaw", "g711_alaw", "g722", "sbc")),
    *(Codec(name="g726", kbit_s=rate) for rate in (16, 24, 32, 40)),
    *(Codec(name="amr_nb", kbit_s=rate) for rate in (4.75, 12.2)),
    *(Codec(name="opus", kbit_s=rate) for rate in (6, 12, 24)),
    Codec(name="aac", kbit_s=24),
    Codec(name="mp3", kbit_s=32),
]
every_codec = pytest.mark.parametrize("codec", ASKED, ids=str)


def sent_through(samples: Samples, codec: Codec) -> Samples:
    received = transmit(samples, codec, None, np.random.default_rng(0))
    assert received.lost_share is None
    return received.samples


@pytest.mark.parametrize("codec", ALL, ids=str)
def test_as_long_as_it_went_in_at_every_rate(codec: Codec) -> None:
    heard = sent_through(speech_like(0.2)[:1_601], codec)
    assert heard.shape == (1_601,)
    assert heard.dtype == np.float32


@every_codec
@pytest.mark.parametrize("n_samples", [1, 319, 320, 321, 16_000])
def test_as_long_as_it_went_in_at_every_length(codec: Codec, n_samples: int) -> None:
    assert sent_through(speech_like(1.0)[:n_samples], codec).shape == (n_samples,)


@every_codec
def test_the_delay_is_removed(codec: Codec) -> None:
    sent = speech_like()
    heard = sent_through(sent, codec)
    products = correlate(heard, sent)
    lag = correlation_lags(len(heard), len(sent))[np.argmax(products)]
    assert abs(lag) <= 1


@every_codec
@pytest.mark.parametrize("peak", [0.05, 0.25])
def test_a_tone_in_the_band_keeps_its_level(codec: Codec, peak: float) -> None:
    sent = tone(1000, peak=peak)
    middle = slice(4000, 12_000)
    heard = sent_through(sent, codec)[middle]
    change_db = 10 * np.log10(np.mean(heard**2) / np.mean(sent[middle] ** 2))
    assert abs(change_db) < 1


@every_codec
def test_the_last_moment_is_not_cut_off(codec: Codec) -> None:
    sent = np.concatenate([np.zeros(8_000, np.float32), tone(1000, 0.06)])
    last = slice(-320, None)
    heard = sent_through(sent, codec)
    assert np.sum(heard[last] ** 2) > 0.25 * np.sum(sent[last] ** 2)


@pytest.mark.parametrize(
    ("codec", "kept_hz", "gone_hz"),
    [
        (Codec(name="g711_ulaw"), 3_400, 4_200),
        (Codec(name="g726", kbit_s=32), 3_400, 4_200),
        (Codec(name="amr_nb", kbit_s=12.2), 3_300, 4_200),
        (Codec(name="g722"), 6_500, None),
        (Codec(name="sbc"), 7_500, None),
        (Codec(name="opus", kbit_s=6), 3_500, 5_000),
        (Codec(name="opus", kbit_s=24), 7_000, None),
        (Codec(name="mp3", kbit_s=16), 5_000, 6_500),
    ],
    ids=str,
)
def test_the_band_is_that_of_the_codec(codec: Codec, kept_hz: float, gone_hz: float | None) -> None:
    sent = speech_like()
    frequencies, before = welch(sent, SAMPLE_RATE_HZ, nperseg=512)
    _, after = welch(sent_through(sent, codec), SAMPLE_RATE_HZ, nperseg=512)
    change_db = 10 * np.log10(after / before)
    assert change_db[frequencies < kept_hz][8:].min() > -10
    if gone_hz is not None:
        assert change_db[frequencies > gone_hz].max() < -10


@every_codec
def test_silence_stays_silence(codec: Codec) -> None:
    heard = sent_through(np.zeros(8_000, np.float32), codec)
    assert np.abs(heard).max() < 1e-3


@pytest.mark.parametrize("rates", [(16_000, 8_000), (8_000, 16_000), (48_000, 16_000)], ids=str)
def test_changing_the_rate_moves_no_tone(rates: tuple[int, int]) -> None:
    from_hz, to_hz = rates
    before, after = (
        np.sin(2 * np.pi * 1000 * np.arange(rate_hz) / rate_hz).astype(np.float32) for rate_hz in rates
    )
    changed = change_rate(before, from_hz, to_hz)
    middle = slice(to_hz // 4, 3 * to_hz // 4)
    np.testing.assert_allclose(changed[middle], after[middle], atol=1e-4)


def read(folder, text: str):
    path = folder / "phone.yaml"
    path.write_text(f'id: phone\nversion: "1"\ntitle: T\ndescription: D\nlicence: L\n{text}')
    return read_recipe(Handset, path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("codec: {name: opus, kbit_s: 7}", ["codec.kbit_s: opus has no such rate, got 7", "6, 8, 12"]),
        ("codec: {name: amr_nb}", ["codec.kbit_s: is missing", "4.75", "12.2"]),
        ("codec: {name: g722, kbit_s: 48}", ["codec.kbit_s: g722 has no such rate", "Use one of 64"]),
    ],
)
def test_a_rate_that_the_codec_does_not_have_is_refused(tmp_path, text: str, said: list[str]) -> None:
    found = read(tmp_path, f"{text}\nevidence: [{{figures: [codec], origin: assumed}}]")
    with pytest.raises(FaultsError) as refused:
        check_handset(found)
    for words in (str(tmp_path / "phone.yaml"), *said):
        assert words in str(refused.value)


@pytest.mark.parametrize("name", ["aac", "mp3"])
def test_packet_loss_is_refused_where_packets_overlap(tmp_path, name: str) -> None:
    text = f"codec: {{name: {name}, kbit_s: 32}}\npacket_loss: {{rate: 0.1}}\n"
    found = read(tmp_path, f"{text}evidence: [{{figures: [codec, packet_loss], origin: assumed}}]")
    with pytest.raises(FaultsError, match=r"packet_loss.*voice codec: g711_ulaw") as refused:
        check_handset(found)
    assert "aac" not in str(refused.value).partition("voice codec")[2]


def test_packet_loss_without_a_codec_is_refused(tmp_path) -> None:
    found = read(tmp_path, "packet_loss: {rate: 0.1}\nevidence: [{figures: [packet_loss], origin: assumed}]")
    with pytest.raises(FaultsError, match="packet_loss: there are no packets without a codec"):
        check_handset(found)


def test_a_codec_that_this_build_lacks_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = replace(FORMATS["amr_nb"], encoder="no_such_encoder")
    monkeypatch.setitem(formats.FORMATS, "amr_nb", lacking)  # type: ignore[arg-type]
    found = read(
        tmp_path, "codec: {name: amr_nb, kbit_s: 12.2}\nevidence: [{figures: [codec], origin: assumed}]"
    )
    with pytest.raises(FaultsError) as refused:
        check_handset(found)
    said = str(refused.value)
    assert "codec.name" in said
    assert "no_such_encoder" in said
    assert "opus" in said.partition("use one of")[2]
    assert "amr_nb" not in said.partition("use one of")[2].partition("got")[0]


def test_what_overshoots_at_the_encoder_is_counted() -> None:
    """A square wave at full scale, without its harmonics beyond the line's band, goes over full scale."""
    square = np.where(np.arange(SAMPLE_RATE_HZ) % 40 < 20, 0.999, -0.999).astype(np.float32)
    received = transmit(square, Codec(name="g711_ulaw"), None, np.random.default_rng(0))
    assert 0.2 < received.clipped_share < 0.8
    quiet = transmit(0.25 * square, Codec(name="g711_ulaw"), None, np.random.default_rng(0))
    assert quiet.clipped_share == 0
