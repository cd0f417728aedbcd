"""Files as people send them: encodings, separators, headings, and what is refused."""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
import zipfile

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from people import roster, sheets

NAMES = ["Nguyễn Thị Ánh Tuyết", "Trần Văn Bình", "Đặng Thùy Trâm", "Lê Ngọc Uyên", "Hoàng Phước Ẩn", "Võ Kỳ Duyên"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258"]
HEADINGS = {
    "full_name": ["Họ và tên", "HỌ TÊN", "Ho va ten", "họ và tên học sinh", "Full name", "Họ  và   tên (in hoa)"],
    "birth": ["Năm sinh", "Ngày sinh", "ngay, thang, nam sinh", "NTNS", "Ngày/tháng/năm sinh"],
    "email": ["Thư điện tử", "E-mail", "EMAIL", "Địa chỉ email", "hop thu cong vu"],
    "code": ["Mã cán bộ", "Mã NV", "ma so", "Số hiệu công chức", "Mã học sinh"],
}


def encoded(text: str, encoding: str) -> bytes:
    """Windows-1258 has no composed letters: tone marks follow as characters of their own."""
    if encoding != "cp1258":
        return text.encode(encoding)
    out = []
    for letter in unicodedata.normalize("NFC", text):
        try:
            out.append(letter.encode("cp1258"))
        except UnicodeEncodeError:
            base, *marks = unicodedata.normalize("NFD", letter)
            # The circumflex, breve and horn are part of the letter, the tone is not.
            shape = "".join(mark for mark in marks if mark in "\u0302\u0306\u031b")
            tone = "".join(mark for mark in marks if mark not in "\u0302\u0306\u031b")
            out.append((unicodedata.normalize("NFC", base + shape) + tone).encode("cp1258"))
    return b"".join(out)


def read(content: bytes, name: str = "a.csv") -> list[sheets.Row]:
    file = io.BytesIO(content)
    return list(sheets.rows(file, sheets.inspect(file, name)))


@given(
    encoding=st.sampled_from(ENCODINGS), separator=st.sampled_from([",", ";", "\t"]), form=st.sampled_from(["NFC", "NFD"]),
    end=st.sampled_from(["\r\n", "\n"]), quoted=st.booleans(), names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=8),
    headings=st.fixed_dictionaries({field: st.sampled_from(spellings) for field, spellings in HEADINGS.items()}),
    order=st.permutations(list(HEADINGS)),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_every_way_of_saving_gives_the_same_people(
    encoding: str, separator: str, form: str, end: str, quoted: bool, names: list[str], headings: dict[str, str],
    order: list[str],
) -> None:  # fmt: skip
    if encoding == "cp1258":
        form = "NFC"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow([headings[field] for field in order])
    for number, name in enumerate(names):
        cells = {"full_name": name, "birth": f"05/03/{1980 + number}", "email": f"a{number}@x.vn", "code": f"NV{number}"}
        writer.writerow([cells[field] for field in order])
    found = read(encoded(unicodedata.normalize(form, out.getvalue()), encoding))
    fields = roster.recognise(found[0].cells)
    assert fields == order
    people = [
        roster.read(roster.values_of(row.cells, fields), kind="staff", category="cong_chuc", today=dt.date(2026, 11, 23))
        for row in found[1:]
    ]
    assert [person.full_name for person, _wrong in people] == names
    assert [person.birth_year for person, _wrong in people] == [1980 + number for number in range(len(names))]
    assert all(wrong == [] for _person, wrong in people)


@given(content=st.binary(max_size=400), name=st.sampled_from(["a.csv", "a.xlsx", "a.txt"]))
@settings(max_examples=300, deadline=None)
def test_no_file_whatever_is_an_error_of_ours(content: bytes, name: str) -> None:
    try:
        found = read(content, name)
    except sheets.Refused as error:
        assert error.reason in sheets.REFUSALS
    else:
        assert all(len(cell) <= sheets.MAX_CELL for row in found for cell in row.cells)


@given(text=st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_row_is_understood_or_named_wrong(text: str) -> None:
    values = {field: sheets.harmless(text) for field in roster.COLUMNS}
    person, wrong = roster.read(values, kind="staff", category="", today=dt.date(2026, 11, 23))
    assert all(one.cause in roster.CAUSES for one in wrong)
    assert wrong or (person.full_name and person.category)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝", "＋", "－", "＠", "'=", "'+"])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    assert sheets.harmless(f"{start}cmd|'/c calc'!A1") == "cmd|'/c calc'!A1"


@pytest.mark.parametrize(
    ("typed", "year"),
    [("1985", 1985), ("05/03/1985", 1985), ("5-3-1985", 1985), ("5.3.1985", 1985), ("1985-03-05", 1985), ("31111", 1985),
     ("03/1985", 1985), ("", None)],
)  # fmt: skip
def test_years_of_birth(typed: str, year: int | None) -> None:
    assert roster._year(typed, dt.date(2026, 11, 23)) == (year, "")


@pytest.mark.parametrize(
    ("typed", "cause"), [("mèo", "birth_wrong"), ("85", "birth_wrong"), ("2030", "birth_range"), ("1850", "birth_range")]
)
def test_years_that_are_none(typed: str, cause: str) -> None:
    assert roster._year(typed, dt.date(2026, 11, 23)) == (None, cause)


def book(*rows: list[object], **options: object) -> bytes:
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream, {"in_memory": True, **options})
    sheet = made.add_worksheet()
    day = made.add_format({"num_format": "dd/mm/yyyy"})
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, dt.date):
                sheet.write_datetime(place, column, cell, day)
            else:
                sheet.write(place, column, cell)
    made.close()
    return stream.getvalue()


