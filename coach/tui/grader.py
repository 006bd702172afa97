"""The judge on a thread of its own, so that loading it and grading never block the screen."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from coach.grading import grade
from coach.terms import Attempt, Grade, Judge, Question


class Grader:
    """Opens a judge once and grades answers one after another."""

    def __init__(self, open_judge: Callable[[], Judge]) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="grader")
        self.judge: Future[Judge] = self._thread.submit(open_judge)

    def grade(self, question: Question, attempt: Attempt) -> Future[Grade]:
        """The grade, when it is there; raises in the future what opening the judge raised."""
        return self._thread.submit(lambda: grade(question, attempt.text, self._judge_of(attempt)))

    def _judge_of(self, attempt: Attempt) -> Judge:
        """The judge, with the doubt about what it judges by."""
        judge = self.judge.result()
        if not attempt.doubt:
            return judge
        from coach.speech import DoubtingJudge

        return DoubtingJudge(judge, {attempt.text: attempt.doubt})

    def close(self) -> None:
        """Drop what waits; what runs is left to end."""
        self._thread.shutdown(wait=False, cancel_futures=True)
