from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes import kinds
from quizzes.formats import workbook
from quizzes.formats.items import Item, Reading, Unreadable
from quizzes.kinds import read_question
from quizzes.models import Difficulty
from tests.quizzes.formats.samples import EVERY, KINDS

HEAD = ["Mã", "Kiểu", "Câu hỏi", "Phương án 1", "Phương án 2", "Phương án 3", "Đáp án đúng"]


def sheet(
    *rows: Sequence[Any], head: Sequence[str] = HEAD, name: str = "Câu hỏi", formats: dict[int, str] | None = None
) -> bytes:
    """A workbook as a teacher's Excel writes it. `formats` by column."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        drawn = book.add_worksheet(name)
        for number, row in enumerate([head, *rows]):
            for place, value in enumerate(row):
                form = book.add_format({"num_format": formats[place]}) if formats and number and place in formats else None
                if isinstance(value, dt.date):
                    drawn.write_datetime(number, place, dt.datetime.combine(value, dt.time()), form)
                else:
                    drawn.write(number, place, value, form)
    return stream.getvalue()


def one(data: bytes) -> Item:
    reading = workbook.read(data)
    assert reading.refusals == ()
    (item,) = reading.items
    read_question({"id": "x", **item.plain})
    return item


def refused(data: bytes) -> str:
    reading = workbook.read(data)
    assert reading.items == ()
    (refusal,) = reading.refusals
    return refusal.reason


# --- round trips -----------------------------------------------------------------------------------------------------


def back(*plains: dict[str, Any]) -> Reading:
    return workbook.read(workbook.write([Item(line=1, plain=plain, category=("Dữ liệu", "Có/không")) for plain in plains]))


def test_every_kind_comes_back_as_it_went() -> None:
    reading = back(*EVERY)
    assert reading.refusals == ()
    assert len(reading.items) == len(EVERY)
    for plain, item in zip(EVERY, reading.items, strict=True):
        assert read_question(item.plain) == read_question(plain)
        assert item.category == ("Dữ liệu", "Có/không")


def test_the_same_questions_give_the_same_bytes() -> None:
    items = [Item(line=1, plain=plain) for plain in EVERY]
    assert workbook.write(items) == workbook.write(items)


def test_the_line_of_a_question_is_its_row() -> None:
    assert [item.line for item in back(*EVERY[:3]).items] == [2, 3, 4]


def test_what_teachers_see_of_a_choice_stands_in_columns() -> None:
    cells = workbook.write_cells(Item(line=1, plain=KINDS["multiple"][0]))
    assert (cells["kind"], cells["option2"], cells["answer"]) == ("Chọn nhiều", "B", "1;2")
    assert "details" not in cells


def test_a_ninth_option_and_shares_stand_in_the_details() -> None:
    options = [{"text": f"Phương án số {place}", "correct": place == 9} for place in range(1, 11)]
    plain = {"kind": "single", "stem": "Dài?", "options": [{k: v for k, v in one.items() if v} for one in options]}
    (item,) = back(plain).items
    assert item.plain == plain
    assert "'9'" in workbook.write_cells(Item(line=1, plain=plain))["details"]


def test_a_question_longer_than_a_cell_comes_back() -> None:
    plain = {"kind": "essay", "stem": "Đoạn dài " * 6_000 + "hết.", "start": "á" * 20_000}
    (item,) = back(plain).items
    assert item.plain == plain


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30) | st.sampled_from(
    [
        "=1+1",
        "+84",
        "-5",
        "@tên",
        "'=x",
        "’x",
        "_x0041_",
        "a;b",
        "1",
        "A",
        "Đúng",
        "a = b",
        "VÍ DỤ",
        "ế\u0323",
        "x\r\ny",
        "null",
        "~",
        "\u2028",
        "yes",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(texts, min_size=3, max_size=11, unique=True), texts, texts)
def test_any_text_comes_back(options: list[str], stem: str, other: str) -> None:
    plains: list[dict[str, Any]] = [
        {"id": other[:20], "kind": "multiple", "name": other, "stem": stem, "feedback": other, "tags": [other],
         "options": [{"text": text, "correct": place % 2 == 0, "feedback": stem} for place, text in enumerate(options)]},
        {"kind": "short_text", "stem": stem, "accept": options},
        {"kind": "matching", "stem": stem, "pairs": [{"left": text, "right": other} for text in options]},
        {"kind": "ordering", "stem": stem, "items": options},
        {"kind": "true_false", "stem": stem, "answer": True, "feedback_true": other, "feedback_false": stem},
        {"kind": "essay", "stem": stem, "for_markers": other, "start": stem},
    ]  # fmt: skip
    reading = back(*plains)
    # A question without words is refused; every other comes back.
    assert len(reading.items) + len(reading.refusals) == len(plains)
    if not reading.refusals:
        for plain, item in zip(plains, reading.items, strict=True):
            assert normal(item.plain) == normal(plain)
    else:
        assert not stem.replace("\x00", "").strip()


def normal(value: Any) -> Any:
    """As every file is read: composed, without NUL."""
    return workbook._canonical(workbook._composed(value))


# --- what teachers type ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["2", 2, 2.0, "B", "b", "B.", "Hai"])
def test_the_right_option_is_a_number_a_letter_or_its_text(answer: Any) -> None:
    item = one(sheet(["q1", "Chọn một", "Nào?", "Một", "Hai", "Ba", answer]))
    assert [option.get("correct", False) for option in item.plain["options"]] == [False, True, False]


@pytest.mark.parametrize("answer", ["1;3", "1, 3", "A, C", "A C", "Một; Ba", "a;c;"])
def test_several_right_options(answer: str) -> None:
    item = one(sheet(["q1", "", "Nào?", "Một", "Hai", "Ba", answer]))
    assert item.plain["kind"] == "multiple"
    assert [option.get("correct", False) for option in item.plain["options"]] == [True, False, True]


def test_options_that_are_numbers_are_read_as_they_look() -> None:
    item = one(sheet(["q1", "Chọn một", "Mấy?", 7, 0.5, 12, "1"]))
    assert [option["text"] for option in item.plain["options"]] == ["7", "0.5", "12"]


@pytest.mark.parametrize(
    ("answer", "kind", "field", "value"),
    [
        ("Đúng", "true_false", "answer", True), (True, "true_false", "answer", True), ("sai", "true_false", "answer", False),
        ("thiên kiến; thiên lệch", "short_text", "accept", ["thiên kiến", "thiên lệch"]),
        ("7,5 ± 0,1", "number", "answer", "7.5"),
        (12, "number", "answer", 12), ("-3", "number", "answer", -3),
    ],
)  # fmt: skip
def test_the_kind_is_guessed_from_the_answer(answer: Any, kind: str, field: str, value: Any) -> None:
    item = one(sheet(["q1", "", "Sao?", "", "", "", answer]))
    assert (item.plain["kind"], item.plain[field]) == (kind, value)


def test_pairs_and_orders_stand_in_the_option_columns() -> None:
    data = sheet(["a", "Ghép cặp", "Nối?", "mèo = thú", "gà→chim", "cá=nước"], ["b", "sap thu tu", "Xếp?", "một", "hai", "ba"])
    matching, ordering = workbook.read(data).items
    assert matching.plain["pairs"][1] == {"left": "gà", "right": "chim"}
    assert ordering.plain["items"] == ["một", "hai", "ba"]


@pytest.mark.parametrize(
    "head",
    [
        ["answer", "STEM", "Kind", "Option 1", "OPTION 2", "Code"],
        ["dap an dung", "CAU HOI", "kieu", "Phuong an A", "phương án b", "ma"],
        ["Đáp án:", "Nội dung câu hỏi", "Loại câu", "A", "B", "Mã câu"],
    ],
)
def test_columns_are_known_in_any_order_case_and_language(head: list[str]) -> None:
    item = one(sheet([2, "Nào?", "single", "Một", "Hai", "q9"], head=head))
    assert item.plain["id"] == "q9"
    assert item.plain["options"][1] == {"text": "Hai", "correct": True}


def test_a_title_above_the_header_is_passed_by() -> None:
    data = sheet(HEAD, ["q1", "Chọn một", "Nào?", "Một", "Hai", "", "1"], head=["Ngân hàng câu hỏi của trường"], name="Sheet1")
    assert one(data).line == 3


def test_a_code_of_zeros_keeps_them() -> None:
    item = one(sheet([7, "Chọn một", "Nào?", "Một", "Hai", "", 1], formats={0: "0000"}))
    assert item.plain["id"] == "0007"


def test_a_fraction_that_became_a_date_is_refused_and_a_real_date_is_not() -> None:
    day = dt.date(2024, 2, 1)
    assert "Phương án 1" in refused(sheet(["q", "Chọn một", "Nào?", day, "Hai", "", 1], formats={3: "d-mmm"}))
    item = one(sheet(["q", "Chọn một", "Nào?", day, "Hai", "", 1], formats={3: "dd/mm/yyyy"}))
    assert item.plain["options"][0]["text"] == "01/02/2024"


def test_formulas_are_refused_with_the_column() -> None:
    reading = workbook.read(
        sheet(["q1", "Chọn một", "=1+1", "Một", "Hai", "", 1], ["q2", "Chọn một", "Nào?", "Một", "Hai", "", 1])
    )
    (refusal,) = reading.refusals
    assert (refusal.line, refusal.name) == (2, "q1")
    assert "Câu hỏi" in refusal.reason and "công thức" in refusal.reason
    assert len(reading.items) == 1


def test_nothing_that_is_written_is_a_formula() -> None:
    plain = {"kind": "single", "stem": "=HYPERLINK(1)", "options": [{"text": "+1", "correct": True}, {"text": "@x"}]}
    data = workbook.write([Item(line=1, plain=plain)])
    book = openpyxl.load_workbook(io.BytesIO(data))
    values = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value]
    assert all(cell.data_type == "s" and cell.value[0] not in "=+-@" for cell in values)
    (item,) = workbook.read(data).items
    assert item.plain == plain


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["q", "Chọn một", "", "Một", "Hai", "", 1], "Câu hỏi"), (["q", "Vẽ tranh", "Nào?"], "Vẽ tranh"),
        (["q", "Chọn một", "Nào?", "Một", "Hai", "", 4], "“4”"), (["q", "Chọn một", "Nào?", "Một", "Hai", ""], "Đáp án đúng"),
        (["q", "Chọn một", "Nào?", "Một", "", "Ba", 1], "Phương án 2"),
        (["q", "Chọn một", "Nào?", "Một", "", "", 1], "hai phương án"),
        (["q", "Chọn một", "Nào?", "Một", "Hai", "", "1;2"], "Chọn nhiều"), (["q", "Điền số", "Mấy?", "", "", "", "bảy"], "bảy"),
        (["q", "Đúng hay sai", "Mấy?", "", "", "", "có lẽ"], "Đúng hoặc Sai"),
        (["q", "Ghép cặp", "Nối?", "mèo", "a = b"], "vế trái"),
    ],
)  # fmt: skip
def test_a_row_that_is_no_question_says_why(row: list[Any], said: str) -> None:
    assert said in refused(sheet(row))


@pytest.mark.parametrize("details", ["a: [", "- x", "a: &x [1]\nb: *x", "chữ", "!!python/object:os.system x", "[" * 3000])
def test_details_that_are_no_plain_list_of_fields_are_refused(details: str) -> None:
    assert "Chi tiết" in refused(sheet(["q", "Viết bài", "Kể?", details], head=["Mã", "Kiểu", "Câu hỏi", "Chi tiết"]))


def test_details_are_read_as_they_are_typed() -> None:
    data = sheet(
        ["q", "Viết bài", "Kể?", "start: 1:30\nfor_markers: 2024-01-02\nlines: 12"], head=["Mã", "Kiểu", "Câu hỏi", "Chi tiết"]
    )
    assert one(data).plain == {
        "id": "q",
        "kind": "essay",
        "stem": "Kể?",
        "start": "1:30",
        "for_markers": "2024-01-02",
        "lines": 12,
    }


def test_pictures_are_said_to_come_apart() -> None:
    item = one(workbook.write([Item(line=1, plain=KINDS["hotspot"][0])]))
    assert "gửi riêng" in item.lost[0]


# --- the template ----------------------------------------------------------------------------------------------------


def test_the_template_has_an_example_of_each_kind_and_none_is_read() -> None:
    data = workbook.template()
    assert workbook.read(data) == Reading()
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["Câu hỏi", "Hướng dẫn"]
    drawn = book["Câu hỏi"]
    assert drawn.freeze_panes == "A2"
    assert {cell.value for cell in drawn["C"][1:]} == set(workbook.KIND_NAMES.values())
    with translation.override("vi"):
        assert {name: str(kind.label) for name, kind in kinds.KINDS.items()} == workbook.KIND_NAMES
        assert {name: str(label) for name, label in Difficulty.choices} == workbook.DIFFICULTY_NAMES
    lists = [one.formula1 for one in drawn.data_validations.dataValidation]
    assert any("Chọn một" in one for one in lists) and any("Vừa" in one for one in lists)


def test_the_examples_of_the_template_are_questions() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.template()))
    names = [name for name, *_rest in workbook._COLUMNS]
    for row in book["Câu hỏi"].iter_rows(min_row=2, values_only=True):
        cells = {name: str(value) for name, value in zip(names, row, strict=False) if value}
        item = workbook.read_cells({**cells, "id": "x"}, 1)
        assert item is not None
        assert read_question(item.plain).fields["kind"] == item.plain["kind"]


def test_a_filled_in_template_is_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.template()))
    book["Câu hỏi"].append(["q1", "A / B", "Chọn một", "Khó", "Nào?", "Một", "Hai", *[None] * 6, "2"])
    stream = io.BytesIO()
    book.save(stream)
    item = one(stream.getvalue())
    assert (item.category, item.plain["difficulty"]) == (("A", "B"), "hard")


# --- what is no workbook ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"x", b"PK\x03\x04", b"a,b\n1,2", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99])
def test_other_files_are_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        workbook.read(data)


def test_a_sheet_without_a_header_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="tiêu đề"):
        workbook.read(sheet(["a", "b"], head=["Họ tên", "Lớp"]))


def test_a_bomb_and_entities_are_unreadable() -> None:
    good = sheet(["q", "Chọn một", "Nào?", "Một", "Hai", "", 1])
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(stream, "w") as copy:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/sharedStrings.xml":
                entities = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
                data = entities + data.partition(b"?>")[2].replace("Nào".encode(), b"&b;")
            copy.writestr(name, data)
    with pytest.raises(Unreadable):
        workbook.read(stream.getvalue())


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 10**6), st.integers(1, 40))
def test_broken_workbooks_give_a_reading_or_unreadable(noise: bytes, at: int, length: int) -> None:
    good = GOOD[: at % len(GOOD)] + noise + GOOD[at % len(GOOD) + length :]
    try:
        assert isinstance(workbook.read(good), Reading)
    except Unreadable as error:
        assert str(error)


GOOD = sheet(["q", "Chọn một", "Nào?", "Một", "Hai", "", 1])
