"""A table of organisations as a file: CSV or XLSX → cells as text → rows with what is wrong in them.

Reading needs no database. Cells are kept as text between the dry run and the deed: a date cell as 2025-07-01.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook

from people.text import fold, nfc

MOST_ROWS = 20_000
MOST_BYTES = 10 * 1024 * 1024
# What a workbook may unpack to: a small file can hold a bomb.
MOST_UNPACKED = 100 * 1024 * 1024
MOST_COLUMNS = 40

# field → what stands at the head of its column.
COLUMNS: dict[str, str | Promise] = {
    "code": gettext_lazy("Mã"),
    "name": gettext_lazy("Tên đầy đủ"),
    "short_name": gettext_lazy("Tên ngắn"),
    "kind": gettext_lazy("Loại"),
    "parent": gettext_lazy("Mã cấp trên"),
    "valid_from": gettext_lazy("Có từ ngày"),
    "valid_to": gettext_lazy("Hết từ ngày"),
    "successor": gettext_lazy("Mã đơn vị kế thừa"),
    "staff_declared": gettext_lazy("Biên chế khai"),
    "note": gettext_lazy("Ghi chú"),
}
_HEADS = {
    "code": {"ma", "code", "ma don vi", "ma co quan"},
    "name": {"ten day du", "ten", "name", "name_vi", "ten don vi", "ten co quan"},
    "short_name": {"ten ngan", "short_name", "ten viet tat"},
    "kind": {"loai", "kind", "type"},
    "parent": {"ma cap tren", "cap tren", "parent", "truc thuoc"},
    "valid_from": {"co tu ngay", "tu ngay", "valid_from"},
    "valid_to": {"het tu ngay", "den ngay", "valid_to"},
    "successor": {"ma don vi ke thua", "ke thua", "successor"},
    "staff_declared": {"bien che khai", "bien che", "staff_declared"},
    "note": {"ghi chu", "note"},
}
KINDS: dict[str, str | Promise] = {
    "ward": gettext_lazy("Phường"), "commune": gettext_lazy("Xã"), "special_zone": gettext_lazy("Đặc khu"),
    "committee": gettext_lazy("Ủy ban"), "council": gettext_lazy("Hội đồng"), "department": gettext_lazy("Sở"),
    "office": gettext_lazy("Văn phòng"), "inspectorate": gettext_lazy("Thanh tra"), "board": gettext_lazy("Ban quản lý"),
    "centre": gettext_lazy("Trung tâm"), "institute": gettext_lazy("Viện"), "school": gettext_lazy("Trường"),
    "university": gettext_lazy("Đại học"), "clinic": gettext_lazy("Trạm y tế"), "hospital": gettext_lazy("Bệnh viện"),
    "unit": gettext_lazy("Đơn vị trực thuộc"), "company": gettext_lazy("Công ty"), "enterprise": gettext_lazy("Doanh nghiệp"),
    "association": gettext_lazy("Hội, hiệp hội"), "party": gettext_lazy("Cơ quan Đảng"), "police": gettext_lazy("Công an"),
    "tax": gettext_lazy("Thuế"), "media": gettext_lazy("Báo chí"), "central": gettext_lazy("Cơ quan trung ương"),
    "advisory team": gettext_lazy("Tổ tư vấn"), "group": gettext_lazy("Nhóm cơ quan"),
}  # fmt: skip
# Words that are addresses of their own beside the codes.
RESERVED = {"tree", "import", "operations", "rosters", "people", "classes", "lists", "views"}
_CODE = re.compile(r"\w[\w.-]{0,39}")
_FORMULA = "=+@'＝＋＠\t\r"


class UnreadableFile(ValueError):
    """The argument says why, in words for the reader."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the file with what it says. A blank cell says nothing, so its field is not in `values`."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return str(self.values.get("code", ""))


@dataclass(frozen=True, kw_only=True)
class Problem:
    line: int
    column: str
    value: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]


def is_code(text: str) -> bool:
    """Letters, digits and . _ -; it stands in addresses."""
    return _CODE.fullmatch(text) is not None and text.lower() not in RESERVED


# --- bytes → cells ------------------------------------------------------------------------------------------------------


