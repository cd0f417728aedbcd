from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from classes.models import ClassKind
from courses.models import CoursePage
from courses.queries import CourseOutline
from people.models import Organisation, RosterImport, RosterKind, StaffCategory
from people.roster import COLUMNS, NOT_TAKEN, OF_KIND, PARTS
from people.text import nfc


def _day(**attrs: str) -> forms.DateInput:
    # The browser's own date field speaks ISO whatever the language.
    return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


class NameField(forms.CharField):
    """Text in one normal form (NFC), one space between words."""

    def to_python(self, value: Any) -> str:
        return nfc(super().to_python(value))


class ClassForm(forms.Form):
    """`key` makes a form that is sent twice one class."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    name = NameField(label=_("Tên lớp"), max_length=120, help_text=_("Như bạn vẫn gọi: 10A1, Bồi dưỡng đợt 2."))
    kind = forms.ChoiceField(label=_("Loại lớp"), choices=ClassKind.choices, widget=forms.RadioSelect, initial=ClassKind.SCHOOL)
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Trường, đơn vị"), empty_label=None)
    starts_on = forms.DateField(label=_("Ngày bắt đầu"), widget=_day())
    ends_on = forms.DateField(label=_("Ngày kết thúc"), widget=_day(), required=False)

    def __init__(self, *args: Any, organisations: list[Organisation], today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"key": uuid.uuid4(), "starts_on": today}, **kwargs)
        self.only = organisations[0] if len(organisations) == 1 else None
        if self.only:
            del self.fields["organisation"]
        else:
            allowed = Organisation.objects.filter(pk__in=[one.pk for one in organisations]).order_by("path")
            self.fields["organisation"].queryset = allowed  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.only:
            data["organisation"] = self.only
        if data.get("ends_on") and data.get("starts_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", _("Ngày kết thúc đang trước ngày bắt đầu. Hãy chọn lại một trong hai ngày."))
        return data


class RosterForm(forms.Form):
    names = forms.CharField(
        label=_("Danh sách"), strip=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Mỗi dòng một người. Dán thẳng từ Excel, Word hay Zalo đều được; số thứ tự ở đầu dòng sẽ được bỏ. "
                    "Người đã có tài khoản trong đơn vị: ghi tên đăng nhập hoặc e-mail."),
    )  # fmt: skip
    birth_year = forms.IntegerField(
        label=_("Năm sinh chung của cả danh sách"), required=False, min_value=1900, max_value=2100,
        help_text=_("Để biết ai dưới 16 tuổi. Bỏ trống nếu mỗi người một năm."),
    )  # fmt: skip
    keep_namesakes = forms.BooleanField(
        label=_("Có người trùng họ tên thật, vẫn thêm"), required=False,
        help_text=_("Không chọn thì dòng trùng tên được bỏ qua."),
    )  # fmt: skip
    # The plan that was shown; empty while none was.
    start = forms.IntegerField(required=False, widget=forms.HiddenInput)


class RosterFileForm(forms.Form):
    """`key` makes a form that is sent twice one list."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("Danh sách của ai?"), choices=RosterKind.choices, widget=forms.RadioSelect, initial=RosterKind.STAFF
    )
    file = forms.FileField(
        label=_("Tệp danh sách"), allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt,.tsv", "class": "form-control"}),
        help_text=_("Tệp .xlsx hoặc .csv, nhiều nhất 20 MB, 200.000 dòng. Chọn tệp hoặc kéo thả vào ô này."),
        error_messages={"required": _("Chọn một tệp.")},
    )  # fmt: skip
    category = forms.ChoiceField(
        label=_("Nhóm của dòng không ghi nhóm"), required=False, help_text=_("Bỏ trống thì dòng không ghi nhóm bị báo lỗi."),
        choices=[("", _("Không chọn")), *(one for one in StaffCategory.choices if one[0] != StaffCategory.PUPIL)],
    )  # fmt: skip
    complete = forms.BooleanField(
        label=_("Đây là danh sách đầy đủ: ai không có trong tệp thì đã rời"), required=False,
        help_text=_("Chỉ xét các đơn vị có trong tệp. Trước khi nhập bạn thấy số người sẽ rời; tài khoản của họ vẫn còn."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"key": uuid.uuid4(), "kind": RosterKind.STAFF}, **kwargs)


