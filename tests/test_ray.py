"""A run on Ray comes to what a local run comes to, also when a node is lost in its middle."""

import json
import os
import pickle
import signal
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from conftest import Coach

from coach import __version__
from coach.batch import Engine, GradeStore, Summary, grade_into, in_this_process, read_records
from coach.batch.engine_ray import JudgeActor, on_ray
from coach.batch.grade_store import Entry
from coach.batch.run import Placed
from coach.cli.engine import _opened_in_actor
from coach.errors import EngineError, JudgeError
from coach.judges import JudgeSettings, ScriptedJudge
from coach.library import Library
from coach.terms import Case, Judge, Judgement, Receipt

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray: pip install 'coach[ray]'")
SECONDS = 120
"""How long a lost event is waited for on a busy machine before the test fails."""
STORE = 2**27
"""Bytes of a node's object store."""
SCRIPTED = Receipt(name="scripted")


def write(path: Path, count: int) -> Path:
    """Answers of which some are equal, and some are no records at all."""
    with path.open("w", encoding="utf-8") as file:
        for i in range(count):
            said = f"One is {'very ' * (i * 7 % 13)}odd, said {i if i % 5 else i // 50}."
            record = {"id": f"a{i if i % 89 else 0}", "question": ("one", "demo/both")[i % 2], "answer": said, "n": i}
            file.write(f"{json.dumps(record) if i % 97 else 'no record'}\n")
    return path


def write_sound(path: Path, count: int) -> Path:
    """Answers that are all to be judged."""
    records = [{"id": str(i), "question": "one", "answer": f"One is odd, said {i}."} for i in range(count)]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _quiet_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes find this module, let each other in, start at once beside other work, and are soon known to be dead."""
    settings = {
        "PYTHONPATH": str(Path(__file__).parent),
        "RAY_AUTH_MODE": "disabled",
        "RAY_worker_niceness": "0",
        "RAY_health_check_initial_delay_ms": "0",
        "RAY_health_check_period_ms": "500",
        "RAY_health_check_failure_threshold": "3",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Cluster]":
    """A node of one core; more can be added."""
    from ray.cluster_utils import Cluster

    with TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:  # sockets lie in it, whose paths must be short
        monkeypatch.setenv("RAY_TMPDIR", folder)
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": STORE})
        yield cluster
        cluster.shutdown()


def graded(engine: Engine, answers: Path, library: Library) -> tuple[list[str], Summary]:
    with GradeStore() as store:
        summary = grade_into(store, read_records([answers], library), engine, lambda _: None)
        return list(store.lines()), summary._replace(points=round(summary.points, 6))


@needs_ray
def test_a_run_on_ray_writes_what_a_local_run_writes(run: Coach, tmp_path: Path) -> None:
    answers, here, there = write(tmp_path / "a.jsonl", 700), tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    common = (answers, "--judge", "scripted", "--quiet", "--out")
    local = run("grade", *common, here)
    ray = run("grade", *common, there, "--engine", "ray", "--workers", "2")
    assert (local.exit_code, ray.exit_code) == (1, 1)
    assert ray.stderr.splitlines()[-1] == local.stderr.strip().replace(str(here), str(there))
    assert there.read_bytes() == here.read_bytes()


class Gate:
    """Where judges report before they judge: those of the doomed node are stopped for good at their third chunk.

    The others wait until that node is lost, so that it has work on its hands then.
    """

    def __init__(self, doomed: str) -> None:
        self.reached, self.lost = Event(), Event()
        self.pid = 0
        self._doomed, self._seen = doomed, 0

    def let_through(self, node: str, pid: int) -> bool:
        if node != self._doomed:
            self.lost.wait(SECONDS)
            return True
        self._seen += 1
        if self._seen < 3:
            return True
        self.pid = pid
        self.reached.set()
        return False


@contextmanager
def listening(gate: Gate) -> Iterator[int]:
    class Reporter(StreamRequestHandler):
        def handle(self) -> None:
            node, pid = self.rfile.readline().split()
            if gate.let_through(node.decode(), int(pid)):
                self.wfile.write(b"go\n")
            else:
                self.rfile.read()  # until the judge is gone

    with ThreadingTCPServer(("127.0.0.1", 0), Reporter) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.05,)).start()
        yield server.server_address[1]
        server.shutdown()


class GatedJudge(ScriptedJudge):
    """A scripted judge that reports on which node it is before it judges."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        import ray

        node = ray.get_runtime_context().get_node_id()
        with socket.create_connection(("127.0.0.1", self._port)) as gate, gate.makefile("rw") as lines:
            lines.write(f"{node} {os.getpid()}\n")
            lines.flush()
            lines.readline()
        return super().judge(cases)


@contextmanager
def gated(port: int, at_once: int) -> Iterator[Judge]:
    yield GatedJudge(port)


