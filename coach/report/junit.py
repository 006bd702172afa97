"""Grades as JUnit, for the reports of continuous integration.

One test case an answer: a failure where its score is under what was asked for, an error where it has no grade,
skipped where nothing could be judged. Written as a stream, which libraries for JUnit do not do.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from coach.library import Library
from coach.plain import plain
from coach.report.files import replacing
from coach.report.reviewing import reported_grades
from coach.terms import Grade, Verdict

_NO_CHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")


def write_junit(grades_file: Path, library: Library, out: Path, fail_under: float | None = None) -> None:
    """Write the grades of a JSON Lines file as JUnit; scores under `fail_under` (0 to 100) are failures."""
    counts = _counts(reported_grades(grades_file, library), fail_under)
    with replacing(out) as file:
        xml = XMLGenerator(file, encoding="utf-8", short_empty_elements=True)
        xml.startDocument()
        with _element(xml, "testsuites", **counts), _element(xml, "testsuite", name=grades_file.name, **counts):
            for grade in reported_grades(grades_file, library):
                _test_case(xml, grade, fail_under)


def outcome(grade: Grade, fail_under: float | None) -> tuple[str, str] | None:
    """What a test case holds besides its verdicts: an element and its message; None where it has passed."""
    if grade.error:
        return "error", f"{grade.error.where}: {grade.error.message}"
    if grade.score is None:
        return "skipped", "nothing could be judged: check this answer yourself"
    if fail_under is not None and grade.score < fail_under:
        return "failure", f"score {grade.score:g} is under {fail_under:g}"
    return None


def _counts(grades: Iterable[Grade], fail_under: float | None) -> dict[str, str]:
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    plural = {"failure": "failures", "error": "errors", "skipped": "skipped"}
    for grade in grades:
        counts["tests"] += 1
        if found := outcome(grade, fail_under):
            counts[plural[found[0]]] += 1
    return {name: str(count) for name, count in counts.items()}


def _test_case(xml: XMLGenerator, grade: Grade, fail_under: float | None) -> None:
    found = outcome(grade, fail_under)
    with _element(xml, "testcase", classname=grade.question or "unknown", name=grade.id or "unknown"):
        if found:
            with _element(xml, found[0], message=found[1]):
                pass
        if grade.criteria:
            with _element(xml, "system-out"):
                xml.characters(_legal("\n".join(_lines(grade))))
    xml.ignorableWhitespace("\n")


def _lines(grade: Grade) -> Iterator[str]:
    yield "no score" if grade.score is None else f"score {grade.score:g}"
    for each in grade.criteria:
        by = f" ({each.review.author})" if each.review else ""
        quote = f": {each.evidence[0].text}" if each.evidence and each.verdict is not Verdict.MISSED else ""
        yield f"{each.verdict:12} {each.id}{by}{quote}"


@contextmanager
def _element(xml: XMLGenerator, tag: str, **attributes: str) -> Iterator[None]:
    xml.startElement(tag, AttributesImpl({name: _legal(value) for name, value in attributes.items()}))
    yield
    xml.endElement(tag)


def _legal(text: str) -> str:
    """The text with what XML does not allow made visible."""
    return _NO_CHARACTERS.sub("\ufffd", plain(text))
