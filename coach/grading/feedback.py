"""A grade in words."""

from collections.abc import Iterable, Iterator

from coach.terms import CriterionGrade, Grade, Question, Verdict

HEADINGS = {
    Verdict.CONTRADICTED: "Wrong",
    Verdict.COVERED: "Made",
    Verdict.PARTIAL: "Half made",
    Verdict.MISSED: "Missed",
    Verdict.UNJUDGED: "Check this yourself",
}
"""A heading a verdict, in the order in which feedback tells them."""

SIGNS = {
    Verdict.COVERED: "✔",
    Verdict.PARTIAL: "◐",
    Verdict.MISSED: "○",
    Verdict.CONTRADICTED: "✘",
    Verdict.UNJUDGED: "?",
}
"""A sign a verdict; it alone tells them apart."""
KEYS = {"c": Verdict.COVERED, "p": Verdict.PARTIAL, "m": Verdict.MISSED, "x": Verdict.CONTRADICTED}
"""A key a verdict, for a person to give their own."""


def feedback(question: Question, grade: Grade) -> str:
    """Say which points the answer got wrong, made, half made and missed, each with its quote."""
    if grade.error:
        return f"Not graded: {grade.error.message}"
    return "\n".join([headline(grade), *_sections(question, grade)])


def headline(grade: Grade) -> str:
    """The score in a line, with what it leaves out."""
    unjudged = sum(c.verdict is Verdict.UNJUDGED for c in grade.criteria)
    if grade.score is None:
        return "No score: nothing could be judged."
    return f"Score {grade.score:.0f} of 100" + (f", {unjudged} left for you to check." if unjudged else ".")


def _sections(question: Question, grade: Grade) -> Iterator[str]:
    for criterion in in_order_of_telling(grade.criteria):
        quote = first_quote(criterion)
        said = f"\n    you said: “{quote}”" if quote else ""
        yield f"{HEADINGS[criterion.verdict]}: {question.criterion(criterion.id).text}{said}"


def in_order_of_telling(criteria: Iterable[CriterionGrade]) -> list[CriterionGrade]:
    """Criteria under the order of the headings: what was wrong first."""
    order = list(HEADINGS)
    return sorted(criteria, key=lambda each: order.index(each.verdict))


def first_quote(criterion: CriterionGrade) -> str:
    """The words that the verdict rests on most; none where a point was missed or not judged."""
    quoted = criterion.evidence and criterion.verdict not in (Verdict.MISSED, Verdict.UNJUDGED)
    return criterion.evidence[0].text if quoted else ""
