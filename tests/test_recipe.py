"""The recipe that makes mini: its data, and what it makes of them."""

import random
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")
import torch
from batches import NONE, collate, encoded  # the recipe's own modules, found by pytest's pythonpath
from calibrate import AGREEMENT, Found, least_confidence, validated
from compose import CONTRADICTED, COVERED, MISSED, PARTIAL, Composer, Phrases, conjoined, label_of_all, spliced
from heldout import MEASURED, authored_rows, compound_rows
from network import MASK, Teacher
from rows import DATA, FIRM, FOLDS, LABELS, UNTOLD, Answered, Asked, Clauses, Row, answers, clauses, fold, questions
from strangers import Strangers, spare
from torch import nn
from train import BELIEF, MIX, SOFT, Passes, taught
from transformers import MPNetConfig
from transformers.modeling_outputs import BaseModelOutput

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


def test_a_spliced_answer_is_of_sentences_to_its_question_and_nobody_has_labelled_it() -> None:
    texts = {"a": ["Blue light scatters. It is short.", "I like it; red goes on."], "b": ["no sentence here at all"]}
    rows = [
        Row("x", group, "Why?", ("One.", "Two."), text, (COVERED, MISSED)) for group, t in texts.items() for text in t
    ]
    found = [row for seed in range(40) for row in spliced(random.Random(seed), rows, 0.5)]
    assert {row.labels for row in found} == {(UNTOLD, UNTOLD)}
    said = {group: " ".join(t) for group, t in texts.items()}
    assert all(set(row.answer.split()) <= set(said[row.group].split()) for row in found)
    assert {row.group for row in found} == {"a"}  # the other question has one answer alone
    assert any("scatters." in row.answer and "red goes on." in row.answer for row in found)


def test_a_teacher_reads_batches_in_its_own_vocabulary() -> None:
    row = encoded(Row("x", "a", "Why?", ("The sky is blue.",), "Because.", (COVERED,)))
    batch = collate([row._replace(tokens=[*row.tokens[:-2], MASK, row.tokens[-1]])])
    read: list[torch.Tensor] = []

    class Base(nn.Module):
        config = MPNetConfig(hidden_size=12)

        def forward(self, tokens: torch.Tensor, attention_mask: torch.Tensor) -> BaseModelOutput:
            read.append(tokens)
            return BaseModelOutput(torch.zeros(*tokens.shape, 12))

    teacher = Teacher(Base())  # type: ignore[arg-type]
    teacher(batch.tokens, batch.mask, batch.answer, batch.spans)
    count, special = len(row.tokens), {101: 0, 102: 2, MASK: 30526}
    expected = [special.get(int(t), int(t) + 4) for t in batch.tokens[0, :count]]
    assert read[0][0].tolist() == expected + [1] * (batch.tokens.shape[1] - count)
    assert {0, 2, 30526} <= set(expected)


def test_a_teacher_says_all_of_what_nobody_labelled_and_nothing_of_a_lone_criterion() -> None:
    labels = torch.tensor([[COVERED, UNTOLD, MISSED], [PARTIAL, NONE, NONE], [UNTOLD, NONE, NONE]])
    said = torch.full((3, 3, 4), 0.25)
    found = taught(labels, said)
    assert torch.allclose(found[0, 1], said[0, 1]) and torch.allclose(found[2, 0], said[2, 0])
    assert torch.allclose(found[0, 0], BELIEF * said[0, 0] + (1 - BELIEF) * SOFT[COVERED])
    assert torch.allclose(found[1, 0], SOFT[PARTIAL])
    assert torch.allclose(taught(labels, None)[0, 2], SOFT[MISSED])


def test_of_criteria_that_are_made_one_no_teacher_is_asked() -> None:
    labels = torch.tensor([[FIRM + PARTIAL, MISSED, FIRM + CONTRADICTED]])
    found = taught(labels, torch.full((1, 3, 4), 0.25))[0]
    assert torch.allclose(found[0], SOFT[PARTIAL]) and torch.allclose(found[2], SOFT[CONTRADICTED])
    assert torch.allclose(found[1], BELIEF * torch.full((4,), 0.25) + (1 - BELIEF) * SOFT[MISSED])


