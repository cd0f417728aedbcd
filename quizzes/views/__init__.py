"""The pages of quizzes."""

from quizzes.views.attempts import answer_file, attempt, evidence, finish, media, save, start, upload
from quizzes.views.marking import look, mark, pile, queue, regrade, regradings

__all__ = [
    "answer_file",
    "attempt",
    "evidence",
    "finish",
    "look",
    "mark",
    "media",
    "pile",
    "queue",
    "regrade",
    "regradings",
    "save",
    "start",
    "upload",
]
