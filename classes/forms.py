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

from classes import codes, completion_list, queries
from classes.models import (
    Assignment,
    ClassGroup,
    ClassKind,
    ClassMember,
    ClassSession,
    StaffGroup,
    StaffRequirement,
    TrainingClass,
)
from courses.models import CoursePage, OutsideKind
from courses.queries import CourseOutline
from people import sheets
from people.models import Organisation, RosterImport, RosterKind, StaffCategory, User
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
    code = NameField(
        label=_("Mã lớp của đơn vị tổ chức"), max_length=40, required=False,
        help_text=_("Chỉ cho lớp bồi dưỡng, như trên quyết định mở lớp. Bỏ trống được."),
    )  # fmt: skip
    school_year = forms.ChoiceField(label=_("Năm học"), required=False, help_text=_("Chỉ cho lớp ở trường."))
    starts_on = forms.DateField(label=_("Ngày bắt đầu"), widget=_day())
    ends_on = forms.DateField(
        label=_("Ngày kết thúc"), widget=_day(), required=False,
        help_text=_("Qua ngày này lớp tự đóng. Bỏ trống: lớp của năm học kết thúc ngày 31/5."),
    )  # fmt: skip
    planned = forms.BooleanField(
        label=_("Mới là dự kiến, chưa cho ai vào"), required=False, help_text=_("Bạn mở lớp sau, ở trang của lớp.")
    )

    def __init__(self, *args: Any, organisations: list[Organisation], today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"key": uuid.uuid4(), "starts_on": today}, **kwargs)
        this, coming = codes.school_year(today), codes.school_year(today + dt.timedelta(days=240))
        years = dict.fromkeys([this, coming])
        self.fields["school_year"].choices = [("", _("Không theo năm học")), *((year, year) for year in years)]  # type: ignore[attr-defined]
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
        if data.get("kind") == ClassKind.SCHOOL:
            data["code"] = ""
        elif "school_year" in data:
            data["school_year"] = ""
        if data.get("ends_on") and data.get("starts_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", _("Ngày kết thúc đang trước ngày bắt đầu. Hãy chọn lại một trong hai ngày."))
        return data


class ReasonForm(forms.Form):
    reason = NameField(label=_("Vì sao?"), max_length=255, help_text=_("Ghi vào nhật ký của lớp."))


class ViewForm(forms.Form):
    """The name of a view of the table, and whether it is shown first."""

    name = NameField(label=_("Tên cách xem"), max_length=60)
    first = forms.BooleanField(label=_("Mở đầu tiên"), required=False)


class DatesForm(ReasonForm):
    starts_on = forms.DateField(label=_("Ngày bắt đầu"), widget=_day())
    ends_on = forms.DateField(label=_("Ngày kết thúc"), widget=_day(), required=False)
    field_order = ("starts_on", "ends_on", "reason")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("ends_on") and data.get("starts_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", _("Ngày kết thúc đang trước ngày bắt đầu. Hãy chọn lại một trong hai ngày."))
        return data


class RulesForm(forms.Form):
    capacity = forms.IntegerField(
        label=_("Sĩ số tối đa"), required=False, min_value=1, max_value=2000,
        help_text=_("Đủ người thì ai đến sau vào danh sách chờ, có chỗ là tự được vào. Bỏ trống: không giới hạn."),
    )  # fmt: skip
    by_nomination = forms.BooleanField(
        label=_("Cơ quan cử người"), required=False,
        help_text=_("Người gõ mã vào lớp phải chờ cơ quan của mình duyệt; cán bộ cơ quan cũng tự cử người được."),
    )  # fmt: skip
    attendance_needed = forms.IntegerField(
        label=_("Phải dự bao nhiêu phần trăm số buổi"), required=False, min_value=1, max_value=100,
        help_text=_("Hoàn thành lớp là làm xong mọi bài được giao và dự đủ số buổi này. Bỏ trống: điểm danh không tính."),
    )  # fmt: skip


