"""`asr-fair gate RUN --policy P`."""

from __future__ import annotations

from pathlib import Path
from shutil import get_terminal_size

import click

from asr_fair.cli.terminal import say


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--policy", required=True, type=click.Path(path_type=Path), help="Rules and limits (YAML): see docs/ci."
)
@click.option(
    "--baseline", type=click.Path(path_type=Path), help="Run to compare with, instead of the policy's."
)
@click.option("--junit", type=click.Path(path_type=Path), help="JUnit XML file to write, too.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Markdown summary to write, too.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="JSON file to write, too.")
@click.option("-v", "--verbose", is_flag=True, help="List what passes, too.")
def gate(
    run: Path,
    policy: Path,
    baseline: Path | None,
    junit: Path | None,
    markdown: Path | None,
    json_path: Path | None,
    verbose: bool,
) -> None:
    """Judge the finished run RUN by a policy, for CI or an acceptance test.

    Each rule is judged on a 95 % interval: it passes where the upper bound is within the limit and fails
    where the lower one is beyond it; else this data cannot tell. Exit status: 0 nothing blocks, 1 a rule
    fails, 2 the policy does not suit the run, 3 no rule fails but one cannot be told and the policy blocks
    that.
    """
    from asr_fair.cli.gate_text import WIDTH, in_words
    from asr_fair.errors import GateError
    from asr_fair.files import write_text
    from asr_fair.pipeline.gate.gate import gate as judge
    from asr_fair.report.gate.junit import as_junit
    from asr_fair.report.gate.sentences import result_words
    from asr_fair.report.gate.summary import as_markdown

    found = judge(run, policy, baseline=baseline)
    texts = {
        junit: as_junit(found),
        markdown: as_markdown(found),
        json_path: found.model_dump_json(indent=1) + "\n",
    }
    for path, text in texts.items():
        if path is not None:
            write_text(text, path)
    for line in in_words(found, verbose=verbose, width=get_terminal_size((WIDTH, 24)).columns):
        say(line)
    if found.exit_status:
        raise GateError(result_words(found), found.exit_status)
