"""The nouns: question, rubric, answer, judgement, grade.

Frozen pydantic models. This package imports nothing else of coach, and every
other package may import it.
"""

from coach.terms.answer import Answer, Passage, Span
from coach.terms.grade import CriterionGrade, Grade, GradeError, Receipt
from coach.terms.judgement import Case, Judge, Judgement, Probabilities, Verdict
from coach.terms.question import Bank, Criterion, Question

__all__ = [
    "Answer",
    "Bank",
    "Case",
    "Criterion",
    "CriterionGrade",
    "Grade",
    "GradeError",
    "Judge",
    "Judgement",
    "Passage",
    "Probabilities",
    "Question",
    "Receipt",
    "Span",
    "Verdict",
]
