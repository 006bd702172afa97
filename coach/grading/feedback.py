"""A grade in words."""

from collections.abc import Iterator

from coach.terms import CriterionGrade, Grade, Question, Verdict

HEADINGS = {
    Verdict.CONTRADICTED: "Wrong",
    Verdict.COVERED: "Made",
    Verdict.PARTIAL: "Half made",
    Verdict.MISSED: "Missed",
    Verdict.UNJUDGED: "Check this yourself",
}
"""A heading a verdict, in the order in which feedback tells them."""


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
    for verdict, heading in HEADINGS.items():
        for criterion in grade.criteria:
            if criterion.verdict is verdict:
                yield f"{heading}: {question.criterion(criterion.id).text}{_quote(criterion)}"


def _quote(criterion: CriterionGrade) -> str:
    if criterion.verdict in (Verdict.MISSED, Verdict.UNJUDGED) or not criterion.evidence:
        return ""
    return f"\n    you said: “{criterion.evidence[0].text}”"
