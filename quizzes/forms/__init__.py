"""The forms of quizzes."""

from quizzes.forms.answers import AnswerForm, QuestionFileForm
from quizzes.forms.marking import DecisionForm, MarkForm, ReasonForm, ScopeForm
from quizzes.forms.terms import AccommodationForm, OverrideForm

__all__ = [
    "AccommodationForm",
    "AnswerForm",
    "DecisionForm",
    "MarkForm",
    "OverrideForm",
    "QuestionFileForm",
    "ReasonForm",
    "ScopeForm",
]
