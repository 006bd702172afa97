"""The run on a Ray cluster: chunks go through actors that open the judge once.

Reading, the journal and writing stay in this process, and the chunks are those of a local run, so that the output is
the same to the byte. What is lost with an actor or a node Ray gives to another.
"""

import logging
import os
import pickle
import secrets
import socket
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property, partial
from tempfile import TemporaryDirectory
from typing import Any

from coach import __version__
from coach.batch.grade_store import Entry
from coach.batch.run import Engine, Placed, judged_chunk
from coach.errors import CoachError, EngineError, JudgeError
from coach.terms import Judge, Receipt

AT_ONCE = 2**16
"""Records that are held in memory, at least: those of one pass through the pipeline."""
OF_AN_ACTOR = 2**12
"""The same for each actor, so that they do not stand idle at the end of each pass."""
BLOCK = 2**20
"""Bytes to set aside for the entries of a chunk; Ray would set aside 128 MB, and in a small store wait for room."""
RETRIES = 3
"""How often a chunk is given to another actor; an answer that ends every process would otherwise go round forever."""
AHEAD = 1
"""Chunks that an actor has at once: with more, the first to be ready takes some that the others could have."""
SECONDS = 10
"""How long a cluster may take to answer; Ray itself would wait for two minutes."""

OpenJudge = Callable[[int], AbstractContextManager[Judge]]
"""Opens the judge for so many contexts, threads or requests at once; it travels to the actors."""


@contextmanager
def on_ray(open_judge: OpenJudge, receipt: Receipt, actors: int | None, address: str | None) -> Iterator[Engine]:
    """An engine of actors, one a core unless told otherwise, on the cluster at `address` or on one of its own.

    EngineError where Ray is not installed or no cluster answers. JudgeError comes out of the engine where a node's
    judge is not that of the receipt.
    """
    with _cluster(address) as cores:
        actors = actors or cores
        judge = (open_judge, receipt, max(1, cores // actors), __version__)
        reserved = min(1.0, cores / actors) / 2  # half of its share: the actors of a lost node find room on the others
        yield Engine(partial(_judged, judge, actors, reserved), max(AT_ONCE, actors * OF_AN_ACTOR))


class JudgeActor:
    """Judges rows, each a chunk; what coach itself complains about takes the place of the entries."""

    def __init__(self, open_judge: OpenJudge, receipt: Receipt, at_once: int, version: str) -> None:
        self._open_judge, self._receipt, self._at_once, self._version = open_judge, receipt, at_once, version
        self._opened = ExitStack()

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        """The row of the pipeline with the entries of its chunk."""
        judged: list[Entry] | CoachError
        try:
            judged = judged_chunk(self._judge, pickle.loads(row["chunk"]))
        except CoachError as error:
            judged = JudgeError(f"{socket.gethostname()}: {error}")
        return {"judged": pickle.dumps(judged)}

    @cached_property
    def _judge(self) -> Judge:
        if self._version != __version__:
            raise JudgeError(f"has coach {__version__}, this machine {self._version}; install the same there")
        judge = self._opened.enter_context(self._open_judge(self._at_once))  # open for as long as the actor lives
        found = Receipt(name=judge.name, model=judge.model, prompt=judge.prompt)
        if found != self._receipt:
            raise JudgeError("has another judge than this machine; install the same coach and the same model there")
        return judge


def _judged(
    judge: tuple[OpenJudge, Receipt, int, str], actors: int, reserved: float, chunks: Iterable[list[Placed]]
) -> Iterator[list[Entry]]:
    import ray.data
    from ray.exceptions import RayError

    rows = [{"chunk": pickle.dumps(chunk)} for chunk in chunks]
    if not rows:
        return
    waiting = ray.data.from_items(rows, override_num_blocks=len(rows))
    pool = ray.data.ActorPoolStrategy(size=min(actors, len(rows)), max_tasks_in_flight_per_actor=AHEAD)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of max_task_retries, which has no successor yet
        pipeline = waiting.map(
            JudgeActor, fn_constructor_args=judge, compute=pool, num_cpus=reserved, max_task_retries=RETRIES
        )
    try:
        for row in pipeline.iter_rows():
            judged = pickle.loads(row["judged"])
            if isinstance(judged, CoachError):
                raise judged
            yield judged
    except RayError as error:
        raise EngineError(f"the Ray cluster failed: {error}\nWith --out the same command goes on from here") from None


@contextmanager
def _cluster(address: str | None) -> Iterator[int]:
    """The cores of a cluster; one that was started for the run ends with it and leaves nothing behind."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it warns of what Ray Data itself does
    if not address:
        _let_nobody_in()
    try:
        import ray.data  # 1.4 s
        from ray.exceptions import RayError
    except ImportError:
        raise EngineError("--engine ray needs Ray: pip install 'coach[ray]'") from None
    with TemporaryDirectory(prefix="coach-", dir=_SHORT, ignore_cleanup_errors=True) as folder:
        try:
            _knock(address)
            ray.init(**_whereabouts(address, folder), logging_level=logging.ERROR, log_to_driver=False)
        except (OSError, RuntimeError, ValueError, RayError) as error:
            there = f"--ray-address {address}: no Ray cluster can be reached there"
            raise EngineError(f"{there if address else 'Ray cannot be started on this machine'}: {error}") from None
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what it logs, it raises too
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.target_max_block_size = BLOCK
        try:
            yield max(1, int(ray.cluster_resources().get("CPU", 1)))
        finally:
            ray.shutdown()


def _whereabouts(address: str | None, folder: str) -> dict[str, Any]:
    """What Ray is told about the cluster."""
    if address:
        return {"address": address}
    return {"address": "local", "_temp_dir": folder, "include_dashboard": False}


def _let_nobody_in() -> None:
    """Have a cluster that is started for the run ask for a token; Ray reads the mode when it is imported."""
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # otherwise Ray keeps one in the home folder


def _knock(address: str | None) -> None:
    """Raise OSError where nothing listens at `host:port`."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), SECONDS).close()


_SHORT = "/tmp" if os.name == "posix" else None
"""Ray's sockets lie in its folder, and their paths may have hardly more than a hundred bytes."""
