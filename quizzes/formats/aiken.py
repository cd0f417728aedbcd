"""Aiken: a question, lettered options, and a line with the right letter (docs.moodle.org/en/Aiken_format). Read only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from quizzes.formats import notes, runs
from quizzes.formats.encodings import decode
from quizzes.formats.items import Reading
from quizzes.formats.notes import Found

_OPTION = re.compile(r"\s*([A-Za-z])[.)]\s+(.*\S)\s*")
_ANSWER = re.compile(r"\s*ANSWER\s*:\s*(.*?)\s*", re.IGNORECASE)


def read(data: bytes) -> Reading:
    """Raises Unreadable."""
    text, encoding = decode(data)
    return notes.collect(_questions(text), encoding)


def _questions(text: str) -> Iterator[Found]:
    """A question ends with its ANSWER line. One without ends where, after a blank line, the next one asks something."""
    stem: list[str] = []
    options: list[tuple[str, str]] = []
    begun, blank = 0, False
    for number, line in enumerate(text.split("\n"), 1):
        answer, option = _ANSWER.fullmatch(line), _OPTION.fullmatch(line)
        if answer and not (stem or options):
            yield Found(line=number, refused=_("Dòng ANSWER này không thuộc về câu nào."))
        elif answer:
            yield _question(begun, stem, options, answer[1])
            stem, options = [], []
        elif not line.strip():
            blank = True
            continue
        elif option and stem:
            options.append((option[1].upper(), option[2]))
        elif options and not blank:
            options[-1] = (options[-1][0], f"{options[-1][1]} {line.strip()}")
        else:
            if options:
                yield _question(begun, stem, options, "")
                stem, options = [], []
            begun = begun if stem else number
            stem.append(line.strip())
        blank = False
    if stem or options:
        yield _question(begun, stem, options, "")


def _question(line: int, stem: list[str], options: list[tuple[str, str]], answer: str) -> Found:
    found = Found(line=line)
    letters, right = [letter for letter, _text in options], answer.strip(" .)").upper()
    if sum(map(len, stem)) + sum(len(text) for _letter, text in options) > notes.LONGEST_QUESTION:
        found.refused = _("Câu này dài quá 50.000 chữ cái.")
        return found
    if not answer:
        found.refused = _("Câu này thiếu dòng ANSWER. Hãy thêm, ví dụ ANSWER: B.")
    elif len(options) < 2:
        found.refused = _("Câu này cần ít nhất hai phương án, mỗi phương án một dòng, ví dụ A. Phương án.")
    elif len(set(letters)) < len(letters):
        found.refused = _("Hai phương án có cùng một chữ cái.")
    elif right not in letters:
        found.refused = _("Đáp án “%(said)s” không chỉ phương án nào của câu này.") % {"said": answer[:20]}
    found.plain = {
        "kind": "single",
        "stem": runs.escape("\n".join(stem)),
        "options": [{"text": runs.escape_line(text), "correct": letter == right} for letter, text in options],
    }
    return found
