"""The figures of a ledger as a workbook: one sheet a table, numbers as numbers, nothing read as a formula."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from plans.disclosure import Cell
from plans.queries import Ledger

Value = str | Decimal | int | None


def write(ledger: Ledger, *, made_at: dt.datetime, made_by: str) -> bytes:
    """The workbook, in Vietnamese whatever the reader's language. `made_by` is written on the first sheet."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with translation.override("vi"), xlsxwriter.Workbook(buffer, options) as book:
        pen = _Pen(book)
        for name, head, rows in sheets(ledger, made_at=made_at, made_by=made_by):
            pen.sheet(name, head, rows)
    return buffer.getvalue()


def sheets(ledger: Ledger, *, made_at: dt.datetime, made_by: str) -> list[tuple[str, list[str], list[list[Value]]]]:
    """(sheet name, heads, rows) in order."""
    found: list[tuple[str, list[str], list[list[Value]]]] = [
        (_("Kỳ báo cáo"), [_("Mục"), _("Nội dung")], _about(ledger, made_at, made_by)),
        (
            _("Chỉ tiêu"),
            [_("Mã"), _("Chỉ tiêu"), _("Kế hoạch ghi"), _("Hạn"), _("Thực tế"), _("Đơn vị"), _("Thực tế, bằng lời"),
             _("Tình trạng"), _("Nguồn số"), _("Chủ trì"), _("Nguồn chỉ tiêu")],
            [[line.code, line.name, line.plan_words, line.deadline, line.value, line.unit, line.value_words, line.mark.word,
              line.source, line.lead, line.citation] for line in ledger.lines],
        ),
        (
            _("Số do nền tảng đếm"),
            [_("Mã"), _("Nội dung"), _("Đơn vị"), _("Trong kỳ"), _("Lũy kế")],
            [[line.code, line.name, line.unit, told(line.in_period), told(line.total)] for line in ledger.own],
        ),
    ]  # fmt: skip
    for table in ledger.breakdowns:
        rows = [[row.label, *(told(cell) for cell in row.cells)] for row in table.rows]
        found.append((table.title, [table.by, *table.columns], rows))
    definitions: list[list[Value]] = [[line.code, line.name, line.definition] for line in ledger.lines if line.definition]
    definitions += [[line.code, line.name, line.definition] for line in ledger.own if line.definition]
    found.append((_("Cách đếm"), [_("Mã"), _("Nội dung"), _("Đếm gì, không đếm gì")], definitions))
    return found


def told(cell: Cell) -> Value:
    """A kept-back figure is said to be so; nothing measured is an empty cell."""
    return _("dưới 10, không nêu") if cell.hidden else cell.value


def _about(ledger: Ledger, made_at: dt.datetime, made_by: str) -> list[list[Value]]:
    period = ledger.period
    return [
        [_("Kế hoạch"), ledger.plan.symbol],
        [_("Trích yếu"), ledger.plan.title],
        [_("Kỳ"), period.name],
        [_("Đếm từ ngày"), f"{period.starts_on:%d/%m/%Y}"],
        [_("Đến hết ngày"), f"{period.ends_on:%d/%m/%Y}"],
        [_("Số liệu"), _("tạm tính") if ledger.provisional else _("đã chốt")],
        [_("Đo lúc"), f"{timezone.localtime(ledger.as_of):%H:%M %d/%m/%Y}" if ledger.as_of else ""],
        [_("Mã băm"), period.digest],
        [_("Lập lúc"), f"{timezone.localtime(made_at):%H:%M %d/%m/%Y}"],
        [_("Lập cho"), made_by],
    ]


class _Pen:
    def __init__(self, book: Any) -> None:
        self.book = book
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#F3EBDD"})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.number = book.add_format({"num_format": "#,##0.##", "valign": "top"})
        self.whole = book.add_format({"num_format": "#,##0", "valign": "top"})

    def sheet(self, name: str, head: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        sheet = self.book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(head):
            sheet.write_string(0, column, title, self.head)
            longest = max((len(str(row[column])) for row in rows if row[column] is not None), default=0)
            sheet.set_column(column, column, min(max(10, len(title), longest) + 2, 60))
        for place, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                self._cell(sheet, place, column, value)

    def _cell(self, sheet: Any, row: int, column: int, value: Value) -> None:
        if value is None:
            sheet.write_blank(row, column, None, self.text)
        elif isinstance(value, str):
            sheet.write_string(row, column, value, self.text)
        else:
            sheet.write_number(row, column, value, self.whole if value == int(value) else self.number)
