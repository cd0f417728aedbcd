"""What the columns of a roster mean and what may stand in them. Pure: headings and cells in, values and causes out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.text import fold, is_person_name, is_username, nfc

STAFF, PUPILS, TEACHERS = "staff", "pupils", "teachers"

# In the order in which they stand in a template and in a file of errors.
COLUMNS: dict[str, str | Promise] = {
    "code": _("Mã số"),
    "full_name": _("Họ và tên"),
    "birth": _("Năm sinh"),
    "email": _("Thư điện tử"),
    "username": _("Tên đăng nhập"),
    "unit": _("Mã đơn vị"),
    "category": _("Nhóm"),
    "consent": _("Cha mẹ đồng ý"),
    "guardian_email": _("Thư điện tử của cha mẹ"),
}
# What is only read: in a file the name may stand in two columns.
PARTS: dict[str, str | Promise] = {"family_name": _("Họ và tên đệm"), "given_name": _("Tên")}
OF_KIND = {
    STAFF: ("code", "full_name", "birth", "email", "username", "unit", "category"),
    TEACHERS: ("code", "full_name", "birth", "email", "username", "unit", "category"),
    PUPILS: ("code", "full_name", "birth", "username", "unit", "consent", "guardian_email"),
}
NOT_TAKEN = "-"
ADULT = 16

# "Thư của phụ huynh", "Email PHHS" and the like: each word for a letter with each word for who gets it.
_LETTERS = ("thu dien tu", "thu", "email", "e mail", "mail", "hop thu", "dia chi thu", "dia chi thu dien tu", "dia chi email",
            "dia chi e mail")  # fmt: skip
_GUARDIANS = ("cha me", "phu huynh", "nguoi giam ho", "bo me", "ba me", "phu huynh hoc sinh", "cha me hoc sinh", "phhs",
              "cha me hoac nguoi giam ho")  # fmt: skip
# Folded headings (no marks, no case, no punctuation), as they are met in lists of offices and schools.
_HEADINGS = {
    "code": "ma so|ma|ma can bo|ma cb|ma nhan vien|ma nv|ma cbccvc|ma cong chuc|ma vien chuc|ma so can bo|so hieu cong chuc|"
            "so hieu|ma ho so|ma hoc sinh|ma hs|ma so hoc sinh|ma giao vien|ma gv|staff code|code",
    "full_name": "ho va ten|ho ten|ho ten day du|ho va ten can bo|ho va ten hoc sinh|ho ten hoc sinh|ho va ten giao vien|"
                 "ho ten giao vien|ho va ten hoc vien|ten day du|hoc sinh|ho va ten khai sinh|full name|name",
    "family_name": "ho|ho dem|ho va dem|ho va ten dem|ho lot|ho va chu dem|ho va ten lot|ho chu lot",
    "given_name": "ten",
    "birth": "nam sinh|ngay sinh|ngay thang nam sinh|ngay thang nam|ns|ntns|nam sinh ngay sinh|sinh ngay|sinh nam|"
             "year of birth|date of birth|birth year",
    "email": "thu dien tu|email|dia chi email|dia chi thu dien tu|dia chi e mail|e mail|hop thu|hop thu cong vu|email cong vu|"
             "thu cong vu|mail",
    "username": "ten dang nhap|tai khoan|ten tai khoan|username|user name|user",
    "unit": "ma don vi|don vi|ma co quan|co quan|phong ban|don vi cong tac|noi cong tac|ma truong|truong|ma phong|unit",
    "category": "nhom|doi tuong|nhom doi tuong|loai|loai can bo|dien|category",
    "consent": "cha me dong y|phu huynh dong y|nguoi giam ho dong y|dong y cua cha me|dong y cua phu huynh|"
               "giay dong y|giay dong y cua phu huynh|cha me hoac nguoi giam ho dong y|guardian consent",
    "guardian_email": "guardian email|guardian e mail|guardian s email|guardian s e mail|parent email|parent e mail|"
                      "parents email|"
                      + "|".join(f"{letter} {of}{who}" for letter in _LETTERS for of in ("", "cua ") for who in _GUARDIANS),
    NOT_TAKEN: "stt|tt|so tt|so thu tu|gioi tinh|nam nu|gt|nu|dan toc|lop|khoi|chuc vu|chuc danh|ghi chu|loi|so dien thoai|"
               "dien thoai|sdt|di dong|cccd|so cccd|cmnd|so cmnd|can cuoc|so can cuoc|so dinh danh|so dinh danh ca nhan|"
               "ma dinh danh|dia chi|dong|dong trong tep cu|noi sinh|que quan|trinh do|luong|he so luong",
}  # fmt: skip
_FIELD_OF = {heading: field for field, headings in _HEADINGS.items() for heading in headings.split("|")}

_CATEGORIES = {
    "can bo": "can_bo", "cb": "can_bo", "cong chuc": "cong_chuc", "cc": "cong_chuc", "vien chuc": "vien_chuc",
    "vc": "vien_chuc", "nguoi lao dong": "nguoi_lao_dong", "nld": "nguoi_lao_dong", "hop dong": "nguoi_lao_dong",
    "hop dong lao dong": "nguoi_lao_dong", "hdld": "nguoi_lao_dong", "giao vien": "vien_chuc",
    "can_bo": "can_bo", "cong_chuc": "cong_chuc", "vien_chuc": "vien_chuc", "nguoi_lao_dong": "nguoi_lao_dong",
}  # fmt: skip
_YES = {"x", "co", "da co", "dong y", "da dong y", "yes", "y", "1", "true", "v", "✓"}
# Nobody has answered yet, so the guardian may be asked by letter. Whatever else is no consent is a refusal.
_NOT_YET = {"", "chua", "chua co", "chua dong y", "chua ky", "chua nop", "chua hoi", "chua xin", "chua tra loi"}
_NO = {"khong", "khong dong y", "no", "n", "0", "false"}

# Why a cell is wrong and what to do, by the code that is kept. %(hint)s is the one thing found out about it.
CAUSES: dict[str, str | Promise] = {
    "name_missing": _("Thiếu họ và tên."),
    "name_wrong": _("Họ và tên chỉ gồm chữ cái, dấu cách, dấu nháy và gạch nối, ít nhất hai chữ cái."),
    "birth_wrong": _("Không hiểu năm sinh. Ghi bốn chữ số (1985) hoặc ngày/tháng/năm (05/03/1985)."),
    "birth_range": _("Năm sinh không hợp lý. Ghi lại bốn chữ số."),
    "email_wrong": _("Địa chỉ thư không đúng dạng ten@don-vi.vn."),
    "code_wrong": _("Mã số chỉ gồm chữ, số và các dấu . - _ /, nhiều nhất 40 ký tự."),
    "username_wrong": _("Tên đăng nhập gồm 3 đến 30 chữ thường không dấu, chữ số, dấu chấm, gạch nối."),
    "username_unknown": _("Không có tài khoản này trong phạm vi của bạn. Để trống nếu là người mới."),
    "category_missing": _("Thiếu nhóm. Chọn một: cán bộ, công chức, viên chức, người lao động."),
    "category_wrong": _("Chọn một: cán bộ, công chức, viên chức, người lao động."),
    "consent_missing": _(
        "Dưới 16 tuổi (hoặc chưa rõ tuổi) cần cha mẹ đồng ý trên giấy. Ghi “có” hoặc tên người đồng ý; "
        "hoặc ghi thư điện tử của cha mẹ để hệ thống gửi thư hỏi."
    ),
    "consent_refused": _("Cha mẹ không đồng ý nên chưa mở tài khoản được. Em vẫn học được bằng mã lớp."),
    "guardian_email_wrong": _("Địa chỉ thư của cha mẹ không đúng dạng ten@don-vi.vn. Sửa lại, hoặc xin cha mẹ đồng ý trên giấy."),
    "unit_unknown": _("Không có đơn vị này trong cây của cơ quan."),
    "unit_hint": _("Không có đơn vị này trong cây của cơ quan. Có phải “%(hint)s”?"),
    "unit_closed": _("Đơn vị này đã hết hoạt động. Ghi đơn vị đang hoạt động."),
    "long": _("Ô quá dài, không đọc. Xem lại ô này trong tệp."),
    "repeated": _("Trùng dòng %(hint)s. Giữ một dòng, sửa hoặc xóa dòng kia."),
    "same_person": _("Cùng một người với dòng %(hint)s. Giữ một dòng, sửa hoặc xóa dòng kia."),
    "code_taken": _("Mã số này đang là của một người khác trong đơn vị. Xem lại mã."),
    "moved_on": _("Dữ liệu của cơ quan vừa thay đổi sau khi kiểm tra thử. Gửi lại dòng này."),
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """`field` is a key of COLUMNS, `cause` one of CAUSES. Kept as JSON in this order."""

    field: str
    cause: str
    hint: str = ""

    def kept(self) -> list[str]:
        return [self.field, self.cause, self.hint]


@dataclass(frozen=True, kw_only=True)
class Person:
    """One row as it was understood. `category` is filled for staff and teachers, `guardian` for pupils.

    `guardian_email` stands only where the guardian may be asked by letter: of a pupil who is or may be under 16, while
    nobody has answered.
    """

    full_name: str
    birth_year: int | None
    code: str
    email: str
    username: str
    unit: str
    category: str
    guardian: str
    consented: bool
    guardian_email: str


def plain(heading: str) -> str:
    """A heading as it is compared: without marks, case, punctuation and what stands in brackets."""
    bare = re.sub(r"\([^)]*\)", " ", fold(heading))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", bare).split())


def recognise(headings: Sequence[str], known: Mapping[str, str] | None = None) -> list[str]:
    """The field of each column, "" where unknown, NOT_TAKEN where it is known and left out.

    `known` is what the organisation said of its headings before. A field stands once: the first column keeps it.
    """
    fields: list[str] = []
    for heading in headings:
        bare = plain(heading)
        field = (known or {}).get(bare) or _FIELD_OF.get(bare, "" if bare else NOT_TAKEN)
        fields.append(NOT_TAKEN if field in fields and field != NOT_TAKEN and field else field)
    return fields


def is_heading(cells: Sequence[str]) -> bool:
    """Whether a row names columns: a name and one more, where titles of a document may stand above."""
    found = {_FIELD_OF.get(plain(cell), "") for cell in cells} - {"", NOT_TAKEN}
    return bool(found & {"full_name", "given_name"}) and (len(found) > 1 or len(cells) == 1)


def has_name(fields: Sequence[str]) -> bool:
    return "full_name" in fields or {"family_name", "given_name"} <= set(fields)


def values_of(cells: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """The cells that are kept, by field. Whatever is not asked for never enters the database."""
    found = {field: cell for field, cell in zip(fields, cells, strict=False) if field not in {"", NOT_TAKEN} and cell}
    parts = [found.pop(part, "") for part in PARTS]
    if any(parts) and "full_name" not in found:
        found["full_name"] = " ".join(part for part in parts if part)
    return found


def is_blank(values: Mapping[str, str]) -> bool:
    return not any(values.get(field) for field in ("full_name", "code", "email", "username"))


def read(
    values: Mapping[str, str], *, kind: str, category: str, today: dt.date, over: str = ""
) -> tuple[Person, list[Problem]]:
    """The person of a row and all that is wrong with the row by itself. `category` stands where the row has none."""
    wrong: list[Problem] = []
    name = _capitalised(nfc(values.get("full_name", "")))
    if not name:
        wrong.append(Problem(field="full_name", cause="name_missing"))
    elif not is_person_name(name):
        wrong.append(Problem(field="full_name", cause="name_wrong"))
    year, cause = _year(values.get("birth", ""), today)
    if cause:
        wrong.append(Problem(field="birth", cause=cause))
    code, email, username = (nfc(values.get(field, "")) for field in ("code", "email", "username"))
    email, username = email.lower(), username.lower()
    if code and not re.fullmatch(r"[\w./-]{1,40}", code):
        wrong.append(Problem(field="code", cause="code_wrong"))
    if email and not _is_email(email):
        wrong.append(Problem(field="email", cause="email_wrong"))
    if username and not is_username(username):
        wrong.append(Problem(field="username", cause="username_wrong"))
    group, cause = _category(values.get("category", ""), kind, category)
    if cause:
        wrong.append(Problem(field="category", cause=cause))
    consented, guardian = _consent(values.get("consent", ""))
    needed = kind == PUPILS and (year is None or today.year - year < ADULT) and not consented
    guardian_email, unanswered = _guardian_email(values) if needed else ("", [])
    wrong += [one for one in unanswered if one.field != "consent" or not cause_of(wrong, "birth")]
    if over and (over != "guardian_email" or guardian_email):
        wrong = [Problem(field=over, cause="long")]
    person = Person(
        full_name=name, birth_year=year, code=code, email="" if kind == PUPILS else email, username=username,
        unit=nfc(values.get("unit", "")), category=group, guardian=guardian, consented=consented,
        guardian_email=guardian_email,
    )  # fmt: skip
    return person, wrong


def of_a_grown_pupil(person: Person, problems: Sequence[Problem]) -> tuple[Person, list[Problem]]:
    """The same row once her account tells that she is 16 or more: nobody is asked for her."""
    return replace(person, guardian_email=""), [one for one in problems if one.field not in {"consent", "guardian_email"}]


def cause_of(problems: Sequence[Problem], field: str) -> str:
    return next((one.cause for one in problems if one.field == field), "")


def _capitalised(name: str) -> str:
    """NGUYỄN THỊ AN and nguyễn thị an are written as names are; any other spelling is the owner's."""
    return name.title() if name and (name.isupper() or name.islower()) and "'" not in name and "’" not in name else name


