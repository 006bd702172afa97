"""The straight path: what the terminal app, `coach grade`, `coach bench` and the Python API all call."""

from collections.abc import Sequence

from coach.grading.follow_up import follow_ups
from coach.grading.keys import criterion_keys
from coach.grading.passages import split_passages
from coach.grading.score import score
from coach.terms import Answer, Case, Criterion, CriterionGrade, Grade, Judge, Judgement, Question, Receipt


def grade(question: Question, answer: str, judge: Judge) -> Grade:
    """Grade one answer to one question."""
    return grade_all([(question, Answer(id=question.id, question=question.id, text=answer))], judge)[0]


def grade_all(pairs: Sequence[tuple[Question, Answer]], judge: Judge) -> list[Grade]:
    """Grade many answers, in order; the judge sees them together and may batch them."""
    cases = [case_of(question, answer.text) for question, answer in pairs]
    judgements = judge.judge(cases)
    receipt = Receipt(name=judge.name, model=judge.model, prompt=judge.prompt)
    return [
        _grade(answer, case, each, receipt, judge.reads_together)
        for (_, answer), case, each in zip(pairs, cases, judgements, strict=True)
    ]


def case_of(question: Question, answer: str) -> Case:
    """The case a judge is given: the answer in passages, against every criterion."""
    return Case(question, answer, split_passages(answer), question.criteria)


def _grade(answer: Answer, case: Case, judgements: tuple[Judgement, ...], receipt: Receipt, together: bool) -> Grade:
    keys = criterion_keys(case, receipt, [judgement.served for judgement in judgements], together)
    criteria = tuple(_criterion_grade(case, *each) for each in zip(case.criteria, judgements, keys, strict=True))
    verdicts = zip((c.weight for c in case.criteria), (c.verdict for c in criteria), strict=True)
    return Grade(
        id=answer.id,
        question=answer.question,
        answer=answer.text,
        score=score(verdicts),
        criteria=criteria,
        follow_ups=follow_ups(case.question, criteria),
        judge=_with_versions(receipt, judgements),
        carried=answer.carried,
    )


def _with_versions(receipt: Receipt, judgements: Sequence[Judgement]) -> Receipt:
    """The receipt with the versions that a hosted model was served in."""
    served = sorted({judgement.served for judgement in judgements if judgement.served})
    return receipt.model_copy(update={"model": f"{receipt.model} ({', '.join(served)})"}) if served else receipt


def _criterion_grade(case: Case, criterion: Criterion, judgement: Judgement, key: str) -> CriterionGrade:
    return CriterionGrade(
        id=criterion.id,
        key=key,
        verdict=judgement.verdict,
        probabilities=judgement.probabilities,
        similarity=judgement.similarity,
        evidence=tuple(case.passages[i].quote() for i in judgement.evidence),
        reason=judgement.failure or judgement.reason,
        follow_up=judgement.follow_up,
    )
