"""What goes with an answer, and a file of questions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class AnswerForm(forms.Form):
    """What goes with an answer, whatever the kind of question; the answer itself is read by quizzes.responses."""

    position = forms.IntegerField(min_value=1, max_value=100)
    sequence = forms.IntegerField(min_value=0, required=False)
    flagged = forms.BooleanField(required=False)
    # Where to go afterwards: a position, or "review"; where questions come one by one "check" or "next".
    go = forms.RegexField(r"^(\d{1,3}|review|check|next)$", required=False)


class QuestionFileForm(forms.Form):
    """`key` makes a form that is sent twice one file."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    path = forms.CharField(
        label=_("Nhập vào chủ đề"), max_length=400,
        help_text=_("Tên hoặc mã của chủ đề. Chủ đề bên trong viết sau dấu /, chưa có thì được tạo: Ngân hàng chung/Đạo đức AI."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Tệp câu hỏi"), widget=forms.FileInput(attrs={"accept": ".gift,.txt,.xml,.zip,.xlsx"}),
        help_text=_("GIFT, Aiken, Moodle XML, QTI (.xml, .zip) hoặc bảng Excel theo mẫu; nhiều nhất 20 MB. Chưa có gì được ghi."),
        error_messages={"required": _("Chọn một tệp.")},
    )  # fmt: skip

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > 20_000_000:
            raise forms.ValidationError(_("Tệp lớn hơn 20 MB. Hãy chia thành nhiều tệp."))
        return file
