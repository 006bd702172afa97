"""The `coach` command and where its subcommands live."""

from importlib import import_module

import click

from coach import __version__
from coach.errors import CoachError
from coach.plain import plain

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
HOMES = {
    "bench": ("coach.cli.bench", "Grade labelled answers and print how far the judge agrees."),
    "canary": ("coach.cli.canary", "Let a judge grade six answers whose grades are known."),
    "doctor": ("coach.cli.doctor", "Say what works on this machine and what to do about what does not."),
    "grade": ("coach.cli.grade", "Grade files of answers."),
    "history": ("coach.cli.history", "Print, export, import and delete past attempts."),
    "models": ("coach.cli.models", "List, pull and remove GGUF models on this machine."),
    "prompt": ("coach.cli.prompt", "Show what chat judges are asked."),
    "report": ("coach.cli.report", "Draw finished grades as a page, or sum them up on the terminal."),
    "review": ("coach.cli.review", "Rule on what the judge was not sure of."),
    "rubrics": ("coach.cli.rubrics", "List, show, check, import and begin question banks."),
    "verify": ("coach.cli.verify", "Grade a grades file again: flipped and stale verdicts."),
}
"""Each subcommand's module and its line in the help, so that `coach --help` imports none of them."""


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is called, and reports coach's own errors plainly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The subcommands by name."""
        return sorted(HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand."""
        if cmd_name not in HOMES:
            return None
        command: click.Command = getattr(import_module(HOMES[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, what) in HOMES.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run; an error of coach's own is a message and exit code 2, Ctrl-C is exit code 130."""
        try:
            return super().invoke(ctx)
        except CoachError as error:
            click.echo(plain(f"coach: {error}"), err=True)
            ctx.exit(2)
        except (KeyboardInterrupt, click.Abort) as error:
            if KeyboardInterrupt not in (type(error), type(error.__context__)):  # a question that was answered with no
                raise
            click.echo("\ncoach: interrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="coach %(version)s")
@click.option("--demo", is_flag=True, help="Practise with a scripted judge: no model is loaded, no grade is real.")
@click.option("--judge", help="Who grades; see 'coach grade --help'.")
@click.option("--rubrics", envvar="COACH_RUBRICS", help="A folder of banks in place of the shipped ones.")
@click.pass_context
def coach(ctx: click.Context, demo: bool, judge: str | None, rubrics: str | None) -> None:
    """Practise interview answers and see which points you made, missed and got wrong.

    Without a command coach opens its terminal app.
    """
    if ctx.invoked_subcommand is None:
        from coach.cli.practice import practise

        practise(ctx, judge, rubrics, demo)
