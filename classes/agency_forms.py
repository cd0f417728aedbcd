"""The forms by which organisations are changed. Each is shown twice: to fill in, then hidden beside the preview."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classes import queries
from classes.forms import NameField, _day
from people.models import Organisation, RoleKind
from people.organisation_file import UnreadableFile, is_code, read_table
from people.reorganising import NewUnit
from people.text import fold, nfc

MOST_PARTS = 4
MOST_PEOPLE = 300


class UnitField(forms.CharField):
    """An organisation of `within` that exists, by its code or its whole name: an Organisation, or None."""

    def __init__(self, *, within: QuerySet[Organisation], **options: Any) -> None:
        self.within = within
        attrs = {"list": "units", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> Any:
        text = nfc(super().clean(value) or "")
        return self.find(text) if text else None

    def find(self, text: str) -> Organisation:
        found = list(self.within.filter(code__iexact=text)[:2])
        if not found:
            likely = self.within.filter(folded__contains=fold(text)).filter(valid_to__isnull=True)[:50]
            found = [unit for unit in likely if fold(text) in {fold(unit.name), fold(unit.short_name)}]
        if len(found) == 1:
            return found[0]
        if found:
            codes = ", ".join(unit.code for unit in found)
            raise forms.ValidationError(_("Có nhiều đơn vị tên này: %(codes)s. Hãy ghi mã.") % {"codes": codes})
        told = _("Không có đơn vị nào mã hoặc tên “%(text)s” trong phạm vi bạn phụ trách.")
        raise forms.ValidationError(told % {"text": text})


class UnitsField(UnitField):
    """Several of them, between commas or on lines of their own: a list of Organisation."""

    def clean(self, value: Any) -> Any:
        text = forms.CharField.clean(self, value) or ""
        words = [nfc(word) for line in text.splitlines() for word in line.replace(";", ",").split(",")]
        return [self.find(word) for word in dict.fromkeys(words) if word]


class CodeField(NameField):
    def clean(self, value: Any) -> str:
        code = super().clean(value)
        if code and not is_code(code):
            raise forms.ValidationError(_("Mã chỉ gồm chữ, số, dấu chấm, gạch ngang và gạch dưới, nhiều nhất 40 ký tự."))
        return code


class OperationForm(forms.Form):
    """`key` makes a form that is sent twice one operation; `seen` names the preview that is confirmed."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    on = forms.DateField(
        label=gettext_lazy("Có hiệu lực từ ngày"), widget=_day(),
        help_text=gettext_lazy("Ngày ghi trong quyết định, không muộn hơn hôm nay."),
    )  # fmt: skip
    reason = NameField(
        label=gettext_lazy("Lý do, số quyết định"), max_length=500,
        help_text=gettext_lazy("Ví dụ: Quyết định 12/QĐ-UBND ngày 01/7/2025. Được ghi vào lịch sử."),
    )  # fmt: skip

    def __init__(self, *args: Any, unit: Organisation, within: QuerySet[Organisation], today: dt.date, **options: Any) -> None:
        self.unit, self.scope = unit, within
        given = options.pop("initial", None) or {}
        super().__init__(*args, initial={"key": uuid.uuid4(), "on": today, **given}, **options)
        for name, field in self.fields.items():
            if isinstance(field, UnitField):
                field.within = within.exclude(pk=unit.pk) if name != "parent" else within

    def wanted(self) -> queries.Wanted:
        raise NotImplementedError


class RenameForm(OperationForm):
    name = NameField(label=gettext_lazy("Tên đầy đủ"), max_length=255)
    short_name = NameField(
        label=gettext_lazy("Tên ngắn"), max_length=80, required=False,
        help_text=gettext_lazy("Hiện trong bảng. Bỏ trống thì hiện tên đầy đủ."),
    )  # fmt: skip
    field_order = ("name", "short_name", "on", "reason")

    def __init__(self, *args: Any, unit: Organisation, **options: Any) -> None:
        super().__init__(*args, unit=unit, initial={"name": unit.name, "short_name": unit.short_name}, **options)

    def wanted(self) -> queries.Rename:
        data = self.cleaned_data
        return queries.Rename(code=self.unit.code, name=data["name"], short_name=data["short_name"], on=data["on"])


_NOBODY = Organisation.objects.none()
_FATES = {
    "roles": [
        (queries.FOLLOW, gettext_lazy("Đi theo sang nơi nhận")),
        (queries.END, gettext_lazy("Kết thúc; ai cần thì cấp lại")),
    ],
    "classes": [
        (queries.FOLLOW, gettext_lazy("Đi theo sang nơi nhận")),
        (queries.STAY, gettext_lazy("Ở lại đơn vị cũ cho đến khi đóng")),
    ],
    "requirements": [
        (queries.FOLLOW, gettext_lazy("Thành bắt buộc ở nơi nhận, cùng hạn")),
        (queries.END, gettext_lazy("Bỏ bắt buộc")),
    ],
}  # fmt: skip


def _fate(name: str, label: Any, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=_FATES[name], initial=queries.FOLLOW, widget=forms.RadioSelect, help_text=help_text
    )


