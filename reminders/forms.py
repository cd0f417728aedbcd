from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reminders.gateways import phone_number
from reminders.judgement import SET, Hours, Policy, Rule

_LABELS = {
    "every": _("Hai thư cách nhau ít nhất mấy ngày?"),
    "most": _("Mỗi việc nhắc nhiều nhất mấy lần?"),
    "ahead": _("Trước mấy ngày?"),
}
_AFTER = _("Chỉ báo giấy cấp trong mấy ngày gần đây?")


class RuleForm(forms.Form):
    """The numbers of one rule. `policy()` has them beside those nobody sets."""

    def __init__(self, *args: Any, rule: Rule, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy_before = policy
        for name, (least, most) in SET[rule].items():
            label = _AFTER if rule == Rule.CERTIFICATE else _LABELS[name]
            self.fields[name] = forms.IntegerField(
                label=label, min_value=least, max_value=most, initial=getattr(policy, name),
                help_text=_("Từ %(least)s đến %(most)s.") % {"least": least, "most": most},
            )  # fmt: skip

    def policy(self) -> Policy:
        before = self.policy_before
        chosen = {name: self.cleaned_data.get(name, getattr(before, name)) for name in ("ahead", "every", "most")}
        return Policy(**chosen)


class HoursForm(forms.Form):
    opens = forms.TimeField(label=_("Gửi từ"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    closes = forms.TimeField(label=_("Đến trước"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    a_day = forms.IntegerField(
        label=_("Mỗi người nhận nhiều nhất mấy thư nhắc một ngày?"), min_value=1, max_value=5, help_text=_("Từ 1 đến 5.")
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("opens") and data.get("closes") and data["opens"] >= data["closes"]:
            self.add_error("closes", _("Giờ thôi gửi phải sau giờ bắt đầu gửi."))
        return data

    def hours(self) -> Hours:
        return Hours(**self.cleaned_data)


class PhoneForm(forms.Form):
    """Her number, and that she agrees to what it is used for: unticked."""

    number = forms.CharField(
        label=_("Số điện thoại di động"), max_length=20, help_text=_("Ví dụ: 0912 345 678."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip
    agreed = forms.BooleanField(
        label=_("Tôi đồng ý nhận tin nhắc tới số này"),
        error_messages={"required": _("Chưa đồng ý thì chúng tôi không nhắn tin.")},
    )  # fmt: skip

    def clean_number(self) -> str:
        try:
            return phone_number(self.cleaned_data["number"])
        except ValueError:
            wrong = _("Số này chưa đúng. Hãy ghi số di động Việt Nam, mười chữ số, bắt đầu bằng 0.")
            raise forms.ValidationError(wrong) from None


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Mã sáu chữ số trong tin nhắn"), max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )  # fmt: skip

    def clean_code(self) -> str:
        return "".join(letter for letter in self.cleaned_data["code"] if letter.isdigit())


class WantedForm(forms.Form):
    """What a person wants to hear. A box that is not ticked is a letter that does not come."""

    wanted = forms.MultipleChoiceField(
        label=_("Gửi tôi thư về:"), widget=forms.CheckboxSelectMultiple, required=False,
        error_messages={"invalid_choice": _("Không có loại thư này.")},
    )  # fmt: skip

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wanted"].choices = choices  # type: ignore[attr-defined]
