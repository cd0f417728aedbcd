from __future__ import annotations

from django import forms


class AnswerForm(forms.Form):
    """What goes with an answer, whatever the kind of question; the answer itself is read by quizzes.responses."""

    position = forms.IntegerField(min_value=1, max_value=100)
    sequence = forms.IntegerField(min_value=0, required=False)
    flagged = forms.BooleanField(required=False)
    # Where to go afterwards: a position, or "review".
    go = forms.RegexField(r"^(\d{1,3}|review)$", required=False)
