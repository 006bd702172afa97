"""Banks: what is accepted, what is refused and with which words."""

import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from conftest import BANKS, HERE, Coach
from hypothesis import given
from hypothesis import strategies as st

from coach.errors import BankError, CoachError
from coach.library import Library, check_banks, draft_bank, dump_bank, load_library, new_bank, read_bank, shipped
from coach.library.drafting import clauses
from coach.terms import Bank

BAD = sorted((HERE / "bad_banks").glob("*.yaml"))
HINTS = (HERE / "hints.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_malformed_bank_gets_its_message(path: Path) -> None:
    told = (HERE / "bad_banks" / "messages.txt").read_text(encoding="utf-8")
    expected = re.findall(rf"^{path.stem}\.yaml:\d+: .*$", told, re.MULTILINE)
    with pytest.raises(BankError) as caught:
        read_bank(path)
    assert [f"{path.name}:{p.line}: {p.key}: {p.message}" for p in caught.value.problems] == expected
    assert expected


def test_check_reports_the_problems_of_all_files_at_once(run: Coach) -> None:
    result = run("rubrics", "check", HERE / "bad_banks")
    assert result.exit_code == 2
    assert all(path.name in result.stdout for path in BAD)


def test_a_bank_in_the_folder_of_another_and_a_question_in_two_files_are_problems(tmp_path: Path) -> None:
    text = (BANKS / "other.yaml").read_text()
    (tmp_path / "other").mkdir()
    (tmp_path / "wrong").mkdir()
    for name in ("other/a.yaml", "other/b.yaml", "wrong/c.yaml"):
        (tmp_path / name).write_text(text)
    _, problems = check_banks(tmp_path)
    told = [re.sub(r".*[/\\]", "", str(problem)) for problem in problems]
    assert (
        told[0] == "b.yaml:4: questions.id: 'both' is taken by another file of bank 'other'; ids are unique in a bank"
    )
    assert told[1] == "c.yaml:1: bank: is 'other' in the folder 'wrong'; they must be the same"


@pytest.mark.parametrize(("folder", "words"), [("nowhere", "no such folder"), (".", "no bank here")])
def test_a_folder_without_banks_says_so(tmp_path: Path, folder: str, words: str) -> None:
    with pytest.raises(CoachError, match=words):
        load_library(tmp_path / folder)


def test_a_question_in_two_banks_must_be_called_with_its_bank(library: Library) -> None:
    assert library.find("demo/both") != library.find("other/both")
    with pytest.raises(KeyError, match="demo/both, other/both"):
        library.find("both")
    with pytest.raises(KeyError, match="did you mean 'one'"):
        library.find("onne")


def hints() -> list[tuple[str, str]]:
    """(level, hint) of the copy of the source that lies beside this file."""
    levels = {"Scenario-Based": "scenario", "AI Workflow & Tools": "workflow"}
    found, level = [], ""
    for line in HINTS.splitlines():
        if line.startswith("## "):
            level = levels.get(line[3:], line[3:].lower())
        if match := re.match(r"\d+\. (.*)", line):
            found.append((level, match[1]))
    return found


def test_the_shipped_bank_has_every_hint_verbatim_in_its_level_and_order() -> None:
    bank = load_library(shipped("rubrics")).banks["ai-inference"]
    assert [(q.level, q.hint) for q in bank.questions] == hints()
    assert len(bank.questions) == 50


def test_every_shipped_question_is_complete() -> None:
    for _, question in load_library(shipped("rubrics")):
        assert 3 <= len(question.criteria) <= 6, question.id
        assert question.reference, question.id
        assert 100 <= len(question.reference.split()) <= 180, question.id
        assert question.tags, question.id
        assert all(c.follow_up and c.follow_up.endswith("?") for c in question.criteria), question.id


def test_list_and_show_print_questions_as_text(run: Coach) -> None:
    listed = run("rubrics", "list")
    assert "demo: Numbers" in listed.stdout and "one" in listed.stdout
    shown = run("rubrics", "show", "one").stdout
    assert shown.startswith("What is one?\n")
    assert "2 × One is the first natural number." in shown
    assert "→ Where does counting begin?" in shown


def test_show_names_what_is_near(run: Coach) -> None:
    result = run("rubrics", "show", "onne")
    assert (result.exit_code, "did you mean 'one'" in result.stderr) == (2, True)


def test_control_sequences_in_a_bank_do_not_reach_the_terminal(run: Coach, tmp_path: Path) -> None:
    text = (BANKS / "other.yaml").read_text().replace("Another bank", '"\\e[31mred\\u202E"')
    (tmp_path / "other.yaml").write_text(text)
    listed = run("rubrics", "list", "--rubrics", tmp_path).stdout
    assert "\x1b" not in listed and "\u202e" not in listed and "␛[31mred" in listed


def imported(run: Coach, tmp_path: Path, text: str) -> Bank:
    (tmp_path / "hints.md").write_text(text, encoding="utf-8")
    result: Result = run("rubrics", "import", tmp_path / "hints.md", "--bank", "my-bank", "--into", tmp_path / "r")
    assert result.exit_code == 0, result.output
    return read_bank(tmp_path / "r" / "my-bank" / "draft.yaml")


def test_the_source_list_imports_as_a_draft_with_its_levels(run: Coach, tmp_path: Path) -> None:
    bank = imported(run, tmp_path, HINTS)
    assert bank.draft
    assert [(q.level, q.hint) for q in bank.questions] == hints()


PASTED = """Interview guide

Beginner

What is AI inference?
Hint: A strong answer covers forward-pass-only execution, constraints (latency, cost), and no gradients.

Q2. How do latency and throughput differ?
Latency is time per request; throughput is requests
per second.

Advanced topics

• Use INT4 (GPTQ/AWQ), tensor parallelism, and PagedAttention.
"""


def test_text_pasted_from_a_page_imports_with_questions_and_clauses(run: Coach, tmp_path: Path) -> None:
    first, second, third = imported(run, tmp_path, PASTED).questions
    assert (first.level, first.question) == ("beginner", "What is AI inference?")
    assert [c.text for c in first.criteria] == [
        "Forward-pass-only execution.",
        "Constraints (latency, cost).",
        "No gradients.",
    ]
    assert second.hint == "Latency is time per request; throughput is requests per second."
    assert [c.text for c in second.criteria] == ["Latency is time per request.", "Throughput is requests per second."]
    assert (third.level, len(third.criteria)) == ("advanced", 3)


@pytest.mark.parametrize("text", ["", "   \n\n", "# Only a heading\n"])
def test_a_list_without_hints_is_refused(text: str) -> None:
    with pytest.raises(CoachError, match="no hint found"):
        draft_bank(text, "b")


def test_import_and_new_never_write_over_a_bank(run: Coach, tmp_path: Path) -> None:
    first = run("rubrics", "new", "mine", "--into", tmp_path)
    again = run("rubrics", "new", "mine", "--into", tmp_path)
    assert (first.exit_code, again.exit_code) == (0, 2)
    assert "is there already" in again.stderr
    assert run("rubrics", "check", tmp_path).exit_code == 0


def test_an_id_of_other_characters_is_refused(run: Coach, tmp_path: Path) -> None:
    result = run("rubrics", "new", "My Bank", "--into", tmp_path)
    assert (result.exit_code, "lower case letters" in result.stderr) == (2, True)


@given(st.text(max_size=300))
def test_any_text_imports_or_is_refused_and_what_imports_is_a_bank(text: str) -> None:
    try:
        bank = draft_bank(text, "b")
    except CoachError:
        return
    assert Bank.model_validate(bank.model_dump()) == bank


def test_clauses_keep_parentheses_whole() -> None:
    assert clauses("Latency (p50, p95, p99); cost.") == ["Latency (p50, p95, p99).", "Cost."]


def test_a_dumped_bank_reads_back_the_same(tmp_path: Path) -> None:
    for bank in (new_bank("b"), draft_bank(HINTS, "b")):
        path = tmp_path / "b.yaml"
        path.write_text(dump_bank(bank, "a comment"), encoding="utf-8")
        assert read_bank(path) == bank


def test_the_published_schema_is_that_of_the_bank() -> None:
    published = json.loads((HERE.parent / "coach" / "bank.schema.json").read_text(encoding="utf-8"))
    assert published == Bank.model_json_schema()
