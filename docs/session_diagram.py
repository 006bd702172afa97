"""Draw the practice session's table as docs/session.md."""

from pathlib import Path

from coach.practice import mermaid

PAGE = """\
# A practice session

Drawn from the table in `coach/practice/session.py` by `python docs/session_diagram.py`.

```mermaid
{diagram}
```
"""


def main() -> None:
    """Write the page beside this file."""
    page = PAGE.format(diagram=mermaid())
    Path(__file__).with_name("session.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
