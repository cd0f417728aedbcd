"""Reading a file of organisations: encodings, dates, and what is said about a wrong line."""

from __future__ import annotations

import datetime as dt
import io
import unicodedata
import zipfile

import pytest
from openpyxl import Workbook

from people import organisation_file
from people.organisation_file import UnreadableFile, parse, read_table

HEAD = "Mã,Tên đầy đủ,Loại,Mã cấp trên,Có từ ngày\n"
MIDNIGHT = dt.datetime(2025, 7, 1)  # noqa: DTZ001 a cell has no zone
LINE = "P-SM,Ủy ban nhân dân phường Sao Mai,Phường,UBND-TP,01/07/2025\n"


def workbook(rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def viet_1258(text: str) -> bytes:
    """As old programs wrote it: the vowel composed, the tone after it."""
    out = b""
    for letter in text:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tone = next(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
            out += (unicodedata.normalize("NFC", parts.replace(tone, "")) + tone).encode("cp1258")
    return out


@pytest.mark.parametrize(
    "content",
    [
        (HEAD + LINE).encode(),
        (HEAD + LINE).encode("utf-8-sig"),
        (HEAD + LINE).encode("utf-16"),
        unicodedata.normalize("NFD", HEAD + LINE).encode("utf-8-sig"),
        (HEAD + LINE).replace(",", ";").encode(),
        viet_1258(HEAD + LINE),
        workbook([HEAD.strip().split(","), ["P-SM", "Ủy ban nhân dân phường Sao Mai", "Phường", "UBND-TP", MIDNIGHT]]),
        workbook([HEAD.strip().split(","), ["P-SM", "Ủy ban nhân dân phường Sao Mai", "ward", "UBND-TP", dt.date(2025, 7, 1)]]),
        b"code,name_vi,type,parent,valid_from\n" + LINE.encode(),
    ],
    ids=["utf-8", "bom", "utf-16", "nfd", "semicolons", "windows-1258", "xlsx", "xlsx, kind by code", "the city's own file"],
)  # fmt: skip
def test_one_line_is_read_alike_from_every_kind_of_file(content):
    sheet = parse(read_table(content, "tep"))
    assert not sheet.problems
    assert sheet.rows[0].values == {
        "code": "P-SM", "name": "Ủy ban nhân dân phường Sao Mai", "kind": "ward", "parent": "UBND-TP",
        "valid_from": dt.date(2025, 7, 1),
    }  # fmt: skip


def test_each_wrong_cell_is_named_with_its_line_and_how_to_mend_it():
    text = (
        "Mã,Tên đầy đủ,Loại,Có từ ngày,Hết từ ngày,Biên chế khai,Ghi chú lạ\n"
        ",Thiếu mã,Phường,,,,\n\n"
        "P 1,Có dấu cách,Phường,,,,\nP-2,Loại lạ,Tàu bay,,,,\nP-3,Ngày lạ,Phường,31/02/2025,,,\n"
        "P-4,Ngược,Phường,01/07/2025,01/07/2024,,\nP-5,Số lạ,Phường,,,nhiều,\nP-6,Đúng,Phường,,,1.200,\np-6,Lặp,Phường,,,,\n"
        f"P-7,{'x' * 256},Phường,,,,\ntree,Địa chỉ,Phường,,,,\n"
    )
    sheet = parse(read_table(text.encode(), "tep.csv"))
    assert [(one.line, one.column) for one in sheet.problems] == [
        (2, "Mã"), (4, "Mã"), (5, "Loại"), (6, "Có từ ngày"), (7, "Hết từ ngày"), (8, "Biên chế khai"), (10, "Mã"),
        (11, "Tên đầy đủ"), (12, "Mã"),
    ]  # fmt: skip
    assert "dòng 9" in sheet.problems[6].why and "01/07/2025" in sheet.problems[3].why
    assert [row.values["staff_declared"] for row in sheet.rows] == [1200]
    assert sheet.ignored == ("Ghi chú lạ",)


def test_formulas_are_stripped_of_what_runs_them():
    sheet = parse(read_table("Mã,Tên đầy đủ,Loại\nP-1,\"=HYPERLINK(\"\"x\"\")\",ward\n".encode(), "tep.csv"))
    assert sheet.rows[0].values["name"] == 'HYPERLINK("x")'


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (organisation_file.MOST_UNPACKED + 1))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", HEAD.encode(), b"PK\x03\x04 broken", b"\x89PNG\x00\x00", bomb(), b"x" * (organisation_file.MOST_BYTES + 1)],
    ids=["empty", "head only", "broken workbook", "picture", "bomb", "too large"],
)
def test_what_is_no_table_is_refused_in_words(content):
    with pytest.raises(UnreadableFile, match=r"\w"):
        read_table(content, "tep")


def test_a_table_without_codes_is_one_problem():
    sheet = parse(read_table("Tên,Loại\nA,Phường\n".encode(), "tep.csv"))
    assert not sheet.rows and len(sheet.problems) == 1
