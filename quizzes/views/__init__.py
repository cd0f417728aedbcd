"""The pages of quizzes."""

from quizzes.views.attempts import answer_file, attempt, evidence, finish, media, save, start, upload

__all__ = ["answer_file", "attempt", "evidence", "finish", "media", "save", "start", "upload"]
