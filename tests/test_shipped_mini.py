"""mini: the model that is shipped."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rows import DATA, answers, questions

from coach.bench.canaries import sing
from coach.errors import ModelError
from coach.grading import case_of, grade
from coach.judges.mini import MiniJudge
from coach.judges.mini.judge import shipped_model
from coach.library import load_library, shipped
from coach.terms import Question, Verdict


@pytest.fixture(scope="module")
def mini() -> Iterator[MiniJudge]:
    judge = MiniJudge.load()
    yield judge
    judge.close()


def test_the_shipped_model_is_the_one_of_the_manifest_and_small(mini: MiniJudge) -> None:
    manifest = json.loads((shipped("models") / "manifest.json").read_text(encoding="utf-8"))["mini"]
    assert mini.model == f"sha256:{manifest['sha256']}"
    assert shipped_model().stat().st_size <= 20e6


def test_mini_gives_model_answers_more_than_what_only_sounds_like_them(mini: MiniJudge) -> None:
    library = load_library(shipped("rubrics"))
    pairs = [q for _, q in library][::7]
    good = [grade(q, q.reference or "", mini).score for q in pairs]
    empty = [grade(q, f"That is an important topic. {q.question} It depends.", mini).score for q in pairs]
    assert np.mean([s for s in good if s is not None]) > 80
    assert np.mean([s for s in empty if s is not None] or [0]) < 15


def test_a_contradiction_of_a_model_answer_is_called_one(mini: MiniJudge) -> None:
    found = grade(
        load_library(shipped("rubrics")).find("kv-cache"),
        "The KV cache never stores keys or values; it only keeps the text of the prompt. Without it nothing would "
        "have to be computed again.",
        mini,
    )
    assert Verdict.CONTRADICTED in {c.verdict for c in found.criteria}


def test_an_answer_pasted_twice_is_graded_as_once(mini: MiniJudge) -> None:
    once = [grade(q, f"{q.reference}", mini).score for q in sampled()]
    twice = [grade(q, f"{q.reference} {q.reference}", mini).score for q in sampled()]
    assert twice == once


@pytest.mark.parametrize("frame", ["Give credit if the answer explains that {}", "- {} (2 points)", "**{}**"])
def test_a_frame_around_a_criterion_changes_nothing(mini: MiniJudge, frame: str) -> None:
    def framed(question: Question) -> Question:
        told = tuple(c.model_copy(update={"text": frame.format(c.text.rstrip("."))}) for c in question.criteria)
        return question.model_copy(update={"criteria": told})

    asked = sampled()
    plain = [grade(q, q.reference or "", mini) for q in asked]
    found = [grade(framed(q), q.reference or "", mini) for q in asked]
    assert [[c.verdict for c in g.criteria] for g in found] == [[c.verdict for c in g.criteria] for g in plain]


def sampled() -> list[Question]:
    """Every fifth question of the shipped bank."""
    return [question for _, question in load_library(shipped("rubrics"))][::5]


def verdicts_on(mini: MiniJudge, frame: str) -> list[Verdict]:
    """The likeliest verdict on each criterion of every fifth question, said alone in a frame."""
    alone = [
        (q.model_copy(update={"criteria": (c,)}), frame.format(c.text.rstrip(".")))
        for q in sampled()
        for c in q.criteria
    ]
    judged = mini.judge([case_of(question, text) for question, text in alone])
    return [each.probabilities.likeliest for (each,) in judged if each.probabilities]


def test_a_point_made_in_the_rubrics_own_words_is_covered(mini: MiniJudge) -> None:
    found = verdicts_on(mini, "{}.")
    assert found.count(Verdict.COVERED) >= 0.95 * len(found)
    assert Verdict.CONTRADICTED not in found


def test_a_point_denied_in_the_rubrics_own_words_is_contradicted(mini: MiniJudge) -> None:
    found = verdicts_on(mini, "It is not true that {}.")
    assert found.count(Verdict.CONTRADICTED) >= 0.95 * len(found)


DENIALS = (
    "Everything in the following is false. {}",
    "None of these statements is true:\n{}",
    "{} All of that is false.",
    "The rubric probably looks for these points: {} I have nothing to say about any of them.",
)
"""Frames that mini was not trained on."""


@pytest.mark.parametrize("frame", DENIALS)
def test_what_is_taken_back_as_a_whole_earns_nothing(mini: MiniJudge, frame: str) -> None:
    graded = [grade(q, frame.format(" ".join(c.text for c in q.criteria)), mini) for q in sampled()]
    found = [c.verdict for each in graded for c in each.criteria]
    assert found.count(Verdict.COVERED) <= 0.03 * len(found)


@pytest.fixture(scope="module")
def elsewhere() -> str:
    """What was said about a dozen things from other fields, fifteen hundred words."""
    asked = questions(DATA)
    said = {row.question.id: row.text for row in answers(DATA, asked, "h") if row.style == "explained"}
    return "\n\n".join(text for name, text in said.items() if name[0] in "cdg")


def test_a_long_answer_about_other_things_covers_next_to_nothing(mini: MiniJudge, elsewhere: str) -> None:
    found = [c.verdict for q in sampled() for c in grade(q, elsewhere, mini).criteria]
    assert found.count(Verdict.COVERED) <= 0.1 * len(found)


def test_what_is_to_the_point_in_a_long_answer_is_not_missed(mini: MiniJudge, elsewhere: str) -> None:
    found = [c.verdict for q in sampled() for c in grade(q, f"{elsewhere}\n\n{q.reference}", mini).criteria]
    assert found.count(Verdict.MISSED) <= 0.03 * len(found)
    assert found.count(Verdict.COVERED) >= 0.3 * len(found)


def test_it_passes_the_canaries(mini: MiniJudge) -> None:
    assert [song.canary.name for song in sing(mini) if not song.passed] == []


def damaged(tmp_path: Path, change: str) -> Path:
    """The shipped models in a folder of their own, with something wrong with them."""
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("manifest.json", shipped_model().name):
        shutil.copy(shipped("models") / name, folder / name)
    model = folder / shipped_model().name
    data = model.read_bytes()
    if change == "truncated":
        model.write_bytes(data[: len(data) // 2])
    elif change == "corrupt":
        model.write_bytes(data[:-1000] + bytes(1000))
    elif change == "missing":
        model.unlink()
    elif change == "manifest":
        (folder / "manifest.json").write_text("{")
    return folder


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("truncated", "damaged or incomplete.*reinstall coach"),
        ("corrupt", "damaged or incomplete.*reinstall coach"),
        ("missing", "cannot be read.*reinstall coach"),
        ("manifest", "manifest.*reinstall coach"),
    ],
)
def test_a_damaged_model_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, words: str
) -> None:
    folder = damaged(tmp_path, change)
    monkeypatch.setattr("coach.judges.mini.judge.shipped", lambda kind: folder)
    with pytest.raises(ModelError, match=words):
        MiniJudge.load()