@pytest.mark.parametrize(
    ("labels", "one"),
    [
        ((COVERED, COVERED), COVERED),
        ((COVERED, MISSED), PARTIAL),
        ((PARTIAL, MISSED, MISSED), PARTIAL),
        ((MISSED, MISSED), MISSED),
        ((MISSED, CONTRADICTED), CONTRADICTED),
        ((COVERED, CONTRADICTED), None),
    ],
)
def test_criteria_as_one_are_made_where_all_are(labels: tuple[int, ...], one: int | None) -> None:
    assert label_of_all(labels) == one


def test_criteria_that_are_made_one_are_all_in_it() -> None:
    row = Row("x", "a", "Why?", ("It is fast.", "GPUs are dear;", "they wait"), "Fast.", (COVERED, MISSED, MISSED))
    found = [conjoined(random.Random(seed), row, 1.0) for seed in range(50)]
    words = ("fast", "GPUs are dear", "they wait")
    for each in found:
        within, beside = ([word for word in words if word in text] for text in (each.criteria[0], each.criteria[-1]))
        assert each.labels[0] == FIRM + (PARTIAL if "fast" in within else MISSED)
        assert len(within) == 3 if len(each.criteria) == 1 and len(within) != 2 else len(within) == 2
        assert len(each.criteria) == 1 or sorted([*within, *beside]) == sorted(words)
        assert len(each.labels) == len(each.criteria) and each.answer == row.answer
    assert {len(each.criteria) for each in found} == {1, 2}
    assert conjoined(random.Random(1), row, 0.0) == row


def test_what_is_measured_as_one_is_the_same_each_time() -> None:
    rows = compound_rows(0)
    assert rows == compound_rows(0)
    assert {label for row in rows for label in row.labels} == set(range(len(LABELS)))


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_run_goes_on_with_the_batches_it_has_not_had(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def left(begin: int) -> list[list[str]]:
        found = []
        for worker in range(workers):
            monkeypatch.setattr("train.get_worker_info", lambda w=worker: SimpleNamespace(id=w, num_workers=workers))
            found.append(list(Passes(None, plan, begin)))  # type: ignore[arg-type]
        return found

    plan = SimpleNamespace(passes=4, seconds=None)
    monkeypatch.setattr("train.collate", str)
    monkeypatch.setattr(Passes, "of", lambda _, number: [f"{number}.{i}" for i in range(3)])
    inturn = [batch for row in zip(*left(0), strict=True) for batch in row]  # as a loader takes them
    assert sorted(inturn) == [f"{number}.{i}" for number in range(4) for i in range(3)]
    for begin in range(13):
        assert sorted(batch for each in left(begin) for batch in each) == sorted(inturn[begin:])


def test_answers_to_other_questions_alone_miss_every_point() -> None:
    row = Row("x", "a", "Why?", ("One.", "Two."), "One. Two.", (COVERED, CONTRADICTED))
    found = Strangers({}, {"a": ["b"]}).only(random.Random(1), row, {"b": ["Something else."]}, 100)
    assert (found.answer, found.labels) == ("Something else.", (MISSED, MISSED))


def made_up(sharpness: float, seed: int, windows: int = 1) -> Found:
    """Logits of 3,000 criteria of 50 questions."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, 3000)
    logits = rng.normal(size=(3000, 4)) + sharpness * np.eye(4)[labels]
    return Found(logits, labels, np.arange(3000) // 60, np.full(3000, windows))


def test_what_a_calibration_judges_agrees_as_often_as_is_asked() -> None:
    found = validated({"whole": made_up(2.0, 1), "long": made_up(1.0, 3)})
    shares, agreements = zip(*found.values(), strict=True)
    assert 0.05 < shares[1] < shares[0] < 1
    assert np.average(agreements, weights=shares) == pytest.approx(AGREEMENT, abs=0.01)


def test_what_is_read_in_windows_agrees_as_often_as_the_rest() -> None:
    sets = {"whole": made_up(2.0, 1), "long": made_up(1.0, 3, windows=2)}
    found = validated(sets)["long"][1]
    assert found == pytest.approx(AGREEMENT, abs=0.02)
    beside = validated({**sets, "crowded": made_up(2.0, 4, windows=2)})["long"][1]
    assert beside == pytest.approx(AGREEMENT, abs=0.02)


def test_where_no_confidence_is_enough_nothing_is_judged() -> None:
    assert least_confidence(np.array([0.9, 0.8, 0.7]), np.array([False, False, False])) > 1
