"""What a guest did, kept in the session until an account takes it over. Pure: works on a plain dict.

Shape: {course key: {"opened": [lesson key], "answers": {lesson key: {question: [place]}}, "done": [lesson key]}}
"""

from __future__ import annotations

from typing import Any

SESSION_KEY = "guest"
# A session is not a place to fill: no course has more parts than this.
_MOST = 60


def course_of(kept: dict[str, Any], course_key: str) -> dict[str, Any]:
    """The guest's record in one course, made empty if there is none (and room is left)."""
    if course_key not in kept and len(kept) >= _MOST:
        return {"opened": [], "answers": {}, "done": []}
    record: dict[str, Any] = kept.setdefault(course_key, {"opened": [], "answers": {}, "done": []})
    return record


def open_lesson(kept: dict[str, Any], course_key: str, lesson_key: str) -> None:
    record = course_of(kept, course_key)
    if lesson_key not in record["opened"] and len(record["opened"]) < _MOST:
        record["opened"].append(lesson_key)


def answer(kept: dict[str, Any], course_key: str, lesson_key: str, question: str, chosen: list[int]) -> None:
    record = course_of(kept, course_key)
    open_lesson(kept, course_key, lesson_key)
    if len(record["answers"]) < _MOST:
        record["answers"].setdefault(lesson_key, {})[question] = chosen


def finish_lesson(kept: dict[str, Any], course_key: str, lesson_key: str) -> None:
    record = course_of(kept, course_key)
    open_lesson(kept, course_key, lesson_key)
    if lesson_key not in record["done"]:
        record["done"].append(lesson_key)
