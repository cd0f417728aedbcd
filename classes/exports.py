"""Tables as files: CSV for any program, XLSX for spreadsheets. Pure: the caller has already decided who may see what.

A cell is text, a whole number, a mark (Decimal), a date or nothing. Both files hold the same cells in the same order.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TextIO

import xlsxwriter

Cell = str | int | Decimal | dt.date | None

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# A spreadsheet would run a cell that begins with one of these (CWE-1236); the wide forms are read as the narrow ones.
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def save_table(path: str, extension: str, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """The same file, written to `path` row by row, so that it may be longer than the memory."""
    if extension == "csv":
        with open(path, "w", newline="", encoding="utf-8-sig") as stream:
            _write_lines(stream, header, rows)
        return
    options = {**_OPTIONS, "constant_memory": True, "tmpdir": os.path.dirname(path)}
    book = xlsxwriter.Workbook(path, options)
    _write_sheet(book, title, header, rows, measured=False)
    book.close()


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, so that Excel shows Vietnamese. Text that would be a formula gets a leading '."""
    stream = io.StringIO(newline="")
    _write_lines(stream, header, rows)
    return stream.getvalue().encode("utf-8-sig")


def _write_lines(stream: TextIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    writer = csv.writer(stream)
    writer.writerow([_plain(cell) for cell in header])
    writer.writerows([_plain(cell) for cell in row] for row in rows)


_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet named `title`, the heading frozen. Text is written as text: it can be no formula and no link."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {**_OPTIONS, "in_memory": True})
    _write_sheet(book, title, header, rows, measured=True)
    book.close()
    return stream.getvalue()


def _write_sheet(
    book: xlsxwriter.Workbook, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, measured: bool
) -> None:
    """`measured`: columns as wide as what is in them; else, where no row is kept, as wide as their heading allows."""
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31].strip() or "1")
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    widths = [len(cell) if measured else max(len(cell), 18) for cell in header]
    if not measured:
        _set_widths(sheet, widths)
    sheet.write_row(0, 0, header, bold)
    for place, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(place, column, cell)
            elif isinstance(cell, dt.date):
                sheet.write_datetime(place, column, cell, day)
            elif cell is not None:
                sheet.write_number(place, column, cell)
            widths[column] = max(widths[column], len(_plain(cell)))
    if measured:
        _set_widths(sheet, widths)
    sheet.freeze_panes(1, 0)


def _set_widths(sheet: Any, widths: Sequence[int]) -> None:
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(max(width, 8), 60) + 2)


def _plain(cell: Cell) -> str:
    """Dates and marks as they are written in Vietnam."""
    if cell is None:
        return ""
    if isinstance(cell, dt.date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, Decimal):
        text = f"{cell:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
    if isinstance(cell, int):
        return str(cell)
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell
