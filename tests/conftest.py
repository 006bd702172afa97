"""What the tests share: a small bank, a runner for the command, and hypothesis kept steady."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from coach.cli.commands import coach
from coach.library import Library, load_library
from coach.terms import Criterion, Question

HERE = Path(__file__).parent
BANKS = HERE / "banks"

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def library() -> Library:
    return load_library(BANKS)


@pytest.fixture(scope="session")
def question(library: Library) -> Question:
    return library.find("one")


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that a test does touches the caches and data of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


class Coach:
    """Runs `coach` in this process, with the test's bank unless told otherwise."""

    def __call__(self, *args: str | Path, stdin: str | bytes | IO[bytes] | None = None) -> Result:
        env = {"COACH_RUBRICS": str(BANKS)}
        return CliRunner().invoke(coach, [str(arg) for arg in args], input=stdin, env=env, catch_exceptions=False)


@pytest.fixture
def run() -> Coach:
    return Coach()


def make_question(*weights: float) -> Question:
    """A question with a criterion of each weight: c0, c1, ..."""
    criteria = tuple(Criterion(id=f"c{i}", text=f"Claim number {i}.", weight=w) for i, w in enumerate(weights))
    return Question(id="q", level="beginner", question="Why?", hint="Because.", criteria=criteria)