class TrainerForm(forms.Form):
    account = forms.CharField(
        label=_("Tên đăng nhập hoặc e-mail của giảng viên"), max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("Người này phải có vai giáo viên ở đơn vị của lớp."),
    )  # fmt: skip


class SessionForm(forms.Form):
    """A session on one day: `cleaned_data` holds `starts_at` and `ends_at`."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    day = forms.DateField(label=_("Ngày"), widget=_day())
    begins = forms.TimeField(label=_("Từ"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), initial=dt.time(8))
    ends = forms.TimeField(label=_("Đến"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), initial=dt.time(11))
    place = NameField(label=_("Nơi học"), max_length=160, required=False, help_text=_("Phòng, hội trường, địa chỉ."))
    link = forms.URLField(
        label=_("Hoặc đường dẫn lớp trực tuyến"), max_length=400, required=False, assume_scheme="https"
    )
    topic = NameField(label=_("Nội dung"), max_length=160, required=False)
    trainer = forms.ModelChoiceField(User.objects.none(), label=_("Giảng viên"), required=False, empty_label=_("Chưa phân công"))

    def __init__(self, *args: Any, trainers: list[User], session: ClassSession | None = None, **kwargs: Any) -> None:
        if session:
            begin, end = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
            kwargs["initial"] = {
                "key": session.pk, "day": begin.date(), "begins": begin.time(), "ends": end.time(), "place": session.place,
                "link": session.link, "topic": session.topic, "trainer": session.trainer_id,
            }  # fmt: skip
        else:
            kwargs["initial"] = {"key": uuid.uuid4(), "trainer": trainers[0].pk if len(trainers) == 1 else None}
        super().__init__(*args, **kwargs)
        choices = User.objects.filter(pk__in=[one.pk for one in trainers]).order_by("name_folded")
        self.fields["trainer"].queryset = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if all(name in data for name in ("day", "begins", "ends")):
            data["starts_at"] = timezone.make_aware(dt.datetime.combine(data["day"], data["begins"]))
            data["ends_at"] = timezone.make_aware(dt.datetime.combine(data["day"], data["ends"]))
            if data["ends_at"] <= data["starts_at"]:
                self.add_error("ends", _("Giờ kết thúc phải sau giờ bắt đầu."))
        if not data.get("place") and not data.get("link"):
            self.add_error("place", _("Hãy ghi nơi học, hoặc đường dẫn nếu học trực tuyến."))
        return data

    def wanted(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("starts_at", "ends_at", "place", "link", "trainer", "topic")}


class ChangedSessionForm(SessionForm):
    reason = NameField(label=_("Vì sao đổi?"), max_length=255, help_text=_("Ghi vào nhật ký của lớp."))


class RosterForm(forms.Form):
    names = forms.CharField(
        label=_("Danh sách"), strip=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Mỗi dòng một người. Dán thẳng từ Excel, Word hay Zalo đều được; số thứ tự ở đầu dòng sẽ được bỏ. "
                    "Người đã có tài khoản trong đơn vị: ghi tên đăng nhập hoặc thư điện tử."),
    )  # fmt: skip
    birth_year = forms.IntegerField(
        label=_("Năm sinh chung của cả danh sách"), required=False, min_value=1900, max_value=2100,
        help_text=_("Để biết ai dưới 16 tuổi. Bỏ trống nếu không sinh cùng năm."),
    )  # fmt: skip
    keep_namesakes = forms.BooleanField(
        label=_("Có người trùng họ tên thật, vẫn thêm"), required=False,
        help_text=_("Không chọn thì dòng trùng tên được bỏ qua."),
    )  # fmt: skip
    # The plan that was shown; empty while none was.
    start = forms.IntegerField(required=False, widget=forms.HiddenInput)


class CheckInForm(forms.Form):
    code = forms.CharField(
        label=_("Mã trên màn hình"), max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("Sáu chữ và số, ví dụ K7P-4XM. Viết hoa hay thường đều được."),
    )  # fmt: skip


class WalkInForm(forms.Form):
    name = NameField(label=_("Họ và tên"), max_length=120)


class PaperForm(forms.Form):
    names = forms.CharField(
        label=_("Danh sách ký tay"), strip=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Mỗi dòng một người có ký tên. Trùng tên thì ghi số thứ tự trong lớp ở đầu dòng."),
    )  # fmt: skip
    add_unknown = forms.BooleanField(
        label=_("Thêm người chưa có trong lớp"), required=False, help_text=_("Mỗi người được một tài khoản và thẻ đăng nhập.")
    )


class PaperFileForm(forms.Form):
    file = forms.FileField(label=_("Ảnh chụp hoặc PDF"), help_text=_("Tối đa 10 MB. Vị trí và máy chụp trong ảnh được bỏ đi."))


class RemarksForm(forms.Form):
    remarks = forms.CharField(
        label=_("Ghi nhận của giảng viên"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )


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
        help_text=_("Ví dụ HX7-K9MP. Giáo viên cho bạn mã này; viết hoa hay thường, có gạch hay không đều được."),
    )  # fmt: skip


class PinForm(forms.Form):
    code = forms.CharField(
        label=_("Mã lớp"), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )  # fmt: skip
    name = NameField(
        label=_("Tên em"), max_length=120, help_text=_("Tên gọi là đủ, ví dụ Hân. Lớp có hai bạn trùng tên thì gõ cả tên đệm.")
    )
    pin = forms.CharField(
        label=_("Mã PIN"), max_length=20,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
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


class TargetForm(DueForm):
    """To whom and from when: `cleaned_data` holds `members` (None: not by name), `group` and `starts_at`.

    `key` makes a form that is sent twice one assignment.
    """

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    to = forms.ChoiceField(
        label=_("Giao cho ai?"), widget=forms.RadioSelect, initial="class", required=False,
        choices=[("class", _("Cả lớp, cả người vào sau")), ("group", _("Một nhóm")), ("named", _("Từng người"))],
    )  # fmt: skip
    group = forms.ModelChoiceField(ClassGroup.objects.none(), label=_("Nhóm"), required=False, empty_label=_("Chọn nhóm"))
    members = forms.ModelMultipleChoiceField(
        ClassMember.objects.none(), label=_("Những người được giao"), required=False, widget=forms.CheckboxSelectMultiple
    )
    starts_on = forms.DateField(
        label=_("Bắt đầu từ ngày"), widget=_day(), required=False, help_text=_("Bỏ trống: làm được ngay.")
    )
    counts = forms.BooleanField(
        label=_("Tính vào hoàn thành lớp"), required=False, initial=True,
        help_text=_("Bỏ dấu nếu đây là bài làm thêm, không làm cũng hoàn thành lớp."),
    )  # fmt: skip
    _TARGET = ("to", "group", "members", "starts_on", "due_on", "due_time", "counts")

    def __init__(self, *args: Any, training_class: TrainingClass, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid.uuid4(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        members = ClassMember.objects.current().filter(training_class=training_class).order_by("number")
        self.fields["members"].queryset = members  # type: ignore[attr-defined]
        groups = ClassGroup.objects.filter(training_class=training_class).order_by("name")
        self.fields["group"].queryset = groups  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        start = data.get("starts_on")
        data["starts_at"] = timezone.make_aware(dt.datetime.combine(start, dt.time())) if start else None
        if data["starts_at"] and data.get("due_at") and data["starts_at"] >= data["due_at"]:
            self.add_error("starts_on", _("Ngày bắt đầu phải trước hạn."))
        to = data.get("to") or "class"
        if to == "group" and not data.get("group"):
            self.add_error("group", _("Hãy chọn một nhóm."))
        if to == "named" and not data.get("members"):
            self.add_error("members", _("Chưa chọn ai. Hãy đánh dấu ít nhất một người; không chọn ai không có nghĩa là cả lớp."))
        data["members"] = list(data.get("members") or []) if to == "named" else None
        data["group"] = data.get("group") if to == "group" else None
        return data

    def wanted(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("key", "members", "group", "starts_at", "due_at", "counts")}


class PathForm(TargetForm):
    """Courses to be done in order: `cleaned_data["courses"]`."""

    field_order = ("course_1", "course_2", "course_3", "course_4", "course_5", *TargetForm._TARGET)

    def __init__(self, *args: Any, courses: list[CourseOutline], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Không")), *((str(course.course_id), course.title) for course in courses)]
        for place in range(1, 6):
            label = _("Khóa thứ %(place)s") % {"place": place}
            self.fields[f"course_{place}"] = forms.ChoiceField(label=label, choices=choices, required=place == 1)
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        chosen = [int(data[f"course_{place}"]) for place in range(1, 6) if data.get(f"course_{place}")]
        found = CoursePage.objects.live().in_bulk(chosen)
        data["courses"] = [found[pk] for pk in dict.fromkeys(chosen) if pk in found]
        if chosen and len(data["courses"]) < 2:
            self.add_error("course_2", _("Một lộ trình có ít nhất hai khóa khác nhau. Giao một khóa thì dùng trang “Giao bài”."))
        return data


class OwnDueForm(DueForm):
    """More time for one learner."""

    reason = NameField(label=_("Vì sao?"), max_length=255, help_text=_("Ghi vào nhật ký của lớp."))


class GroupForm(forms.Form):
    name = NameField(label=_("Tên nhóm"), max_length=80)
    members = forms.ModelMultipleChoiceField(
        ClassMember.objects.none(), label=_("Ai trong nhóm?"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, training_class: TrainingClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = ClassMember.objects.current().filter(training_class=training_class).order_by("number")
        self.fields["members"].queryset = members  # type: ignore[attr-defined]


class LetterForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    subject = NameField(label=_("Tiêu đề"), max_length=160)
    text = forms.CharField(
        label=_("Lời nhắn"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Lời chào, những phần còn thiếu của từng người, hạn và tên bạn được ghi thêm tự động."),
    )  # fmt: skip


class CopyForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    name = NameField(label=_("Tên lớp mới"), max_length=120)
    school_year = forms.ChoiceField(label=_("Năm học"), required=False)
    starts_on = forms.DateField(
        label=_("Ngày bắt đầu"), widget=_day(), help_text=_("Mọi hạn dời đi đúng bằng khoảng cách tới ngày này.")
    )
    ends_on = forms.DateField(label=_("Ngày kết thúc"), widget=_day(), required=False)
    with_members = forms.BooleanField(
        label=_("Đưa cả người học sang"), required=False, help_text=_("Giữ số thứ tự và tài khoản; lớp cũ vẫn còn nguyên.")
    )

    def __init__(self, *args: Any, source: TrainingClass, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"key": uuid.uuid4(), "name": source.name, "starts_on": today}, **kwargs)
        years = dict.fromkeys([codes.school_year(today), codes.school_year(today + dt.timedelta(days=240))])
        self.fields["school_year"].choices = [("", _("Không theo năm học")), *((year, year) for year in years)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("ends_on") and data.get("starts_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", _("Ngày kết thúc đang trước ngày bắt đầu. Hãy chọn lại một trong hai ngày."))
        return data


class AssignForm(TargetForm):
    """`cleaned_data` holds `course` and `part` (None for the whole course)."""

    what = forms.ChoiceField(label=_("Giao gì?"))
    field_order = ("what", *TargetForm._TARGET)

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
    """What an agency requires: `cleaned_data` holds course, groups, due_at, days and months as require_course takes them."""

    course = forms.ModelChoiceField(CoursePage.objects.none(), label=_("Khóa bắt buộc"), empty_label=None)
    groups = forms.MultipleChoiceField(
        label=_("Ai phải học?"), choices=StaffGroup.choices, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Không chọn nhóm nào nghĩa là mọi người đang công tác. Viên chức gồm cả giáo viên."),
    )  # fmt: skip
    days = forms.IntegerField(
        label=_("Hạn cho người mới vào: số ngày"), required=False, min_value=1, max_value=730,
        help_text=_("Tính từ ngày vào đơn vị. Có cả ngày hạn lẫn số ngày thì mốc muộn hơn là hạn, để người mới vào kịp học."),
    )  # fmt: skip
    months = forms.IntegerField(
        label=_("Học lại sau: số tháng"), required=False, min_value=1, max_value=120,
        help_text=_("Sau từng ấy tháng kể từ ngày hoàn thành thì phải học lại. Để trống: học một lần là đủ."),
    )  # fmt: skip
    field_order = ("course", "groups", "due_on", "due_time", "days", "months")

    def __init__(self, *args: Any, existing: StaffRequirement | None = None, **kwargs: Any) -> None:
        if existing:
            kwargs["due_at"] = existing.due_at
            kwargs["initial"] = {
                "course": existing.course_id, "groups": existing.group_list, "days": existing.days, "months": existing.months,
                **({} if existing.due_at else {"due_on": None}),
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.fields["due_on"].required = self.fields["due_time"].required = False
        self.fields["due_on"].label = _("Hạn chung: ngày")
        self.fields["course"].queryset = CoursePage.objects.live().order_by("path")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = {**(forms.Form.clean(self) or {}), "due_at": None}
        if data.get("due_on"):
            moment = dt.datetime.combine(data["due_on"], data.get("due_time") or dt.time(23, 59))
            data["due_at"] = timezone.make_aware(moment)
            if data["due_at"] <= self.now:
                self.add_error("due_on", _("Hạn này đã qua. Hãy chọn một ngày từ hôm nay trở đi và giờ chưa tới."))
        elif not data.get("days") and not {"due_on", "days"} & set(self.errors):
            self.add_error("due_on", _("Hãy ghi ngày hạn, hoặc số ngày cho người mới vào, hoặc cả hai."))
        return data

    def wanted(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("course", "groups", "due_at", "days", "months")}


class OutsideForm(forms.Form):
    """One completion made elsewhere, or one that is recognised for a reason, for somebody of `organisation`."""

    kind = forms.ChoiceField(
        label=_("Ghi nhận gì?"), choices=[
            (OutsideKind.ELSEWHERE, _("Đã học ở nơi khác, có giấy hoặc danh sách")),
            (OutsideKind.WAIVED, _("Cho là đã hoàn thành, vì một lý do")),
        ], widget=forms.RadioSelect, initial=OutsideKind.ELSEWHERE,
    )  # fmt: skip
    who = NameField(
        label=_("Ai?"), max_length=254, help_text=_("Mã số tại đơn vị, hoặc thư điện tử. Không ai tự ghi nhận cho mình."),
    )  # fmt: skip
    course = forms.ModelChoiceField(CoursePage.objects.none(), label=_("Thay cho khóa nào?"), empty_label=None)
    completed_on = forms.DateField(label=_("Ngày hoàn thành"), widget=_day())
    issuer = NameField(label=_("Nơi học, nơi cấp giấy"), max_length=160, required=False)
    reason = NameField(
        label=_("Lý do, ghi chú"), max_length=500, required=False,
        help_text=_("Bắt buộc khi cho là đã hoàn thành. Người học đọc được."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Minh chứng"), required=False, help_text=_("Ảnh chụp hoặc PDF, nhiều nhất 10 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp"}),
    )  # fmt: skip

    def __init__(self, *args: Any, organisation: Organisation, by: User, today: dt.date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.organisation, self.by, self.today = organisation, by, today
        self.fields["course"].queryset = CoursePage.objects.live().order_by("path")  # type: ignore[attr-defined]

    def clean_who(self) -> User:
        found = queries.person_in(self.organisation, self.cleaned_data["who"])
        if found is None:
            told = _("Không thấy đúng một người mang mã số hoặc thư này ở đơn vị. Xem lại mã, hoặc ghi thư.")
            raise forms.ValidationError(told)
        if found == self.by:
            raise forms.ValidationError(_("Không ai tự ghi nhận cho mình. Nhờ người phụ trách khác."))
        return found

    def clean_completed_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["completed_on"]
        if day > self.today:
            raise forms.ValidationError(_("Ngày này chưa tới. Xem lại."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        needed = "reason" if data.get("kind") == OutsideKind.WAIVED else "issuer"
        if not data.get(needed) and needed not in self.errors:
            why, where = _("Ghi lý do. Người học và người kiểm tra đọc được."), _("Ghi nơi học hoặc nơi cấp giấy.")
            self.add_error(needed, why if needed == "reason" else where)
        return data

    def wanted(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        file, learner = data.pop("file"), data.pop("who")
        return {**data, "learner": learner, "file": (file, file.size) if file else None}


class CompletionFileForm(forms.Form):
    """`cleaned_data["table"]` holds the lines of the list."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=_("Danh sách (XLSX hoặc CSV)"), help_text=_("Chưa có gì được ghi: bạn sẽ xem trước từng dòng."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )  # fmt: skip
    evidence = forms.FileField(
        label=_("Minh chứng chung"), required=False,
        help_text=_("Quyết định hoặc danh sách có dấu: ảnh chụp hoặc PDF, nhiều nhất 10 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, initial={"key": uuid.uuid4()}, **options)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.cleaned_data["table"] = completion_list.read(file, file.name)
        except sheets.Refused as error:
            raise forms.ValidationError(sheets.REFUSALS[error.reason]) from error
        except completion_list.NotAList as error:
            raise forms.ValidationError(str(error)) from error
        return file


class WaiveForm(forms.Form):
    course = forms.ModelChoiceField(CoursePage.objects.none(), label=_("Khóa nào?"), empty_label=None)
    reason = NameField(label=_("Vì sao?"), max_length=500, help_text=_("Học viên đọc được. Giấy xác nhận không được cấp."))

    def __init__(self, *args: Any, training_class: TrainingClass, **options: Any) -> None:
        super().__init__(*args, **options)
        given = Assignment.objects.current().filter(training_class=training_class)
        self.fields["course"].queryset = CoursePage.objects.filter(pk__in=given.values("course"))  # type: ignore[attr-defined]


def _parts(course: CourseOutline) -> list[tuple[str, str]]:
    return [
        (f"{course.course_id}:{part.key}", _("Bài %(number)s. %(title)s") % {"number": part.number, "title": part.title}
         if part.number else part.title)
        for part in course.parts
    ]  # fmt: skip

class PaperDateForm(forms.Form):
    """The day under the signatures of a pile of papers."""

    signed_on = forms.DateField(
        label=_("Ngày cha mẹ ký"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Chọn ngày ghi trên phiếu."), "invalid": _("Viết ngày như 05/09/2026.")},
    )

    def clean_signed_on(self) -> dt.date:
        day = self.cleaned_data["signed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("Ngày ký không thể sau hôm nay."))
        return day


class ViewAsReasonForm(forms.Form):
    """Why somebody of staff looks as a learner. It is kept, and the learner reads it."""

    reason = forms.CharField(
        label=_("Lý do"),
        max_length=200,
        help_text=_("Một câu, ví dụ: em báo không thấy bài đã giao. Người ấy đọc được dòng này."),
        error_messages={"required": _("Viết lý do, một câu là đủ.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
