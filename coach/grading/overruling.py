"""A grade with a person's verdicts in place of the judge's."""

from coach.grading.score import score
from coach.terms import Grade, Record


def final_grade(record: Record) -> Grade | None:
    """The grade that counts: the judge's, overruled where the person has a verdict of their own; the score follows."""
    if record.grade is None or not record.own_verdicts:
        return record.grade
    own = {each.criterion: each for each in record.own_verdicts}
    criteria = tuple(
        each.overruled(own[each.id].verdict, own[each.id].author, own[each.id].at) if each.id in own else each
        for each in record.grade.criteria
    )
    total = score((record.weights.get(each.id, 1.0), each.verdict) for each in criteria)
    return record.grade.model_copy(update={"criteria": criteria, "score": total})
