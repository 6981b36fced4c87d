"""What moto leaves out of Amazon Transcribe: transcripts, failures, and the refusal to delete what runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto.transcribe.exceptions import BadRequestException
from moto.transcribe.models import FakeTranscriptionJob, TranscribeBackend


@dataclass
class StandIn:
    """Writes a job's transcript into its bucket when the job is completed, as Amazon does."""

    hear: Callable[[bytes], str]
    fails: Callable[[bytes], str | None] = lambda wav: None
    """Reason of a job that fails."""
    is_stuck: bool = False
    jobs: list[dict[str, Any]] = field(default_factory=list)
    """All that were started, as they were asked for."""

    def install(self, monkeypatch: pytest.MonkeyPatch) -> StandIn:
        advance, answer = FakeTranscriptionJob.advance, FakeTranscriptionJob.response_object
        list_jobs = TranscribeBackend.list_transcription_jobs
        start, delete = TranscribeBackend.start_transcription_job, TranscribeBackend.delete_transcription_job

        def started(backend: TranscribeBackend, **asked: Any) -> Any:
            self.jobs.append(asked)
            return start(backend, **asked)

        def advanced(job: FakeTranscriptionJob) -> None:
            if self.is_stuck and job.status == "IN_PROGRESS":
                return
            advance(job)
            if job.status == "COMPLETED":
                self._finish(job)

        def answered(job: FakeTranscriptionJob, kind: str) -> dict[str, Any]:
            said = answer(job, kind)
            if job.failure_reason is not None:
                said.get("TranscriptionJob", said)["FailureReason"] = job.failure_reason
            return said

        def deleted(backend: TranscribeBackend, transcription_job_name: str) -> None:
            job = backend.transcriptions.get(transcription_job_name)
            if job is not None and job.status not in ("COMPLETED", "FAILED"):
                raise BadRequestException(message="The job is in a non-terminal state.")
            delete(backend, transcription_job_name)

        def listed(backend: TranscribeBackend, **asked: Any) -> Any:
            for job in backend.transcriptions.values():  # time passes for Amazon's jobs, asked for or not
                job.advance()
            return list_jobs(backend, **asked)

        monkeypatch.setattr(FakeTranscriptionJob, "advance", advanced)
        monkeypatch.setattr(TranscribeBackend, "list_transcription_jobs", listed)
        monkeypatch.setattr(FakeTranscriptionJob, "response_object", answered)
        monkeypatch.setattr(TranscribeBackend, "start_transcription_job", started)
        monkeypatch.setattr(TranscribeBackend, "delete_transcription_job", deleted)
        return self

    def _finish(self, job: FakeTranscriptionJob) -> None:
        s3 = boto3.client("s3")
        bucket, _, key = job.media["MediaFileUri"].removeprefix("s3://").partition("/")
        try:
            wav = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            job.status, job.failure_reason = "FAILED", "The S3 URI that you provided can't be accessed"
            return
        reason = self.fails(wav)
        if reason is not None:
            job.status, job.failure_reason = "FAILED", reason
            return
        transcript = {"results": {"transcripts": [{"transcript": self.hear(wav)}]}, "status": "COMPLETED"}
        s3.put_object(Bucket=job._output_bucket_name, Key=job.output_key, Body=json.dumps(transcript))
