"""The pages of quizzes."""

from quizzes.views.attempts import attempt, evidence, finish, media, save, start

__all__ = ["attempt", "evidence", "finish", "media", "save", "start"]
