"""A customer's own project: a folder that leads from their recordings to a report."""

from asr_fair.pipeline.project.answers import Answers, TagAnswer, parse_answers
from asr_fair.pipeline.project.write import write_project

__all__ = ["Answers", "TagAnswer", "parse_answers", "write_project"]
