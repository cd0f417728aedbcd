"""Which files may stand as evidence: judged by what is in them, never by what the browser says they are."""

from __future__ import annotations

import zipfile
from pathlib import PurePath
from typing import IO, Any

from django.utils.translation import gettext as _

MAX_BYTES = 10 * 1024 * 1024
EXTENSIONS = ("pdf", "png", "jpg", "jpeg", "docx", "xlsx")
_MAGIC = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff"}
_OFFICE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}


class EvidenceRefused(ValueError):
    """Says to the person what is wrong with the file and how to mend it."""


def check(*, name: str, size: int, file: IO[Any]) -> None:
    """Raises EvidenceRefused unless the file is one of EXTENSIONS, is what its name says, and is at most 10 MB."""
    extension = PurePath(name).suffix.lower().lstrip(".")
    if extension not in EXTENSIONS:
        raise EvidenceRefused(_("Chỉ nhận tệp PDF, PNG, JPG, DOCX hoặc XLSX. Hãy xuất tài liệu sang PDF rồi gửi lại."))
    if size > MAX_BYTES:
        raise EvidenceRefused(_("Tệp lớn hơn 10 MB. Hãy giảm cỡ hoặc chỉ gửi những trang cần."))
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    if extension in _MAGIC and not head.startswith(_MAGIC[extension]):
        raise EvidenceRefused(_("Nội dung tệp không khớp với đuôi tên. Hãy lưu lại đúng định dạng rồi gửi lại."))
    if extension in _OFFICE:
        _check_office(extension, file)


def _check_office(extension: str, file: IO[Any]) -> None:
    try:
        with zipfile.ZipFile(file) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise EvidenceRefused(_("Không mở được tệp. Hãy lưu lại từ Word hoặc Excel rồi gửi lại.")) from error
    finally:
        file.seek(0)
    if "[Content_Types].xml" not in names or _OFFICE[extension] not in names:
        raise EvidenceRefused(_("Nội dung tệp không khớp với đuôi tên. Hãy lưu lại đúng định dạng rồi gửi lại."))
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise EvidenceRefused(_("Tệp có macro nên không nhận. Hãy lưu lại không kèm macro, hoặc xuất sang PDF."))
