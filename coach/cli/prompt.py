"""`coach prompt`."""

import sys
from pathlib import Path

import click

from coach.cli.options import library_of, rubrics_option
from coach.errors import CoachError
from coach.grading import case_of
from coach.plain import plain


@click.group()
def prompt() -> None:
    """What chat judges are asked."""


@prompt.command()
@click.argument("question")
@click.argument("answer", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--judge", "judge_name", help="gguf:<model>: with its chat template; else as hosted judges get it.")
@rubrics_option
def show(question: str, answer: Path, judge_name: str | None, rubrics: Path | None) -> None:
    """Print exactly what a judge is sent for an answer to QUESTION; ANSWER is a text file, '-' standard input."""
    try:
        found = library_of(rubrics).find(question)
    except KeyError as error:
        raise CoachError(str(error.args[0])) from None
    case = case_of(found, _text_of(answer))
    if judge_name and judge_name.startswith("gguf:"):
        from coach.judges.chat.gguf import GgufJudge

        parts = GgufJudge.load(judge_name.removeprefix("gguf:")).rendered(case)
    else:
        from coach.judges.chat.prompt import messages

        parts = [f"--- {message['role']}\n{message['content']}" for message in messages(case)]
    click.echo(plain("\n\n".join(parts)))


def _text_of(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CoachError(f"{path}: cannot be read as UTF-8 text: {error}") from None
