"""The option that says what people agreed to: several commands write a sidecar."""

from __future__ import annotations

import click

USES = ("evaluate", "hosted_engines", "share_results", "play_audio")
"""Values of `manifest.sidecar.Use`, so that `--help` need not load it."""

permitted_use_option = click.option(
    "--permitted-use",
    multiple=True,
    type=click.Choice(USES),
    help="What the people agreed to, for a new sidecar; repeat for several. Only evaluate if not given.",
)