@needs_ray
def test_a_node_that_is_killed_in_mid_run_changes_nothing(cluster: "Cluster", library: Library, tmp_path: Path) -> None:
    answers = write(tmp_path / "a.jsonl", 2000)
    node = cluster.add_node(num_cpus=1, object_store_memory=STORE)
    gate = Gate(node.node_id)

    def kill() -> None:
        assert gate.reached.wait(SECONDS)
        for process in (p.process.pid for group in node.all_processes.values() for p in group):
            os.kill(process, signal.SIGKILL)
        os.kill(gate.pid, signal.SIGKILL)
        gate.lost.set()

    killer = Thread(target=kill, daemon=True)
    killer.start()
    with (
        listening(gate) as port,
        on_ray(partial(gated, port), SCRIPTED, 2, cluster.address) as engine,
    ):
        found = graded(engine, answers, library)
    killer.join()
    assert gate.lost.is_set()
    assert found == graded(in_this_process(ScriptedJudge()), answers, library)
    assert found[1].answers == 2000


class OtherJudge(ScriptedJudge):
    model = "another"


@contextmanager
def other(at_once: int) -> Iterator[Judge]:
    yield OtherJudge()


@contextmanager
def deadly(at_once: int) -> Iterator[Judge]:
    os._exit(1)
    yield ScriptedJudge()


@needs_ray
def test_a_node_with_another_judge_is_told(cluster: "Cluster", library: Library, tmp_path: Path) -> None:
    answers = write(tmp_path / "a.jsonl", 50)
    refused = pytest.raises(JudgeError, match="install the same coach and the same model there")
    with on_ray(other, SCRIPTED, 1, cluster.address) as engine, refused:
        graded(engine, answers, library)


@needs_ray
def test_answers_that_end_every_process_end_the_run(cluster: "Cluster", library: Library, tmp_path: Path) -> None:
    answers = write(tmp_path / "a.jsonl", 3)
    refused = pytest.raises(EngineError, match="With --out the same command goes on from here")
    with on_ray(deadly, SCRIPTED, 1, cluster.address) as engine, refused:
        graded(engine, answers, library)


def chunks(answers: Path, library: Library) -> list[dict[str, bytes]]:
    """The rows of the pipeline."""
    rows: list[dict[str, bytes]] = []

    def kept(found: Iterable[list[Placed]]) -> Iterator[list[Entry]]:
        rows.extend({"chunk": pickle.dumps(chunk)} for chunk in found)
        return iter(())

    with GradeStore() as store:
        grade_into(store, read_records([answers], library), Engine(kept), lambda _: None)
    return rows


def test_the_judge_of_an_actor_stays_open_behind_its_cache(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("coach.cli.options.open_judge", lambda *_: ScriptedJudge())
    monkeypatch.setattr("coach.cli.options.UNCACHED", ())
    actor = JudgeActor(partial(_opened_in_actor, "mini", None, JudgeSettings(1), False), SCRIPTED, 1, __version__)
    (row,) = chunks(write_sound(tmp_path / "a.jsonl", 20), library)
    first, again = (pickle.loads(actor(row)["judged"]) for _ in range(2))
    assert (first, len(first)) == (again, 20)


def test_a_node_with_another_coach_is_told(library: Library, tmp_path: Path) -> None:
    actor = JudgeActor(other, SCRIPTED, 1, "another")
    (row,) = chunks(write_sound(tmp_path / "a.jsonl", 20), library)
    told = pickle.loads(actor(row)["judged"])
    assert f"has coach {__version__}, this machine another" in str(told)


@needs_ray
def test_a_cluster_of_its_own_that_does_not_start_is_told(
    run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.exceptions import AuthenticationError

    def refuse(**_: object) -> None:
        raise AuthenticationError("no such token")

    monkeypatch.setattr("ray.init", refuse)
    result = run("grade", write(tmp_path / "a.jsonl", 3), "--judge", "scripted", "--engine", "ray")
    assert (result.exit_code, "Ray cannot be started on this machine: no such token" in result.stderr) == (2, True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@needs_ray
@pytest.mark.parametrize("address", [f"127.0.0.1:{free_port()}", "nonsense"])
def test_a_cluster_that_is_not_there_is_told(run: Coach, tmp_path: Path, address: str) -> None:
    answers = write(tmp_path / "a.jsonl", 3)
    result = run("grade", answers, "--judge", "scripted", "--engine", "ray", "--ray-address", address)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--ray-address {address}: no Ray cluster can be reached there" in result.stderr


def test_without_ray_the_package_to_install_is_named(
    run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    result = run("grade", write(tmp_path / "a.jsonl", 3), "--judge", "scripted", "--engine", "ray")
    assert (result.exit_code, "pip install 'coach[ray]'" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--ray-address", "127.0.0.1:6379"), "--ray-address goes with --engine ray"),
        (("--engine", "ray", "--max-cost", "1"), "hold in one process alone"),
        (("--engine", "ray", "--max-requests", "5"), "hold in one process alone"),
    ],
)
def test_options_that_do_not_go_together_are_told(
    run: Coach, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    result = run("grade", write(tmp_path / "a.jsonl", 3), "--judge", "scripted", *options)
    assert (result.exit_code, told in result.stderr) == (2, True)
