"""How an answer stands, in words: credit without help apart from credit with it, the judge's beside one's own."""

from collections.abc import Iterator

from coach.grading.feedback import headline
from coach.practice.rounds import Round, grade_of, recovered, score_alone, score_with_help


def standing(round_: Round) -> str:
    """The score in words; with what was expected, and what help added."""
    grade = grade_of(round_)
    assert grade is not None
    first = round_.records[0]
    judges = first.grade.score if first.grade and first.own_verdicts else None
    parts = [headline(grade)]
    if first.own_verdicts:
        parts.append(f"The judge's: {points(judges)}.")
    if first.attempt.self_rating is not None:
        parts.append(f"You expected {points(first.attempt.self_rating)}.")
    if first.attempt.hints or recovered(round_):
        with_help = points(score_with_help(round_))
        parts.append(f"\nWithout help {points(score_alone(round_))}, with {' and '.join(helps(round_))} {with_help}.")
    return " ".join(parts)


def helps(round_: Round) -> Iterator[str]:
    """The help that was taken, in words."""
    if count := round_.records[0].attempt.hints:
        yield "1 hint" if count == 1 else f"{count} hints"
    if recovered(round_):
        yield "follow-ups"


def points(score: float | None) -> str:
    """A score, 0 to 100, or a dash."""
    return "–" if score is None else f"{score:.0f}"
