"""What may be sent as an answer: judged by what is in the file, never by what it says of itself (security V13, V16-V18, V42).

A file is kept as it came, since it is evidence; it is never opened further, shown or run, only handed on to be saved.
"""

from __future__ import annotations

import hashlib
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.utils.translation import gettext as _

from quizzes.kinds.base import ResponseError

MAX_BYTES = 10 * 1024 * 1024
NAME_LIMIT = 120
# Of an Office file, which is an archive: what it says it holds.
_MOST_PARTS = 5_000
_MOST_UNPACKED = 300 * 1024 * 1024
_OFFICE = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
_SAME = {"jpeg": "jpg"}


class UploadRefused(ResponseError):
    """Says to the learner what is wrong with the file and how to mend it."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    name: str
    kind: str
    content: bytes
    sha256: str


def read(name: str, file: IO[Any], size: int, types: Sequence[str]) -> Upload:
    """Raises UploadRefused."""
    if size > MAX_BYTES:
        raise UploadRefused(_("Tệp lớn hơn 10 MB. Bạn nén lại, chụp cỡ nhỏ hơn hoặc chỉ gửi những trang cần."))
    if not size:
        raise UploadRefused(_("Tệp này trống. Bạn chọn lại tệp."))
    file.seek(0)
    content = file.read(MAX_BYTES + 1)
    kind = _kind_of(content, file)
    if kind not in types:
        told = {"types": ", ".join(one.upper() for one in types)}
        raise UploadRefused(_("Câu này chỉ nhận tệp %(types)s. Bạn lưu bài ở một trong các dạng đó rồi gửi lại.") % told)
    shown = name_of(name)
    ending = shown.rpartition(".")[2].lower()
    if _SAME.get(ending, ending) != kind:
        shown = f"{shown[: NAME_LIMIT - len(kind) - 1]}.{kind}"
    return Upload(name=shown, kind=kind, content=content, sha256=hashlib.sha256(content).hexdigest())


def name_of(name: str) -> str:
    """The last part of the name, composed, without signs that are not seen or that turn the reading round."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    seen = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C" and sign not in '"<>|:*?')
    seen = " ".join(seen.split()).lstrip(". ")
    if len(seen) > NAME_LIMIT:
        stem, _dot, ending = seen.rpartition(".")
        seen = f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending}" if stem and len(ending) <= 5 else seen[:NAME_LIMIT]
    return seen or "tep"


def _kind_of(content: bytes, file: IO[Any]) -> str:
    """One of FILE_TYPES, or nothing."""
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    return _office(file) if content.startswith(b"PK\x03\x04") else ""


def _office(file: IO[Any]) -> str:
    """By the list of the archive alone: nothing in it is unpacked."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
    names = [part.filename for part in parts]
    odd = any(name.startswith("/") or ".." in name.split("/") or "\\" in name or ":" in name for name in names)
    if odd or len(set(map(str.lower, names))) < len(names) or len(parts) > _MOST_PARTS:
        return ""
    if sum(part.file_size for part in parts) > _MOST_UNPACKED or "[Content_Types].xml" not in names:
        return ""
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise UploadRefused(_("Tệp này có macro (chương trình chạy kèm), nên không nhận. Bạn lưu lại ở dạng không có macro."))
    return next((kind for kind, folder in _OFFICE.items() if any(name.startswith(folder) for name in names)), "")
