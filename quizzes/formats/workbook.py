"""Questions in a spreadsheet that teachers fill in: a row a question. Pure: bytes in, questions out, and back.

What has no column stands in the last one as YAML, so that every question comes back as it went.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import xlsxwriter
import yaml
from django.utils.translation import gettext as _

from people import sheets
from people.text import fold, nfc
from quizzes.formats.items import Item, Plain, Reading, Refusal, Unreadable
from quizzes.formats.workbook_guide import examples, guide

OPTIONS = 8
MOST_ROWS = 5_000
CELL_LIMIT = 32_000  # a cell holds 32.767 signs
_MOST_COLUMNS, _MOST_BLANK, _HEADER_WITHIN = 80, 500, 20
_MOST_DETAILS = 4

KIND_NAMES = {
    "single": "Chọn một", "multiple": "Chọn nhiều", "true_false": "Đúng hay sai", "short_text": "Viết vài chữ",
    "number": "Điền số", "matching": "Ghép cặp", "ordering": "Sắp thứ tự", "gaps": "Điền vào chỗ trống",
    "hotspot": "Chọn chỗ trên hình", "essay": "Viết bài", "file": "Nộp tệp", "practical": "Bài thực hành",
    "likert": "Thang ý kiến",
}  # fmt: skip
_KIND_ALIASES = {
    "mot dap an": "single", "trac nghiem": "single", "single choice": "single", "multiple choice": "single",
    "nhieu dap an": "multiple", "multiple answer": "multiple", "multiple response": "multiple",
    "dung sai": "true_false", "dung/sai": "true_false", "true/false": "true_false", "true false": "true_false",
    "tra loi ngan": "short_text", "dien tu": "short_text", "short answer": "short_text", "so": "number", "numeric": "number",
    "noi": "matching", "noi cot": "matching", "ghep doi": "matching", "tu luan": "essay", "thuc hanh": "practical",
    "sap xep": "ordering", "thu tu": "ordering",
    "cho trong": "gaps", "cloze": "gaps", "nop bai": "file", "khao sat": "likert", "y kien": "likert", "tham do y kien": "likert",
}  # fmt: skip
DIFFICULTY_NAMES = {"easy": "Dễ", "medium": "Vừa", "hard": "Khó"}
_DIFFICULTY_ALIASES = {"trung binh": "medium", "nhan biet": "easy", "thong hieu": "medium", "van dung": "hard"}


def _option_titles(place: int) -> str:
    letter = "abcdefgh"[place - 1]
    words = ("option", "dap an", "lua chon", "phuong an", "answer")
    return "|".join([letter, *(f"{word} {sign}" for word in words for sign in (place, letter))])


# Each column: its name here, its title, other titles it goes by (without marks), its width.
_COLUMNS: tuple[tuple[str, str, str, int], ...] = (
    ("id", "Mã", "ma cau|ma cau hoi|id|code", 14),
    ("category", "Chủ đề", "chuyen de|chuong|danh muc|category|topic", 22),
    ("kind", "Kiểu", "loai|kieu cau|loai cau|loai cau hoi|kind|type", 18),
    ("difficulty", "Mức khó", "do kho|muc do|difficulty|level", 10),
    ("stem", "Câu hỏi", "noi dung|noi dung cau hoi|de bai|question|stem", 60),
    *((f"option{place}", f"Phương án {place}", _option_titles(place), 28) for place in range(1, OPTIONS + 1)),
    ("answer", "Đáp án đúng", "dap an|tra loi dung|correct|answer|correct answer", 20),
    ("feedback", "Giải thích", "giai thich dap an|loi giai|explanation|feedback", 40),
    *((f"feedback{place}", f"Phản hồi {place}", f"feedback {place}|nhan xet {place}", 24) for place in range(1, OPTIONS + 1)),
    ("tags", "Nhãn", "the|tags|tag", 18),
    ("mark", "Điểm", "diem so|mark|marks|points|score", 8),
    ("competency", "Năng lực", "competency", 18),
    ("lesson", "Bài đọc lại", "bai|bai hoc|lesson", 18),
    ("name", "Tên câu", "ten|name|title", 22),
    *(("details" if place == 1 else f"details{place}", "Chi tiết" if place == 1 else f"Chi tiết {place}",
       f"details{'' if place == 1 else f' {place}'}", 50 if place == 1 else 12) for place in range(1, _MOST_DETAILS + 1)),
)  # fmt: skip
TITLES = {name: title for name, title, _others, _width in _COLUMNS}
_BY_TITLE = {
    said: name for name, title, others, _width in _COLUMNS for said in (fold(title), name, *others.split("|"))
}  # fmt: skip
_EXAMPLE = "VÍ DỤ"
_SHEET, _GUIDE = "Câu hỏi", "Hướng dẫn"


class _Bad(ValueError):
    """Why a row is no question, to the author."""


# --- cells -----------------------------------------------------------------------------------------------------------


def harmless(text: str) -> str:
    """`text` as a spreadsheet can hold it without running it."""
    return f"'{text}" if text[:1] and text[0] in sheets.FORMULA + "'’" else text


def _unquoted(text: str) -> str:
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in sheets.FORMULA + "'’" else text


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")


def _settled(text: str) -> str:
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub("", composed)


def _cell_text(cell: Any, title: str) -> str:
    """What a cell says, as it was typed. Raises _Bad."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f" or not isinstance(value, str | int | float | Decimal | bool | dt.date | dt.time | dt.timedelta):
        raise _Bad(_("Ô “%(title)s” chứa công thức. Hãy dán giá trị thay cho công thức.") % {"title": title})
    if cell.data_type == "e":
        raise _Bad(_("Ô “%(title)s” báo lỗi %(value)s. Hãy sửa ô này.") % {"title": title, "value": value})
    if isinstance(value, str):
        return _unquoted(_settled(value))
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return _date_text(value, str(cell.number_format or ""), title)
    return _number_text(value, str(cell.number_format or ""))


