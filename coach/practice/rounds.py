"""A round: a question's answer, what was recovered after each nudge, and which nudge comes next."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from coach.grading import final_grade, score
from coach.grading.follow_up import MOST, follow_up, weakest
from coach.terms import Attempt, Criterion, Grade, OwnVerdict, Question, Record, Verdict


class Round(NamedTuple):
    """A question, `name` is `bank/question`, with the record of its answer and then those of its follow-ups."""

    name: str
    question: Question
    records: tuple[Record, ...] = ()

    def then(self, record: Record) -> "Round":
        """The round with one more record."""
        return self._replace(records=(*self.records, record))

    def ruled(self, own: OwnVerdict) -> "Round":
        """The round with a person's verdict on a criterion of the answer, in place of an earlier one of theirs."""
        first, *rest = self.records
        others = tuple(each for each in first.own_verdicts if each.criterion != own.criterion)
        return self._replace(records=(first.model_copy(update={"own_verdicts": (*others, own)}), *rest))


def grade_of(round_: Round) -> Grade | None:
    """The grade that counts of the answer itself."""
    return final_grade(round_.records[0]) if round_.records else None


def recovered(round_: Round) -> dict[str, Verdict]:
    """What each criterion came to after its nudge, where that earns more than the answer did."""
    before = {each.id: each.verdict for each in grade.criteria} if (grade := grade_of(round_)) else {}
    nudged = (judged for record in round_.records[1:] if (after := final_grade(record)) for judged in after.criteria)
    return {
        each.id: each.verdict
        for each in nudged
        if Verdict.UNJUDGED not in (each.verdict, before.get(each.id, Verdict.UNJUDGED))
        and each.verdict.credit > before[each.id].credit
    }


def score_alone(round_: Round) -> float | None:
    """The score, 0 to 100, that was earned without help; None where hints were taken or nothing was judged."""
    grade = grade_of(round_)
    return None if grade is None or round_.records[0].attempt.helped else grade.score


def score_with_help(round_: Round) -> float | None:
    """The score, 0 to 100, with hints and with what was recovered after nudges."""
    grade, better = grade_of(round_), recovered(round_)
    if grade is None:
        return None
    weights = round_.records[0].weights
    return score((weights.get(each.id, 1.0), better.get(each.id, each.verdict)) for each in grade.criteria)


def next_nudge(round_: Round) -> Criterion | None:
    """The weakest criterion that was not asked about yet; None after three."""
    grade = grade_of(round_)
    asked = {record.attempt.follow_up.criterion for record in round_.records if record.attempt.follow_up}
    if grade is None or len(asked) >= MOST:
        return None
    return next((each for each in weakest(round_.question, grade.criteria) if each.id not in asked), None)


def nudges(round_: Round, criterion: str) -> list[Record]:
    """The records of what was said after a nudge about a criterion."""
    followed = ((record, record.attempt.follow_up) for record in round_.records)
    return [record for record, nudge in followed if nudge and nudge.criterion == criterion]


def nudged(round_: Round, criterion: Criterion) -> Question:
    """The question reduced to a criterion, in the judge's words for it or the bank's."""
    grade = grade_of(round_)
    own = next((each.follow_up for each in grade.criteria if each.id == criterion.id), None) if grade else None
    return round_.question.model_copy(update={"question": own or follow_up(criterion), "criteria": (criterion,)})


def leftovers(questions: Mapping[str, Question], attempts: Iterable[Attempt]) -> list[tuple[Question, Attempt]]:
    """Attempts with what each was asked, a follow-up's criterion alone; without those whose question is gone."""
    asked = ((_as_asked(questions.get(attempt.question), attempt), attempt) for attempt in attempts)
    return [(question, attempt) for question, attempt in asked if question]


def _as_asked(question: Question | None, attempt: Attempt) -> Question | None:
    if question is None or attempt.follow_up is None:
        return question
    criterion = next((each for each in question.criteria if each.id == attempt.follow_up.criterion), None)
    return nudged(Round(attempt.question, question), criterion) if criterion else None
