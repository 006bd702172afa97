"""A grade with a person's verdicts in place of the judge's."""

from collections.abc import Mapping

from coach.grading.score import score
from coach.terms import CriterionGrade, Grade, OwnVerdict, Record, Review


def final_grade(record: Record) -> Grade | None:
    """The grade that counts: the judge's, overruled where the person has a verdict of their own; the score follows."""
    if record.grade is None or not record.own_verdicts:
        return record.grade
    own = {each.criterion: each for each in record.own_verdicts}
    criteria = tuple(_overruled(each, own) for each in record.grade.criteria)
    total = score((record.weights.get(each.id, 1.0), each.verdict) for each in criteria)
    return record.grade.model_copy(update={"criteria": criteria, "score": total})


def _overruled(judged: CriterionGrade, own: Mapping[str, OwnVerdict]) -> CriterionGrade:
    if judged.id not in own:
        return judged
    ruling = own[judged.id]
    review = Review(author=ruling.author, at=ruling.at, overrides=judged.verdict)
    return judged.model_copy(update={"verdict": ruling.verdict, "review": review})
