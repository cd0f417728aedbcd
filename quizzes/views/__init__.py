"""The pages of quizzes."""

from quizzes.views.attempts import attempt, evidence, finish, go_on, media, save, start
from quizzes.views.bank import bank, export, figures, question, retire, send, sent_file, template
from quizzes.views.terms import accommodations, terms, withdraw_accommodation, withdraw_override

__all__ = [
    "accommodations",
    "attempt",
    "bank",
    "export",
    "figures",
    "question",
    "retire",
    "send",
    "sent_file",
    "template",
    "evidence",
    "finish",
    "go_on",
    "media",
    "save",
    "start",
    "terms",
    "withdraw_accommodation",
    "withdraw_override",
]
from quizzes.views.attempts import answer_file, upload

__all__ = ["answer_file", "attempt", "evidence", "finish", "media", "save", "start", "upload"]
