"""What an interviewer would ask next: about the weakest criterion first."""

from collections.abc import Sequence

from coach.terms import Criterion, CriterionGrade, Question, Verdict

MOST = 3
"""Follow-ups asked after one answer."""

_URGENCY = {Verdict.CONTRADICTED: 0, Verdict.MISSED: 1, Verdict.PARTIAL: 2}


def weakest(question: Question, grades: Sequence[CriterionGrade]) -> list[Criterion]:
    """The criteria not yet made: contradicted before missed before partial, heavy before light."""
    criteria = {criterion.id: criterion for criterion in question.criteria}
    open_grades = [g for g in grades if g.verdict in _URGENCY]
    ranked = sorted(open_grades, key=lambda g: (_URGENCY[g.verdict], -criteria[g.id].weight))
    return [criteria[g.id] for g in ranked]


def follow_ups(question: Question, grades: Sequence[CriterionGrade]) -> tuple[str, ...]:
    """Up to three follow-up questions, the most urgent first; the judge's own where it wrote one."""
    own = {grade.id: grade.follow_up for grade in grades}
    return tuple(own[criterion.id] or follow_up(criterion) for criterion in weakest(question, grades)[:MOST])


def follow_up(criterion: Criterion) -> str:
    """The bank's follow-up to a criterion, or a plain one where it has none."""
    return criterion.follow_up or "Could you go a step further there: what else matters, and why?"