class MoveForm(OperationForm):
    parent = UnitField(
        within=_NOBODY, label=gettext_lazy("Cấp trên mới"),
        help_text=gettext_lazy("Mã hoặc tên đầy đủ. Cả nhánh bên dưới đi theo."),
    )  # fmt: skip
    field_order = ("parent", "on", "reason")

    def wanted(self) -> queries.Move:
        return queries.Move(code=self.unit.code, parent=self.cleaned_data["parent"].code, on=self.cleaned_data["on"])


class MergeForm(OperationForm):
    target = UnitField(
        within=_NOBODY, required=False, label=gettext_lazy("Nhập vào đơn vị đã có"),
        help_text=gettext_lazy("Mã hoặc tên đầy đủ. Bỏ trống nếu lập đơn vị mới ở dưới."),
    )  # fmt: skip
    others = UnitsField(
        within=_NOBODY, required=False, label=gettext_lazy("Cùng nhập với"),
        help_text=gettext_lazy("Các đơn vị khác cũng hết hoạt động trong lần này: mã, cách nhau bằng dấu phẩy."),
    )  # fmt: skip
    new_code = CodeField(label=gettext_lazy("Hoặc lập đơn vị mới: mã"), max_length=40, required=False)
    new_name = NameField(label=gettext_lazy("Đơn vị mới: tên đầy đủ"), max_length=255, required=False)
    new_short_name = NameField(label=gettext_lazy("Đơn vị mới: tên ngắn"), max_length=80, required=False)
    roles = _fate("roles", gettext_lazy("Vai trò ở đơn vị cũ"), gettext_lazy("Vai trò giáo viên luôn đi cùng lớp."))
    classes = _fate("classes", gettext_lazy("Lớp đang mở"))
    requirements = _fate("requirements", gettext_lazy("Khóa bắt buộc đã đặt"))
    field_order = (
        "target", "others", "new_code", "new_name", "new_short_name", "roles", "classes", "requirements", "on", "reason",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if bool(data["target"]) == bool(data["new_code"]):
            self.add_error("target", _("Hãy chọn một: nhập vào đơn vị đã có, hoặc lập đơn vị mới."))
        elif data["new_code"] and not data["new_name"]:
            self.add_error("new_name", _("Hãy ghi tên đơn vị mới."))
        return data

    def wanted(self) -> queries.Merge:
        data, new = self.cleaned_data, None
        if data["new_code"]:
            above = self.unit.get_parent()
            new = NewUnit(
                code=data["new_code"], name=data["new_name"], short_name=data["new_short_name"], kind=self.unit.kind,
                parent=above.code if above else "", valid_from=data["on"],
            )  # fmt: skip
        return queries.Merge(
            sources=(self.unit.code, *(one.code for one in data["others"])), new=new,
            target=new.code if new else data["target"].code, on=data["on"], roles=data["roles"], classes=data["classes"],
            requirements=data["requirements"],
        )  # fmt: skip


class CloseForm(OperationForm):
    receiver = UnitField(
        within=_NOBODY, required=False, label=gettext_lazy("Đơn vị tiếp nhận"),
        help_text=gettext_lazy("Mã hoặc tên đầy đủ của nơi nhận người và việc. Bỏ trống thì mọi người thôi thuộc đơn vị này."),
    )  # fmt: skip
    classes = forms.ChoiceField(
        label=gettext_lazy("Lớp đang mở"), widget=forms.RadioSelect, initial=queries.STAY,
        choices=[
            (queries.STAY, gettext_lazy("Ở lại đơn vị cũ cho đến khi đóng")),
            (queries.FOLLOW, gettext_lazy("Đi theo sang nơi nhận")),
            (queries.END, gettext_lazy("Đóng ngay")),
        ],
    )  # fmt: skip
    roles = _fate("roles", gettext_lazy("Vai trò, khi có nơi nhận"), gettext_lazy("Vai trò giáo viên luôn đi cùng lớp."))
    requirements = _fate("requirements", gettext_lazy("Khóa bắt buộc, khi có nơi nhận"))
    field_order = ("receiver", "classes", "roles", "requirements", "on", "reason")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data["classes"] == queries.FOLLOW and not data["receiver"]:
            self.add_error("classes", _("Lớp chỉ đi theo được khi có đơn vị tiếp nhận."))
        elif data["classes"] == queries.END and data["receiver"]:
            self.add_error("classes", _("Đã có đơn vị tiếp nhận: hãy để lớp đi theo hoặc ở lại cho đến khi đóng."))
        return data

    def wanted(self) -> queries.Close:
        data = self.cleaned_data
        return queries.Close(
            code=self.unit.code, receiver=data["receiver"].code if data["receiver"] else "", on=data["on"],
            classes=data["classes"], roles=data["roles"], requirements=data["requirements"],
        )  # fmt: skip


class SplitForm(OperationForm):
    """First the parts; once they are named, a choice for each person, sub-unit, class and role."""

    keeps = forms.BooleanField(
        label=gettext_lazy("Đơn vị cũ vẫn hoạt động"), required=False,
        help_text=gettext_lazy("Chọn khi chỉ tách một phần ra. Không chọn thì đơn vị cũ hết hoạt động."),
    )  # fmt: skip

    def __init__(self, *args: Any, unit: Organisation, **options: Any) -> None:
        super().__init__(*args, unit=unit, **options)
        for number in range(1, MOST_PARTS + 1):
            needed = number == 1
            self.fields[f"code_{number}"] = CodeField(label=_("Mã"), max_length=40, required=needed)
            self.fields[f"name_{number}"] = NameField(label=_("Tên đầy đủ"), max_length=255, required=needed)
        self.parts = self._typed_parts()
        if self.parts:
            self._ask_to_divide(unit)
        named = [f"{word}_{number}" for number in range(1, MOST_PARTS + 1) for word in ("code", "name")]
        self.order_fields([*named, "keeps", "default", *[name for name in self.fields if "-" in name], "on", "reason"])

    def part_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"code_{number}"], self[f"name_{number}"]) for number in range(1, MOST_PARTS + 1)]

    def choice_fields(self) -> list[tuple[str, list[forms.BoundField]]]:
        headings = {
            "person": _("Người"), "child": _("Đơn vị trực thuộc"), "class": _("Lớp đang mở"), "role": _("Vai trò"),
        }  # fmt: skip
        return [
            (heading, [self[name] for name in self.fields if name.startswith(f"{what}-")]) for what, heading in headings.items()
        ]

    def _typed_parts(self) -> list[tuple[str, str]]:
        def typed(name: str) -> str:
            return nfc(self.data.get(name, "")) if self.is_bound else ""

        parts = [(typed(f"code_{number}"), typed(f"name_{number}")) for number in range(1, MOST_PARTS + 1)]
        parts = [(code, name) for code, name in parts if code and name]
        if parts and self.is_bound and self.data.get("keeps") in {"on", "True"}:
            parts.append((self.unit.code, _("%(name)s (đơn vị cũ)") % {"name": self.unit.label}))
        return parts

    def _ask_to_divide(self, unit: Organisation) -> None:
        held = queries.held_by([unit])[unit.pk]
        self.too_many = held.people > MOST_PEOPLE
        options = [("", _("như mặc định")), *self.parts]
        self.fields["default"] = forms.ChoiceField(
            label=_("Mặc định chuyển sang"), choices=self.parts, required=False,
            help_text=_("Ai và việc gì không chọn riêng ở dưới."),
        )  # fmt: skip
        for child in held.children:
            self._choice(f"child-{child.code}", child.label, options)
        for one in held.classes:
            self._choice(f"class-{one.pk}", one.name, options)
        for role in held.roles:
            if role.kind != RoleKind.TEACHER:
                more = [(queries.ALL, _("mọi đơn vị sau khi tách")), (queries.END, _("kết thúc"))]
                self._choice(f"role-{role.pk}", f"{role.user.full_name}, {role.get_kind_display()}", [*options, *more])
        for member in [] if self.too_many else queries.members_by_name(held):
            self._choice(f"person-{member.user_id}", member.user.full_name, options)

    def _choice(self, name: str, label: str, options: list[tuple[str, str]]) -> None:
        self.fields[name] = forms.ChoiceField(label=label, choices=options, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for number in range(2, MOST_PARTS + 1):
            if bool(data.get(f"code_{number}")) != bool(data.get(f"name_{number}")):
                self.add_error(f"name_{number}", _("Đơn vị mới cần cả mã và tên."))
        return data

    def wanted(self) -> queries.Split:
        data, above = self.cleaned_data, self.unit.get_parent()
        new = [
            NewUnit(code=data[f"code_{number}"], name=data[f"name_{number}"], kind=self.unit.kind, valid_from=data["on"],
                    parent=above.code if above else "")
            for number in range(1, MOST_PARTS + 1) if data[f"code_{number}"]
        ]  # fmt: skip

        def chosen(what: str) -> dict[str, str]:
            return {name.removeprefix(f"{what}-"): code for name, code in data.items() if name.startswith(f"{what}-") and code}

        return queries.Split(
            source=self.unit.code, parts=tuple(new), keeps=data["keeps"], on=data["on"],
            default=data.get("default") or new[0].code,
            people={int(pk): code for pk, code in chosen("person").items()}, children=chosen("child"),
            classes={uuid.UUID(pk): code for pk, code in chosen("class").items()},
            roles={int(pk): code for pk, code in chosen("role").items()},
        )  # fmt: skip


class FileForm(forms.Form):
    """`cleaned_data["table"]` holds the cells of the file."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=gettext_lazy("Tệp CSV hoặc XLSX"), help_text=gettext_lazy("Chưa có gì được ghi: bạn sẽ xem trước từng thay đổi."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, initial={"key": uuid.uuid4()}, **options)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.cleaned_data["table"] = read_table(file.read(), file.name)
        except UnreadableFile as error:
            raise forms.ValidationError(str(error)) from error
        return file


class ConfirmForm(forms.Form):
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = NameField(label=gettext_lazy("Lý do, số văn bản"), max_length=500)