def test_a_spreadsheet_with_titles_dates_numbers_and_blank_rows() -> None:
    content = book(
        ["DANH SÁCH CÁN BỘ"], [], ["STT", "Họ đệm", "Tên", "Ngày sinh", "Mã số"],
        [1, "Nguyễn Thị", "An", dt.date(1985, 3, 5), 17], [], [2, "Trần", "Bình", 1990, "007"],
    )  # fmt: skip
    found = read(content, "a.xlsx")
    assert [row.number for row in found] == [1, 3, 4, 6]
    head = next(row for row in found if roster.is_heading(row.cells))
    fields = roster.recognise(head.cells)
    assert roster.values_of(found[2].cells, fields) == {"full_name": "Nguyễn Thị An", "birth": "05/03/1985", "code": "17"}
    assert roster.values_of(found[3].cells, fields) == {"full_name": "Trần Bình", "birth": "1990", "code": "007"}


def test_identity_numbers_and_telephones_are_not_taken() -> None:
    fields = roster.recognise(["Họ và tên", "Số CCCD", "Số điện thoại", "Giới tính", "Điều lạ"])
    assert fields == ["full_name", "-", "-", "-", ""]
    assert roster.values_of(["An Nguyễn", "079085000001", "0900000000", "Nữ", "x"], fields) == {"full_name": "An Nguyễn"}


def test_the_heading_said_once_is_known_again() -> None:
    assert roster.recognise(["Danh tính", "Tuổi đời"], {"danh tinh": "full_name", "tuoi doi": "-"}) == ["full_name", "-"]


def reason(content: bytes, name: str) -> str:
    with pytest.raises(sheets.Refused) as refused:
        read(content, name)
    return refused.value.reason


def test_what_is_refused_and_why() -> None:
    assert reason(b"", "a.xlsx") == "empty"
    assert reason(b"x" * (sheets.MAX_BYTES + 1), "a.csv") == "big"
    assert reason(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls") == "xls"
    assert reason(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.xlsx") == "password"
    assert reason(b"%PDF-1.7", "a.csv") == "type"
    assert reason(b"MZ" + b"\0" * 90, "a.csv") == "type"
    assert reason(b"Ten,Nam", "a.docx") == "type"
    assert reason(b"PK\x03\x04" + b"\0" * 60, "a.xlsx") == "broken"
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert reason(other.getvalue(), "a.xlsx") == "type"


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _turn in range(300):
                part.write(b"0" * 1_000_000)
    assert len(stream.getvalue()) < 2_000_000
    assert reason(stream.getvalue(), "a.xlsx") == "bomb"


def changed(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w") as target:
        for one in source.infolist():
            data = source.read(one)
            target.writestr(one.filename, data.replace(old, new) if one.filename == part else data)
    return stream.getvalue()


def test_a_sheet_that_lies_about_its_size_costs_nothing() -> None:
    small = book(["Họ và tên", "Năm sinh"], ["Trần Văn Bình", 1990])
    content = changed(small, "xl/worksheets/sheet1.xml", b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    assert [len(row.cells) for row in read(content, "a.xlsx")] == [2, 2]
    far = changed(content, "xl/worksheets/sheet1.xml", b'r="2"', b'r="1000000"')
    assert len(read(far, "a.xlsx")) <= 2


def test_entities_in_a_spreadsheet_are_refused() -> None:
    content = book(["Họ và tên"], ["Trần Văn Bình"])
    evil = changed(content, "xl/sharedStrings.xml", b"<sst", b'<!DOCTYPE x [<!ENTITY a "bom">]><sst')
    assert reason(evil, "a.xlsx") == "broken"


def test_a_cell_of_a_megabyte_is_named_and_not_kept() -> None:
    found = read(b"Ten,Nam\n" + b"x" * 1_000_000 + b",1990\nTran Binh,1991\n")
    assert [row.over for row in found] == [-1, 0, -1]
    assert found[2].cells == ["Tran Binh", "1991"]
    assert all(len(cell) <= sheets.MAX_CELL for row in found for cell in row.cells)


def test_a_formula_counts_by_its_last_value() -> None:
    stream = io.BytesIO()
    made = openpyxl.Workbook()
    made.active.append(["Họ và tên"])
    made.active["A2"] = "=1+1"
    made.save(stream)
    assert [row.cells for row in read(stream.getvalue(), "a.xlsx")] == [["Họ và tên"]]
