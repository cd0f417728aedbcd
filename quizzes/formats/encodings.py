"""Bytes of a file of text as text: composed, with plain line ends, whatever wrote it."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from people import sheets
from people.text import unmarked
from quizzes.formats.items import Unreadable

# Of files that are no text: pictures, archives, Office files, PDF.
_OTHERS = (sheets.SPREADSHEET, sheets.OLE[:4], *sheets.OTHER_FILES)
_CONTROLS = bytes([*range(0x00, 0x09), *range(0x0E, 0x1A), *range(0x1C, 0x20)])
# What no text needs and what XML refuses; the two noncharacters mark places in our own texts while they are made.
_JUNK = dict.fromkeys(
    [*range(0x00, 0x09), *range(0x0E, 0x20), 0x7F, 0xFEFF, *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)]
)
_LINE_ENDS = {0x0B: "\n", 0x0C: " ", 0x85: " ", 0x2028: " ", 0x2029: " "}
_LONG_RUN = re.compile(r"[^\x00-\x7f]{64,}")
_MOST_MARKS = 16
# Letters that Windows-1258 has on other places than Windows-1252: only words with them tell which of the two it is.
_TELLING = frozenset(b"\xc3\xcc\xd0\xd2\xd5\xdd\xde\xe3\xec\xf0\xf2\xf5\xfd\xfe")
_SYLLABLE = re.compile(r"(?:ngh?|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdghklmnprstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?")


def decode(data: bytes, *, composed: bool = True) -> tuple[str, str]:
    """The text, as `clean` leaves it, and the name of its encoding. Raises Unreadable.

    Not `composed` for XML: a mark at the beginning of a text would be composed with the ">" before it.
    """
    if not data.strip():
        raise Unreadable(_("Tệp trống. Hãy chọn tệp có câu hỏi."))
    if data.startswith(_OTHERS):
        raise Unreadable(_("Đây không phải tệp chữ. Hãy chọn tệp đã xuất ra dạng chữ, hoặc chép câu hỏi rồi dán vào."))
    try:
        encoding = sheets.recognise(io.BytesIO(data))
    except sheets.Refused as error:
        encoding = _western(data)
        if not encoding:
            raise _unreadable() from error
    if encoding == "cp1258":
        encoding = _without_unicode(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unreadable() from error
    return clean(text) if composed else _tidied(text), "utf-8" if encoding == "utf-8-sig" else encoding


def clean(text: str) -> str:
    """`text` composed (NFC), with \\n as line end, without control letters. What it costs grows as `text` does."""
    # Composing sorts the marks on a letter; a megabyte of marks on one letter would take hours.
    return unicodedata.normalize("NFC", _LONG_RUN.sub(_with_few_marks, _tidied(text)))


def _tidied(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_JUNK).translate(_LINE_ENDS)


def _with_few_marks(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for letter in run[0]:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def _unreadable() -> Unreadable:
    return Unreadable(_("Không đọc được chữ trong tệp. Hãy lưu lại tệp với bảng mã UTF-8."))


def _western(data: bytes) -> str:
    """Windows-1252 where Windows-1258 has no letter for a byte."""
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "" if _is_binary(data) else "cp1252"


def _is_binary(data: bytes) -> bool:
    return len(data) - len(data.translate(None, _CONTROLS)) > len(data) // 200


def _without_unicode(data: bytes) -> str:
    """Windows-1258 or Windows-1252, by whether words look Vietnamese. Raises Unreadable for damaged UTF-8 and what is no text."""
    if _is_binary(data):
        raise _unreadable()
    told = data.decode("utf-8", errors="replace")
    damaged = told.count("\ufffd")
    if sum(letter > "\x7f" for letter in told) > 5 * damaged:
        line = told[: told.index("\ufffd")].count("\n") + 1
        raise Unreadable(
            _("Dòng %(line)s có chữ bị hỏng. Hãy mở tệp, sửa dòng ấy rồi lưu lại với bảng mã UTF-8.") % {"line": line}
        )
    telling = [word for word in re.split(rb"[\x00-\x40\x5b-\x60\x7b-\x7f]+", data) if not _TELLING.isdisjoint(word)]
    if _vietnamese(word.decode("cp1258") for word in telling[:2000]):
        return "cp1258"
    return _western(data) or "cp1258"


def _vietnamese(words: Iterable[str]) -> bool:
    """Whether at least half of `words` are Vietnamese syllables."""
    composed = [unicodedata.normalize("NFC", word[:40]) for word in words]
    # In another language's words the marks stand on no letter that could have them.
    checked = [not any(map(unicodedata.combining, word)) and _is_syllable(word) for word in composed]
    return sum(checked) * 2 > len(checked)


def _is_syllable(word: str) -> bool:
    return _SYLLABLE.fullmatch(unmarked(word).casefold()) is not None
