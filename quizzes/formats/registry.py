"""The formats by the names the commands and the forms use, and which one a file is."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _

from quizzes.formats import aiken, gift, moodle_xml, qti, workbook
from quizzes.formats.items import Item, Reading, Unreadable

READERS: dict[str, Callable[[bytes], Reading]] = {
    "gift": gift.read, "aiken": aiken.read, "moodlexml": moodle_xml.read, "qti": qti.read, "xlsx": workbook.read,
}  # fmt: skip
WRITERS: dict[str, Callable[[Sequence[Item], Mapping[str, bytes]], bytes]] = {
    "gift": gift.write, "moodlexml": moodle_xml.write, "qti": qti.write, "xlsx": workbook.write,
}  # fmt: skip
_XML = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<[?!A-Za-z]")
MOST_BYTES = 50_000_000


def recognise(data: bytes) -> str:
    """The format of a file by what is in it. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_("Tệp lớn hơn 50 MB. Hãy chia thành nhiều tệp."))
    if data.startswith(b"PK"):
        return _packed(data)
    text = data.replace(b"\x00", b"")
    if _XML.match(text):
        return "moodlexml" if b"<quiz" in text else "qti"
    if b"{" in text and b"}" in text:
        return "gift"
    if b"ANSWER" in text.upper():
        return "aiken"
    raise Unreadable(_("Chỉ nhận tệp GIFT, Aiken, Moodle XML, QTI (.xml, .zip) hoặc bảng Excel (.xlsx)."))


def _packed(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            names = file.namelist()[:5000]
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Unreadable(_("Tệp nén hỏng, không mở được.")) from error
    return "xlsx" if "xl/workbook.xml" in names else "qti"


def read(data: bytes, *, kind: str = "") -> Reading:
    """The questions of a file. `kind` is a name of READERS, or "" to recognise it. Raises Unreadable."""
    return READERS[kind or recognise(data)](data)
