"""What one run has transcribed, another one does not: counted by what the engine is given."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from asr_fair.asr import registry
from asr_fair.asr.base import Clip, EngineInfo
from asr_fair.conditions.probes import probe_sources
from asr_fair.config import RunConfig, SystemConfig, Workers, parse_config
from asr_fair.config.run import CACHE_NAME
from asr_fair.errors import CacheError, RunConflictError
from asr_fair.manifest.tables import read_table, write_table
from asr_fair.pipeline import prepare, transcribe
from asr_fair.pipeline.forget import forget
from asr_fair.pipeline.forget_person import find_person
from asr_fair.pipeline.provenance import claimed_directory
from asr_fair.pipeline.run import _record
from asr_fair.progress import Tell
from asr_fair.records import Hypothesis, RenderRecord
from asr_fair.run.batch import Batch
from asr_fair.run.cache import CachedText, TranscriptCache
from asr_fair.run.cache_file import FILE_NAME
from asr_fair.run.store import KEY, RunStore
from asr_fair.run.worker import BatchResult, BatchRunner, RunSetup
from fakes.demo import write_small_manifest
from fakes.engine import text_of

PROFILES = Path(prepare.__file__).parents[2] / "noise_profiles"
RUN: dict[str, Any] = {
    "name": "small",
    "manifest": "small.jsonl",
    "seed": 7,
    "probes": False,
    "noise_profiles": "profiles",
    "conditions": ["clean", {"profile": "scanner", "snr_db": 5}],
    "systems": [{"name": "listener", "engine": "listener", "model": "none"}],
}
CLEAN, SCANNER = "clean", "scanner@5dB"


@dataclass
class House:
    """A folder of a manifest and runs, whose recogniser remembers what it was given."""

    folder: Path
    given: list[tuple[str, str, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    hears: bool = True
    stops_after: int | None = None

    def describe(self, system: SystemConfig, *, place: str = "") -> EngineInfo:
        return EngineInfo("listener", system.model, "1" * 64, {}, batch_windows=4, hears=self.hears)

    def run_batches(
        self,
        plan: Mapping[str, Iterable[Batch]],
        setup: RunSetup,
        workers: Workers,
        on_result: Callable[[BatchResult], None],
        tell: Tell,
    ) -> None:
        runner = BatchRunner(replace(setup, open_engine=lambda system: Listener(self, system)))
        for number, batch in enumerate(itertools.chain.from_iterable(plan.values())):
            if number == self.stops_after:
                raise KeyboardInterrupt
            on_result(runner.run(batch))

    def config(self, out: str, **changes: Any) -> RunConfig:
        text = yaml.safe_dump(RUN | {"output": f"runs/{out}"} | changes)
        return parse_config(text, name="small.run.yaml", base=self.folder)

    def run(self, out: str, **changes: Any) -> pd.DataFrame:
        """The outcomes of a run, in order; `given` and `told` are those of this start."""
        self.given.clear()
        self.told.clear()
        prepared = prepare.prepare(self.config(out, **changes), allow_bad_audio=False)
        with claimed_directory(prepared.config.run_dir, _record(prepared)):
            outcomes = transcribe.transcribe(prepared, tell=self.told.append)
        return outcomes.sort_values(KEY, ignore_index=True)

    def renders(self, out: str) -> pd.DataFrame:
        records = RunStore(self.folder / "runs" / out).renders()
        return records.sort_values(KEY[:2], ignore_index=True)

    @property
    def cache(self) -> Path:
        return self.folder / "runs" / CACHE_NAME

    def change_manifest(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        path = self.folder / "small.jsonl"
        write_table(change(read_table(path).frame), path)

    def change_sidecar(self, **changes: object) -> None:
        path = self.folder / "small.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


class Listener:
    """Hears a digest of the samples, and fails on nothing."""

    def __init__(self, house: House, system: SystemConfig) -> None:
        self._house, self._system = house, system
        self.info = house.describe(system)

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis]:
        self._house.given.extend((each.utterance_id, each.condition, self._system.name) for each in clips)
        return [Hypothesis(f"zq{text_of(each.samples)}", "en", no_speech_probability=0.25) for each in clips]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    write_small_manifest(tmp_path, n_utterances=6)
    (tmp_path / "profiles").mkdir()
    for name in ("scanner", "alarm"):
        shutil.copy(PROFILES / f"{name}.yaml", tmp_path / "profiles")
    made = House(tmp_path)
    monkeypatch.setattr(prepare, "describe_engine", made.describe)
    monkeypatch.setattr(transcribe, "run_batches", made.run_batches)
    monkeypatch.setitem(registry._ENGINES, "listener", registry._Registered("view.hearing:Listener", ""))
    return made


def test_another_tag_normaliser_title_or_plan_transcribes_nothing(house: House) -> None:
    first, renders = house.run("first"), house.renders("first")
    assert len(house.given) == len(first) == 12
    house.change_manifest(lambda frame: frame.assign(accent=frame["accent"].iloc[::-1].to_numpy()))
    house.change_sidecar(name="renamed")
    second = house.run(
        "second",
        name="other",
        title="Another title",
        normalisers=["basic"],
        plan={"thresholds": {"n_draws": 5000, "equivalence_ratio": 1.1}},
        max_loss=0.5,
    )
    assert house.given == []
    assert house.told[0] == "12 of 12 transcripts come from the cache of earlier runs"
    assert second["batch_id"].isna().all()  # no batch of this run made them
    pd.testing.assert_frame_equal(second.drop(columns="batch_id"), first.drop(columns="batch_id"))
    assert set(first["batch_size"]) == {4, 2}
    pd.testing.assert_frame_equal(house.renders("second"), renders)
    house.run("second", name="other", normalisers=["basic"])
    assert house.given == []


def test_silence_and_noise_alone_are_heard_once_and_forgotten_with_anybody(house: House) -> None:
    probes = [each.utterance_id for each in probe_sources()]
    house.run("first", probes=True)
    assert [each for each, *_ in house.given if each in probes] == probes * 2
    house.run("second", probes=True, title="Another title")
    assert house.given == []
    assert "8 of 8 transcripts of silence and of noise alone come from the cache" in house.told[1]
    who = str(read_table(house.folder / "small.jsonl").frame["speaker_id"].iloc[2])
    forget(find_person(who, house.folder / "small.jsonl", [house.folder / "runs" / "first"]))
    house.run("third", probes=True)
    assert [each for each, *_ in house.given] == probes * 2  # in babble somebody's words may be among them


def test_another_version_of_a_profile_transcribes_its_condition_alone(house: House) -> None:
    conditions = ["clean", {"profile": ["scanner", "alarm"], "snr_db": 5}]
    assert len(house.run("first", conditions=conditions)) == 18
    path = house.folder / "profiles" / "scanner.yaml"
    path.write_text(path.read_text().replace('version: "1.0"', 'version: "1.1"'))
    house.run("second", conditions=conditions)
    assert len(house.given) == 6
    assert {condition for _, condition, _ in house.given} == {SCANNER}


def test_another_seed_shares_clean_audio_alone(house: House) -> None:
    first = house.run("first")
    second = house.run("second", seed=8)
    assert [condition for _, condition, _ in house.given] == [SCANNER] * 6
    assert second["batch_id"].isna().tolist() == (second["condition"] == CLEAN).tolist()
    texts = first.set_index(KEY)["text"], second.set_index(KEY)["text"]
    alike = (texts[0] == texts[1]).groupby("condition").all()
    assert alike.to_dict() == {CLEAN: True, SCANNER: False}


def test_another_system_or_condition_is_all_that_is_transcribed(house: House) -> None:
    house.run("first", conditions=["clean"])
    more = [*RUN["systems"], {"name": "same", "engine": "listener", "model": "other"}]
    house.run("second", systems=more)
    # The other name leads to the same weights, so that it has heard all of this already.
    assert {(condition, system) for _, condition, system in house.given} == {
        (SCANNER, "listener"),
        (SCANNER, "same"),
    }


def test_the_same_samples_have_one_text_when_clean(house: House) -> None:
    house.run("first")

    def twice(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([frame, frame.iloc[:2].assign(utterance_id=["again-0", "again-1"])])

    house.change_manifest(twice)
    second = house.run("second")
    assert sorted(house.given) == [(f"again-{number}", SCANNER, "listener") for number in (0, 1)]
    renders = house.renders("second")
    assert set(map(tuple, renders[KEY[:2]].to_numpy())) == set(map(tuple, second[KEY[:2]].to_numpy()))


def test_of_a_batch_only_what_is_new_is_given_and_its_size_says_so(house: House) -> None:
    everybody = read_table(house.folder / "small.jsonl").frame
    house.change_manifest(lambda frame: frame.iloc[:5])
    house.run("first")
    house.change_manifest(lambda frame: everybody)
    house.stops_after = 1
    with pytest.raises(KeyboardInterrupt):
        house.run("second")
    new = str(everybody["utterance_id"].iloc[5])
    assert house.given == [(new, CLEAN, "listener")]
    house.stops_after = None
    second = house.run("second")
    assert house.given == [(new, SCANNER, "listener")]
    own = second[second["batch_id"].notna()]
    assert own["utterance_id"].tolist() == [new] * 2
    assert own["batch_size"].tolist() == [1] * 2


def test_a_run_that_was_stopped_gives_a_whole_batch_again_but_what_the_cache_had(house: House) -> None:
    everybody = read_table(house.folder / "small.jsonl").frame
    house.run("before", conditions=["clean"], cache=False)
    blocks = pd.read_parquet(house.folder / "runs" / "before" / "batches.parquet")
    cached, *company = blocks.loc[blocks["block"] == 0, "utterance_id"]
    house.change_manifest(lambda frame: frame[frame["utterance_id"] == cached])
    house.run("first", conditions=["clean"])
    house.change_manifest(lambda frame: everybody)
    house.run("second", conditions=["clean"])
    store = RunStore(house.folder / "runs" / "second")
    (part,) = store.folder.glob("transcripts/part-*.parquet")
    rows = pd.read_parquet(part)
    lost = rows["utterance_id"] == company[1]
    assert rows.loc[lost, "batch_id"].notna().all()
    rows[~lost].to_parquet(part)
    house.run("second", conditions=["clean"], cache=False)
    assert len(company) == 3
    assert house.given == [(each, CLEAN, "listener") for each in company]


def test_without_a_cache_everything_is_transcribed_and_nothing_kept(house: House) -> None:
    house.run("first", cache=False)
    assert not house.cache.exists()
    house.run("second", cache=False)
    assert len(house.given) == 12


def test_a_cache_stands_where_the_configuration_says(house: House) -> None:
    house.run("first", cache="elsewhere")
    assert (house.folder / "elsewhere" / FILE_NAME).is_file()
    assert not house.cache.exists()
    house.run("second", cache="elsewhere")
    assert house.given == []


def test_what_an_engine_looks_up_by_utterance_is_never_anothers_text(house: House) -> None:
    house.hears = False
    house.run("first")
    house.run("second")
    assert len(house.given) == 12


def test_a_cache_that_cannot_be_used_is_told_once_and_the_run_goes_on(house: House) -> None:
    house.run("first")
    (house.cache / FILE_NAME).write_bytes(b"junk" * 1000)
    assert len(house.run("second")) == len(house.given) == 12
    assert len([line for line in house.told if line.startswith("warning: ")]) == 1
    assert FILE_NAME in house.told[0]


def test_a_disk_that_fills_in_the_middle_is_told_once_and_the_run_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, calls = TranscriptCache.keep, []

    def full_after_two(self: TranscriptCache, texts: Sequence[CachedText]) -> None:
        calls.append(len(texts))
        if len(calls) > 2:
            raise CacheError("database or disk is full")
        keep(self, texts)

    with monkeypatch.context() as patched:
        patched.setattr(TranscriptCache, "keep", full_after_two)
        assert len(house.run("first")) == len(house.given) == 12
    assert len(calls) == 3
    (warning,) = [line for line in house.told if line.startswith("warning: ")]
    assert "full" in warning
    house.run("second")
    assert len(house.given) == 12 - sum(calls[:2])


def test_another_identity_is_refused_and_told_what_it_costs(house: House) -> None:
    house.run("first")
    with pytest.raises(RunConflictError, match="no audio is transcribed again"):
        house.run("first", seed=8)
    house.change_sidecar(name="renamed")
    with pytest.raises(RunConflictError, match="no audio is transcribed again"):
        house.run("first")


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def test_forget_leaves_no_byte_of_a_person_in_the_caches_of_their_runs(house: House) -> None:
    first = house.run("first")
    house.run("elsewhere", seed=8, cache="own-cache")
    house.run("gone", seed=9)  # a run that is removed leaves its texts in the cache
    gone = house.run("gone", seed=9)
    shutil.rmtree(house.folder / "runs" / "gone")
    manifest = house.folder / "small.jsonl"
    frame = read_table(manifest).frame
    who = str(frame["speaker_id"].iloc[2])
    ids = set(frame.loc[frame["speaker_id"] == who, "utterance_id"])
    texts = pd.concat([first, gone])
    theirs = texts.loc[texts["utterance_id"].isin(ids), "text"]
    others = texts.loc[~texts["utterance_id"].isin(ids), "text"]
    caches = [house.cache, house.folder / "own-cache"]
    assert all(text.encode() in bytes_of(house.cache) for text in theirs)

    person = find_person(who, manifest, [house.folder / "runs" / name for name in ("first", "elsewhere")])
    # Two conditions with the first seed and one more with the third; clean is the same.
    assert [(each.folder, each.n_own, each.n_beside) for each in person.caches] == [
        (house.folder / "own-cache", 2 * len(ids), 0),
        (house.cache, 3 * len(ids), 0),
    ]
    forget(person)
    for cache in caches:
        assert not any(text.encode() in bytes_of(cache) for text in theirs)
    assert all(text.encode() in bytes_of(house.cache) for text in others)
    house.run("first")
    house.run("again")
    assert house.given == []


def test_forget_asks_the_usual_cache_where_every_run_is_removed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = house.run("first")
    shutil.rmtree(house.folder / "runs" / "first")
    monkeypatch.chdir(house.folder)
    frame = read_table(Path("small.jsonl")).frame
    who, utterance_id = frame[["speaker_id", "utterance_id"]].iloc[2]
    theirs = texts.loc[texts["utterance_id"] == utterance_id, "text"]
    assert all(text.encode() in bytes_of(house.cache) for text in theirs)
    forget(find_person(who, Path("small.jsonl")))
    assert not any(text.encode() in bytes_of(house.cache) for text in theirs)


def test_what_others_said_beside_the_voice_leaves_the_cache_and_stays_in_the_run(house: House) -> None:
    outcomes = house.run("first", conditions=["clean"])
    frame = read_table(house.folder / "small.jsonl").frame
    who = str(frame["speaker_id"].iloc[2])
    folder = house.folder / "runs" / "first"
    with TranscriptCache(house.cache) as cache:
        near, far, *_ = cache.texts(outcomes["cache_key"])
        heard = RenderRecord("x", "babble@5dB", "d", clips=f"a from 0.100 s; {who} from 1.250 s")
        unheard = replace(heard, clips=f"{who}x from 1.250 s")
        cache.keep(
            [
                replace(near, cache_key="near", content_sha256="n", text="zqnear", render=heard),
                replace(far, cache_key="far", content_sha256="f", text="zqfar", render=unheard),
            ]
        )
    person = find_person(who, house.folder / "small.jsonl", [folder])
    assert [each.n_beside for each in person.caches] == [1]
    forget(person)
    assert b"zqnear" not in bytes_of(house.cache)
    assert b"zqfar" in bytes_of(house.cache)
