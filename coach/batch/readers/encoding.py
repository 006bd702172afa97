"""The encoding of a text file that a spreadsheet or an editor has written."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from coach.errors import AnswerFileError

_BLOCK = 1 << 20


def encoding_of(path: Path) -> str:
    """UTF-8 and UTF-16 with or without a byte order mark, and Windows-1252 for what is neither.

    UTF-16 without a mark is told by the zero byte beside a first letter. Reads the file once; AnswerFileError where
    that fails.
    """
    try:
        with path.open("rb") as file:
            head = file.read(2)
            if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16"
            if len(head) == 2 and 0 in head:
                return "utf-16-le" if head[1] == 0 else "utf-16-be"
            file.seek(0)
            return "utf-8-sig" if _is_utf8(iter(lambda: file.read(_BLOCK), b"")) else "cp1252"
    except OSError as error:
        raise AnswerFileError(f"{path}: cannot be read: {error.strerror}") from None


def _is_utf8(blocks: Iterator[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in blocks:
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
