"""Other terms for learners."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import User
from people.text import nfc
from quizzes import queries
from quizzes.deadlines import Change
from quizzes.models import QuizPage


def _moment() -> forms.DateTimeInput:
    # The browser's own field speaks ISO whatever the language; the city's time.
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class _TermsForm(forms.Form):
    """Whom, and why."""

    people = forms.CharField(label=_("Cho ai"))
    reason = forms.CharField(
        label=_("Lý do"), max_length=300, help_text=_("Người khác cùng phụ trách đọc được. Không ghi chi tiết về bệnh tật.")
    )

    def __init__(self, *args: Any, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_people(self) -> list[User]:
        return find_people(self.cleaned_data["people"], self.by)


class OverrideForm(_TermsForm):
    """Other terms of one quiz for one learner or many. `key` makes a form that is sent twice one group."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    people = forms.CharField(
        label=_("Cho ai"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Mỗi dòng một tên đăng nhập hoặc thư điện tử. Dán được cả cột từ bảng tính."),
    )  # fmt: skip
    minutes = forms.IntegerField(label=_("Thời gian mỗi lượt (phút)"), min_value=1, max_value=600, required=False)
    attempts = forms.IntegerField(label=_("Số lượt làm, tính cả lượt đã làm"), min_value=1, max_value=50, required=False)
    opens_at = forms.DateTimeField(label=_("Mở từ"), required=False, widget=_moment())
    closes_at = forms.DateTimeField(label=_("Đóng lúc"), required=False, widget=_moment())

    field_order = ("key", "people", "minutes", "attempts", "opens_at", "closes_at", "reason")

    def __init__(self, *args: Any, quiz: QuizPage, **kwargs: Any) -> None:
        super().__init__(*args, initial={"key": uuid.uuid4()}, **kwargs)
        # An override says nothing about what the quiz does not limit.
        limits = {
            "minutes": quiz.time_limit_minutes, "attempts": quiz.attempts_allowed, "opens_at": quiz.opens_at,
            "closes_at": quiz.closes_at,
        }  # fmt: skip
        for name, limit in limits.items():
            if limit is None:
                del self.fields[name]

    @property
    def has_limits(self) -> bool:
        return len(self.fields) > 3

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and self.change == Change():
            raise forms.ValidationError(_("Chưa thay đổi gì. Bạn điền ít nhất một mục về thời gian hoặc số lượt."))
        return cleaned

    @property
    def change(self) -> Change:
        wanted = {name: self.cleaned_data.get(name) for name in ("opens_at", "closes_at", "minutes", "attempts")}
        return Change(**wanted)


class AccommodationForm(_TermsForm):
    people = forms.CharField(label=_("Cho ai"), max_length=254, help_text=_("Một tên đăng nhập hoặc thư điện tử."))
    factor = forms.DecimalField(
        label=_("Thời gian gấp"), min_value=Decimal("1.1"), max_value=3, decimal_places=2, initial=Decimal("1.5"), localize=True,
        help_text=_("1,5 là thêm một nửa: bài 20 phút thành 30 phút."),
    )  # fmt: skip
    until = forms.DateField(
        label=_("Đến hết ngày"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Bỏ trống: cho đến khi rút."),
    )  # fmt: skip

    field_order = ("people", "factor", "until", "reason")


def find_people(text: str, by: Any) -> list[User]:
    """Those named one a line, among the people `by` may give other terms. Raises ValidationError naming who is not found:
    somebody elsewhere and nobody at all are the same, so that the form does not tell who has an account."""
    names = list(dict.fromkeys(nfc(line).strip(" ,;\t").lower() for line in text.splitlines() if line.strip(" ,;\t")))
    if len(names) > 500:
        raise forms.ValidationError(_("Mỗi lần nhiều nhất 500 người."))
    people = queries.learners_of(by).filter(Q(username__in=names) | Q(email__in=names))
    found = {name: one for one in people for name in (one.username.lower(), one.email.lower()) if name}
    missing = [name for name in names if name not in found]
    if missing or not names:
        told = {"names": ", ".join(missing[:10]) + ("…" if len(missing) > 10 else "")}
        raise forms.ValidationError(_("Không tìm thấy trong phạm vi của bạn: %(names)s.") % told)
    return list({one.pk: one for one in (found[name] for name in names)}.values())