def read_table(content: bytes, name: str) -> list[list[str]]:
    """The cells of the first sheet, the header first, blank lines kept (a line keeps its number). Raises UnreadableFile."""
    if len(content) > MOST_BYTES:
        raise UnreadableFile(_("Tệp lớn quá %(n)s MB.") % {"n": MOST_BYTES // 1024 // 1024})
    rows = _of_workbook(content) if content.startswith(b"PK") else _of_csv(content)
    table = []
    for row in rows:
        table.append([_cell(cell) for cell in row[:MOST_COLUMNS]])
        if len(table) > MOST_ROWS + 1:
            raise UnreadableFile(_("Tệp có hơn %(n)s dòng. Hãy chia làm nhiều tệp.") % {"n": MOST_ROWS})
    while table and not any(table[-1]):
        table.pop()
    if len(table) < 2:
        raise UnreadableFile(_("Tệp %(name)s không có dòng nào dưới dòng tiêu đề.") % {"name": name})
    return table


def _of_workbook(content: bytes) -> Iterator[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED:
                raise UnreadableFile(_("Tệp lớn quá %(n)s MB.") % {"n": MOST_UNPACKED // 1024 // 1024})
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        # A sheet may claim a million rows; only those that are there are read.
        book.worksheets[0].reset_dimensions()
        yield from (list(row) for row in book.worksheets[0].iter_rows(values_only=True, max_col=MOST_COLUMNS))
    except UnreadableFile:
        raise
    except Exception as error:  # what a broken workbook raises is without number
        raise UnreadableFile(_("Không mở được tệp này như một bảng tính XLSX.")) from error


def _of_csv(content: bytes) -> Iterator[list[Any]]:
    text = _decoded(content)
    if "\x00" in text:
        raise UnreadableFile(_("Đây không phải tệp CSV hay XLSX."))
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise UnreadableFile(_("Đây không phải tệp CSV hay XLSX.")) from error


def _decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with it, else Windows-1258, in which old Vietnamese files are written."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1258", errors="replace")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    # What a spreadsheet would run is stripped of what makes it run.
    return nfc(str(value)).lstrip(_FORMULA)[:1000]


# --- cells → rows -------------------------------------------------------------------------------------------------------


def parse(table: list[list[str]]) -> Sheet:
    """What the lines say, and what is wrong in them by itself; whether it fits the tree is another question."""
    named = {column: name for name, heads in _HEADS.items() for column in heads}
    columns = {place: named[fold(head)] for place, head in enumerate(table[0]) if fold(head) in named}
    ignored = tuple(head for place, head in enumerate(table[0]) if head and place not in columns)
    if "code" not in columns.values():
        told = _("Không thấy cột “%(name)s”. Hãy dùng tệp mẫu.") % {"name": COLUMNS["code"]}
        return Sheet(rows=(), problems=(Problem(line=1, column=str(COLUMNS["code"]), value="", why=told),), ignored=ignored)
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for line, cells in enumerate(table[1:], 2):
        if not any(cells):
            continue
        row, wrong = _row(line, {columns[place]: cell for place, cell in enumerate(cells) if place in columns and cell})
        first = seen.setdefault(row.code.lower(), line)
        if row.code and first != line:
            why = _("Mã này đã có ở dòng %(n)s. Hãy bỏ một dòng.") % {"n": first}
            wrong.append(Problem(line=line, column=str(COLUMNS["code"]), value=row.code, why=why))
        problems += wrong
        if not wrong:
            rows.append(row)
    return Sheet(rows=tuple(rows), problems=tuple(problems), ignored=ignored)


def _row(line: int, cells: dict[str, str]) -> tuple[Row, list[Problem]]:
    values: dict[str, Any] = {}
    wrong = []
    if not cells.get("code"):
        wrong.append(Problem(line=line, column=str(COLUMNS["code"]), value="", why=_("Thiếu mã.")))
    for name, cell in cells.items():
        try:
            values[name] = _READERS.get(name, _text)(cell)
        except _Wrong as error:
            wrong.append(Problem(line=line, column=str(COLUMNS[name]), value=cell, why=str(error)))
    start, end = values.get("valid_from"), values.get("valid_to")
    if start and end and end <= start:
        why = _("Ngày hết phải sau ngày có.")
        wrong.append(Problem(line=line, column=str(COLUMNS["valid_to"]), value=cells["valid_to"], why=why))
    return Row(line=line, values=values), wrong


class _Wrong(ValueError):
    pass


def _text(cell: str) -> str:
    return cell


def _code(cell: str) -> str:
    if not is_code(cell):
        raise _Wrong(_("Mã chỉ gồm chữ, số, dấu chấm, gạch ngang và gạch dưới, nhiều nhất 40 ký tự."))
    return cell


def _name(most: int) -> Any:
    def read(cell: str) -> str:
        if len(cell) > most:
            raise _Wrong(_("Dài quá %(n)s ký tự.") % {"n": most})
        return cell

    return read


def _kind(cell: str) -> str:
    for kind, label in KINDS.items():
        if fold(cell) in {kind, fold(str(label))}:
            return kind
    raise _Wrong(_("Loại chưa có. Chọn một trong: %(kinds)s.") % {"kinds": ", ".join(str(label) for label in KINDS.values())})


def _day(cell: str) -> dt.date:
    for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            return dt.datetime.strptime(cell, pattern).date()  # noqa: DTZ007 a day has no zone
        except ValueError:
            continue
    raise _Wrong(_("Không đọc được ngày. Hãy ghi như 01/07/2025."))


def _whole(cell: str) -> int:
    digits = re.sub(r"[\s.,]", "", cell)
    if not digits.isdecimal() or int(digits) > 1_000_000:
        raise _Wrong(_("Hãy ghi một số nguyên, ví dụ 120."))
    return int(digits)


_READERS: dict[str, Any] = {
    "code": _code, "parent": _code, "successor": _code, "name": _name(255), "short_name": _name(80), "kind": _kind,
    "valid_from": _day, "valid_to": _day, "staff_declared": _whole, "note": _name(1000),
}  # fmt: skip
