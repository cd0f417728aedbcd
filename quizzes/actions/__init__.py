"""Actions on the bank of questions and on attempts."""

from quizzes.actions.attempts import (
    Closed,
    Conflict,
    NoAttemptsLeft,
    NotNow,
    QuizNotReady,
    begin,
    close_overdue,
    finish_attempt,
    save_answer,
    start_attempt,
    time_up,
)
from quizzes.actions.bank import Imported, import_questions, load_bank, load_quiz
from quizzes.actions.marks import MarkedMeanwhile, MarkRefused, NotMarker, NotWaiting, give_mark
from quizzes.actions.regrading import (
    NotRegrader,
    PlanMoved,
    ReasonMissing,
    apply_regradings,
    confirm_regrading,
    correct_mark,
    look_at_flag,
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
    "NotRegrader",
    "NotWaiting",
    "PlanMoved",
    "QuizNotReady",
    "ReasonMissing",
    "UploadClosed",
    "apply_regradings",
    "begin",
    "close_overdue",
    "confirm_regrading",
    "correct_mark",
    "finish_attempt",
    "give_mark",
    "import_questions",
    "keep_file",
    "load_bank",
    "load_quiz",
    "look_at_flag",
    "save_answer",
    "start_attempt",
    "time_up",
]