class ColumnsForm(forms.Form):
    """What each column of a list means, one choice a column, with the first cells below it to know it by."""

    def __init__(self, *args: Any, roster: RosterImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = len(roster.headings)
        named = {**COLUMNS, **PARTS}
        choices = [("", _("Chưa rõ")), (NOT_TAKEN, _("Không lấy cột này")),
                   *((name, named[name]) for name in [*OF_KIND[roster.kind], *PARTS])]  # fmt: skip
        for place, heading in enumerate(roster.headings):
            shown = [row[place] for row in roster.sample if place < len(row) and row[place]]
            field = forms.ChoiceField(
                label=heading or _("Cột %(n)s") % {"n": place + 1}, choices=choices,
                initial=roster.fields[place] if place < len(roster.fields) else "", help_text=escape(", ".join(shown)[:120]),
            )  # fmt: skip
            self.fields[f"column-{place}"] = field

    def chosen(self) -> list[str]:
        return [self.data.get(f"column-{place}", "") for place in range(self.count)]


def mended(data: QueryDict) -> tuple[dict[int, dict[str, str]], dict[int, str]]:
    """Fields called fix-<row>-<column> and answer-<row>. A field left empty says nothing."""
    values: dict[int, dict[str, str]] = {}
    answers: dict[int, str] = {}
    for name, text in data.items():
        found = re.fullmatch(r"(fix|answer)-(\d{1,18})(?:-(\w+))?", name)
        if found and str(text).strip():
            if found[1] == "answer":
                answers[int(found[2])] = str(text)
            elif found[3]:
                values.setdefault(int(found[2]), {})[found[3]] = str(text)
    return values, answers


class MemberForm(forms.Form):
    name = NameField(label=_("Họ và tên"), max_length=120)


class JoinForm(forms.Form):
    code = forms.CharField(
        label=_("Mã vào lớp"), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("Giáo viên cho bạn mã này, ví dụ HX7-K9MP. Viết hoa hay thường, có gạch hay không đều được."),
    )  # fmt: skip


class DueForm(forms.Form):
    """A moment in the time of Ho Chi Minh City: `cleaned_data["due_at"]`."""

    due_on = forms.DateField(label=_("Hạn: ngày"), widget=_day())
    due_time = forms.TimeField(
        label=_("Hạn: giờ"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), initial=dt.time(23, 59)
    )

    def __init__(self, *args: Any, now: dt.datetime, due_at: dt.datetime | None = None, **kwargs: Any) -> None:
        week = timezone.localtime(now + dt.timedelta(days=7)).replace(hour=23, minute=59)
        local = timezone.localtime(due_at) if due_at else week
        kwargs["initial"] = {"due_on": local.date(), "due_time": local.time(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.now = now

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "due_on" in data and "due_time" in data:
            data["due_at"] = timezone.make_aware(dt.datetime.combine(data["due_on"], data["due_time"]))
            if data["due_at"] <= self.now:
                self.add_error("due_on", _("Hạn này đã qua. Hãy chọn một ngày từ hôm nay trở đi và giờ chưa tới."))
        return data


class AssignForm(DueForm):
    """`cleaned_data` holds `course` and `part` (None for the whole course)."""

    what = forms.ChoiceField(label=_("Giao gì?"))
    field_order = ("what", "due_on", "due_time")

    def __init__(self, *args: Any, courses: list[CourseOutline], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (course.title, [(f"{course.course_id}", _("Cả khóa: %(title)s") % {"title": course.title}), *_parts(course)])
            for course in courses
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "what" in data:
            course, _colon, part = data["what"].partition(":")
            data["course"] = CoursePage.objects.live().filter(pk=int(course)).first()
            data["part"] = uuid.UUID(part) if part else None
            if data["course"] is None:
                self.add_error("what", _("Khóa này vừa được gỡ xuống. Hãy chọn khóa khác."))
        return data


class RequirementForm(DueForm):
    course = forms.ModelChoiceField(CoursePage.objects.none(), label=_("Khóa bắt buộc"), empty_label=None)
    field_order = ("course", "due_on", "due_time")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = CoursePage.objects.live().order_by("path")  # type: ignore[attr-defined]


def _parts(course: CourseOutline) -> list[tuple[str, str]]:
    return [
        (f"{course.course_id}:{part.key}", _("Bài %(number)s. %(title)s") % {"number": part.number, "title": part.title}
         if part.number else part.title)
        for part in course.parts
    ]  # fmt: skip
