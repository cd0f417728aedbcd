"""The pages of quizzes."""

from quizzes.views.attempts import answer_file, attempt, evidence, finish, go_on, media, save, start, upload
from quizzes.views.bank import bank, export, figures, question, retire, send, sent_file, template
from quizzes.views.marking import look, mark, pile, queue, regrade, regradings
from quizzes.views.terms import accommodations, terms, withdraw_accommodation, withdraw_override

__all__ = [
    "accommodations",
    "answer_file",
    "attempt",
    "bank",
    "evidence",
    "export",
    "figures",
    "finish",
    "go_on",
    "look",
    "mark",
    "media",
    "pile",
    "question",
    "queue",
    "regrade",
    "regradings",
    "retire",
    "save",
    "send",
    "sent_file",
    "start",
    "template",
    "terms",
    "upload",
    "withdraw_accommodation",
    "withdraw_override",
]
