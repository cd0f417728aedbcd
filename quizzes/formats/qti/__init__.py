"""QTI, the form in which examination systems give each other questions: 2.1, 2.2 and 3.0 read, 3.0 written."""

from quizzes.formats.qti.reading import read
from quizzes.formats.qti.writing import write

__all__ = ["read", "write"]
