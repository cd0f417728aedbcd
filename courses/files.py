"""Courses and lessons as files: the blocks in which a learner does something."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pages.markdown import COMMON_READERS, ContentError, Reader, html, read_file, read_yaml, stream


def _question(argument: str, body: str, folder: Path) -> dict[str, Any]:
    value = yaml.safe_load(body)
    options = [
        {"text": option["text"], "correct": bool(option.get("correct")), "feedback": option.get("feedback", "")}
        for option in value["options"]
    ]
    right = sum(option["correct"] for option in options)
    kind = value.get("kind", "single")
    if right == 0 or (kind == "single" and right != 1):
        raise ValueError("a single-choice question needs exactly one right option, a multiple-choice one at least one")
    return {"name": argument, "prompt": value["prompt"], "kind": kind, "options": options}


def _task(argument: str, body: str, folder: Path) -> dict[str, Any]:
    value = yaml.safe_load(body)
    return {
        "title": value["title"], "body": html(value["body"]), "placeholder": value.get("placeholder", ""),
        "hint": html(value["hint"]) if value.get("hint") else "",
    }  # fmt: skip


def _lab(argument: str, body: str, folder: Path) -> dict[str, Any]:
    value = yaml.safe_load(body) or {}
    return {"lab": argument, "title": value["title"], "intro": value.get("intro", "")}


READERS: dict[str, tuple[str, Reader]] = {
    **COMMON_READERS,
    "question": ("question", _question),
    "task": ("task", _task),
    "lab": ("lab", _lab),
}


@dataclass(frozen=True, kw_only=True)
class LessonFile:
    slug: str
    fields: dict[str, Any]
    body: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class CourseFiles:
    """A course folder, read and checked. `quiz` is quiz.yaml as it stands, or None."""

    slug: str
    fields: dict[str, Any]
    lessons: list[LessonFile]
    quiz: dict[str, Any] | None


def read_course(folder: Path) -> CourseFiles:
    """Read a course folder of content/. Raises ContentError with the file and the reason."""
    path = folder / "course.yaml"
    head = read_yaml(path.read_text(encoding="utf-8"), path)
    try:
        fields = {name: head[name] for name in ("code", "title", "audience", "tier", "summary", "objective")}
    except KeyError as error:
        raise ContentError(f"{path}: {error} is missing") from error
    fields["outcomes"] = _lines(head.get("outcomes"))
    fields["for_whom"] = head.get("for_whom", "")
    fields["competencies"] = _lines(head.get("competencies"))
    quiz_path = folder / "quiz.yaml"
    return CourseFiles(
        slug=head["slug"],
        fields=fields,
        lessons=[read_lesson(lesson) for lesson in sorted(folder.glob("[0-9][0-9]-*.md"))],
        quiz=read_yaml(quiz_path.read_text(encoding="utf-8"), quiz_path) if quiz_path.exists() else None,
    )


def read_lesson(path: Path) -> LessonFile:
    head, body = read_file(path)
    try:
        fields = {name: head[name] for name in ("title", "minutes", "objective", "promise")}
    except KeyError as error:
        raise ContentError(f"{path}: {error} is missing") from error
    fields["takeaways"] = _lines(head.get("takeaways"))
    fields["competencies"] = _lines(head.get("competencies"))
    fields["try_today"] = head.get("try_today", "")
    fields["get_help"] = head.get("get_help", "")
    fields["sources"] = _lines(
        [f"{source['text']} | {source['url']}" if source.get("url") else source["text"] for source in head.get("sources", [])]
    )
    return LessonFile(slug=re.sub(r"^\d+-", "", path.stem), fields=fields, body=stream(body, path, READERS))


def _lines(values: list[str] | None) -> str:
    return "\n".join(str(value).replace("\n", " ").strip() for value in values or [])
