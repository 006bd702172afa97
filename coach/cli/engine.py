"""The engine that `coach grade` runs on."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial, wraps
from typing import Any, NamedTuple

import click

from coach.batch import Engine, in_this_process
from coach.cli.options import JudgeChoice, opened_judge
from coach.judges import JudgeSettings
from coach.terms import Judge, Receipt

RAY = "ray"


class EngineChoice(NamedTuple):
    """Which engine a run uses, and where it is."""

    name: str
    address: str | None

    @property
    def hears(self) -> bool:
        """Whether answers may be recordings."""
        return self.name != RAY

    def check(self, choice: JudgeChoice) -> None:
        """Raise UsageError for options that do not go together."""
        if self.address and self.name != RAY:
            raise click.UsageError("--ray-address goes with --engine ray")
        limited = choice.settings.max_cost is not None or choice.settings.max_requests is not None
        if limited and self.name == RAY:
            raise click.UsageError("--max-cost and --max-requests hold in one process alone; leave out --engine ray")

    @contextmanager
    def opened(self, judge: Judge, choice: JudgeChoice, at_once: int) -> Iterator[Engine]:
        """The engine: here, with this judge and so many records at once, or on Ray with one like it in each actor."""
        if self.name != RAY:
            yield in_this_process(judge, at_once)
            return
        from coach.batch.engine_ray import on_ray

        receipt = Receipt(name=judge.name, model=judge.model, prompt=judge.prompt)
        open_judge = partial(_opened_in_actor, choice.name, choice.escalate, choice.settings, choice.fresh)
        with on_ray(open_judge, receipt, choice.settings.workers, self.address) as engine:
            yield engine


def _opened_in_actor(
    name: str, escalate: str | None, settings: JudgeSettings, fresh: bool, at_once: int
) -> AbstractContextManager[Judge]:
    return opened_judge(name, escalate, settings._replace(workers=at_once), fresh)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the engine it runs on as one argument, `engine_choice`."""

    @wraps(command)
    def with_engine(*args: Any, engine: str, ray_address: str | None, **rest: Any) -> Any:
        return command(*args, engine_choice=EngineChoice(engine, ray_address), **rest)

    engine = click.option(
        "--engine",
        type=click.Choice(["local", RAY]),
        default="local",
        show_default=True,
        help="Grade here, or on a Ray cluster with --workers actors (pip install 'coach[ray]'); there, without --out, "
        "nothing is printed before 65,536 records are read.",
    )
    address = click.option("--ray-address", help="A running cluster, host:port; else Ray is started on this machine.")
    return engine(address(with_engine))
