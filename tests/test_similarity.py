"""The similarity judge, with a bag of words for an embedder and once with its real weights."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.errors import JudgeError
from coach.grading import case_of, grade
from coach.judges import open_judge
from coach.judges.similarity import Matrix, SimilarityJudge, Thresholds
from coach.terms import Question, Verdict


class BagOfWords:
    """Embeds a text as the set of its words."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        vectors = np.zeros((len(texts), 512), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.lower().strip(" .").split():
                row[hash(word) % 512] = 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def test_the_nearest_passage_is_quoted(question: Question) -> None:
    found = grade(question, "Let me think. One is an odd number.", SimilarityJudge(BagOfWords()))
    odd = found.criteria[1]
    assert (odd.verdict, odd.similarity) == (Verdict.COVERED, pytest.approx(1.0))
    assert odd.evidence[0].text == "One is an odd number."


def test_an_answer_without_words_covers_nothing(question: Question) -> None:
    (judged,) = SimilarityJudge(BagOfWords()).judge([case_of(question, " \n")])
    assert {j.verdict for j in judged} == {Verdict.MISSED}


def test_many_answers_are_judged_as_each_alone(question: Question) -> None:
    cases = [case_of(question, text) for text in ("One is odd.", "Nothing. Or two.", "", "First comes one.")]
    judge = SimilarityJudge(BagOfWords())
    assert judge.judge(cases) == [judge.judge([case])[0] for case in cases]


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_probabilities_add_up_and_credit_rises_with_similarity(a: float, b: float) -> None:
    low, high = (Thresholds().probabilities(s) for s in sorted((a, b)))
    assert sum(low) == pytest.approx(1) and min(low) >= 0
    assert low.expected_credit <= high.expected_credit + 1e-12


def test_the_default_weights_load_without_a_network(question: Question) -> None:
    judge = open_judge("similarity")
    assert (judge.model or "").startswith("sha256:")
    found = grade(question, "Counting starts at one, the very first natural number. I like cheese.", judge)
    assert found.criteria[0].similarity == pytest.approx(0.75, abs=0.2)
    assert "natural number" in found.criteria[0].evidence[0].text


def test_a_model_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(JudgeError, match=r"\./no-such-model: no sentence-transformers model"):
        open_judge("similarity:./no-such-model")
