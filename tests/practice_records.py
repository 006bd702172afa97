"""Records of practice for tests: a short way to say what was answered and how it was judged."""

from datetime import UTC, datetime, timedelta

from coach.terms import Attempt, Criterion, CriterionGrade, Grade, Probabilities, Question, Receipt, Record, Verdict

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
JUDGE = Receipt(name="mini", model="sha256:0", prompt=None)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def judged(criterion: str, verdict: Verdict, sure: float = 1.0) -> CriterionGrade:
    """A criterion with its verdict at this probability, the rest of it on missed (or on covered)."""
    if verdict is Verdict.UNJUDGED:
        return CriterionGrade(id=criterion, verdict=verdict, reason="not sure")
    other = Verdict.COVERED if verdict is Verdict.MISSED else Verdict.MISSED
    mix = zip(Probabilities.certain(verdict), Probabilities.certain(other), strict=True)
    probabilities = Probabilities(*(sure * this + (1 - sure) * that for this, that in mix))
    return CriterionGrade(id=criterion, verdict=verdict, probabilities=probabilities)


def graded(question: str, *criteria: CriterionGrade, score: float | None = 50.0) -> Grade:
    return Grade(id="a", question=question, answer="words", score=score, criteria=criteria, judge=JUDGE)


def record(
    question: str, at: datetime, *criteria: CriterionGrade, score: float | None = 50.0, **more: object
) -> Record:
    """A graded attempt; without criteria it has no grade."""
    attempt = Attempt.model_validate({"question": question, "at": at, "text": "words", **more})
    weights = {each.id: 1.0 for each in criteria}
    return Record(
        attempt=attempt, grade=graded(question, *criteria, score=score) if criteria else None, weights=weights
    )


def make(
    name: str, level: str = "beginner", tags: tuple[str, ...] = (), weights: tuple[float, ...] = (1.0,)
) -> Question:
    """A question with criteria c0, c1, ... of these weights."""
    criteria = tuple(Criterion(id=f"c{n}", text=f"Claim {n}.", weight=weight) for n, weight in enumerate(weights))
    return Question(id=name, level=level, question=f"Why {name}?", hint="Because.", criteria=criteria, tags=tags)
