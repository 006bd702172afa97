"""An answer in passages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.grading import split_passages
from coach.grading.passages import LONGEST

answers = st.text(st.sampled_from(list("ab C.!?…;, \n\t\r\u2028。é🙂1-*\"'")), max_size=400) | st.text()


@given(answers)
def test_passages_join_to_the_answer(answer: str) -> None:
    passages = split_passages(answer)
    assert "".join(p.text for p in passages) == (answer if answer.strip() else "")


@given(answers)
def test_every_passage_and_its_quote_stand_in_the_answer_at_their_offsets(answer: str) -> None:
    for passage in split_passages(answer):
        for span in (passage, passage.quote()):
            assert answer[span.start : span.end] == span.text


@given(st.lists(st.sampled_from(["word", "and", "um,", "so", "GPU"]), min_size=1, max_size=400))
def test_speech_without_punctuation_comes_in_passages_of_bearable_length(words: list[str]) -> None:
    for passage in split_passages(" ".join(words)):
        assert 1 <= len(passage.text.split()) <= LONGEST * 1.5


@pytest.mark.parametrize(
    ("answer", "pieces"),
    [
        ("One. Two! Three?", ["One. ", "Two! ", "Three?"]),
        ("It is fast, e.g. on a GPU. Yes.", ["It is fast, e.g. on a GPU. ", "Yes."]),
        ("About 3.5 bits. Done.", ["About 3.5 bits. ", "Done."]),
        ("1. First\n2. Second", ["1. First\n", "2. Second"]),
        ('He said "stop." Then he left.', ['He said "stop." ', "Then he left."]),
        ("一。二。", ["一。", "二。"]),
        ("  ", []),
        ("", []),
    ],
)
def test_sentences_and_list_items_are_passages(answer: str, pieces: list[str]) -> None:
    assert [p.text for p in split_passages(answer)] == pieces
