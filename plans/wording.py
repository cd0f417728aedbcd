"""How numbers, targets and deadlines are said. Numbers follow the active language: 1.000 and 0,5 in Vietnamese."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}


def number(value: Decimal | int) -> str:
    """Grouped, with as many decimals as it has: 1.000; 0,5."""
    exact = Decimal(value).normalize()
    decimals = max(0, -int(exact.as_tuple().exponent))
    return str(number_format(exact, decimal_pos=decimals, use_l10n=True, force_grouping=True))


def amount(value: Decimal | int, unit: str) -> str:
    """A figure with its unit: "7 lớp", "62%", "11.076 người". What the unit says in brackets is left out."""
    bare = re.sub(r"\s*\(.*\)", "", unit)
    return f"{number(value)}{bare}" if bare.startswith("%") else f"{number(value)} {bare}".strip()


def _with_unit(text: str, unit: str) -> str:
    return f"{text}{unit}" if unit.startswith("%") else f"{text} {unit}".strip()


def target(operator: str, low: Decimal | None, high: Decimal | None, unit: str) -> str:
    """The target in the plan's own words: "khoảng 10 lớp", "ít nhất 3 dịch vụ", "từ 3 đến 5 nhiệm vụ"."""
    if operator == "bool":
        return _("đạt hay chưa")
    if operator == "count" or low is None:
        return _("tăng, không ghi con số") if operator == "increase" else _("chỉ theo dõi, không ghi con số")
    value = _with_unit(number(low), unit)
    if operator == "between" and high is not None:
        return _("từ %(low)s đến %(value)s") % {"low": number(low), "value": _with_unit(number(high), unit)}
    words = {
        ">=": _("ít nhất %(value)s"),
        ">": _("hơn %(value)s"),
        "=": _("%(value)s"),
        "~": _("khoảng %(value)s"),
        "yoy>=": _("tăng ít nhất %(value)s"),
        "increase": _("tăng %(value)s"),
    }
    return words[operator] % {"value": value}


def deadline(text: str) -> str:
    """ "2025-Q4" → "Quý IV/2025", "2025-12" → "tháng 12/2025", "2030" → "năm 2030"; else as it stands."""
    quarter = re.fullmatch(r"(\d{4})-Q([1-4])", text)
    if quarter:
        return _("Quý %(quarter)s/%(year)s") % {"quarter": ROMAN[quarter[2]], "year": quarter[1]}
    month = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if month:
        return _("tháng %(month)s/%(year)s") % {"month": month_number(int(month[2])), "year": month[1]}
    if re.fullmatch(r"\d{4}(-\d{4})?", text):
        return _("năm %(year)s") % {"year": text}
    return text


def citation(source: str) -> str:
    """A place in the plan's own text, without our number of the document: "mục II.4b; phụ lục STT 4"."""
    return re.sub(r"\b00\d ", "", source).replace("§", _("mục") + " ").replace("#", _("nhiệm vụ") + " ")


def month_number(month: int) -> str:
    """January and February take a leading zero, the other months none (Nghị định 30/2020/NĐ-CP, Phụ lục I)."""
    return f"{month:02}" if month < 3 else str(month)


def place_and_date(place: str, day: dt.date) -> str:
    """ "Thành phố Hồ Chí Minh, ngày 05 tháng 01 năm 2026": days under 10 take a leading zero."""
    return _("%(place)s, ngày %(day)s tháng %(month)s năm %(year)s") % {
        "place": place, "day": f"{day.day:02}", "month": month_number(day.month), "year": day.year,
    }  # fmt: skip


def quarter_name(year: int, quarter: int) -> str:
    return _("Quý %(quarter)s/%(year)s") % {"quarter": ROMAN[str(quarter)], "year": year}