def _date_text(value: Any, pattern: str, title: str) -> str:
    """A date that was meant as one. Excel makes one of 1/2 too, and no longer says which way round it was."""
    if isinstance(value, dt.date) and pattern.lower().count("y") >= 4 and "d" in pattern.lower():
        return f"{value:%d/%m/%Y}"
    reason = _("Excel đã đổi ô “%(title)s” thành ngày giờ. Định dạng ô là Văn bản (Text) rồi gõ lại, ví dụ 1/2.")
    raise _Bad(reason % {"title": title})


def _number_text(value: bool | int | float | Decimal, pattern: str) -> str:
    if isinstance(value, bool):
        return "Đúng" if value else "Sai"
    if pattern.endswith("%"):
        return f"{_digits(Decimal(repr(value)) * 100)}%"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int):
        # 0007 with a format of zeros is still 0007.
        return str(value).zfill(len(pattern)) if re.fullmatch("0{2,20}", pattern) and value >= 0 else str(value)
    return _digits(Decimal(repr(value) if isinstance(value, float) else value))


def _digits(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


# --- reading ---------------------------------------------------------------------------------------------------------


def read(data: bytes) -> Reading:
    """The questions of an XLSX file. Raises Unreadable."""
    stream = io.BytesIO(data)
    try:
        if sheets.inspect(stream, "questions.xlsx") != "xlsx":
            raise sheets.Refused("type")
    except sheets.Refused as refused:
        if refused.reason == "type":
            raise Unreadable(_("Chỉ nhận tệp .xlsx. Mở bằng Excel rồi lưu lại thành .xlsx.")) from refused
        raise Unreadable(str(sheets.REFUSALS[refused.reason])) from refused
    stream.seek(0)
    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise Unreadable(str(sheets.REFUSALS["broken"])) from error
    try:
        return _read_book(book)
    except (
        ParseError,
        zipfile.BadZipFile,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        OSError,
        EOFError,
    ) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(str(sheets.REFUSALS["broken"])) from error
    finally:
        book.close()


def _read_book(book: Any) -> Reading:
    named = [one for one in book.worksheets if fold(one.title) == fold(_SHEET)]
    for sheet in [*named, *(one for one in book.worksheets if one not in named and fold(one.title) != fold(_GUIDE))]:
        # What the file says about its own size may be a lie that costs gigabytes.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_col=_MOST_COLUMNS)
        header = _find_header(rows)
        if header:
            return _read_rows(_filled(rows), header)
    told = {"stem": TITLES["stem"], "answer": TITLES["answer"]}
    raise Unreadable(_("Không thấy dòng tiêu đề có cột “%(stem)s” và “%(answer)s”. Hãy dùng tệp mẫu.") % told)


@dataclass(frozen=True)
class _Header:
    number: int
    columns: Mapping[int, str]


def _find_header(rows: Iterator[Any]) -> _Header | None:
    """The first row with a column for the question and another one."""
    for number, row in enumerate(rows, 1):
        found: dict[int, str] = {}
        for place, cell in enumerate(row):
            said = fold(str(cell.value)).strip(" *:.") if isinstance(cell.value, str) else ""
            name = _BY_TITLE.get(said)
            if name and name not in found.values():
                found[place] = name
        if "stem" in found.values() and len(found) >= 2:
            return _Header(number, found)
        if number >= _HEADER_WITHIN:
            return None
    return None


def _filled(rows: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    """The rows that say something, counted from the one after the header."""
    blank = 0
    for place, row in enumerate(rows, 1):
        if any(cell.value not in (None, "") for cell in row):
            blank = 0
            yield place, row
            continue
        blank += 1
        if blank > _MOST_BLANK:
            return


def _read_rows(rows: Iterable[tuple[int, Any]], header: _Header) -> Reading:
    items: list[Item] = []
    refusals: list[Refusal] = []
    for place, row in rows:
        number = header.number + place
        if len(items) + len(refusals) >= MOST_ROWS:
            raise Unreadable(_("Bảng có hơn 5.000 câu. Hãy chia thành nhiều tệp."))
        cells: dict[str, str] = {}
        try:
            # The name first: a refusal should say which question it is about.
            for at, name in sorted(header.columns.items(), key=lambda one: one[1] not in {"id", "name"}):
                if at < len(row):
                    cells[name] = _cell_text(row[at], TITLES[name])
            item = read_cells(cells, number)
        except _Bad as bad:
            said = nfc(cells.get("name", "") or cells.get("id", ""))
            refusals.append(Refusal(line=number, reason=str(bad), name=said))
            continue
        if item is not None:
            items.append(item)
    return Reading(items=tuple(items), refusals=tuple(refusals))


def read_cells(cells: Mapping[str, str], number: int) -> Item | None:
    """The question of a row, by the names of its columns; None for an example. Raises _Bad."""
    row = _Row(cells)
    if fold(row.line("id")).startswith(fold(_EXAMPLE)) or not any(text.strip() for text in cells.values()):
        return None
    details = _details(cells)
    row.kind = _kind(row, details)
    plain: dict[str, Any] = {
        **({"id": row.line("id")} if row.line("id") else {}),
        "kind": row.kind,
        **{name: row.line(name) for name in ("name", "competency", "lesson") if row.line(name)},
        **_difficulty(row), **_tags(row), **_mark(row),
        **({"stem": row.text("stem")} if row.text("stem") else {}),
        **_BODIES.get(row.kind, lambda row, details: {})(row, details),
        **({"feedback": row.text("feedback")} if row.text("feedback") else {}),
        **{name: value for name, value in details.items() if name != "options" or not isinstance(value, dict)},
    }  # fmt: skip
    if not plain.get("stem"):
        raise _Bad(_("Cột “%(title)s” đang trống. Hãy viết câu hỏi.") % {"title": TITLES["stem"]})
    category = tuple(filter(None, (nfc(part.replace("\\/", "/")) for part in re.split(r"(?<!\\)/", row.line("category")))))
    lost: tuple[str, ...] = ()
    if "media:" in str(plain):
        lost = (_("Hình và âm thanh không nằm trong bảng tính. Hãy gửi riêng những tệp chưa có trong ngân hàng."),)
    name = str(plain.get("name") or plain.get("id") or "")
    return Item(line=number, plain=plain, name=name, category=category, lost=lost)


@dataclass
class _Row:
    cells: Mapping[str, str]
    kind: str = ""

    def line(self, name: str) -> str:
        return nfc(self.cells.get(name, ""))

    def text(self, name: str) -> str:
        """Markdown: its line breaks kept."""
        return self.cells.get(name, "").strip()

    @property
    def options(self) -> list[str]:
        """The options up to the last that is filled in."""
        found = [self.text(f"option{place}") for place in range(1, OPTIONS + 1)]
        while found and not found[-1]:
            found.pop()
        return found


def _kind(row: _Row, details: Mapping[str, Any]) -> str:
    said = fold(row.line("kind")).replace("_", " ")
    names = {fold(name): kind for kind, name in KIND_NAMES.items()} | {kind.replace("_", " "): kind for kind in KIND_NAMES}
    if said:
        found = (names | _KIND_ALIASES).get(said)
        if found is None:
            told = {"kind": row.line("kind"), "names": ", ".join(KIND_NAMES.values())}
            raise _Bad(_("Không có kiểu “%(kind)s”. Hãy chọn một trong: %(names)s.") % told)
        return found
    if isinstance(details.get("kind"), str) and details["kind"] in KIND_NAMES:
        return str(details["kind"])
    return _guessed(row)


def _guessed(row: _Row) -> str:
    """The kind of a row that does not say it, by what is filled in. Raises _Bad."""
    answer = row.line("answer")
    if row.options:
        return "multiple" if len(_picked(answer, [nfc(text) for text in row.options])) > 1 else "single"
    if not answer:
        raise _Bad(_("Hãy chọn kiểu câu hỏi ở cột “%(title)s”.") % {"title": TITLES["kind"]})
    if fold(answer) in _TRUTHS:
        return "true_false"
    return "number" if _number(answer.partition("±")[0]) is not None else "short_text"


def _difficulty(row: _Row) -> dict[str, Any]:
    said = fold(row.line("difficulty"))
    if not said:
        return {}
    names = {fold(name): key for key, name in DIFFICULTY_NAMES.items()} | {key: key for key in DIFFICULTY_NAMES}
    found = (names | _DIFFICULTY_ALIASES).get(said)
    if found is None:
        told = {"said": row.line("difficulty"), "names": ", ".join(DIFFICULTY_NAMES.values())}
        raise _Bad(_("Không có mức khó “%(said)s”. Hãy chọn một trong: %(names)s.") % told)
    return {"difficulty": found}


def _tags(row: _Row) -> dict[str, Any]:
    tags = [nfc(one) for one in re.split(r"[;,]", row.line("tags")) if one.strip()]
    return {"tags": list(dict.fromkeys(tags))} if tags else {}


def _mark(row: _Row) -> dict[str, Any]:
    said = row.line("mark")
    if not said:
        return {}
    found = _number(said)
    if found is None or not 0 < found <= 100:
        raise _Bad(_("Điểm “%(said)s” không phải là số lớn hơn 0 và không quá 100.") % {"said": said})
    return {"mark": _told(found)}


def _number(text: str) -> Decimal | None:
    bare = text.replace(" ", "").replace("−", "-").replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,30}(\.\d{0,20})?(e[+-]?\d{1,2})?", bare, re.I):
        return None
    try:
        return Decimal(bare)
    except InvalidOperation:
        return None


def _told(value: Decimal) -> int | str:
    return int(value) if value == value.to_integral_value() else _digits(value)


# --- details ---------------------------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """YAML without surprises: no references, no dates, no numbers in sixties."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("alias")
        return super().compose_node(parent, index)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false|True|False)$"), list("tfTF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9]\d{0,17})$"), list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null|)$"), ["~", "n", ""])


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        # Line ends of other kinds do not outlive the plain style.
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if _ODD.search(data) else None)


