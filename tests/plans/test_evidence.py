from __future__ import annotations

import io
import zipfile

import pytest

from plans.evidence import MAX_BYTES, EvidenceRefused, check


def package(*names: str) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    buffer.seek(0)
    return buffer


DOCX = ("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("qd.pdf", io.BytesIO(b"%PDF-1.7 ...")), ("anh.PNG", io.BytesIO(b"\x89PNG\r\n\x1a\n....")),
        ("anh.jpg", io.BytesIO(b"\xff\xd8\xff\xe0")), ("qd.docx", package(*DOCX)),
        ("so.xlsx", package("[Content_Types].xml", "xl/workbook.xml")),
    ],
)  # fmt: skip
def test_documents_and_pictures_are_taken(name: str, file: io.BytesIO) -> None:
    check(name=name, size=len(file.getvalue()), file=file)
    assert file.tell() == 0  # it is still to be stored whole


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("qd.html", io.BytesIO(b"<script>")), ("qd.svg", io.BytesIO(b"<svg>")), ("qd.pdf", io.BytesIO(b"<script>")),
        ("qd.pdf.exe", io.BytesIO(b"MZ")), ("qd.docx", io.BytesIO(b"PK\x03\x04 broken")), ("qd.docx", package("word/other.xml")),
        ("so.xlsx", package(*DOCX)), ("qd.docx", package(*DOCX, "word/vbaProject.bin")), ("qd", io.BytesIO(b"%PDF-")),
        ("qd.docm", package(*DOCX)),
    ],
)  # fmt: skip
def test_whatever_is_not_what_it_says_is_refused(name: str, file: io.BytesIO) -> None:
    with pytest.raises(EvidenceRefused):
        check(name=name, size=len(file.getvalue()), file=file)


def test_more_than_ten_megabytes_are_refused() -> None:
    with pytest.raises(EvidenceRefused, match="10 MB"):
        check(name="qd.pdf", size=MAX_BYTES + 1, file=io.BytesIO(b"%PDF-1.7"))
