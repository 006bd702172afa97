"""Grades as one self-contained HTML page.

The figures are drawn here, the answers by the page itself, from JSON that it carries. Every text is data: jinja
escapes it in markup, JSON escapes `<`, and the page's policy lets no script or style run but its own two.
"""

import hashlib
import heapq
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.grading.feedback import SIGNS
from coach.library import Library
from coach.plain import plain
from coach.report.figures import Figures, figures
from coach.report.files import replacing
from coach.report.reviewing import reported_grades
from coach.report.texts import Texts
from coach.terms import CriterionGrade, Grade, Verdict

if TYPE_CHECKING:
    from jinja2 import Template

MOST = 50_000
"""Answers a page lists, those to look at first; its figures are over all."""
SHOWN = 8
"""Criteria listed as missed before the rest is folded away."""
_HERE = Path(__file__).parent / "html_page"


def write_report(grades_file: Path, library: Library, out: Path) -> frozenset[str]:
    """Write the page of a JSON Lines file of grades; the questions of which the banks have no words."""
    found, texts = figures(reported_grades(grades_file, library)), Texts(library)
    rows = answer_rows(reported_grades(grades_file, library))
    with replacing(out) as file:
        file.writelines(_pieces(grades_file.name, found, texts, rows))
    return frozenset(texts.unknown)


def answer_rows(grades: Iterable[Grade]) -> list[str]:
    """The answers as JSON, ready to stand in a page: abstentions first, then errors, then in the file's order."""
    keyed = ((_urgency(grade), n, in_page(answer_data(grade))) for n, grade in enumerate(grades))
    return [row for _, _, row in heapq.nsmallest(MOST, keyed)]


def _urgency(grade: Grade) -> tuple[int, int]:
    unjudged = sum(each.verdict is Verdict.UNJUDGED for each in grade.criteria)
    return (0, -unjudged) if unjudged else (1, 0) if grade.error else (2, 0)


def answer_data(grade: Grade) -> dict[str, Any]:
    """An answer as the page's script reads it; evidence counts UTF-16 code units."""
    data: dict[str, Any] = {
        "id": plain(grade.id),
        "question": plain(grade.question),
        "answer": plain(grade.answer),
        "score": grade.score,
        "criteria": [_criterion_data(grade.answer, each) for each in grade.criteria],
        "followUps": [plain(each) for each in grade.follow_ups],
    }
    return data | ({"error": plain(f"{grade.error.where}: {grade.error.message}")} if grade.error else {})


def _criterion_data(answer: str, judged: CriterionGrade) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": plain(judged.id),
        "verdict": judged.verdict.value,
        "evidence": [[_utf16(answer, quote.start), _utf16(answer, quote.end)] for quote in judged.evidence],
    }
    if judged.probabilities:
        data["probabilities"] = [round(p, 3) for p in judged.probabilities]
    if judged.reason:
        data["reason"] = plain(judged.reason)
    if judged.review:
        data["review"] = {"author": plain(judged.review.author), "overrides": judged.review.overrides.value}
    return data


def _utf16(text: str, offset: int) -> int:
    """The offset in UTF-16 code units, in which JavaScript counts, of one in code points."""
    return offset if text.isascii() else len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2


def in_page(data: Any) -> str:
    """Data as JSON that can end no script element and begin no comment in it."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _pieces(name: str, found: Figures, texts: Texts, rows: list[str]) -> Iterator[str]:
    from markupsafe import Markup

    style, script = _file("page.css"), _file("page.js")
    words = {
        plain(question.id): {
            "text": plain(texts.question(question.id)),
            "criteria": {plain(c.id): plain(texts.criterion(question.id, c.id)) for c in question.criteria},
        }
        for question in found.questions
    }
    return _template().generate(
        name=name,
        found=found,
        texts=texts,
        signs=SIGNS,
        shown=SHOWN,
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        questions=Markup(in_page(words)),
        rows=(Markup(row) for row in rows),
        listed=len(rows),
    )


def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    loader = FileSystemLoader(_HERE)
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, finalize=shown, trim_blocks=True, lstrip_blocks=True
    ).get_template("page.html")


def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What the page's policy calls an inline script or style by."""
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