_ODD = re.compile("[^\n\x20-\x7e\xa1-\u1fff\u2030-\ud7ff]|\u00ad")
_Dumper.add_representer(str, _Dumper.represent_str)


def _details(cells: Mapping[str, str]) -> dict[str, Any]:
    """Raises _Bad."""
    text = "".join(cells.get("details" if place == 1 else f"details{place}", "") for place in range(1, _MOST_DETAILS + 1))
    if not text.strip():
        return {}
    try:
        found = yaml.load(text, _Loader)  # noqa: S506  a loader that makes plain values only
    except (yaml.YAMLError, RecursionError, ValueError, KeyError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        told = {"title": TITLES["details"], "line": mark.line + 1 if mark else 1}
        raise _Bad(_("Cột “%(title)s” không đọc được ở dòng %(line)s. Mỗi dòng có dạng tên: giá trị.") % told) from error
    if not isinstance(found, dict):
        raise _Bad(_("Cột “%(title)s” phải gồm các dòng dạng tên: giá trị.") % {"title": TITLES["details"]})
    return {str(name): _composed(value) for name, value in found.items()}


def _composed(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.replace("\x00", ""))
    if isinstance(value, dict):
        return {str(key): _composed(one) for key, one in value.items()}
    return [_composed(one) for one in value] if isinstance(value, list) else value


# --- the body of each kind -------------------------------------------------------------------------------------------

_TRUTHS = {"dung": True, "true": True, "d": True, "đ": True, "yes": True, "sai": False, "false": False, "s": False, "no": False}


def _read_options(row: _Row, details: Mapping[str, Any]) -> dict[str, Any]:
    more = details.get("options", {})
    if isinstance(more, list):
        return {}
    options: list[dict[str, Any]] = [{"text": nfc(text)} for text in row.options]
    texts = [option["text"] for option in options]
    if not all(texts):
        told = {"place": texts.index("") + 1}
        raise _Bad(_("Phương án %(place)s để trống mà sau nó còn phương án khác. Hãy dồn các phương án lại.") % told)
    for place in _picked(row.line("answer"), texts):
        options[place - 1]["correct"] = True
    for place, option in enumerate(options, 1):
        if row.text(f"feedback{place}"):
            option["feedback"] = row.text(f"feedback{place}")
    _add_to_options(options, more)
    if len(options) < 2:
        raise _Bad(_("Câu này cần ít nhất hai phương án."))
    if not any(option.get("correct") or "share" in option for option in options):
        raise _Bad(_("Cột “%(title)s” đang trống. Ghi số của phương án đúng, ví dụ 1 hoặc 1;3.") % {"title": TITLES["answer"]})
    right = sum(option.get("correct") is True for option in options)
    if row.kind == "single" and right > 1 and not any("share" in option for option in options):
        raise _Bad(_("Câu chọn một mà có %(right)s đáp án đúng. Hãy đổi kiểu thành “Chọn nhiều”.") % {"right": right})
    return {"options": options}


def _add_to_options(options: list[dict[str, Any]], more: Any) -> None:
    """What stands in the details for options by their number: shares, and options that have no column."""
    if not isinstance(more, dict):
        raise _Bad(_("Mục “options” trong cột Chi tiết phải là danh sách, hoặc ghi theo số phương án."))
    for name, value in sorted(more.items(), key=lambda one: (len(one[0]), one[0])):
        place = int(name) if name.isascii() and name.isdigit() and len(name) < 4 else 0
        if not 1 <= place <= len(options) + 1 or not isinstance(value, dict):
            raise _Bad(_("Mục “options” trong cột Chi tiết nói về phương án %(name)s, phương án này không có.") % {"name": name})
        if place > len(options):
            options.append({})
        options[place - 1] |= value


def _picked(answer: str, texts: Sequence[str]) -> list[int]:
    """The places of the right options: "1;3", "A, C", or the text of one. Raises _Bad."""
    if answer and answer in texts:
        return [texts.index(answer) + 1]
    found = []
    for part in [one.strip(" .()") for one in re.split(r"[;,\n]|(?<=[A-H0-9])\s+(?=[A-H0-9])", answer) if one.strip(" .()")]:
        place = int(part) if part.isascii() and part.isdigit() and len(part) < 4 else 0
        if len(part) == 1 and part.isascii() and part.isalpha():
            place = ord(part.upper()) - 64
        if not place and part in texts:
            place = texts.index(part) + 1
        if not 1 <= place <= len(texts):
            told = {"part": part, "count": len(texts)}
            raise _Bad(_("Đáp án đúng “%(part)s” không chỉ phương án nào. Câu này có %(count)s phương án.") % told)
        found.append(place)
    return list(dict.fromkeys(found))


def _read_true_false(row: _Row, details: Mapping[str, Any]) -> dict[str, Any]:
    said = {
        name: row.text(column)
        for name, column in (("feedback_true", "feedback1"), ("feedback_false", "feedback2"))
        if row.text(column)
    }
    if "answer" in details:
        return said
    answer = row.line("answer")
    # 1 and 2, A and B mean the options when these are written out.
    if row.options and fold(answer) not in _TRUTHS:
        answer = row.options[next(iter(_picked(answer, row.options)), 1) - 1] if answer else ""
    if fold(answer) not in _TRUTHS:
        raise _Bad(_("Câu đúng hay sai: ghi Đúng hoặc Sai ở cột “%(title)s”.") % {"title": TITLES["answer"]})
    return {"answer": _TRUTHS[fold(answer)], **said}


def _read_short_text(row: _Row, details: Mapping[str, Any]) -> dict[str, Any]:
    if "accept" in details:
        return {}
    said = [nfc(one) for one in re.split(r"[;\n]", row.cells.get("answer", ""))] + [nfc(one) for one in row.options]
    accept = list(dict.fromkeys(filter(None, said)))
    if not accept:
        told = {"title": TITLES["answer"]}
        raise _Bad(_("Cột “%(title)s” đang trống. Ghi câu trả lời được chấp nhận, cách nhau bằng dấu chấm phẩy.") % told)
    return {"accept": accept}


def _read_number(row: _Row, details: Mapping[str, Any]) -> dict[str, Any]:
    if "answer" in details:
        return {}
    said, _sign, around = row.line("answer").replace("+/-", "±").partition("±")
    answer, tolerance = _number(said), _number(around) if around.strip() else Decimal(0)
    if answer is None or tolerance is None or tolerance < 0:
        told = {"said": row.line("answer"), "title": TITLES["answer"]}
        raise _Bad(_("Cột “%(title)s” phải là số, ví dụ 7 hoặc 7,5 ± 0,1; ở đây là “%(said)s”.") % told)
    return {"answer": _told(answer), **({"tolerance": _told(tolerance)} if tolerance else {})}


def _read_matching(row: _Row, details: Mapping[str, Any]) -> dict[str, Any]:
    if "pairs" in details:
        return {}
    pairs = []
    for place, text in enumerate(row.options, 1):
        left, sign, right = (part.strip() for part in re.sub(r"\s*(=>|->|→|=)\s*", " = ", text, count=1).partition(" = "))
        if not (left and sign and right):
            told = {"place": place}
            raise _Bad(_("Phương án %(place)s của câu ghép cặp phải có dạng: vế trái = vế phải.") % told)
        pairs.append({"left": nfc(left), "right": nfc(right)})
    if len(pairs) < 2:
        raise _Bad(_("Câu ghép cặp cần ít nhất hai cặp, mỗi cặp một ô: vế trái = vế phải."))
    return {"pairs": pairs}


def _read_ordering(row: _Row, details: Mapping[str, Any]) -> dict[str, Any]:
    if "items" in details:
        return {}
    items = [nfc(one) for one in row.options if one]
    if len(items) < 2:
        raise _Bad(_("Câu sắp thứ tự cần ít nhất hai mục, ghi theo thứ tự đúng vào các cột phương án."))
    return {"items": items}


_BODIES = {
    "single": _read_options, "multiple": _read_options, "true_false": _read_true_false, "short_text": _read_short_text,
    "number": _read_number, "matching": _read_matching, "ordering": _read_ordering,
}  # fmt: skip


# --- writing ---------------------------------------------------------------------------------------------------------

_IN_COLUMNS = ("id", "kind", "name", "competency", "lesson", "stem", "feedback", "difficulty", "tags", "mark")


def write(items: Sequence[Item], files: Mapping[str, bytes] | None = None) -> bytes:
    """A spreadsheet with these questions. Pictures and sounds are named in the texts; a sheet cannot hold them."""
    return draw([write_cells(item) for item in items])


def write_cells(item: Item) -> dict[str, str]:
    """The row of a question: in columns what reads back the same, the rest in the details."""
    plain = item.plain
    cells = _cells(plain)
    rest = {name: value for name, value in plain.items() if name not in _said_in(cells, plain)}
    head = {name: cells[name] for name in ("kind", "stem")}
    # What has no way through the columns goes through the details: the fewer the better for who edits the sheet.
    for shown, said in (
        (cells, {**rest, **_option_details(plain)}),
        (head, {name: value for name, value in plain.items() if name not in head}),
        ({"kind": head["kind"]}, plain),
    ):
        tried = {**shown, **_detail_cells(said)}
        if _reads_as(tried, plain):
            break
    path = "/".join(nfc(part).replace("/", "\\/") for part in item.category)
    return {**tried, "category": path} if path else tried


def _reads_as(cells: Mapping[str, str], plain: Plain) -> bool:
    if any(len(text) > CELL_LIMIT or _CONTROL.search(text) for text in cells.values()):
        return False
    try:
        item = read_cells(cells, 1)
    except _Bad:
        return False
    return item is not None and _canonical(item.plain) == _canonical(plain)


def _canonical(value: Any) -> Any:
    """Values as they compare: numbers by what they say."""
    if isinstance(value, Mapping):
        return {str(name): _canonical(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    return str(value) if isinstance(value, int | float | Decimal) else value


def _cells(plain: Plain) -> dict[str, str]:
    kind = str(plain.get("kind", ""))
    cells = {
        **{name: str(plain[name]) for name in ("id", "name", "competency", "lesson", "mark") if plain.get(name)},
        "kind": KIND_NAMES.get(kind, kind), "stem": str(plain.get("stem", "")), "feedback": str(plain.get("feedback") or ""),
        "difficulty": DIFFICULTY_NAMES.get(str(plain.get("difficulty", "")), ""),
        "tags": "; ".join(str(one) for one in plain.get("tags") or []),
    }  # fmt: skip
    body = _COLUMN_BODIES.get(kind)
    return {name: text for name, text in {**cells, **(body(plain) if body else {})}.items() if text or name in {"kind", "stem"}}


def _said_in(cells: Mapping[str, str], plain: Plain) -> set[str]:
    """The fields that stand in columns, so that the details need not say them."""
    fields = {"kind"} | {name for name in _IN_COLUMNS if name in cells}
    return fields | {name for name, column in _BODY_FIELDS.get(str(plain.get("kind")), ()) if column in cells}


_BODY_FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "single": (("options", "option1"),), "multiple": (("options", "option1"),),
    "true_false": (("answer", "answer"), ("feedback_true", "feedback1"), ("feedback_false", "feedback2")),
    "short_text": (("accept", "answer"),), "number": (("answer", "answer"), ("tolerance", "answer")),
    "matching": (("pairs", "option1"),), "ordering": (("items", "option1"),),
}  # fmt: skip


def _options_cells(plain: Plain) -> dict[str, str]:
    options = plain["options"][:OPTIONS]
    cells = {f"option{place}": str(option["text"]) for place, option in enumerate(options, 1)}
    cells |= {f"feedback{place}": str(option.get("feedback") or "") for place, option in enumerate(options, 1)}
    return {**cells, "answer": ";".join(str(place) for place, option in enumerate(options, 1) if option.get("correct") is True)}


def _option_details(plain: Plain) -> dict[str, Any]:
    """What the columns do not say of options, by their number; whole options from the ninth."""
    more = {}
    for place, option in enumerate(plain["options"] if plain.get("kind") in {"single", "multiple"} else [], 1):
        told = {name: value for name, value in option.items() if name not in {"text", "correct", "feedback"} or place > OPTIONS}
        if told:
            more[str(place)] = told
    return {"options": more} if more else {}


def _list_cells(texts: Sequence[str]) -> dict[str, str]:
    return {f"option{place}": text for place, text in enumerate(texts, 1)} if len(texts) <= OPTIONS else {}


def _short_text_cells(plain: Plain) -> dict[str, str]:
    accept = plain["accept"]
    return {"answer": "; ".join(accept)} if all(isinstance(one, str) for one in accept) else {}


def _number_cells(plain: Plain) -> dict[str, str]:
    around = plain.get("tolerance")
    return {"answer": f"{plain['answer']} ± {around}" if around else str(plain["answer"])}


_COLUMN_BODIES = {
    "single": _options_cells, "multiple": _options_cells,
    "true_false": lambda plain: {
        "answer": "Đúng" if plain["answer"] is True else "Sai", "feedback1": str(plain.get("feedback_true") or ""),
        "feedback2": str(plain.get("feedback_false") or ""),
    },
    "short_text": _short_text_cells, "number": _number_cells,
    "matching": lambda plain: _list_cells([f"{one['left']} = {one['right']}" for one in plain["pairs"]]),
    "ordering": lambda plain: _list_cells([str(one) for one in plain["items"]]),
}  # fmt: skip


def _dump(values: Mapping[str, Any]) -> str:
    return str(yaml.dump(_dumpable(values), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100))


def _dumpable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _dumpable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_dumpable(one) for one in value]
    return value if value is None or isinstance(value, str | bool | int) else str(value)


def _detail_cells(values: Mapping[str, Any]) -> dict[str, str]:
    """The details, over several cells where one is too small."""
    text = _dump(values) if values else ""
    parts = [text[at : at + CELL_LIMIT - 10] for at in range(0, len(text), CELL_LIMIT - 10)]
    if len(parts) > _MOST_DETAILS:
        raise ValueError("a question too long for a sheet")
    return {"details" if place == 1 else f"details{place}": part for place, part in enumerate(parts, 1)}


# --- the sheet -------------------------------------------------------------------------------------------------------

_LINES_OF_LISTS = 2_000


def draw(
    rows: Sequence[Mapping[str, str]], shown: Sequence[Mapping[str, str]] = (), told: Sequence[tuple[str, str]] = ()
) -> bytes:
    """A workbook with these rows under the header; `shown` are examples, first and grey, `told` is the second sheet."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        # The same questions give the same bytes.
        book.set_properties({"created": dt.datetime(2020, 1, 1)})  # noqa: DTZ001  a date without meaning
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        grey = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top", "italic": True, "font_color": "#5F6B7A"})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#E8EEF7", "bottom": 1})
        sheet = book.add_worksheet(_SHEET)
        for place, (_name, title, _others, width) in enumerate(_COLUMNS):
            # As text from the start: Excel makes no date of 1/2 and no 7 of 0007.
            sheet.set_column(place, place, width, text)
            sheet.write_string(0, place, title, head)
        for number, (cells, form) in enumerate([*((one, grey) for one in shown), *((one, text) for one in rows)], 1):
            for place, (name, *_rest) in enumerate(_COLUMNS):
                if cells.get(name):
                    sheet.write_string(number, place, harmless(cells[name]), form)
        sheet.freeze_panes(1, 0)
        _add_lists(sheet, len(rows) + len(shown))
        if told:
            _draw_guide(book, told)
    return stream.getvalue()


def _add_lists(sheet: Any, count: int) -> None:
    places = {name: place for place, (name, *_rest) in enumerate(_COLUMNS)}
    for name, values in (("kind", KIND_NAMES), ("difficulty", DIFFICULTY_NAMES)):
        sheet.data_validation(1, places[name], count + _LINES_OF_LISTS, places[name], {
            "validate": "list", "source": list(values.values()), "ignore_blank": True,
            "error_title": _("Chọn trong danh sách"), "error_message": _("Hãy chọn một mục trong danh sách thả xuống."),
        })  # fmt: skip


def _draw_guide(book: Any, told: Sequence[tuple[str, str]]) -> None:
    sheet = book.add_worksheet(_GUIDE)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 110)
    for number, (title, said) in enumerate(told):
        sheet.write_string(number, 0, title, bold)
        sheet.write_string(number, 1, said, text)


def template() -> bytes:
    """An empty sheet to fill in, with an example of each kind that is not read and a guide."""
    shown = [{**write_cells(Item(line=0, plain=plain)), "id": f"{_EXAMPLE} {place}"} for place, plain in enumerate(examples(), 1)]
    return draw([], shown, guide())
