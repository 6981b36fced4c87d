"""Results made by hand: thin and thick groups, reserved groups, no errors, no words, hostile names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import product

from asr_fair.config import Thresholds
from asr_fair.fairness.noise.axes import axis_name
from asr_fair.fairness.normalisers.robust import robustness_rows
from asr_fair.fairness.results import (
    Comparison,
    ConditionInfo,
    Control,
    ControlLevel,
    DimensionInfo,
    Figure,
    GroupInfo,
    Loss,
    ManifestInfo,
    NormaliserTrace,
    PlanInfo,
    Results,
    Standardised,
    Status,
    SystemInfo,
    TracedChange,
    TracedRule,
    Verdict,
)
from asr_fair.records import CLEAN, EVERYONE, OVERALL, RESERVED_GROUPS, REST

NORMALISERS = ("whisper_en", "basic")
CONDITIONS = (
    ConditionInfo(name="clean", title="Clean"),
    ConditionInfo(
        name="scanner@10dB", title="Scanner at 10 dB", profile="scanner", snr_db=10, digest="c1" * 32
    ),
    ConditionInfo(name="scanner@0dB", title="Scanner at 0 dB", profile="scanner", snr_db=0, digest="c2" * 32),
    ConditionInfo(name="alarm@10dB", title="Alarm at 10 dB", profile="alarm", snr_db=10, digest="c3" * 32),
    ConditionInfo(name="alarm@0dB", title="Alarm at 0 dB", profile="alarm", snr_db=0, digest="c4" * 32),
)
MOVED = ("Vietnamese English", "alarm@0dB")
"""Group and condition whose disparity is there under the headline normaliser only."""
CLEAN_ONLY = CONDITIONS[:1]
"""Few plots, for tests that are not about conditions."""
HARDER = {"clean": 1.0, "scanner@10dB": 1.4, "scanner@0dB": 2.6, "alarm@10dB": 1.2, "alarm@0dB": 1.7}
THRESHOLDS = Thresholds()
ROOM_TITLES = {None: None, "bay": "Scanner bay, 3 m", "ward": "Ward of six beds"}
HANDSET_TITLES = {None: None, "landline": "Landline telephone"}


@dataclass(frozen=True)
class Voice:
    """A group as the tests plan it: how many people, how much they said, how often they are misheard."""

    name: str
    n_speakers: int | None
    n_words: int
    wer: float | None
    share: float | None = 0.08
    n_lost_speakers: int = 0
    n_heard: int | None = None


ACCENTS = (
    Voice("Scottish", 2, 183, 0.7317, 0.6),
    Voice("Welsh", 4, 361, 0.6491, 0.4),
    Voice("Nigerian English", 7, 824, 0.2253, 0.31),
    Voice("Irish", 12, 1533, 0.115),
    Voice("Southern US, with a long name as its speakers gave it", 40, 5207, 0.1733),
    Voice("Vietnamese English", 14, 1702, 0.2843),
    Voice("declined", 11, 1201, 0.1501),
    Voice("unknown", 1, 77, 0.8231, 1.0),
)
HANDSETS = (Voice("wideband", 41, 5606, 0.19), Voice("telephone", 43, 5482, 0.21))
CROSSED = (
    Voice("Irish × wideband", 12, 1502, 0.1122),
    Voice("Vietnamese English × wideband", 13, 1401, 0.2711),
    Voice("Welsh × wideband", 2, 321, 0.6491),
    Voice("unknown × wideband", 11, 1100, 0.1717),
)
WOMEN = (
    Voice("Irish", 11, 1001, 0.1011),
    Voice("Vietnamese English", 12, 1112, 0.2633),
    Voice("Nigerian English", 4, 421, 0.2253),
    Voice("Scottish", 1, 92, 0.7317),
)


def make_grid(
    *,
    rooms: Sequence[str | None] = (None, "bay"),
    profiles: Sequence[str | None] = (None, "scanner", "alarm"),
    snrs_db: Sequence[float] = (0, 10),
    handsets: Sequence[str | None] = (None, "landline"),
) -> tuple[ConditionInfo, ...]:
    """Every combination, named as a run names them: room, noise, handset, in the order of the signal."""
    grid = []
    for room, profile, handset in product(rooms, profiles, handsets):
        for snr_db in snrs_db if profile else (None,):
            noise = None if profile is None else f"{profile}@{snr_db:g}dB"
            words = None if profile is None else f"{profile.capitalize()}, {snr_db:g} dB SNR"
            titles = (ROOM_TITLES[room], words, HANDSET_TITLES[handset])
            name = "+".join(filter(None, (room, noise, handset))) or "clean"
            grid.append(
                ConditionInfo(
                    name=name,
                    title="; ".join(filter(None, titles)) or "Clean: the recording as it is",
                    room=room,
                    room_title=ROOM_TITLES[room],
                    profile=profile,
                    profile_title=None if profile is None else profile.capitalize(),
                    snr_db=snr_db,
                    handset=handset,
                    handset_title=HANDSET_TITLES[handset],
                    digest=f"{len(grid):02x}" * 32,
                )
            )
    return tuple(grid)


def harder(condition: ConditionInfo) -> float:
    """How many times the clean WER is expected: by noise and level, room and handset."""
    if condition.name in HARDER:
        return HARDER[condition.name]
    by_noise = 1.0 if condition.snr_db is None else 1 + 0.06 * (20 - condition.snr_db)
    by_profile = 1 + 0.04 * (sum(map(ord, condition.profile or "")) % 20)
    by_room = {None: 1.0, "bay": 1.31, "ward": 1.17}[condition.room]
    return by_noise * by_profile * by_room * (1.0 if condition.handset is None else 1.23)


def make_results(
    *,
    rendered: Sequence[ConditionInfo] = CONDITIONS,
    accents: Sequence[Voice] = ACCENTS,
    reference: str | None = "Irish",
    systems: Sequence[str] = ("whisper-tiny.en",),
    synthetic: bool = False,
    share_results: bool = True,
    **changes: object,
) -> Results:
    """A whole run over two dimensions under the conditions `rendered`; `changes` replace fields of it."""
    made = _made(
        tuple(rendered),
        tuple(accents),
        reference,
        tuple(systems),
        synthetic=synthetic,
        share_results=share_results,
    )
    return made.model_copy(update=changes)


@cache
def _made(
    rendered: tuple[ConditionInfo, ...],
    accents: tuple[Voice, ...],
    reference: str | None,
    systems: tuple[str, ...],
    *,
    synthetic: bool,
    share_results: bool,
) -> Results:
    handset = dimension("handset", "Handset", HANDSETS, None, source="device_log", level="utterance")
    accent = dimension("accent", "Accent", accents, reference, source="self_report", level="speaker")
    everyone = Voice(EVERYONE, None if accents[0].n_speakers is None else 84, 11088, 0.1991)
    groups = [
        (OVERALL, everyone, None),
        *(("accent", voice, reference or REST) for voice in accents),
        *(("handset", voice, REST) for voice in HANDSETS),
    ]
    comparisons = tuple(_comparisons(groups, systems, rendered))
    return Results(
        name="demo",
        title="English accents in a scanner room",
        created_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
        asr_fair_version="0.1.0",
        seed=1,
        manifest=_manifest(everyone.n_speakers, synthetic=synthetic, share_results=share_results),
        plan=PlanInfo(
            digest="ab" * 32, stored_at=datetime(2026, 11, 21, 8, tzinfo=UTC), thresholds=THRESHOLDS
        ),
        conditions=rendered,
        systems=tuple(_system(name) for name in systems),
        normalisers=NORMALISERS,
        normaliser_versions={"whisper_en": "20250625", "basic": "1"},
        dimensions=(accent, handset),
        figures=(*_figures(groups, systems, rendered), *_curves(groups, systems, rendered)),
        comparisons=comparisons,
        robustness=tuple(robustness_rows(comparisons, NORMALISERS[0])),
        normaliser_traces=tuple(_traces(groups, systems)),
        losses=(
            *_losses(OVERALL, EVERYONE, systems[0], n_expected=90),
            *_losses("accent", accents[0].name, systems[0], n_expected=9),
        ),
        warnings=("one recording is shorter than 0.1 s",),
    )


def make_combined(*, crossed: Sequence[Voice] = CROSSED, women: Sequence[Voice] = WOMEN) -> Results:
    """A run under clean with accent × handset, and accent within levels of handset."""
    plain = make_results(rendered=CLEAN_ONLY)
    system = plain.systems[0].name
    both = dimension("accent × handset", "Accent × Handset", crossed, None, source="", level="utterance")
    level = dimension(
        "accent | handset = woman",
        "Accent where Handset is “woman”",
        women,
        "Irish",
        source="self_report",
        level="speaker",
    )
    groups = [
        *((both.name, voice, REST) for voice in crossed),
        *((level.name, voice, "Irish") for voice in women),
    ]
    parts = {"parts": ("accent", "handset"), "empty": ("Irish × telephone", "Welsh × telephone")}
    control = Control(
        dimension="accent",
        within="handset",
        title="Accent within levels of Handset",
        levels=(ControlLevel(level="woman", cells=level),),
    )
    return plain.model_copy(
        update={
            "dimensions": (*plain.dimensions, both.model_copy(update=parts)),
            "figures": (*plain.figures, *_figures(groups, [system], CLEAN_ONLY)),
            "comparisons": (*plain.comparisons, *_comparisons(groups, [system], CLEAN_ONLY)),
            "losses": (*plain.losses, *_losses(both.name, crossed[0].name, system, n_expected=11)),
            "controls": (control,),
            "standardised": tuple(_standardised(system, {voice.name for voice in women})),
        }
    )


def _standardised(system: str, in_level: Collection[str]) -> Iterator[Standardised]:
    for voice in ACCENTS:
        if voice.name in ("Irish", *RESERVED_GROUPS):
            continue
        there = voice.name in in_level
        for measure, value in (("wer_gap", -0.0321), ("wer_ratio", 0.7654)):
            yield Standardised(
                dimension="accent",
                within="handset",
                group=voice.name,
                versus="Irish",
                condition="clean",
                system=system,
                normaliser=NORMALISERS[0],
                measure=measure,
                value=value if there else None,
                low=value - 0.01 if there else None,
                high=value + 0.01 if there else None,
                method="jackknife-welch" if there else None,
                status=Status.OK if there else Status.NO_COMPARISON,
                levels=("woman",) if there else (),
                n_speakers=voice.n_speakers,
                n_words=1_800,
                n_words_left_out=600,
            )


def dimension(
    name: str, title: str, voices: Iterable[Voice], reference: str | None, *, source: str, level: str
) -> DimensionInfo:
    """A dimension whose groups are `voices`."""
    return DimensionInfo(
        name=name,
        title=title,
        source=source,
        source_note="As written in the corpus's documentation." if source == "self_report" else None,
        level=level,
        groups=tuple(_group(voice) for voice in voices),
        reference=reference,
        reference_reason=None if reference is None else "most speakers of the service's home country.",
    )


def rate(voice: Voice, times: float, normaliser: str, worse: float = 1.0) -> float | None:
    """WER of a group where a condition makes it `times` the clean one; the second normaliser adds a tenth."""
    if voice.wer is None:
        return None
    return voice.wer * times * worse * (1.1 if normaliser == "basic" else 1.0)


def figures_of(results: Results, dimension_name: str, group: str) -> list[Figure]:
    """All figures of one group."""
    return [f for f in results.figures if (f.dimension, f.group) == (dimension_name, group)]


def _group(voice: Voice) -> GroupInfo:
    return GroupInfo(
        name=voice.name,
        kind="reserved" if voice.name in RESERVED_GROUPS else "declared",
        n_speakers=voice.n_speakers,
        n_speakers_with_words=voice.n_heard,
        n_utterances=max(voice.n_words // 9, voice.n_speakers or 0),
        n_words=voice.n_words,
        n_speakers_expected=None if voice.n_speakers is None else voice.n_speakers + voice.n_lost_speakers,
        n_utterances_expected=voice.n_words // 9 + 5 * voice.n_lost_speakers,
        duration_s=voice.n_words * 0.41,
        largest_speaker_share=None if voice.n_speakers is None else voice.share,
    )


def _manifest(n_speakers: int | None, *, synthetic: bool, share_results: bool) -> ManifestInfo:
    return ManifestInfo(
        name="accents",
        version="1.2",
        title="Accents",
        description="Short sentences of everyday and clinical English, read aloud.",
        licence="CC-BY-4.0",
        collected="2024-03 to 2024-09",
        digest="0f" * 32,
        synthetic=synthetic,
        share_results=share_results,
        n_speakers=n_speakers,
        n_utterances=1232,
        duration_s=4546.1,
    )


def _system(name: str) -> SystemInfo:
    return SystemInfo(
        name=name,
        engine="whisper",
        model="tiny.en",
        model_digest="9c" * 32,
        settings={"language": "en", "precision": "float32", "beam_size": None, "temperature": 0.0},
    )


def _figures(
    groups: Sequence[tuple[str, Voice, str | None]],
    systems: Sequence[str],
    rendered: Sequence[ConditionInfo],
) -> Iterator[Figure]:
    voices = {(dim, voice.name): voice for dim, voice, _ in groups}
    for (dim, voice, versus), (index, system), condition, normaliser in product(
        groups, list(enumerate(systems)), rendered, NORMALISERS
    ):
        worse = 1 + 0.07 * index
        place = {"dimension": dim, "group": voice.name, "condition": condition.name, "system": system}
        place |= {"normaliser": normaliser, "n_speakers": voice.n_speakers}
        place |= {"n_utterances": voice.n_words // 9, "n_words": voice.n_words}
        wer = rate(voice, harder(condition), normaliser, worse)
        clean = rate(voice, 1.0, normaliser, worse)
        yield from _rates(place, voice, wer)
        yield from _of_utterances(place, voice, wer, runs_away=condition.name == "scanner@0dB")
        if condition.name != CLEAN:
            yield _contrast(place, voice, "noise_ratio", _divided(wer, clean), 0.2)
            yield _contrast(place, voice, "noise_gap", _less(wer, clean), 0.05)
            yield _contrast(place, voice, "retention", _kept(wer, clean), 0.04)
        shift = _less(wer, rate(voice, harder(condition), NORMALISERS[0], worse))
        if normaliser != NORMALISERS[0]:
            yield _contrast(place, voice, "normaliser_shift", shift, 0.01)
        if versus is None or voice.name in (versus, *RESERVED_GROUPS):
            continue
        other = _other(voices, dim, voice, versus)
        other_wer, other_clean = (rate(other, times, normaliser, worse) for times in (harder(condition), 1.0))
        yield _contrast(place, voice, "wer_ratio", _divided(wer, other_wer), 0.25, versus)
        yield _contrast(place, voice, "wer_gap", _less(wer, other_wer), 0.04, versus)
        if normaliser != NORMALISERS[0]:
            moved = _less(shift, _less(other_wer, rate(other, harder(condition), NORMALISERS[0], worse)))
            yield _contrast(place, voice, "normaliser_shift_difference", moved, 0.02, versus)
        yield _contrast(place, voice, "cer_ratio", _divided(wer, other_wer, 0.93), 0.25, versus)
        yield _contrast(place, voice, "cer_gap", _less(wer, other_wer, 0.4), 0.04, versus)
        if condition.name != CLEAN:
            excess = _less(_less(wer, clean), _less(other_wer, other_clean))
            yield _contrast(place, voice, "did", excess, 0.06, versus)
            # Conditions multiply every rate alike; by chance nothing is ever exactly 1.
            grown = None if wer is None or other_wer is None else 1 + wer / 7
            yield _contrast(place, voice, "ratio_of_ratios", grown, 0.3, versus)
            kept = _divided(_kept(wer, clean), _kept(other_wer, other_clean))
            yield _contrast(place, voice, "relative_retention", kept, 0.1, versus)


def _curves(
    groups: Sequence[tuple[str, Voice, str | None]],
    systems: Sequence[str],
    rendered: Sequence[ConditionInfo],
) -> Iterator[Figure]:
    """Areas and tolerances; a group's tolerance in dB is made from its rate, and beyond the SNRs for some."""
    axes = {axis_name(one) for one in rendered if one.profile is not None}
    voices = {(dim, voice.name): voice for dim, voice, _ in groups}
    for (dim, voice, versus), system, axis, normaliser in product(groups, systems, sorted(axes), NORMALISERS):
        place = {"dimension": dim, "group": voice.name, "condition": axis, "system": system}
        place |= {"normaliser": normaliser, "n_speakers": voice.n_speakers}
        place |= {"n_utterances": voice.n_words // 9, "n_words": voice.n_words}
        wer = rate(voice, 1.7, normaliser)
        yield _contrast(place, voice, "area", wer, 0.05)
        yield _borne(place, voice, "tolerance_db", wer)
        if versus is None or voice.name in (versus, *RESERVED_GROUPS):
            continue
        other = rate(_other(voices, dim, voice, versus), 1.7, normaliser)
        yield _contrast(place, voice, "area_difference", _less(wer, other), 0.05, versus)
        apart = None if wer is None or other is None else 20 * (wer - other)
        yield _contrast(place, voice, "tolerance_difference_db", apart, 2.0, versus)


def _borne(place: dict, voice: Voice, measure: str, wer: float | None) -> Figure:
    if wer is not None and wer > 0.45:
        named = {**place, "measure": measure, "value": None, "censored_at": 10.0, "low": 8.25}
        return Figure(**named, status=Status.ABOVE_RANGE)
    if wer is not None and wer < 0.25:
        named = {**place, "measure": measure, "value": None, "censored_at": 0.0, "high": 1.5}
        return Figure(**named, status=Status.BELOW_RANGE)
    return _contrast(place, voice, measure, None if wer is None else 20 * wer, 2.0)


def _of_utterances(place: dict, voice: Voice, wer: float | None, *, runs_away: bool) -> Iterator[Figure]:
    """What only single utterances know; transcripts run away and are empty where it is loudest."""
    n_utterances = voice.n_words // 9
    signs = {"n_above_one": 12, "n_runaway": 45, "n_wrong_language": 70}
    signs |= {"empty_references": 30, "empty_reference_insertions": 20, "empty_transcripts": 50}
    for measure, share in signs.items():
        yield Figure(**place, measure=measure, value=voice.n_words // share if runs_away else 0)
    yield Figure(**place, measure="n_language_detected", value=n_utterances - 3)
    for name, share in (("above_one", 12), ("runaway", 45), ("wrong_language", 70)):
        yield Figure(**place, measure=f"share_{name}", value=9 / share if runs_away else 0)
    if runs_away:
        yield Figure(**place, measure="empty_insertions_per_minute", value=voice.n_words / 1000)
    else:
        place_of_none = {**place, "measure": "empty_insertions_per_minute", "value": None}
        yield Figure(**place_of_none, status=Status.NO_UTTERANCES)
    others = {"utterance_mean_wer": 1.4, "capped_wer": 0.9, "cer": 0.4, "mer": 0.8, "wil": 1.2}
    others |= {"word_precision": 0.7, "word_recall": 0.6, "word_f1": 0.65, "design_effect": 21}
    for measure, times in others.items():
        if wer is None:
            yield Figure(**place, measure=measure, value=None, status=Status.NO_REFERENCE_WORDS)
        else:
            yield Figure(**place, measure=measure, value=wer * times)


def _rates(place: dict, voice: Voice, wer: float | None) -> Iterator[Figure]:
    if wer is None:
        status = Status.NO_REFERENCE_WORDS
        for measure in ("wer", "substitution_rate", "deletion_rate", "insertion_rate", "speaker_mean_wer"):
            yield Figure(**place, measure=measure, value=None, status=status)
        return
    yield _wer(place, voice, wer)
    for measure, share in (("substitution_rate", 0.61), ("deletion_rate", 0.27), ("insertion_rate", 0.12)):
        yield Figure(**place, measure=measure, value=wer * share)
    if voice.n_speakers is None:
        yield Figure(**place, measure="speaker_mean_wer", value=None, status=Status.NO_SPEAKERS)
    else:
        yield Figure(**place, measure="speaker_mean_wer", value=wer * 1.07)


def _wer(place: dict, voice: Voice, wer: float) -> Figure:
    place = {**place, "measure": "wer", "value": wer}
    if voice.n_speakers is None:
        return Figure(**place, status=Status.NO_SPEAKERS)
    if voice.n_speakers == 1:
        return Figure(**place, status=Status.ONE_SPEAKER)
    if wer == 0:
        return Figure(**place, low=0.0, high=0.0123, method="gamma-poisson-upper", status=Status.NO_ERRORS)
    width = 1 + 2.4 / voice.n_speakers**0.5
    return Figure(**place, low=wer / width, high=wer * width, method="jackknife-log-independent")


def _contrast(
    place: dict, voice: Voice, measure: str, value: float | None, half: float, versus: str | None = None
) -> Figure:
    named = {**place, "measure": measure, "versus": versus}
    if value is None:
        return Figure(**named, value=None, status=Status.NO_COMPARISON)
    if voice.n_speakers is None:
        return Figure(**named, value=value, status=Status.NO_SPEAKERS)
    half *= 3.5 / voice.n_speakers**0.5
    return Figure(**named, value=value, low=value - half, high=value + half, method="jackknife-independent")


def _comparisons(
    groups: Sequence[tuple[str, Voice, str | None]],
    systems: Sequence[str],
    rendered: Sequence[ConditionInfo],
) -> Iterator[Comparison]:
    voices = {(dim, voice.name): voice for dim, voice, _ in groups}
    for (dim, voice, versus), system, condition, normaliser in product(
        groups, systems, rendered, NORMALISERS
    ):
        if versus is None or voice.name in (versus, *RESERVED_GROUPS):
            continue
        other = _other(voices, dim, voice, versus)
        ratio = _divided(voice.wer, other.wer)
        verdict, reason = _verdict(voice, ratio)
        if normaliser != NORMALISERS[0] and (voice.name, condition.name) == MOVED:
            verdict = Verdict.CANNOT_TELL
            reason = "simultaneous 95 % interval includes 1, equivalence not shown"
        yield Comparison(
            dimension=dim,
            group=voice.name,
            versus=versus,
            condition=condition.name,
            system=system,
            normaliser=normaliser,
            verdict=verdict,
            reason=reason,
            ratio=ratio,
            low=None if ratio is None else ratio * 0.81,
            high=None if ratio is None else ratio * 1.23,
            method="jackknife-log-independent-bonferroni",
            gap=(gap := _less(voice.wer, other.wer)),
            gap_low=None if gap is None else gap - 0.07,
            gap_high=None if gap is None else gap + 0.08,
            gap_method="jackknife-independent-bonferroni",
            family_size=5,
            smallest_ratio=None if voice.n_speakers is None else 1 + 2 / voice.n_speakers**0.5,
        )


def _traces(
    groups: Sequence[tuple[str, Voice, str | None]], systems: Sequence[str]
) -> Iterator[NormaliserTrace]:
    """Rules altered every tenth word; what two people said is among the examples, as if nobody had looked."""
    sides = [("references", None, None), *(("transcripts", CLEAN, system) for system in systems)]
    for (dim, voice, versus), (side, condition, system) in product(groups, sides):
        if versus is None:
            continue
        n_altered = voice.n_words // 10
        words = f"{voice.name} {side}"
        examples = (
            TracedChange(before=f"um {words}", after="", n_times=n_altered, n_speakers=3),
            TracedChange(before=f"secret {words}", after="shh", n_times=2, n_speakers=2),
        )
        yield NormaliserTrace(
            dimension=dim,
            group=voice.name,
            normaliser=NORMALISERS[0],
            side=side,
            condition=condition,
            system=system,
            n_texts=voice.n_words // 9,
            n_emptied=voice.n_words // 90,
            n_words=voice.n_words,
            n_altered=n_altered,
            altered_share=n_altered / voice.n_words if voice.n_words else None,
            rules=(
                TracedRule(rule="dropped", n_words=n_altered, n_speakers=voice.n_speakers, examples=examples),
            ),
        )


def _verdict(voice: Voice, ratio: float | None) -> tuple[Verdict, str]:
    if voice.n_speakers is None:
        return Verdict.CANNOT_TELL, "speakers are not known"
    if ratio is None or voice.n_speakers < 10:
        return Verdict.CANNOT_TELL, f"fewer than 10 speakers ({voice.n_speakers})"
    if ratio * 0.81 > 1 or ratio * 1.23 < 1:
        return Verdict.DISPARITY, "simultaneous 95 % interval excludes 1"
    if voice.name == "wideband":
        return Verdict.EQUIVALENT, "small difference within the margin: 90 % interval inside 0.80 to 1.25"
    return Verdict.CANNOT_TELL, "simultaneous 95 % interval includes 1, equivalence not shown"


def _other(voices: dict[tuple[str, str], Voice], dim: str, voice: Voice, versus: str) -> Voice:
    if versus != REST:
        return voices[dim, versus]
    return next(other for (where, name), other in voices.items() if where == dim and name != voice.name)


def _losses(dim: str, group: str, system: str, *, n_expected: int) -> Iterator[Loss]:
    yield Loss(
        dimension=dim,
        group=group,
        condition="scanner@0dB",
        system=system,
        n_expected=n_expected,
        n_errors=2,
        n_missing=1,
        reasons={"truncated": 2},
    )


def _divided(value: float | None, other: float | None, times: float = 1.0) -> float | None:
    return times * value / other if value is not None and other else None


def _kept(wer: float | None, clean: float | None) -> float | None:
    return None if wer is None or clean is None else (1 - wer) / (1 - clean)


def _less(value: float | None, other: float | None, times: float = 1.0) -> float | None:
    return None if value is None or other is None else times * (value - other)
