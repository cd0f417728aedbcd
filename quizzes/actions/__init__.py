"""Actions on the bank of questions and on attempts."""

from quizzes.actions.attempts import (
    Closed,
    Conflict,
    NoAttemptsLeft,
    NotNow,
    QuizNotReady,
    WrongPassword,
    begin,
    check_answer,
    close_overdue,
    finish_attempt,
    go_on,
    save_answer,
    start_attempt,
    time_up,
)
from quizzes.actions.bank import Imported, import_questions, load_bank, load_quiz
from quizzes.actions.marks import MarkedMeanwhile, MarkRefused, NotMarker, NotWaiting, give_mark
from quizzes.actions.pools import mark_stale, refresh_pool, refresh_stale_pools
from quizzes.actions.terms import (
    NoReason,
    NothingGiven,
    NotYours,
    give_accommodation,
    give_override,
    withdraw_accommodation,
    withdraw_override,
)
from quizzes.actions.uploading import UploadClosed, keep_file
from quizzes.files import BankError

__all__ = [
    "BankError",
    "Closed",
    "Conflict",
    "Imported",
    "MarkRefused",
    "MarkedMeanwhile",
    "NoAttemptsLeft",
    "NotMarker",
    "NotNow",
    "NoReason",
    "NotYours",
    "NothingGiven",
    "give_accommodation",
    "give_override",
    "withdraw_accommodation",
    "withdraw_override",
    "QuizNotReady",
    "WrongPassword",
    "NotWaiting",
    "QuizNotReady",
    "UploadClosed",
    "begin",
    "check_answer",
    "go_on",
    "close_overdue",
    "finish_attempt",
    "give_mark",
    "import_questions",
    "keep_file",
    "load_bank",
    "load_quiz",
    "mark_stale",
    "refresh_pool",
    "refresh_stale_pools",
    "save_answer",
    "start_attempt",
    "time_up",
]
