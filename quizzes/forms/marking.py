"""The forms of whoever marks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes.actions.marks import COMMENT_LIMIT
from quizzes.models import Question, QuizPage
from quizzes.queries import Paper, Scope, questions_served
from quizzes.templatetags.quizzes import points


class MarkForm(forms.Form):
    """A mark: a level in each criterion of the rubric, or points; and what the learner reads with it."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    comment = forms.CharField(max_length=COMMENT_LIMIT, required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, data: Any, *, paper: Paper) -> None:
        # What she gave before stands in the form, to be corrected.
        kept = {f"level-{place}": level for place, level in enumerate(paper.levels, 1)}
        before = "" if paper.points is None else points(paper.points)
        words = "" if paper.late else paper.comment
        super().__init__(data, initial={**kept, "points": before, "comment": words, "seen": paper.seen})
        self.criteria = [f"level-{place}" for place, _one in enumerate(paper.rubric, 1)]
        for name, one in zip(self.criteria, paper.rubric, strict=True):
            choices = [(place, level.text) for place, level in enumerate(one.levels)]
            told = {"required": _("Chọn một mức cho “%(name)s”.") % {"name": one.name}}
            self.fields[name] = forms.TypedChoiceField(choices=choices, coerce=int, error_messages=told)
        if not self.criteria:
            self.most = paper.slot.max_mark
            words = _("Điểm là một số từ 0 đến %(most)s, như 1,5.") % {"most": points(self.most)}
            self.fields["points"] = forms.RegexField(
                r"^\d{1,3}([.,]\d{1,2})?$", error_messages={"invalid": words, "required": words}
            )
        self.fields["comment"].required = paper.late
        self.fields["comment"].error_messages["required"] = _("Ghi vì sao sửa điểm. Người học đọc được lời này.")

    def clean_points(self) -> Decimal:
        """Asked only where there is no rubric."""
        given = Decimal(self.cleaned_data["points"].replace(",", "."))
        if given > self.most:
            raise forms.ValidationError(self.fields["points"].error_messages["invalid"])
        return given

    def wanted(self) -> dict[str, Any]:
        data = self.cleaned_data
        levels = [data[name] for name in self.criteria]
        return {"seen": data["seen"], "comment": data["comment"], "levels": levels, "points": data.get("points")}


class ScopeForm(forms.Form):
    """What to mark anew in one quiz."""

    question = forms.ModelChoiceField(
        Question.objects.none(), required=False, to_field_name="code", label=gettext_lazy("Câu hỏi"),
        empty_label=gettext_lazy("mọi câu"), help_text=gettext_lazy("Chấm theo phiên bản mới nhất của câu hỏi."),
    )  # fmt: skip
    hand_too = forms.TypedChoiceField(
        choices=[("keep", gettext_lazy("Giữ nguyên")), ("anew", gettext_lazy("Tính lại theo tiêu chí của phiên bản mới"))],
        coerce=lambda value: value == "anew", label=gettext_lazy("Điểm người chấm đã cho"),
    )  # fmt: skip

    def __init__(self, data: Any, *, quiz: QuizPage) -> None:
        super().__init__(data)
        self.quiz = quiz
        self.fields["question"].queryset = questions_served(quiz)  # type: ignore[attr-defined]

    def scope(self) -> Scope:
        data = self.cleaned_data
        return Scope(quiz=self.quiz, question=data["question"], hand_too=data["hand_too"])


class ReasonForm(forms.Form):
    """That the dry run with this digest was looked at, and why it is to be done."""

    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    reason = forms.CharField(max_length=COMMENT_LIMIT, widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(forms.Form):
    decision = forms.CharField(max_length=COMMENT_LIMIT)
