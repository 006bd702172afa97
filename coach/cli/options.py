"""Options that several commands share."""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import click

from coach.batch import Columns
from coach.batch.stores import AnyFile, StoredFile
from coach.cache import JudgementCache
from coach.judges import DEFAULT_JUDGE, Budget, CachedJudge, JudgeSettings, open_judge
from coach.library import Library, load_library, shipped
from coach.terms import Judge

_LOCAL = (("file", ""), ("file", "localhost"))
UNCACHED = ("scripted",)
"""Judges that are quicker than looking up what they said."""


class NumberRange(click.FloatRange):
    """A range of numbers, in which NaN is not: it would pass for any of them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, inside the range."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


rubrics_option = click.option(
    "--rubrics",
    envvar="COACH_RUBRICS",
    type=click.Path(path_type=Path),
    help="A folder of banks (or one bank file) in place of the shipped banks; also COACH_RUBRICS.",
)


def path_or_url(text: str) -> AnyFile:
    """What an argument names: a path, also as a file:// URL, or a file in a store where it has `://` in it."""
    if "://" not in text:
        return Path(text)
    parts = urlsplit(text)
    return Path(url2pathname(parts.path)) if (parts.scheme, parts.netloc) in _LOCAL else StoredFile(text)


paths_argument = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))

_JUDGE_OPTIONS = (
    click.option(
        "--judge",
        "judge_name",
        default=DEFAULT_JUDGE,
        show_default=True,
        help="Who grades: mini, mini:decided, gguf:<model>, <provider>/<model>, similarity, or several joined by '+'.",
    ),
    click.option("--escalate", help="Criteria on which the judge is unsure go to this judge."),
    click.option(
        "--workers", type=click.IntRange(1), help="Local contexts, hosted requests at once, or actors of --engine ray."
    ),
    click.option("--samples", type=click.IntRange(1, 50), default=1, help="Replies of a hosted judge an answer."),
    click.option("--max-cost", type=NumberRange(0), help="Dollars that hosted judges may cost; never passed."),
    click.option("--max-requests", type=click.IntRange(0), help="Requests that may be sent to hosted judges."),
    click.option("--explain", is_flag=True, help="Let a gguf judge write a reason and a follow-up (slower)."),
    click.option("--fresh", is_flag=True, help="Judge anew what the cache of judgements knows."),
)


class JudgeChoice(NamedTuple):
    """Which judge a command uses, and how."""

    name: str
    escalate: str | None
    settings: JudgeSettings
    fresh: bool
    budget: Budget

    @property
    def chats(self) -> bool:
        """Whether a chat model has a say."""
        names = f"{self.name}+{self.escalate or ''}".split("+")
        return any("/" in name.partition(":")[0] or name.startswith("gguf:") for name in names)

    @property
    def spending(self) -> str:
        """What hosted judges have spent so far, in words; empty where nothing was."""
        return self.budget.spent.in_words() if self.budget.spent.requests else ""

    def opened(self) -> AbstractContextManager[Judge]:
        """The judge, behind the cache of judgements unless it is to judge afresh."""
        return opened_judge(*self)


@contextmanager
def opened_judge(
    name: str, escalate: str | None, settings: JudgeSettings, fresh: bool, budget: Budget | None = None
) -> Iterator[Judge]:
    """A judge, behind the cache of judgements unless it is to judge afresh."""
    judge = open_judge(name, settings, escalate, budget)
    if fresh or judge.name in UNCACHED:
        yield judge
        return
    with JudgementCache() as cache:
        yield CachedJudge(judge, cache)


def judge_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a judge as one argument, `choice`."""

    @wraps(command)
    def with_choice(
        *args: Any,
        judge_name: str,
        escalate: str | None,
        workers: int | None,
        samples: int,
        max_cost: float | None,
        max_requests: int | None,
        explain: bool,
        fresh: bool,
        **rest: Any,
    ) -> Any:
        settings = JudgeSettings(workers, samples, max_cost, max_requests, explain)
        choice = JudgeChoice(judge_name, escalate, settings, fresh, Budget(max_cost, max_requests))
        return command(*args, choice=choice, **rest)

    for option in reversed(_JUDGE_OPTIONS):
        with_choice = option(with_choice)
    return with_choice


def column_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the names of an answer file's columns as one argument, `columns`."""

    @wraps(command)
    def with_columns(*args: Any, id_column: str, question_column: str, answer_column: str, **rest: Any) -> Any:
        return command(*args, columns=Columns(id_column, question_column, answer_column), **rest)

    for part, name in reversed(Columns()._asdict().items()):
        option = click.option(f"--{part}-column", default=name, help=f"The column (or key) with the {part}.")
        with_columns = option(with_columns)
    return with_columns


def library_of(rubrics: Path | None) -> Library:
    """The library of the named folder, or the shipped one."""
    return load_library(rubrics or shipped("rubrics"))
