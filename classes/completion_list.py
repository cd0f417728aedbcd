"""What the columns of a list of completions made elsewhere mean. Pure: headings and cells in, values and causes out."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people import sheets
from people.roster import plain

MAX_ROWS = 5_000
COLUMNS: dict[str, str | Promise] = {
    "code": _("Mã số"),
    "email": _("Thư điện tử"),
    "full_name": _("Họ và tên"),
    "course": _("Mã khóa"),
    "day": _("Ngày hoàn thành"),
    "issuer": _("Nơi học, nơi cấp"),
    "note": _("Ghi chú"),
}
_HEADINGS = {
    "code": "ma so|ma|ma can bo|ma cb|ma nhan vien|ma nv|so hieu cong chuc|so hieu|staff code|code",
    "email": "thu dien tu|email|dia chi email|e mail|mail",
    "full_name": "ho va ten|ho ten|full name|name",
    "course": "ma khoa|ma khoa hoc|khoa hoc|khoa|course|course code",
    "day": "ngay hoan thanh|ngay cap|ngay|hoan thanh ngay|date|completed on",
    "issuer": "noi hoc noi cap|noi cap|noi hoc|don vi cap|don vi dao tao|co so dao tao|issuer",
    "note": "ghi chu|so giay|so chung nhan|so hieu giay|note",
}
_FIELD_OF = {heading: field for field, headings in _HEADINGS.items() for heading in headings.split("|")}

CAUSES: dict[str, str | Promise] = {
    "who_missing": _("Ghi mã số hoặc thư điện tử của người học."),
    "who_unknown": _("Không có ai mang mã số hoặc thư này đang công tác ở đơn vị. Xem lại, hoặc nhập danh sách người trước."),
    "who_several": _("Có nhiều người mang mã số này. Ghi thêm thư điện tử."),
    "name_differs": _("Mã số hoặc thư này là của “%(hint)s”. Xem lại họ tên hoặc mã."),
    "self": _("Không ai tự ghi nhận cho mình. Nhờ người phụ trách khác."),
    "course_unknown": _("Không có khóa mang mã này. Tệp mẫu có mã của từng khóa."),
    "day_wrong": _("Không hiểu ngày. Ghi ngày/tháng/năm, ví dụ 05/03/2026."),
    "day_future": _("Ngày này chưa tới. Xem lại."),
    "issuer_missing": _("Ghi nơi học hoặc nơi cấp giấy."),
    "long": _("Ô quá dài. Rút gọn rồi gửi lại."),
    "repeated": _("Trùng dòng %(hint)s. Giữ một dòng."),
}


def fields_of(headings: Sequence[str]) -> list[str]:
    """The field of each column, "" where it is none of ours. The first column of a field keeps it."""
    found: list[str] = []
    for heading in headings:
        field = _FIELD_OF.get(plain(heading), "")
        found.append("" if field in found else field)
    return found


def is_whole(fields: Sequence[str]) -> bool:
    """Whether a list can be read: who, which course and when."""
    return bool({"code", "email"} & set(fields)) and {"course", "day"} <= set(fields)


class NotAList(ValueError):
    """No line names the columns that are needed, or there are too many lines. Says how to mend it."""


def read(file: BinaryIO, name: str) -> list[list[str]]:
    """The line that names the columns and those below it, each after its number. Raises sheets.Refused, NotAList."""
    found = sheets.rows(file, sheets.inspect(file, name))
    heading = next((row for row in itertools.islice(found, 20) if is_whole(fields_of(row.cells))), None)
    if heading is None:
        raise NotAList(_("Không thấy dòng tiêu đề. Cần các cột: Mã số hoặc Thư điện tử, Mã khóa, Ngày hoàn thành."))
    rows = [[str(row.number), *row.cells] for row in itertools.islice(found, MAX_ROWS + 1)]
    if not rows:
        raise NotAList(_("Dưới dòng tiêu đề chưa có dòng nào."))
    if len(rows) > MAX_ROWS:
        raise NotAList(_("Danh sách dài hơn 5.000 dòng. Hãy chia thành nhiều tệp."))
    return [["", *heading.cells], *rows]


def values(cells: Sequence[str], fields: Sequence[str]) -> Mapping[str, str]:
    return {field: cell for field, cell in zip(fields, cells, strict=False) if field and cell}


def day_of(text: str) -> dt.date | None:
    """A date in the Vietnamese or the ISO order, or the bare number by which spreadsheets keep one."""
    text = text.strip()
    if re.fullmatch(r"\d{5}", text):
        return dt.date(1899, 12, 30) + dt.timedelta(days=int(text))
    local = re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", text)
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2}).*", text)
    parts = local.group(3, 2, 1) if local else iso.group(1, 2, 3) if iso else None
    try:
        found = dt.date(*(int(part) for part in parts)) if parts else None
    except ValueError:
        return None
    return found if found and found.year >= 2000 else None
