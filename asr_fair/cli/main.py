"""`asr-fair`: finds the command, and turns what goes wrong into an exit status."""

from __future__ import annotations

import os
import sys
import traceback

import click

from asr_fair import __version__
from asr_fair.cli.lazy import LazyCommands
from asr_fair.cli.terminal import say
from asr_fair.errors import AsrFairError, ExitStatus

COMMANDS = {
    "batch-check": "asr_fair.cli.batch_check:batch_check",
    "card": "asr_fair.cli.card:card",
    "check": "asr_fair.cli.check:check",
    "compare": "asr_fair.cli.compare:compare",
    "forget": "asr_fair.cli.forget:forget",
    "gate": "asr_fair.cli.gate:gate",
    "import": "asr_fair.cli.import_:import_",
    "init": "asr_fair.cli.init:init",
    "noise": "asr_fair.cli.noise:noise",
    "plan": "asr_fair.cli.plan:plan",
    "report": "asr_fair.cli.report:report",
    "run": "asr_fair.cli.run:run",
    "score": "asr_fair.cli.score:score",
    "view": "asr_fair.cli.view:view",
}

STOPPED = 130
"""What a shell reports of a command that Ctrl-C ended."""


@click.group(cls=LazyCommands, places=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="asr-fair")
def cli() -> None:
    """Does a speech recogniser work equally well for everyone, in the place where it is really used?

    Exit status: 0 done, 1 a gate failed or a card is out of date, 2 bad input or configuration,
    3 a gate cannot tell, 4 losses above max_loss, 70 a defect of asr-fair, 130 stopped.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave the process with its exit status."""
    sys.exit(status_of(arguments))


def status_of(arguments: list[str] | None = None) -> int:
    """Run a command and give its exit status; expected errors are printed without a traceback."""
    try:
        cli.main(args=arguments, prog_name="asr-fair", standalone_mode=False)
    except AsrFairError as error:
        say(f"error: {error}", err=True)
        return error.exit_status
    except click.ClickException as error:
        error.show()
        return ExitStatus.BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        say("stopped; the same command may be given again, and a run continues where it was", err=True)
        return STOPPED
    except BrokenPipeError:
        # Whoever read our output has closed it: nothing is wrong, and nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.DONE
    except OSError as error:
        say(f"error: {error.filename or 'a file'}: {error.strerror or error}", err=True)
        return ExitStatus.BAD_INPUT
    except Exception:
        traceback.print_exc()
        say(f"This is a defect of asr-fair {__version__}: please report it.", err=True)
        return ExitStatus.DEFECT
    return ExitStatus.DONE
