"""The recipe that makes mini: its data, and what it makes of them."""

import random
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("torch")
from batches import encoded  # the recipe's own modules, found by pytest's pythonpath
from calibrate import AGREEMENT, Found, least_confidence, validated
from compose import CONTRADICTED, COVERED, MISSED, PARTIAL, Composer, Phrases
from heldout import MEASURED, authored_rows
from rows import DATA, FOLDS, LABELS, Answered, Asked, Clauses, Row, answers, clauses, fold, questions
from strangers import Strangers, spare
from train import MIX

from coach.judges.mini.sequences import LONGEST


@pytest.fixture(scope="module")
def asked() -> dict[str, Asked]:
    return questions(DATA)


@pytest.fixture(scope="module")
def said(asked: dict[str, Asked]) -> list[Answered]:
    return answers(DATA, asked)


@pytest.fixture(scope="module")
def composer(asked: dict[str, Asked]) -> Composer:
    return Composer(clauses(DATA, asked), Phrases.read(DATA / "phrases.tsv"))


def test_every_answer_is_labelled_for_points_that_its_question_has(said: list[Answered]) -> None:
    assert [a.id for a in said if not a.labels or not a.labels.keys() <= a.question.criteria.keys()] == []
    assert {label for a in said for label in a.labels.values()} == set(range(len(LABELS)))


def test_no_answer_is_there_twice(said: list[Answered]) -> None:
    assert Counter(a.id for a in said).most_common(1)[0][1] == 1
    assert len({(a.question.id, a.text) for a in said}) == len(said)


def test_what_is_measured_on_is_never_trained_on(said: list[Answered]) -> None:
    assert not MIX.answers.keys() & MEASURED.keys()
    assert {fold(a.question.group, FOLDS) for a in said if a.id[0] in MEASURED} == {0}
    assert {fold(row.group, FOLDS) for row in authored_rows(0)} == {0}


def test_a_composed_answer_has_a_label_for_each_of_its_criteria(composer: Composer) -> None:
    rows = list(composer.rows(random.Random(1), 1, MIX.clauses))
    assert all(len(row.labels) == len(row.criteria) and row.answer for row in rows)
    shares = Counter(label for row in rows for label in row.labels)
    assert min(shares.values()) > 0.04 * sum(shares.values())


@pytest.mark.parametrize(("kind", "label"), [("denials", CONTRADICTED), ("recitals", MISSED), ("assertions", COVERED)])
def test_a_frame_decides_what_all_that_is_in_it_is_worth(asked: dict[str, Asked], kind: str, label: int) -> None:
    phrases = Phrases.read(DATA / "phrases.tsv")
    frame = "So much for this: {points} The end."
    kinds = {name: [frame] if name == kind else [name] for name in ("denials", "recitals", "assertions")}
    rows = list(Composer(clauses(DATA, asked), phrases._replace(**kinds)).framed(random.Random(1), 1.0))
    found = {each for row in rows if row.answer.startswith("So much") for each in row.labels}
    assert found == {label}


def test_a_criterion_in_other_words_keeps_its_label_and_its_contrary_turns_it() -> None:
    asked = Asked("a", "a", "Why?", {"p": "The sky is blue.", "q": "Grass is green."})
    texts = {"made": ["It looks blue up there."], "plain": ["Look up: blue."], "wrong": ["The sky is red."]}
    composer = Composer([Clauses(asked, "p", texts)], Phrases([], [], [], [], [], [], [], [], {}))
    turned = {COVERED: {CONTRADICTED}, MISSED: {MISSED}, PARTIAL: set(), CONTRADICTED: set()}
    rng = random.Random(1)
    for label in range(len(LABELS)):
        row = Row("x", "a", "Why?", tuple(asked.criteria.values()), "An answer.", (label, MISSED))
        found = [composer.reworded(rng, row) for _ in range(300)]
        by_text = {
            text: {r.labels[0] for r in found if r.criteria[0] == text} for kind in texts.values() for text in kind
        }
        assert by_text == {texts["made"][0]: {label}, texts["plain"][0]: {label}, texts["wrong"][0]: turned[label]}
        assert {(r.criteria[1], r.labels[1]) for r in found} == {("Grass is green.", MISSED)}
        assert sum(r == row for r in found) > 200


def test_an_answer_among_others_keeps_its_labels_and_fits_the_window() -> None:
    row = Row("x", "a", "Why?", ("The sky is blue.",), "Light of short waves is scattered more.", (COVERED,))
    strangers = Strangers({}, {"a": ["b", "c"]})
    elsewhere = {"b": ["Bread rises as yeast makes gas. " * 5], "c": ["Rust needs water and oxygen. " * 5]}
    rng = random.Random(1)
    for _ in range(20):
        found = strangers.amid(rng, row, elsewhere, rng.randint(0, spare(row)))
        assert row.answer in found.answer and found.labels == row.labels
        assert len(encoded(found).tokens) <= LONGEST
    assert len({strangers.amid(rng, row, elsewhere, spare(row)).answer for _ in range(20)}) > 2


def test_answers_to_other_questions_alone_miss_every_point() -> None:
    row = Row("x", "a", "Why?", ("One.", "Two."), "One. Two.", (COVERED, CONTRADICTED))
    found = Strangers({}, {"a": ["b"]}).only(random.Random(1), row, {"b": ["Something else."]}, 100)
    assert (found.answer, found.labels) == ("Something else.", (MISSED, MISSED))


def made_up(sharpness: float, seed: int) -> Found:
    """Logits of 3,000 criteria of 50 questions."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, 3000)
    logits = rng.normal(size=(3000, 4)) + sharpness * np.eye(4)[labels]
    return Found(logits, labels, np.arange(3000) // 60)


def test_what_a_calibration_judges_agrees_as_often_as_is_asked() -> None:
    found = validated({"whole": made_up(2.0, 1), "long": made_up(1.0, 3)})
    shares, agreements = zip(*found.values(), strict=True)
    assert 0.05 < shares[1] < shares[0] < 1
    assert np.average(agreements, weights=shares) == pytest.approx(AGREEMENT, abs=0.01)


def test_where_no_confidence_is_enough_nothing_is_judged() -> None:
    assert least_confidence(np.array([0.9, 0.8, 0.7]), np.array([False, False, False])) > 1
