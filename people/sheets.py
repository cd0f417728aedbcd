"""Reads lists out of XLSX and CSV files of whatever origin, row by row, in little memory. Pure: a file in, cells out.

Whatever stands in a file came from outside: it is looked at before it is unpacked, and read only as far as the caps.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import zipfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.text import nfc

MAX_BYTES = 20_000_000
MAX_ROWS = 200_000
MAX_COLUMNS = 60
MAX_CELL = 500
_MAX_UNPACKED = 250_000_000
_MAX_TEXTS = 80_000_000  # of the part of an XLSX that is held in memory as a whole
_MAX_PARTS = 2_000
_MAX_BLANK = 2_000  # blank rows on end, after which the list is over

# A spreadsheet would run a cell that begins with one of these; the wide forms are read as the narrow ones.
FORMULA = "=+-@\t\r＝＋－＠"

SPREADSHEET, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_FILES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"MZ", b"\x7fELF")

REFUSALS: dict[str, str | Promise] = {
    "empty": _("Tệp trống. Hãy chọn tệp có danh sách."),
    "big": _("Tệp lớn hơn 20 MB. Hãy chia danh sách thành nhiều tệp."),
    "rows": _("Danh sách dài hơn 200.000 dòng. Hãy chia thành nhiều tệp."),
    "xls": _("Tệp .xls là dạng cũ, không nhận. Mở bằng Excel rồi lưu lại thành .xlsx."),
    "password": _("Tệp có mật khẩu nên không đọc được. Bỏ mật khẩu rồi gửi lại."),
    "type": _("Chỉ nhận tệp .xlsx hoặc .csv."),
    "bomb": _("Tệp phình ra quá lớn khi mở. Hãy sao danh sách sang một tệp mới rồi gửi lại."),
    "broken": _("Tệp hỏng, không mở được. Mở bằng Excel rồi lưu lại."),
    "encoding": _("Không đọc được chữ trong tệp. Lưu lại thành .xlsx, hoặc CSV kiểu UTF-8."),
}


class Refused(ValueError):
    """The file is not read. `reason` is a key of REFUSALS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Cells = list[str]


@dataclass(frozen=True)
class Row:
    """`number` is the one a spreadsheet shows. `over` is the column that was too long to be kept, -1 if none."""

    number: int
    cells: Cells
    over: int = -1


def inspect(file: BinaryIO, name: str) -> str:
    """Whether it is "xlsx" or "csv", by what is in the file; nothing is unpacked. Raises Refused."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(8)
    if size == 0:
        raise Refused("empty")
    if size > MAX_BYTES:
        raise Refused("big")
    if head == OLE:
        file.seek(0)
        raise Refused("password" if "EncryptedPackage".encode("utf-16-le") in file.read() else "xls")
    if head.startswith(SPREADSHEET):
        _inspect_spreadsheet(file)
        return "xlsx"
    if head.startswith(OTHER_FILES) or not name.lower().endswith((".csv", ".txt", ".tsv")):
        raise Refused("type")
    return "csv"


def _inspect_spreadsheet(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as book:
            parts = book.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refused("broken") from error
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("password")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Refused("type")
    texts = sum(part.file_size for part in parts if part.filename == "xl/sharedStrings.xml")
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED or texts > _MAX_TEXTS:
        raise Refused("bomb")


def rows(file: BinaryIO, kind: str) -> Iterator[Row]:
    """The rows that are not blank, each with its number. Raises Refused, at the start or on the way."""
    found = _spreadsheet_rows(file) if kind == "xlsx" else _text_rows(file)
    blank = 0
    for number, values in enumerate(found, 1):
        row = _row(number, values)
        if any(row.cells):
            blank = 0
            if number > MAX_ROWS:
                raise Refused("rows")
            yield row
            continue
        blank += 1
        if blank > _MAX_BLANK:
            return


def _row(number: int, values: Iterable[object]) -> Row:
    cells, over = [], -1
    for place, value in enumerate(itertools.islice(values, MAX_COLUMNS)):
        text = _text(value)
        if len(text) > MAX_CELL:
            text, over = f"{text[:80]}…", place
        cells.append(text)
    while cells and not cells[-1]:
        cells.pop()
    return Row(number, cells, over)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime | dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str):
        return harmless(value if len(value) <= 4 * MAX_CELL else value[: 4 * MAX_CELL])
    return nfc(str(value))


def harmless(text: str) -> str:
    """`text` composed, without what would make a formula of it, and without the ' that our own files put before it."""
    kept = nfc(text.strip())
    while kept and kept[0] in FORMULA + "'’":
        kept = kept[1:].lstrip()
    return kept


def _spreadsheet_rows(file: BinaryIO) -> Iterator[Iterable[object]]:
    """Of the first sheet. Formulas count by the value that was last computed."""
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise Refused("broken") from error
    try:
        if not book.worksheets:
            raise Refused("empty")
        sheet = book.worksheets[0]
        # What the file says about its own size may be a lie that costs gigabytes.
        sheet.reset_dimensions()
        yield from sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)
    except (ParseError, zipfile.BadZipFile, ValueError, KeyError, TypeError, OSError) as error:
        raise error if isinstance(error, Refused) else Refused("broken") from error
    finally:
        book.close()


def _text_rows(file: BinaryIO) -> Iterator[Iterable[object]]:
    encoding = recognise(file)
    file.seek(0)
    stream = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
    try:
        first = stream.readline(100_000)
        if first.lower().startswith("sep=") and len(first.strip()) == 5:
            separator = first.strip()[4]
            first = stream.readline(100_000)
        else:
            separator = separator_of(first)
        yield from _parse(_clean(itertools.chain([first], stream)), separator)
    except UnicodeError as error:
        raise Refused("encoding") from error
    finally:
        if not file.closed:
            stream.detach()


def _clean(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line.replace("\x00", "")


def _parse(lines: Iterable[str], separator: str) -> Iterator[Iterable[object]]:
    """A record that the parser will not have (a field of megabytes) is a row with a cell that is too long."""
    reader = csv.reader(lines, delimiter=separator)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield ["?" * (MAX_CELL + 1)]


def recognise(file: BinaryIO) -> str:
    """The encoding of a text file: UTF-8 and UTF-16 with or without their mark, else Windows-1258. Raises Refused."""
    file.seek(0)
    head = file.read(4096)
    if head.startswith(BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if head.count(0) * 8 > len(head):
        # Latin letters and separators have an empty half: it tells the order.
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    for encoding in ("utf-8", "cp1258"):
        if _decodes(file, encoding):
            return encoding
    raise Refused("encoding")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = getincrementaldecoder(encoding)()
    try:
        while part := file.read(65_536):
            decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def separator_of(line: str) -> str:
    """Of tab, semicolon and comma the one that stands most often outside quotes."""
    bare = "".join(line.split('"')[::2])
    return max("\t;,", key=bare.count)

