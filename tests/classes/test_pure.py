"""Codes, pasted lists and files: pure functions."""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from classes import codes, roster
from classes.exports import write_csv, write_xlsx


def test_a_join_code_has_no_letters_that_look_alike():
    made = {codes.new_join_code() for _turn in range(200)}
    assert len(made) == 200
    assert all(len(code) == 8 and code[3] == "-" and not set(code) & set("0O1IL") for code in made)


@pytest.mark.parametrize("typed", ["HX7-K9MP", "hx7k9mp", " hx7 k9mp ", "HX7–K9MP", "ＨＸ７Ｋ９ＭＰ", "h-x-7-k-9-m-p"])
def test_case_spaces_and_dashes_of_a_typed_code_are_forgiven(typed: str):
    assert codes.read_join_code(typed) == "HX7-K9MP"


def test_a_first_password_can_be_read_aloud_and_differs_each_time():
    made = {codes.new_password() for _turn in range(200)}
    assert len(made) == 200
    assert all(len(word) == 9 and not set(word) & set("0o1il") and word == word.lower() for word in made)


@pytest.mark.parametrize(
    ("pasted", "name"),
    [
        ("Nguyễn Văn An", "Nguyễn Văn An"),
        ("1. Nguyễn Văn An", "Nguyễn Văn An"),
        ("12) Nguyễn Văn An", "Nguyễn Văn An"),
        ("7 - Nguyễn Văn An", "Nguyễn Văn An"),
        ("7 Nguyễn Văn An", "Nguyễn Văn An"),
        ("3\tNguyễn Văn An\tNam\t12/03/2010", "Nguyễn Văn An"),
        ("3\tNguyễn Văn\tAn\tNam", "Nguyễn Văn An"),
        ("3\tNguyễn Văn An\tNữ", "Nguyễn Văn An"),
        ("  Nguyễn   Văn An  ", "Nguyễn Văn An"),
        ("An", "An"),
        ("=cmd|'/c calc'!A", "=cmd|'/c calc'!A"),
    ],
)
def test_a_name_is_found_in_what_teachers_paste(pasted: str, name: str):
    (line,) = roster.read(pasted).lines
    assert (line.name, line.account) == (name, "")


@pytest.mark.parametrize("pasted", ["binh", "hx7k9mp-07", "1. binh@example.com", "HX7K9MP-07"])
def test_a_user_name_or_e_mail_is_an_account_and_not_a_name(pasted: str):
    (line,) = roster.read(pasted).lines
    assert line.account == pasted.removeprefix("1. ")
    assert line.name == ""


@pytest.mark.parametrize("pasted", ["12345 678", "x" * 121 + " y", "----", "👍"])
def test_a_line_without_a_name_is_said_to_be_unreadable(pasted: str):
    (line,) = roster.read(pasted).lines
    assert (line.name, line.account) == ("", "")


def test_decomposed_vietnamese_is_composed():
    (line,) = roster.read(unicodedata.normalize("NFD", "Đặng Thế Ưu")).lines
    assert line.name == "Đặng Thế Ưu"


def test_headings_are_dropped_and_blank_lines_counted():
    pasted = roster.read("STT\tHọ và tên\r\n1\tLê An Bình\r\n\r\n2\tLê Cẩm Vân\n\n")
    assert [(line.number, line.name) for line in pasted.lines] == [(2, "Lê An Bình"), (4, "Lê Cẩm Vân")]
    assert pasted.blank == 1


def test_nul_bytes_and_ten_thousand_characters_do_no_harm():
    pasted = roster.read("Lê\x00 An\n" + "x" * 10_000)
    assert [line.name for line in pasted.lines] == ["Lê An", ""]


HEADER = ["Họ và tên", "Điểm", "Ngày"]
ROWS = [["Lê An", Decimal("8.50"), dt.date(2026, 11, 3)], ["Lê Bình", None, None]]


def test_csv_opens_in_excel_with_vietnamese_numbers_and_dates():
    content = write_csv(HEADER, ROWS)
    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        HEADER,
        ["Lê An", "8,5", "03/11/2026"],
        ["Lê Bình", "", ""],
    ]


def test_xlsx_keeps_numbers_as_numbers_and_dates_as_dates():
    day = dt.datetime(2026, 11, 3)  # noqa: DTZ001  a spreadsheet knows no zones
    sheet = load_workbook(io.BytesIO(write_xlsx("Lớp 10A1: [thử]", HEADER, ROWS))).active
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        HEADER, ["Lê An", 8.5, day], ["Lê Bình", None, None],
    ]  # fmt: skip
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A1", "+84903", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", "=1,2"])
def test_no_cell_of_either_file_is_a_formula(text: str):
    (_header, (cell,)) = csv.reader(io.StringIO(write_csv(["Tên"], [[text]]).decode("utf-8-sig"), newline=""))
    assert cell == f"'{text}"
    sheet = load_workbook(io.BytesIO(write_xlsx("T", ["Tên"], [[text]]))).active
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].hyperlink is None


def test_a_negative_number_is_no_formula():
    assert b"\r\n-5\r\n" in write_csv(["Chênh"], [[-5]])
