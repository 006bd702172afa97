"""Answers from tables, folders and recordings."""

import csv
import errno
import io
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from conftest import BANKS, Coach
from hypothesis import given
from hypothesis import strategies as st

from coach.batch import Columns, Record, count_records, read_records
from coach.batch.first_seen import FirstSeen
from coach.batch.formulas import armed, defused
from coach.batch.readers import csv_file
from coach.errors import AnswerFileError, SpeechError
from coach.library import Library

SCRIPTED = ("--judge", "scripted")
TEXT = "One is the first natural number.\nIt is “odd”; said Zoë, café, 5 €."


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def table(*lines: list[str], delimiter: str = ",", end: str = "\r\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(lines)
    return text.getvalue()


def errors(records: list[Record]) -> list[tuple[str, str] | None]:
    return [(r.error.code, r.where.rpartition(":")[2]) if r.error else None for r in records]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_of_any_delimiter_and_encoding_is_read(
    library: Library, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "a.csv"
    lines = table(["id", "question", "answer", "a, b; c"], ["1", "one", TEXT, "x"], delimiter=delimiter)
    path.write_bytes(lines.encode(encoding))
    (record,) = read_records([path], library)
    assert (record.answer.id, record.answer.text, record.answer.carried) == ("1", TEXT, {"a, b; c": "x"})


@pytest.mark.parametrize("delimiter", ["^", ";", " "])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_first_line_may_name_the_delimiter(library: Library, tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    lines = table(["id", "question", "answer"], ["1", "one", "x"], ["2", "no-such", "a, b"], delimiter=delimiter)
    path.write_text(f"sep={delimiter}\r\n{lines}", encoding=encoding, newline="")
    good, bad = read_records([path], library)
    assert (good.answer.text, bad.answer.text) == ("x", "a, b")
    assert errors([good, bad]) == [None, ("no_such_question", "4")]


def test_the_words_of_a_header_are_not_taken_for_columns(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Timestamp,Which question: is it,your answer in a few words\n1/1,one,hello there\n")
    with pytest.raises(AnswerFileError, match="only 'Timestamp', 'Which question: is it', 'your answer"):
        read_records([path], library)


@pytest.mark.parametrize("delimiter", [" ", ":"])
def test_a_rare_delimiter_divides_what_no_other_does(library: Library, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table(["id", "question", "answer"], ["1", "one", "x, y"], delimiter=delimiter))
    assert [record.answer.text for record in read_records([path], library)] == ["x, y"]


def test_a_cell_that_is_too_long_costs_its_row_alone(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "LONGEST_CELL", 100)
    path, long = tmp_path / "a.csv", "so, so\nlong\n" * 20
    path.write_text(table(["id", "question", "answer"], ["1", "one", long], ["2", "one", "x"], end="\n"))
    found = list(read_records([path], library))
    assert errors(found) == [("cell_too_long", "2"), None]
    assert found[0].error and "has a cell of 240 characters; coach reads up to 100" in found[0].error.message
    assert found[0].answer.text == long


@pytest.mark.parametrize("answer", ["'= is not ==", "'-x", "'@property", "''+1"])
def test_a_quote_before_an_answer_is_the_students(library: Library, tmp_path: Path, answer: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table(["id", "question", "answer", "'-note"], ["1", "one", answer, answer]))
    (record,) = read_records([path], library)
    assert (record.answer.text, record.answer.carried) == (answer, {"'-note": answer})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_in_csv_are_the_lines_in_which_records_begin(library: Library, tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.csv"
    cells = [["id", "question", "answer"], ["1", "one", f"a{end}b{end}c"], ["2", "no-such", "x"], ["3", "one", ""]]
    path.write_text(table(*cells, end=end), newline="")
    assert errors(list(read_records([path], library))) == [None, ("no_such_question", "5"), ("empty_answer", "6")]


def test_a_row_with_too_few_or_too_many_cells_is_an_error_of_its_own(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,question,answer\n1,one,yes, that is it\n2,one\n\n,,\n3,one,good\n")
    found = list(read_records([path], library))
    assert errors(found) == [("wrong_columns", "2"), ("wrong_columns", "3"), None]
    assert found[0].error and "has 4 cells where the header has 3" in found[0].error.message
    assert (found[0].answer.text, found[0].answer.carried) == ("yes", {"input": " that is it"})


@pytest.mark.parametrize("bad", ['2,one,"never closed', '2,one,"closed" early', '2,"x"y,z'])
def test_a_stray_quote_costs_its_line_and_no_other(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    monkeypatch.setattr(csv_file, "LONGEST_CELL", 100)
    path = tmp_path / "a.csv"
    good = "".join(f"{i},one,good\n" for i in range(3, 50))
    path.write_text(f'id,question,answer\n1,one,"two\nlines"\n{bad}\n{good}')
    found = list(read_records([path], library))
    assert errors(found) == [None, ("not_csv", "4"), *[None] * 47]
    assert found[1].answer.carried == {"input": bad}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1: has no header"),
        ("\n\n", ":1: has no header"),
        ("id,question\n1,one\n", ":1: has no column 'answer', only 'id', 'question'; --answer-column names"),
        ("id,answer,answer,question\n", "two columns are called 'answer'"),
    ],
)
def test_an_unusable_table_is_exit_2_before_anything_is_graded(
    run: Coach, tmp_path: Path, text: str, words: str
) -> None:
    path, good = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text(text)
    good.write_text("id,question,answer\n1,one,x\n")
    result = run("grade", good, path, *SCRIPTED)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{path}" in result.stderr and words in result.stderr


def test_without_an_id_column_the_rows_number_is_the_id(library: Library, tmp_path: Path) -> None:
    text, arrow = tmp_path / "a.csv", tmp_path / "a.parquet"
    text.write_text("question,answer\none,x\n\none,y\n")
    pq.write_table(pa.table({"question": ["one"] * 2, "answer": ["x", "y"]}), arrow)
    assert [[r.answer.id for r in read_records([path], library)] for path in (text, arrow)] == [["1", "2"]] * 2


def test_of_several_files_the_rows_number_and_its_file_are_the_id(run: Coach, tmp_path: Path) -> None:
    text, arrow = tmp_path / "a.csv", tmp_path / "a.parquet"
    text.write_text("question,answer\none,x\none,y\n")
    pq.write_table(pa.table({"question": ["one"], "answer": ["x"]}), arrow)
    assert run("grade", text, arrow, *SCRIPTED, "--out", tmp_path / "g.jsonl").exit_code == 0
    again = run("grade", tmp_path / "g.jsonl", *SCRIPTED)
    assert [row["id"] for row in rows(again)] == [f"{text}:1", f"{text}:2", f"{arrow}:1"]
    assert again.exit_code == 0


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl"])
def test_columns_can_have_other_names(run: Coach, tmp_path: Path, name: str) -> None:
    path, row = tmp_path / name, {"who": "z", "item": "one", "said": "One is odd.", "answer": "carried"}
    if name == "a.parquet":
        pq.write_table(pa.table({key: [value] for key, value in row.items()}), path)
    else:
        path.write_text(table(list(row), list(row.values())) if name == "a.csv" else json.dumps(row))
    options = ("--id-column", "who", "--question-column", "item", "--answer-column", "said")
    (found,) = rows(run("grade", path, *SCRIPTED, *options))
    assert (found["id"], found["question"], found["answer"]) == ("z", "one", "One is odd.")
    assert found["input"] == {"answer": "carried"}


def test_parquet_is_read_with_what_it_carries_as_json_can_hold_it(run: Coach, tmp_path: Path) -> None:
    columns = {
        "id": pa.array([7, 8]),
        "question": ["one", "one"],
        "answer": ["One is odd.", None],
        "when": pa.array([0, None], pa.timestamp("s")),
        "share": [float("nan"), 0.5],
        "tags": [["a"], None],
        "raw": [b"x", None],
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    good, bad = rows(run("grade", tmp_path / "a.parquet", *SCRIPTED))
    assert (good["id"], good["when"], good["share"]) == ("7", "1970-01-01 00:00:00", None)
    assert (good["tags"], good["raw"]) == (["a"], "x")
    assert (bad["id"], bad["error"]["code"], bad["error"]["where"]) == ("8", "wrong_type", f"{tmp_path}/a.parquet:2")


def not_utf8(kind: pa.DataType) -> pa.Array:
    return pa.array([b"x", b"\xe9t\xe9"], pa.large_binary() if kind == pa.large_string() else pa.binary()).view(kind)


@pytest.mark.parametrize(
    ("cells", "code", "kept"),
    [
        (not_utf8(pa.string()), "not_utf8", "�t�"),
        (not_utf8(pa.large_string()), "not_utf8", "�t�"),
        (pa.array([1, 2**50], pa.timestamp("s")), "out_of_range", "<value out of range: 1125899906842624000>"),
        (pa.array([[1], [2**50]], pa.list_(pa.timestamp("s"))), "out_of_range", "<value out of range: "),
    ],
)
def test_a_cell_of_parquet_that_cannot_be_read_costs_its_row_alone(
    library: Library, tmp_path: Path, cells: pa.Array, code: str, kept: str
) -> None:
    columns = {"id": ["1", "2"], "question": ["one"] * 2, "answer": ["x"] * 2, "cell": cells}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    found = list(read_records([tmp_path / "a.parquet"], library))
    assert errors(found) == [None, (code, "2")]
    assert kept in found[1].answer.carried["cell"]


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx"])
def test_a_file_that_is_not_what_it_is_called_is_exit_2(run: Coach, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("nothing of the kind")
    result = run("grade", tmp_path / name, *SCRIPTED)
    assert (result.exit_code, str(tmp_path / name) in result.stderr) == (2, True)


def test_a_folder_is_answers_by_path_and_audio_says_what_to_do(run: Coach, tmp_path: Path) -> None:
    for name in ("zoe/one.md", "ann/one.txt", "ann/one.wav", "none.md", ".hidden/one.md", "notes.pdf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"One is odd, it says in {name}.")
    found = rows(run("grade", tmp_path, *SCRIPTED))
    assert [row["id"] for row in found] == [
        f"{tmp_path}/{n}" for n in ("ann/one.txt", "ann/one.wav", "none.md", "zoe/one.md")
    ]
    codes = [row["error"] and row["error"]["code"] for row in found]
    assert codes == [None, "audio_failed", "no_such_question", None]


def test_an_answer_in_a_folder_to_a_question_of_two_banks_says_what_to_do(run: Coach, tmp_path: Path) -> None:
    (tmp_path / "both.md").write_text("It is a name.")
    (row,) = rows(run("grade", tmp_path, *SCRIPTED))
    assert row["error"]["message"].endswith("demo/both, other/both, or let --rubrics name one bank alone")
    (row,) = rows(run("grade", tmp_path, *SCRIPTED, "--rubrics", BANKS / "other.yaml"))
    assert (row["error"], row["question"]) == (None, "both")


def test_a_folder_without_answers_says_what_an_answer_is(run: Coach, tmp_path: Path) -> None:
    (tmp_path / "readme.pdf").touch()
    result = run("grade", tmp_path, *SCRIPTED)
    assert (result.exit_code, "<question-id>.md" in result.stderr) == (2, True)


@pytest.fixture
def close(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Closes a folder also to those who may open any."""

    def closed(folder: Path) -> None:
        def scandir(path: Path | str) -> Any:
            if Path(path) == folder:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return opened(path)

        monkeypatch.setattr(os, "scandir", scandir)

    opened = os.scandir
    return closed


def test_a_closed_folder_inside_stands_in_place_of_its_answers(
    library: Library, tmp_path: Path, close: Callable[[Path], None]
) -> None:
    for name in ("ann", "bob", "zoe"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.md").write_text("x")
    close(tmp_path / "bob")
    found = list(read_records([tmp_path], library))
    assert errors(found) == [None, ("cannot_be_read", "1"), None]
    assert (found[1].answer.id, count_records([tmp_path])) == (f"{tmp_path}/bob", 3)


def test_a_recording_that_may_not_be_looked_at_is_an_error_of_its_own(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "1", "question": "one", "audio": "a.wav"}\n')
    records = read_records([tmp_path / "a.jsonl"], library, transcribe=str)
    denied = PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr(Path, "is_file", Mock(side_effect=denied))
    assert errors(list(records)) == [("cannot_be_read", "1")]


def test_a_closed_folder_is_refused(library: Library, tmp_path: Path, close: Callable[[Path], None]) -> None:
    (tmp_path / "one.md").write_text("x")
    close(tmp_path)
    with pytest.raises(AnswerFileError, match="cannot be read; may you open it"):
        read_records([tmp_path], library)


def test_a_recording_is_transcribed_where_something_can(library: Library, tmp_path: Path) -> None:
    (tmp_path / "said.wav").write_bytes(b"odd")
    lines = [
        {"id": "heard", "question": "one", "audio": "said.wav"},
        {"id": "read", "question": "one", "answer": "Even.", "audio": "said.wav"},
        {"id": "gone", "question": "one", "audio": "gone.wav"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    def transcribe(path: Path) -> str:
        return f"One is {path.read_text()}."

    heard, read, gone = read_records([tmp_path / "a.jsonl"], library, transcribe=transcribe)
    assert (heard.answer.text, heard.answer.carried) == ("One is odd.", {"audio": "said.wav"})
    assert read.answer.text == "Even."
    assert errors([gone]) == [("no_such_audio", "3")]


def test_a_recording_that_cannot_be_heard_is_named_once(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one.wav").touch()

    def transcribe(path: Path) -> str:
        raise SpeechError(f"{path.absolute()}: is empty; record it again")

    (record,) = read_records([Path("one.wav")], library, transcribe=transcribe)
    assert record.error
    assert record.error.message == "one.wav cannot be transcribed: is empty; record it again"


def test_several_kinds_of_files_are_one_batch_whose_length_is_known(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,question,answer\n1,one,"x\ny"\n\n2,one,x\n')
    (tmp_path / "b.jsonl").write_text('{"id": "1", "question": "one", "answer": "x"}\n\n{bad\n')
    pq.write_table(pa.table({"question": ["one"] * 600, "answer": ["x"] * 600}), tmp_path / "c.parquet")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "one.md").write_text("x")
    paths = [tmp_path / name for name in ("a.csv", "b.jsonl", "c.parquet", "d")]
    assert len(list(read_records(paths, library))) == count_records(paths) == 2 + 2 + 600 + 1
    assert count_records([*paths, Path("-")]) is None


def test_a_file_that_cannot_be_read_is_found_out_before_the_first_record(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("")
    with pytest.raises(AnswerFileError, match="no such file"):
        read_records([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], library)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """The reading end of a pipe that holds one answer, as a shell's `<(...)` names it."""
    reading, writing = os.pipe()
    os.write(writing, b'{"id": "1", "question": "one", "answer": "x"}\n')
    os.close(writing)
    yield Path(f"/dev/fd/{reading}")
    os.close(reading)


def test_counting_leaves_the_answers_in_a_pipe(library: Library, pipe: Path) -> None:
    records = read_records([pipe], library)
    assert count_records([pipe]) is None
    assert [record.answer.id for record in records] == ["1"]


def test_what_a_named_pipe_is_given_is_read_in_one_go(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "named"
    os.mkfifo(path)
    records = read_records([path], library)
    with ThreadPoolExecutor() as pool:
        written = pool.submit(path.write_text, '{"id": "1", "question": "one", "answer": "x"}\n')
        assert [record.answer.id for record in records] == ["1"]
        assert written.result()


def test_a_closed_standard_input_is_refused(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(AnswerFileError, match="standard input is closed; pipe the answers in"):
        read_records([Path("-")], library)


def test_a_pipe_of_another_kind_is_refused_with_a_remedy(library: Library, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(AnswerFileError, match=r"a\.csv: is a pipe, .*; save it as a file"):
        read_records([tmp_path / "a.csv"], library)


def test_the_named_columns_are_told_where_one_is_missing(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "1", "answer": "x"}\n')
    (record,) = read_records([tmp_path / "a.jsonl"], library, Columns(question="item"))
    assert record.error
    assert record.error.message == "has no 'item'; a record needs id, item and answer"


@given(st.lists(st.binary(max_size=3)))
def test_the_first_place_of_each_key_is_remembered(keys: list[bytes]) -> None:
    with FirstSeen() as seen:
        assert [seen.first(key, n) for n, key in enumerate(keys)] == [keys.index(key) for key in keys]


@given(st.text(st.characters(exclude_categories=[]) | st.sampled_from("='\"+-@\t\r 1")))
def test_what_was_defused_comes_back_as_it_was(text: str) -> None:
    assert armed(defused(text)) == text


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1-1",
        "-1+1",
        "@SUM(1)",
        "\t=1",
        "\rx",
        "  =1",
        '"=1',
        "'=1",
        "＝1",
        "\u200b=1",
        "\ufeff+x",
        "-",
        "+49 170",
    ],
)
def test_what_a_spreadsheet_would_run_is_defused(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "1", "-5", "+5", "-1.5", "-1,5", "1e-3", "-2E+5", "a=b", "a-b", "x\n=1", "'tis"])
def test_numbers_and_plain_words_stay_as_they_are(cell: str) -> None:
    assert defused(cell) == cell
