from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation

from plans import wording


@pytest.mark.parametrize(
    ("operator", "low", "high", "unit", "words"),
    [
        ("~", "10", None, "lớp", "khoảng 10 lớp"),
        (">=", "3.00", None, "dịch vụ", "ít nhất 3 dịch vụ"),
        ("between", "3", "5", "nhiệm vụ", "từ 3 đến 5 nhiệm vụ"),
        (">", "80", None, "% (khu vực/diện tích)", "hơn 80% (khu vực/diện tích)"),
        ("=", "1", None, "báo cáo", "1 báo cáo"),
        ("yoy>=", "20", None, "%/năm", "tăng ít nhất 20%/năm"),
        ("~", "1000000", None, "lượt", "khoảng 1.000.000 lượt"),
        ("count", None, None, "người", "chỉ theo dõi, không ghi con số"),
        ("bool", None, None, "đạt/chưa", "đạt hay chưa"),
        ("increase", None, None, "vốn", "tăng, không ghi con số"),
    ],
)
def test_a_target_is_said_in_the_words_of_the_plan(operator: str, low: str, high: str, unit: str, words: str) -> None:
    said = wording.target(operator, Decimal(low) if low else None, Decimal(high) if high else None, unit)
    assert said == words


def test_numbers_are_written_as_in_vietnam() -> None:
    assert [wording.number(Decimal(one)) for one in ("1000", "0.50", "11076.00", "7", "1234567.25")] == [
        "1.000", "0,5", "11.076", "7", "1.234.567,25",
    ]  # fmt: skip
    with translation.override("en"):
        assert wording.number(Decimal("1000.5")) == "1,000.5"


def test_january_and_february_and_small_days_take_a_leading_zero_and_no_other_month_does() -> None:
    place = "Thành phố Hồ Chí Minh"
    assert wording.place_and_date(place, dt.date(2026, 1, 5)) == "Thành phố Hồ Chí Minh, ngày 05 tháng 01 năm 2026"
    assert wording.place_and_date(place, dt.date(2026, 2, 15)) == "Thành phố Hồ Chí Minh, ngày 15 tháng 02 năm 2026"
    assert wording.place_and_date(place, dt.date(2026, 3, 9)) == "Thành phố Hồ Chí Minh, ngày 09 tháng 3 năm 2026"
    assert wording.place_and_date(place, dt.date(2026, 12, 24)) == "Thành phố Hồ Chí Minh, ngày 24 tháng 12 năm 2026"


def test_deadlines_are_said_not_coded() -> None:
    codes = ("2025-Q4", "2025-12", "2026-02", "2030", "2028-2030", "hằng năm")
    assert [wording.deadline(one) for one in codes] == [
        "Quý IV/2025", "tháng 12/2025", "tháng 02/2026", "năm 2030", "năm 2028-2030", "hằng năm",
    ]  # fmt: skip


def test_a_citation_names_the_place_in_the_plan_and_not_our_number_of_the_document() -> None:
    assert wording.citation("000 §II.4b; phụ lục STT 4") == "mục II.4b; phụ lục STT 4"
    assert wording.citation("004 #22") == "nhiệm vụ 22"
    assert wording.citation("vneconomy 29/10/2025") == "vneconomy 29/10/2025"
