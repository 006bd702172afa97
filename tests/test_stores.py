"""Files in stores, by `file://` URLs that go the way of any other store."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Coach

from coach.batch.stores import StoredFile, send, staged
from coach.cli.options import path_or_url
from coach.errors import OutputError

SECRETS = "s3://KEY:SECRET@bucket/a/b.jsonl?region=eu&endpoint_override=example.org"
RECORDS = [{"id": f"a{i}", "question": "one", "answer": f"One is odd, said {i}."} for i in range(40)]
SCRIPTED = ("--judge", "scripted")


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def _local_is_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """`file://` URLs of a command are files in a store."""
    monkeypatch.setattr("coach.cli.options._LOCAL", ())


def write(path: Path) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in RECORDS), encoding="utf-8")
    return path


def left(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "state" / "coach" / "runs").iterdir())


def test_a_stored_file_shows_no_credentials_and_pyarrow_gets_them() -> None:
    file = StoredFile(SECRETS)
    assert (str(file), file.url) == ("s3://bucket/a/b.jsonl", SECRETS)
    assert (file.name, file.suffix, str(file.parent)) == ("b.jsonl", ".jsonl", "s3:/bucket/a")


def test_what_pyarrow_says_of_a_url_shows_no_credentials() -> None:
    with pytest.raises(OSError, match=r"Cannot parse URI: 's3://bucket/a b\.jsonl'") as told:
        StoredFile("s3://KEY:SECRET@bucket/a b.jsonl").open("rb")
    assert "SECRET" not in str(told.value)


@pytest.mark.parametrize("url", ["file:///a%20b/c.jsonl", "FILE://localhost/a%20b/c.jsonl"])
def test_a_file_url_of_this_machine_is_a_path(url: str) -> None:
    assert path_or_url(url) == Path("/a b/c.jsonl")


def test_other_urls_are_files_in_stores() -> None:
    assert path_or_url("s3://bucket/a.jsonl") == StoredFile("s3://bucket/a.jsonl")
    assert path_or_url("file://host/a.jsonl") == StoredFile("file://host/a.jsonl")


def test_answers_are_not_overwritten_by_way_of_a_file_url(run: Coach, tmp_path: Path) -> None:
    answers = write(tmp_path / "a.jsonl")
    result = run("grade", answers, *SCRIPTED, "--out", answers.as_uri())
    assert (result.exit_code, "holds the answers" in result.stderr) == (2, True)


@pytest.mark.usefixtures("_local_is_a_store")
@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_grades_in_a_store_are_those_of_a_local_run(run: Coach, tmp_path: Path, suffix: str) -> None:
    answers, here, there = write(tmp_path / "a.jsonl"), tmp_path / f"here.{suffix}", tmp_path / f"there.{suffix}"
    assert run("grade", answers, *SCRIPTED, "--out", here).exit_code == 0
    assert run("grade", answers.as_uri(), *SCRIPTED, "--out", there.as_uri()).exit_code == 0
    assert there.read_bytes() == here.read_bytes()
    assert left(tmp_path) == []


@pytest.mark.usefixtures("_local_is_a_store")
def test_parquet_is_read_from_a_store(run: Coach, tmp_path: Path) -> None:
    answers, table = write(tmp_path / "a.jsonl"), tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(RECORDS), table)
    assert run("grade", table.as_uri(), *SCRIPTED).stdout == run("grade", answers, *SCRIPTED).stdout


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nowhere://KEY:SECRET@b/g.jsonl", "nowhere://b/g.jsonl: cannot be written: Unrecognized filesystem type"),
        ("s3://KEY:SECRET@b/g.txt?region=eu", "s3://b/g.txt: is of no kind that coach writes"),
    ],
)
def test_a_store_that_cannot_take_the_grades_is_told_before_anything_is_graded(
    run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, told: str
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("something was graded")

    monkeypatch.setattr("coach.cli.grade.grade_into", never)
    result = run("grade", write(tmp_path / "a.jsonl"), *SCRIPTED, "--out", url)
    assert (result.exit_code, told in result.stderr, "SECRET" in result.stderr) == (2, True, False)


@pytest.mark.usefixtures("_local_is_a_store")
def test_grades_that_a_store_did_not_take_are_sent_by_the_same_command(
    run: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, out = write(tmp_path / "a.jsonl"), tmp_path / "g.jsonl"
    out.mkdir()
    args = ("grade", answers, *SCRIPTED, "--out", out.as_uri())
    result = run(*args)
    assert (result.exit_code, "sends them again" in result.stderr) == (2, True)
    out.rmdir()
    monkeypatch.setattr("coach.judges.scripted.ScriptedJudge.judge", lambda *_: pytest.fail("graded again"))
    assert run(*args).exit_code == 0
    assert len(out.read_text().splitlines()) == len(RECORDS)
    assert left(tmp_path) == []


def test_a_folder_that_cannot_be_made_here_is_told_by_the_url(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    with pytest.raises(OutputError, match=r"^s3://b/g\.jsonl: cannot be written: "):
        staged(StoredFile("s3://KEY:SECRET@b/g.jsonl?region=eu"))


def test_sending_what_is_where_it_belongs_does_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl")
    send(path, path)
    assert path.exists()


class Breaking:
    """A stream that breaks after its first line."""

    def __enter__(self) -> "Breaking":
        return self

    def __exit__(self, *_: object) -> None: ...

    def __iter__(self) -> Any:
        yield f"{json.dumps(RECORDS[0])}\n".encode()
        raise OSError("connection lost")


def test_a_store_that_fails_while_it_is_read_is_told(run: Coach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoredFile, "open", lambda *_: Breaking())
    result = run("grade", "s3://KEY:SECRET@b/a.jsonl", *SCRIPTED)
    assert (result.exit_code, "s3://b/a.jsonl: cannot be read: connection lost" in result.stderr) == (2, True)
