"""mini reads what an answer says, whatever its list marks, type and repetitions."""

import pytest

from coach.grading import split_passages
from coach.judges.mini.answers import LONG, plain, repeated


@pytest.mark.parametrize(
    "passage",
    [
        "It grows.",
        "- It grows.",
        "  * It grows.",
        "12. It grows.",
        "• **It** grows.",
        "- 1) It `grows`.",
        "__It__ grows.",
    ],
)
def test_marks_of_lists_and_type_are_not_read(passage: str) -> None:
    assert plain(passage) == "It grows."


@pytest.mark.parametrize(
    "passage", ["-5 degrees.", "1.5 times.", "2 * 3 * 4 bytes.", "snake_case stays.", "-", "a - b"]
)
def test_what_is_no_mark_is_read(passage: str) -> None:
    assert plain(passage) == passage


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("A", ""),
        ("ABC", ""),
        ("AA", ".x"),
        ("ABAB", "..xx"),
        ("ABCABC", "...xxx"),
        ("ABCXBC", "....xx"),
        ("ADBD", ""),  # "That is wrong." after each of two claims
        ("DADBDC", ""),
        ("AAA", ".xx"),
    ],
)
def test_what_comes_again_in_the_same_order_is_repeated(said: str, again: str) -> None:
    assert repeated(said) == [mark == "x" for mark in again.ljust(len(said), ".")]


def test_a_long_sentence_that_comes_again_anywhere_is_repeated() -> None:
    long, other = ("words",) * LONG, ("others",) * LONG
    assert repeated([long, other, long, ("x",), other]) == [False, False, True, False, True]


def test_an_answer_pasted_twice_is_said_once() -> None:
    once = "It keeps keys and values. That is quick! Yes. It takes memory."
    passages = [passage.text.strip() for passage in split_passages(f"{once} {once}")]
    assert repeated(passages) == [False] * 4 + [True] * 4
