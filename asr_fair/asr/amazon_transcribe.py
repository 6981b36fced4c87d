"""Amazon Transcribe by batch jobs over S3.

Credentials are found by boto3 itself (environment, shared file, role of the machine) on every machine that
runs this engine; no key of the configuration can hold one. Recordings are sent whole, whatever their
length: at most 4 hours, and filled up with silence to the least that Amazon takes (quotas:
docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html). A request is charged as 15 s at least
(aws.amazon.com/transcribe/pricing).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3  # type: ignore[import-untyped]
import numpy as np
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from asr_fair.asr.amazon_jobs import JobError, Jobs
from asr_fair.asr.base import ENGINE_ERROR, Clip, EngineInfo, Failure, Service
from asr_fair.asr.hosted import REFUSED, Answer, Together, batch_windows
from asr_fair.asr.retries import ServiceError
from asr_fair.audio.wav import wav_bytes
from asr_fair.config.systems import AmazonTranscribeConfig
from asr_fair.config.systems.amazon import STANDARD
from asr_fair.errors import AsrFairError, ConfigError, did_you_mean
from asr_fair.records import SAMPLE_RATE_HZ, Hypothesis, Samples, Seconds
from asr_fair.validation import digest_of

LONGEST_S: Seconds = 4 * 3600.0
SHORTEST_S: Seconds = 0.5

_DENIED = frozenset(
    [
        *("AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException"),
        *("InvalidAccessKeyId", "InvalidClientTokenId", "InvalidSignatureException", "NotAuthorized"),
        *("SignatureDoesNotMatch", "UnrecognizedClientException", "403", "NoSuchBucket", "404"),
    ]
)
"""Codes of Amazon's errors that no further request can escape."""


class AmazonTranscribe:
    """Sends recordings to Amazon Transcribe, some at once, and deletes what it put there."""

    config = AmazonTranscribeConfig

    def __init__(self, system: AmazonTranscribeConfig) -> None:
        self._jobs = _jobs(system)
        self._info = _info(system, self._jobs)
        self._together = Together(system.concurrency, stopped=self._jobs.stopped)

    @property
    def info(self) -> EngineInfo:
        """What `describe` says about the same system."""
        return self._info

    @staticmethod
    def describe(system: AmazonTranscribeConfig) -> EngineInfo:
        """What will recognise. Asks whether credentials, bucket and vocabulary will do; sends no audio.

        Raises AsrFairError and its kind ConfigError.
        """
        return _info(system, _jobs(system))

    @staticmethod
    def tidy(system: AmazonTranscribeConfig) -> None:
        """Delete the objects and jobs that bear the mark of this run."""
        if system.run:
            with _refusals(system):
                _jobs(system).delete_leftovers()

    def transcribe(self, clips: Sequence[Clip]) -> list[Answer]:
        """A text or a failure for each clip. Raises ServiceError where no further request can succeed."""
        return self._together.transcribe(clips, self._recognise)

    def _recognise(self, clip: Clip) -> Answer:
        duration_s = len(clip.samples) / SAMPLE_RATE_HZ
        if duration_s > LONGEST_S:
            problem = f"is {duration_s:.0f} s long, and Amazon Transcribe takes up to {LONGEST_S:.0f} s"
            return Failure(REFUSED, f"{problem}. Cut it into segments with start_s and duration_s")
        try:
            heard = self._jobs.recognise(wav_bytes(_filled_up(clip.samples)))
        except JobError as error:
            return Failure(ENGINE_ERROR, str(error), n_requests=1)
        except (ClientError, BotoCoreError) as error:
            if _is_refusal(error):
                msg = f"Amazon Transcribe refuses every request: {_in_words(error)}"
                raise ServiceError(msg) from error
            return Failure(ENGINE_ERROR, _in_words(error), n_requests=1)
        return Hypothesis(heard.text, heard.language, n_requests=1)


def _info(system: AmazonTranscribeConfig, jobs: Jobs) -> EngineInfo:
    _check_language(system, jobs)
    with _refusals(system):
        _check_bucket(system, jobs)
        jobs.transcribe.list_transcription_jobs(MaxResults=1)
        vocabulary_changed = _check_vocabulary(system, jobs)
    settings = {
        "language": system.language,
        "region": system.region,
        "vocabulary_name": system.vocabulary_name,
        "vocabulary_changed": vocabulary_changed,
        "revision": system.revision,
        "filled_up_to_s": SHORTEST_S,
    }
    service = Service(
        host=f"Amazon Transcribe in {system.region}",
        requests_at_once=system.concurrency,
        price_per_minute=system.price_per_minute,
        currency=system.currency,
        least_billed_s=system.least_billed_s,
    )
    # The weights are Amazon's secret: what is known of them is the model's name and the region.
    digest = digest_of([system.engine, system.model, system.region, system.revision])
    return EngineInfo(system.engine, system.model, digest, settings, batch_windows(system), service)


def _filled_up(samples: Samples) -> Samples:
    """The same, with silence at its end where it is shorter than Amazon takes."""
    missing = int(SHORTEST_S * SAMPLE_RATE_HZ) - len(samples)
    return samples if missing <= 0 else np.pad(samples, (0, missing))


