"""Tables as files: CSV for any program, XLSX for spreadsheets. Pure: the caller has already decided who may see what.

A cell is text, a whole number, a mark (Decimal), a date or nothing. Both files hold the same cells in the same order.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

Cell = str | int | Decimal | dt.date | None

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# A spreadsheet would run a cell that begins with one of these (CWE-1236); the wide forms are read as the narrow ones.
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, so that Excel shows Vietnamese. Text that would be a formula gets a leading '."""
    stream = io.BytesIO()
    save_csv(stream, header, rows)
    return stream.getvalue()


def save_csv(stream: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """As write_csv, into `stream`, row by row."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([_plain(cell) for cell in header])
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    text.detach()


def to_line(row: Sequence[Cell]) -> str:
    """A row as one line of JSON that from_line() reads back: dates as {"d": …}, marks as {"m": …}."""
    return json.dumps([_told(cell) for cell in row], ensure_ascii=False)


def from_line(line: str) -> list[Cell]:
    return [_heard(cell) for cell in json.loads(line)]


def _told(cell: Cell) -> object:
    if isinstance(cell, dt.date):
        return {"d": cell.isoformat()}
    return {"m": str(cell)} if isinstance(cell, Decimal) else cell


def _heard(cell: Any) -> Cell:
    if not isinstance(cell, dict):
        return cell
    return dt.date.fromisoformat(cell["d"]) if "d" in cell else Decimal(cell["m"])


def write_xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet named `title`, the heading frozen. Text is written as text: it can be no formula and no link."""
    stream = io.BytesIO()
    save_xlsx(stream, title, header, rows, in_memory=True)
    return stream.getvalue()


def save_xlsx(
    stream: IO[bytes], title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, in_memory: bool = False
) -> None:
    """As write_xlsx, into `stream`. Unless `in_memory`, each row goes to a temporary file at once: any number of rows takes

    the same memory.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(stream, {"in_memory": in_memory, "constant_memory": not in_memory, **options})
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31].strip() or "1")
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    widths = [len(cell) for cell in header]
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
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(max(width, 8), 60) + 2)
    sheet.freeze_panes(1, 0)
    book.close()


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
