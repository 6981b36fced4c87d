"""Amazon Transcribe: batch jobs on recordings that lie in a bucket of one's own for as long as it takes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from asr_fair.config.systems.hosted import HostedConfig

STANDARD = "standard"
_NAME = r"^[0-9a-zA-Z._-]{1,200}$"


class AmazonTranscribeConfig(HostedConfig):
    """Where jobs run and what they are told. Credentials come from boto3's own chain, never from here."""

    engine: Literal["amazon-transcribe"]
    model: str = Field(
        default=STANDARD, pattern=_NAME, description="standard, or the name of a language model of yours"
    )
    language: str = Field(description="full code, such as en-US, or 'detect'")
    region: str = Field(pattern=r"^[a-z]{2,}(-[a-z]+)+-\d$", description="such as eu-central-1")
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="of yours, in that region")
    prefix: str = Field(
        default="asr-fair",
        pattern=r"^[0-9a-zA-Z][0-9a-zA-Z_./-]{0,198}[0-9a-zA-Z]$",
        description="folder in the bucket; what a run puts below it is deleted again",
    )
    vocabulary_name: str | None = Field(default=None, pattern=_NAME, description="custom vocabulary")
    timeout_s: float = Field(default=3600.0, gt=0, le=86_400, description="for one job, its queue included")
    poll_s: float = Field(default=2.0, gt=0, le=60, description="first wait for a job; later ones are longer")
    least_billed_s: float = Field(default=15.0, ge=0, description="shorter audio is charged as this much")

    _run: str = PrivateAttr("")

    @field_validator("language")
    @classmethod
    def _is_full(cls, value: str) -> str:
        if value != "detect" and "-" not in value:
            msg = (
                "must be a full code such as en-US or en-GB: Amazon has a model for each; or 'detect'. "
                "Which one is used decides who is understood, so nothing is chosen for you"
            )
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _own_models_have_one_language(self) -> Self:
        if self.language == "detect" and (self.vocabulary_name or self.model != STANDARD):
            msg = "language: 'detect' goes with no vocabulary_name and no language model of your own"
            raise ValueError(msg)
        return self

    @property
    def run(self) -> str:
        """What the jobs and objects of one run directory have in their names; empty outside of a run."""
        return self._run

    def in_run(self, run_id: str) -> Self:
        """The same, whose jobs and objects bear the mark of a run."""
        marked = self.model_copy()
        marked._run = run_id
        return marked
