"""One batch job of Amazon Transcribe from its upload to its text; nothing of it stays there.

A recording, its transcript and its job have names of the run's mark and a random number: neither who
speaks nor which utterance it is can be read off them. All three are deleted as soon as the text is here or
cannot come any more. What a killed process leaves is found by the run's mark (`delete_leftovers`).
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from asr_fair.records import Seconds

logger = logging.getLogger(__name__)

LONGEST_POLL_S: Seconds = 20.0
"""GetTranscriptionJob may be called 20 times a second (docs.aws.amazon.com/transcribe, quotas)."""
LEFTOVERS_S: Seconds = 60.0
"""How long jobs that still run are waited for: Amazon deletes only those that have ended."""

_JOB_NAME = re.compile(r"[0-9a-zA-Z._-]{1,200}")
_KEY = re.compile(r"[a-zA-Z0-9-_.!*'()/]{1,1024}")
_ENDED = ("COMPLETED", "FAILED")


class JobError(Exception):
    """A job that ended without a text, in Amazon's words or ours."""


@dataclass(frozen=True)
class Names:
    """What a job is called and where its two objects lie."""

    job: str
    audio: str
    transcript: str

    @classmethod
    def new(cls, prefix: str, run: str) -> Names:
        """Unique ones, as Amazon's API allows them (TranscriptionJobName, OutputKey)."""
        one = uuid.uuid4().hex
        names = cls(
            f"{job_mark(run)}{one}", f"{folder(prefix, run)}{one}.wav", f"{folder(prefix, run)}{one}.json"
        )
        if not _JOB_NAME.fullmatch(names.job) or not all(
            map(_KEY.fullmatch, (names.audio, names.transcript))
        ):
            msg = f"Amazon takes no such name: {names}"
            raise ValueError(msg)
        return names


def job_mark(run: str) -> str:
    """With what the names of a run's jobs begin."""
    return f"asr-fair-{run}-"


def folder(prefix: str, run: str) -> str:
    """In the bucket, for the objects of a run."""
    return f"{prefix}/{run}/"


@dataclass(frozen=True)
class Transcribed:
    """What a job heard, and in which language."""

    text: str
    language: str | None


@dataclass
class Jobs:
    """Jobs of one run in one bucket, by boto3's clients of S3 and Transcribe."""

    s3: Any
    transcribe: Any
    bucket: str
    prefix: str
    run: str
    options: Mapping[str, Any]
    """Of StartTranscriptionJob, the same for every recording."""
    timeout_s: Seconds
    poll_s: Seconds
    stopped: threading.Event = field(default_factory=threading.Event)

    def recognise(self, wav: bytes) -> Transcribed:
        """The text of a WAV file. Raises JobError, and botocore's own exceptions."""
        names = Names.new(self.prefix, self.run)
        try:
            self.s3.put_object(Bucket=self.bucket, Key=names.audio, Body=wav, ContentType="audio/wav")
            self.transcribe.start_transcription_job(
                TranscriptionJobName=names.job,
                Media={"MediaFileUri": f"s3://{self.bucket}/{names.audio}"},
                MediaFormat="wav",
                OutputBucketName=self.bucket,
                OutputKey=names.transcript,
                **self.options,
            )
            job = self._ended(names.job)
            body = self.s3.get_object(Bucket=self.bucket, Key=names.transcript)["Body"].read()
            return Transcribed(text_in(body), job.get("LanguageCode"))
        finally:
            self._delete_objects([names.audio, names.transcript])
            self._delete_job(names.job)

    def delete_leftovers(self) -> None:
        """Delete everything that bears the run's mark; jobs that still run are waited for, for a while."""
        self._delete_objects([*self._keys()])  # without its recording, a job that waits fails at once
        deadline = time.monotonic() + LEFTOVERS_S
        while names := [*self._jobs()]:
            left = [name for name in names if not self._delete_job(name)]
            if left and time.monotonic() > deadline:
                logger.warning(
                    "%d jobs of Amazon Transcribe still run; the next start deletes them", len(left)
                )
                break
            if left:
                time.sleep(self.poll_s)
        self._delete_objects([*self._keys()])

    def _ended(self, name: str) -> Mapping[str, Any]:
        """The job once it is completed."""
        deadline, wait_s = time.monotonic() + self.timeout_s, self.poll_s
        while True:
            job: Mapping[str, Any] = self.transcribe.get_transcription_job(TranscriptionJobName=name)[
                "TranscriptionJob"
            ]
            status = job["TranscriptionJobStatus"]
            if status == "COMPLETED":
                return job
            if status == "FAILED":
                msg = f"Amazon Transcribe: {job.get('FailureReason', 'the job failed, no reason given')}"
                raise JobError(msg)
            if time.monotonic() + wait_s > deadline:
                msg = f"the job was still {status} after {self.timeout_s:g} s (timeout_s)"
                raise JobError(msg)
            # Spread, so that jobs that began together are not asked for together.
            if self.stopped.wait(wait_s * (0.75 + secrets.randbelow(501) / 1000)):
                msg = "was given up: the service refuses every request"
                raise JobError(msg)
            wait_s = min(wait_s * 1.5, LONGEST_POLL_S)

    def _keys(self) -> Iterator[str]:
        pages = self.s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=folder(self.prefix, self.run)):
            yield from (each["Key"] for each in page.get("Contents", ()))

    def _jobs(self) -> Iterator[str]:
        query = {"JobNameContains": job_mark(self.run)}
        while True:
            page = self.transcribe.list_transcription_jobs(**query)
            yield from (each["TranscriptionJobName"] for each in page["TranscriptionJobSummaries"])
            if not page.get("NextToken"):
                return
            query["NextToken"] = page["NextToken"]

    def _delete_objects(self, keys: list[str]) -> None:
        for key in keys:
            try:
                self.s3.delete_object(Bucket=self.bucket, Key=key)
            except (ClientError, BotoCoreError) as error:
                logger.warning("s3://%s/%s could not be deleted: %s", self.bucket, key, error)

    def _delete_job(self, name: str) -> bool:
        """Whether it is gone: one that still runs cannot be deleted, nor one that was never there."""
        try:
            self.transcribe.delete_transcription_job(TranscriptionJobName=name)
        except (ClientError, BotoCoreError) as error:
            logger.info("job %s was not deleted: %s", name, error)
            return False
        return True


def text_in(transcript: bytes) -> str:
    """The text of a transcript as Amazon writes it. Raises JobError where it is none."""
    try:
        parts = json.loads(transcript)["results"]["transcripts"]
        return " ".join(str(part["transcript"]) for part in parts).strip()
    except (ValueError, KeyError, TypeError) as error:
        msg = f"the transcript cannot be read ({type(error).__name__})"
        raise JobError(msg) from error
