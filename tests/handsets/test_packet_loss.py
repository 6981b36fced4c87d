"""Lost packets: how many, in what bursts, and that they are really gone."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from asr_fair.handsets.packet_loss import draw_lost
from asr_fair.handsets.transmission import transmit
from asr_fair.recipes.handset import Codec, PacketLoss

from .sounds import speech_like

CASES = [(0.03, 1.2), (0.12, 3.0), (0.3, 1.0), (0.5, 5.0)]


@pytest.mark.parametrize(("rate", "mean_burst"), CASES)
def test_share_and_bursts_are_as_asked(rate: float, mean_burst: float) -> None:
    n_packets = 200_000
    lost = draw_lost(n_packets, PacketLoss(rate=rate, mean_burst=mean_burst), np.random.default_rng(1))
    bursts = np.sum(np.diff(lost.astype(int), prepend=0) == 1)
    # The share's variance: that of single draws, times (1 + r) / (1 - r) for the chain's correlation r.
    correlation = 1 - 1 / mean_burst - rate / (1 - rate) / mean_burst
    error = np.sqrt(rate * (1 - rate) / n_packets * (1 + correlation) / (1 - correlation))
    assert lost.mean() == pytest.approx(rate, abs=4 * error)
    assert lost.sum() / bursts == pytest.approx(mean_burst, rel=0.05)


@pytest.mark.parametrize(("rate", "mean_burst"), CASES)
def test_every_pattern_of_three_packets_is_as_likely_as_the_chain_says(
    rate: float, mean_burst: float
) -> None:
    """From the first packet on: the chain starts in its stationary state."""
    loss, rng, n_calls = PacketLoss(rate=rate, mean_burst=mean_burst), np.random.default_rng(2), 20_000
    counted = dict.fromkeys(product((False, True), repeat=3), 0)
    for _ in range(n_calls):
        counted[tuple(draw_lost(3, loss, rng).tolist())] += 1
    stay_lost = 1 - 1 / mean_burst
    become_lost = rate / (1 - rate) / mean_burst
    after = {True: (1 - stay_lost, stay_lost), False: (1 - become_lost, become_lost)}
    expected = {a_b_c: (1 - rate, rate)[a_b_c[0]] * after[a_b_c[0]][a_b_c[1]] * after[a_b_c[1]][a_b_c[2]]
                for a_b_c in counted}  # fmt: skip
    possible = [pattern for pattern, share in expected.items() if share > 0]
    assert sum(counted[pattern] for pattern in possible) == n_calls
    observed = [counted[pattern] for pattern in possible]
    assert chisquare(observed, [expected[pattern] * n_calls for pattern in possible]).pvalue > 1e-3


@given(rate=st.floats(0.01, 0.4), n_packets=st.integers(1, 300), seed=st.integers(0, 2**32))
def test_bursts_of_one_stand_alone(rate: float, n_packets: int, seed: int) -> None:
    lost = draw_lost(n_packets, PacketLoss(rate=rate), np.random.default_rng(seed))
    assert lost.shape == (n_packets,)
    assert not np.any(lost[1:] & lost[:-1])


@pytest.mark.parametrize(
    "codec",
    [
        Codec(name="g711_alaw"),
        Codec(name="g722"),
        Codec(name="g726", kbit_s=24),
        Codec(name="amr_nb", kbit_s=12.2),
        Codec(name="opus", kbit_s=24),
        Codec(name="sbc"),
    ],
    ids=str,
)
def test_what_arrives_stays_in_its_place(codec: Codec) -> None:
    sent = speech_like()
    whole = transmit(sent, codec, None, np.random.default_rng(0)).samples
    loss = PacketLoss(rate=0.05, mean_burst=1.5)
    received = transmit(sent, codec, loss, np.random.default_rng(5))
    heard, lost_share = received.samples, received.lost_share
    assert len(heard) == len(sent)
    assert 0 < lost_share < 0.15
    assert np.corrcoef(whole, heard)[0, 1] > 0.8


def test_of_a_codec_without_memory_only_what_was_lost_changes() -> None:
    sent, loss = speech_like(), PacketLoss(rate=0.1, mean_burst=2)
    whole = transmit(sent, Codec(name="g711_ulaw"), None, np.random.default_rng(0)).samples
    received = transmit(sent, Codec(name="g711_ulaw"), loss, np.random.default_rng(3))
    heard, lost_share = received.samples, received.lost_share
    lost = draw_lost(150, loss, np.random.default_rng(3))
    assert lost_share == lost.mean()
    near = np.convolve(np.repeat(lost, 320), np.ones(2 * 250), mode="same") > 0.5  # seams and resampler
    changed = np.abs(heard - whole) > 1e-4
    assert not changed[~near].any()
    assert all(changed[packet * 320 : (packet + 1) * 320].any() for packet in np.flatnonzero(lost)[1:])


def test_everything_lost_is_silence() -> None:
    loss = PacketLoss(rate=0.5, mean_burst=20)
    seed = next(seed for seed in range(100) if draw_lost(3, loss, np.random.default_rng(seed)).all())
    sent = speech_like(0.05)  # three packets with the delay
    received = transmit(sent, Codec(name="g722"), loss, np.random.default_rng(seed))
    heard, lost_share = received.samples, received.lost_share
    assert lost_share == 1
    np.testing.assert_array_equal(heard, np.zeros_like(sent))