def _jobs(system: AmazonTranscribeConfig) -> Jobs:
    # Adaptive: botocore slows down by itself where Amazon throttles, and spreads its repetitions.
    config = Config(
        region_name=system.region,
        retries={"mode": "adaptive", "total_max_attempts": system.max_tries},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=max(10, system.concurrency),
    )
    session = boto3.session.Session(region_name=system.region)
    try:
        s3, transcribe = (session.client(name, config=config) for name in ("s3", "transcribe"))
    except (BotoCoreError, ValueError) as error:
        msg = f"system {system.name!r}: {_in_words(error)}. Mend AWS's settings in the environment"
        raise ConfigError(msg) from error
    return Jobs(
        s3=s3,
        transcribe=transcribe,
        bucket=system.bucket,
        prefix=system.prefix,
        run=system.run or "outside-of-a-run",
        options=_options(system),
        timeout_s=system.timeout_s,
        poll_s=system.poll_s,
    )


def _options(system: AmazonTranscribeConfig) -> dict[str, Any]:
    """Of StartTranscriptionJob, as the configuration wants them."""
    if system.language == "detect":
        return {"IdentifyLanguage": True}
    options: dict[str, Any] = {"LanguageCode": system.language}
    if system.vocabulary_name is not None:
        options["Settings"] = {"VocabularyName": system.vocabulary_name}
    if system.model != STANDARD:
        options["ModelSettings"] = {"LanguageModelName": system.model}
    return options


def _check_language(system: AmazonTranscribeConfig, jobs: Jobs) -> None:
    codes = jobs.transcribe.meta.service_model.shape_for("LanguageCode").enum
    if system.language != "detect" and system.language not in codes:
        hint = did_you_mean(system.language, codes, otherwise=f"Known: {', '.join(sorted(codes))}")
        msg = f"system {system.name!r}: language: Amazon Transcribe knows no {system.language!r}. {hint}"
        raise ConfigError(msg)


def _check_bucket(system: AmazonTranscribeConfig, jobs: Jobs) -> None:
    answer = jobs.s3.head_bucket(Bucket=system.bucket)
    region = answer.get("BucketRegion") or system.region
    if region != system.region:
        msg = (
            f"system {system.name!r}: the bucket {system.bucket!r} is in {region}, and Amazon Transcribe in "
            f"{system.region} reads buckets of its own region only. Name `region: {region}` or another bucket"
        )
        raise ConfigError(msg)
    if jobs.s3.get_bucket_versioning(Bucket=system.bucket).get("Status") == "Enabled":
        msg = (
            f"system {system.name!r}: the bucket {system.bucket!r} keeps old versions, so that recordings "
            "would stay there when they are deleted. Name a bucket without versioning"
        )
        raise ConfigError(msg)


def _check_vocabulary(system: AmazonTranscribeConfig, jobs: Jobs) -> str | None:
    """When the vocabulary was last changed; None without one."""
    if system.vocabulary_name is None:
        return None
    found = jobs.transcribe.get_vocabulary(VocabularyName=system.vocabulary_name)
    if found["VocabularyState"] != "READY" or found["LanguageCode"] != system.language:
        msg = (
            f"system {system.name!r}: the vocabulary {system.vocabulary_name!r} is "
            f"{found['VocabularyState']} and of {found['LanguageCode']}. It must be READY and of "
            f"{system.language}"
        )
        raise ConfigError(msg)
    return str(found["LastModifiedTime"].isoformat())


@contextmanager
def _refusals(system: AmazonTranscribeConfig) -> Iterator[None]:
    """What Amazon answers to the checks, as an error with place and remedy; it never quotes a secret."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        place = f"system {system.name!r}"
        remedies = {
            "404": f"There is no bucket {system.bucket!r}: make it in {system.region}, or mend `bucket`",
            "NoSuchBucket": f"There is no bucket {system.bucket!r}: make it, or mend `bucket`",
            "BadRequestException": "Check `vocabulary_name` and `model`",
        }
        remedy = remedies.get(_code(error), "")
        if isinstance(error, NoCredentialsError | PartialCredentialsError):
            remedy = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where this runs, or run `aws configure`"
        elif not remedy and _is_refusal(error):
            remedy = (
                "These credentials need s3:ListBucket, GetBucketVersioning, GetObject, PutObject and "
                f"DeleteObject on {system.bucket!r}, and transcribe:StartTranscriptionJob, "
                "GetTranscriptionJob, ListTranscriptionJobs, DeleteTranscriptionJob and GetVocabulary"
            )
        msg = f"{place}: Amazon: {_in_words(error)}. {remedy or 'Check region, network and AWS_ENDPOINT_URL'}"
        raise AsrFairError(msg) from error


def _code(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, NoCredentialsError | PartialCredentialsError) or _code(error) in _DENIED


def _in_words(error: Exception) -> str:
    """Code and message of an error of Amazon's, which quotes no key."""
    return f"{type(error).__name__}: {error}".rstrip(".")