def _year(text: str, today: dt.date) -> tuple[int | None, str]:
    """Of a year, a date in the Vietnamese or the ISO order, or the bare number by which spreadsheets keep a date."""
    text = text.strip()
    if not text:
        return None, ""
    if re.fullmatch(r"\d{5}", text):
        year = (dt.date(1899, 12, 30) + dt.timedelta(days=int(text))).year
    else:
        found = re.fullmatch(r"(?:\d{1,2}[/.\- ])?(?:\d{1,2}[/.\- ])?(\d{4})|(\d{4})-\d{1,2}-\d{1,2}(?:[ T][\d:.]+)?", text)
        if not found:
            return None, "birth_wrong"
        year = int(found[1] or found[2])
    return (year, "") if 1900 <= year <= today.year else (None, "birth_range")


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def _category(text: str, kind: str, default: str) -> tuple[str, str]:
    if kind == PUPILS:
        return "hoc_sinh", ""
    if not text:
        fallback = default or ("vien_chuc" if kind == TEACHERS else "")
        return fallback, "" if fallback else "category_missing"
    found = _CATEGORIES.get(text.casefold()) or _CATEGORIES.get(plain(text), "")
    return found, "" if found else "category_wrong"


def _guardian_email(values: Mapping[str, str]) -> tuple[str, list[Problem]]:
    """Whom to ask for a child without her guardian's consent, and why it cannot be asked."""
    if fold(values.get("consent", "")) not in _NOT_YET:
        return "", [Problem(field="consent", cause="consent_refused")]
    address = nfc(values.get("guardian_email", "")).lower()
    if not address:
        return "", [Problem(field="consent", cause="consent_missing")]
    return address, [] if _is_email(address) else [Problem(field="guardian_email", cause="guardian_email_wrong")]


def _consent(text: str) -> tuple[bool, str]:
    """Whether consent is recorded, and the guardian's name if it stands there."""
    bare = fold(text)
    if bare in _NOT_YET or bare in _NO:
        return False, ""
    return (True, "") if bare in _YES else (is_person_name(nfc(text)), nfc(text) if is_person_name(nfc(text)) else "")


def same_name(name: str) -> str:
    """By this two people have the same name: case is forgiven, accents are not (An is not Ân)."""
    return nfc(name).casefold()
