"""Amazon Transcribe against moto's S3 and Transcribe on loopback, and botocore's own check of requests."""

from __future__ import annotations

import io
import logging
import pickle
import re
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr_fair.asr.amazon_jobs import Names
from asr_fair.asr.base import Clip, Failure
from asr_fair.asr.registry import describe_engine, load_engine, tidied
from asr_fair.config.systems import AmazonTranscribeConfig
from asr_fair.errors import AsrFairError, FaultsError
from asr_fair.records import Hypothesis
from asr_fair.validation import validate_mapping
from fakes.amazon import StandIn
from fakes.aws import SECRET, aws_on_loopback

boto3 = pytest.importorskip("boto3")

BUCKET = "hospital-bucket"
KEYS = {
    "name": "amazon",
    "engine": "amazon-transcribe",
    "language": "en-GB",
    "region": "us-east-1",
    "bucket": BUCKET,
    "poll_s": 0.01,
    "max_tries": 2,
}


def system(**keys: object) -> AmazonTranscribeConfig:
    return AmazonTranscribeConfig.model_validate(KEYS | keys).in_run("0123abcd")


@pytest.fixture(scope="module")
def server() -> Iterator[Mapping[str, str]]:
    with aws_on_loopback() as environment:
        yield environment


@pytest.fixture
def aws(server: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Amazon with an empty bucket; what is left in it and of jobs afterwards fails the test."""
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    yield StandIn(hear=lambda wav: f"{length_of(wav)} samples").install(monkeypatch)
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    left = left_there()
    urllib.request.urlopen(f"{server['AWS_ENDPOINT_URL']}/moto-api/reset", data=b"").close()  # noqa: S310
    assert left == ([], [])


def left_there() -> tuple[list[str], list[str]]:
    """Keys in the bucket, and names of jobs."""
    objects = boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    jobs = boto3.client("transcribe").list_transcription_jobs()["TranscriptionJobSummaries"]
    return [each["Key"] for each in objects], [each["TranscriptionJobName"] for each in jobs]


def length_of(wav: bytes) -> int:
    return soundfile.info(io.BytesIO(wav)).frames


def clips(*durations_s: float) -> list[Clip]:
    tone = 0.1 * np.sin(np.arange(16_000 * 60) / 9).astype(np.float32)
    return [Clip(f"anna-{n}", "clean", tone[: int(16_000 * each)]) for n, each in enumerate(durations_s)]


def test_texts_come_in_the_order_of_the_clips_and_nothing_stays_there(aws: StandIn) -> None:
    engine = load_engine(system(concurrency=3))
    answers = engine.transcribe(clips(1.0, 0.1, 40.0, 2.0))
    assert [each.text for each in answers if isinstance(each, Hypothesis)] == [
        "16000 samples",
        "8000 samples",  # filled up to the half second that Amazon asks for
        "640000 samples",  # not cut
        "32000 samples",
    ]
    assert {each.n_requests for each in answers} == {1}
    assert left_there() == ([], [])
    asked = [str(job) for job in aws.jobs]
    assert not any("anna" in each for each in asked)  # who is heard stands in no name
    assert all(re.search("asr-fair/0123abcd/[0-9a-f]{32}.wav", each) for each in asked)
    assert {job["language_code"] for job in aws.jobs} == {"en-GB"}
    assert engine.info == describe_engine(system(concurrency=3))
    service = engine.info.service
    assert service is not None
    assert (service.needs_consent, service.requests_at_once, service.billed_s(3.0)) == (True, 3, 15.0)
    assert service.host == "Amazon Transcribe in us-east-1"


def test_a_failed_job_is_one_failure_in_amazons_words(aws: StandIn) -> None:
    aws.fails = lambda wav: "The media format is corrupt" if length_of(wav) == 32_000 else None
    good, bad = load_engine(system()).transcribe(clips(1.0, 2.0))
    assert isinstance(good, Hypothesis)
    assert bad == Failure("engine_error", "Amazon Transcribe: The media format is corrupt", n_requests=1)


def test_a_job_that_never_ends_is_one_failure_and_swept_once_it_did(aws: StandIn) -> None:
    aws.is_stuck = True
    (answer,) = load_engine(system(timeout_s=0.05)).transcribe(clips(1.0))
    assert isinstance(answer, Failure)
    assert "after 0.05 s (timeout_s)" in answer.message
    objects, jobs = left_there()
    assert (objects, len(jobs)) == ([], 1)  # Amazon deletes no job that runs; the recording is gone
    aws.is_stuck = False
    with tidied([system()]):
        assert left_there() == ([], [])


def test_what_a_killed_run_left_is_swept_and_another_runs_is_not(aws: StandIn) -> None:
    s3 = boto3.client("s3")
    mine, others = Names.new("asr-fair", "0123abcd"), Names.new("asr-fair", "ffff0000")
    for key in (mine.audio, mine.transcript, others.audio):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    with tidied([system()]):
        assert left_there() == ([others.audio], [])
        s3.put_object(Bucket=BUCKET, Key=mine.audio, Body=b"")  # by a worker that is killed now
    assert left_there() == ([others.audio], [])
    s3.delete_object(Bucket=BUCKET, Key=others.audio)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("disk"), SystemExit(1)])
def test_whatever_is_raised_while_waiting_nothing_stays_there(
    aws: StandIn, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def interrupted(self: object, name: str) -> None:
        raise error

    engine: Any = load_engine(system())
    monkeypatch.setattr("asr_fair.asr.amazon_jobs.Jobs._ended", interrupted)
    with pytest.raises(type(error)), tidied([system()]):
        engine._jobs.recognise(wav_of_a_second())
    assert left_there() == ([], [])


def wav_of_a_second() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(16_000, 0.1), 16_000, format="WAV")
    return buffer.getvalue()


def test_a_clip_longer_than_amazon_takes_is_refused_unsent(aws: StandIn) -> None:
    (answer,) = load_engine(system()).transcribe(
        [Clip("u", "clean", np.zeros(4 * 3600 * 16_000 + 1, np.float32))]
    )
    assert isinstance(answer, Failure)
    assert answer.reason == "refused_by_service"
    assert "takes up to 14400 s" in answer.message
    assert aws.jobs == []


def test_the_language_is_identified_only_where_that_is_asked_for(aws: StandIn) -> None:
    load_engine(system(language="detect")).transcribe(clips(1.0))
    (job,) = aws.jobs
    assert (job["language_code"], job["identify_language"]) == (None, True)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"language": "en"}, "language: must be a full code such as en-US or en-GB"),
        ({"language": None}, "language: must be text"),
        ({"bucket": "s3://x/"}, "bucket: "),
        ({"prefix": "a b"}, "prefix: "),
        ({"model": "x/y"}, "model: "),
        ({"language": "detect", "vocabulary_name": "v"}, "goes with no vocabulary_name"),
        ({"aws_secret_access_key": SECRET}, "aws_secret_access_key: unknown key"),
        ({"concurrency": 0}, "concurrency: "),
    ],
)
def test_a_wrong_key_is_named_and_a_secret_not_repeated(keys: dict[str, object], message: str) -> None:
    with pytest.raises(FaultsError) as caught:
        validate_mapping(AmazonTranscribeConfig, KEYS | keys, name="run.yaml")
    assert message in str(caught.value)
    assert SECRET not in str(caught.value)


def test_before_anything_is_sent_amazon_is_asked_whether_it_will_do(
    aws: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.create_bucket(Bucket="remembers")
    s3.put_bucket_versioning(Bucket="remembers", VersioningConfiguration={"Status": "Enabled"})
    for keys, message in [
        ({"bucket": "nobodys"}, "There is no bucket 'nobodys'"),
        ({"bucket": "elsewhere"}, "is in eu-west-1, and Amazon Transcribe in us-east-1 reads"),
        ({"bucket": "remembers"}, "keeps old versions"),
        ({"language": "en-UK"}, "knows no 'en-UK'. Did you mean"),
        ({"vocabulary_name": "drugs"}, "vocabulary"),
    ]:
        with pytest.raises(AsrFairError, match=message):
            describe_engine(system(**keys))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(AsrFairError, match="Set AWS_ACCESS_KEY_ID") as caught:
        describe_engine(system())
    assert SECRET not in str(caught.value)
    assert aws.jobs == []


def test_no_secret_is_in_a_log_a_pickle_or_an_error(
    aws: StandIn, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    settings = system()
    answers = load_engine(settings).transcribe(clips(1.0))
    said = [repr(answers), settings.model_dump_json(), repr(pickle.dumps(settings)), caplog.text]
    assert not any(SECRET in each for each in (*said, *capfd.readouterr()))
    assert pickle.loads(pickle.dumps(settings)).run == "0123abcd"  # noqa: S301 - ours; workers sweep nothing


def test_credentials_that_expire_stop_the_run(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    engine: Any = load_engine(system())

    def expired(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "has expired"}}, "PutObject")

    monkeypatch.setattr(engine._jobs.s3, "put_object", expired)
    with pytest.raises(AsrFairError, match=r"refuses every request.*ExpiredToken"):
        engine.transcribe(clips(1.0, 1.0))


def test_names_are_unique_and_such_as_amazon_takes() -> None:
    several = {Names.new("asr-fair", "0" * 32) for _ in range(100)}
    assert len({each.job for each in several}) == 100
    with pytest.raises(ValueError, match="Amazon takes no such name"):
        Names.new("with space", "run")
    with pytest.raises(ValueError, match="Amazon takes no such name"):
        Names.new("asr-fair", "r" * 200)


@pytest.mark.model
def test_a_real_model_behind_the_service_says_what_was_said(aws: StandIn) -> None:
    from asr_fair.audio.decode import load_audio
    from asr_fair.config.systems import FasterWhisperConfig
    from asr_fair.manifest.check import read_manifest
    from fakes.demo import MANIFESTS

    local: Any = load_engine(FasterWhisperConfig(name="tiny", engine="faster-whisper", model="tiny.en"))

    def hear(wav: bytes) -> str:
        samples, _ = soundfile.read(io.BytesIO(wav), dtype="float32")
        return str(local.transcribe([Clip("u", "clean", samples)])[0].text)

    aws.hear = hear
    manifest, _ = read_manifest(MANIFESTS / "demo.jsonl")
    samples = [load_audio(source) for source in list(manifest.sources())[:2]]
    sent = [Clip(f"u{n}", "clean", each) for n, each in enumerate(samples)]
    found = load_engine(system()).transcribe(sent)
    whole = [np.round(each * 32768).clip(-32768, 32767) / np.float32(32768) for each in samples]
    expected = local.transcribe([Clip("u", "clean", each.astype(np.float32)) for each in whole])
    assert [each.text for each in found] == [each.text for each in expected]
