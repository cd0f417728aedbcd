"""Courses and lessons as files, read and written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from courses.models import CoursePage, LessonPage
from pages.files import (
    COMMON_WRITERS,
    Changes,
    Form,
    Sheet,
    Writer,
    as_it_stands,
    given,
    lines,
    settled,
    tell,
    write_mapping,
    write_sheets,
)
from pages.markdown import COMMON_READERS, ContentError, Reader, html, read_file, read_yaml, stream
from pages.richtext import Address


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
    fields = _course_fields(head, path)
    quiz_path = folder / "quiz.yaml"
    return CourseFiles(
        slug=head["slug"],
        fields=fields,
        lessons=[read_lesson(lesson) for lesson in sorted(folder.glob("[0-9][0-9]-*.md"))],
        quiz=read_yaml(quiz_path.read_text(encoding="utf-8"), quiz_path) if quiz_path.exists() else None,
    )


def _course_fields(head: dict[str, Any], path: Path) -> dict[str, Any]:
    try:
        fields = {name: head[name] for name in ("code", "title", "audience", "tier", "summary", "objective")}
    except KeyError as error:
        raise ContentError(f"{path}: {error} is missing") from error
    fields["outcomes"] = _lines(head.get("outcomes"))
    fields["for_whom"] = head.get("for_whom", "")
    fields["competencies"] = _lines(head.get("competencies"))
    return fields


def read_lesson(path: Path) -> LessonFile:
    head, body = read_file(path)
    fields = _lesson_fields(head, path)
    return LessonFile(slug=_slug(path.name), fields=fields, body=stream(body, path, READERS))


def _slug(name: str) -> str:
    return re.sub(r"^\d+-", "", name).removesuffix(".md")


def _lesson_fields(head: dict[str, Any], path: Path) -> dict[str, Any]:
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
    return fields


def _lines(values: list[str] | None) -> str:
    return "\n".join(str(value).replace("\n", " ").strip() for value in values or [])


# --- writing -------------------------------------------------------------------------------------------------------------


def _write_question(value: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    options = [
        {"text": option["text"], **({"correct": True} if option["correct"] else {}), **given({"feedback": option["feedback"]})}
        for option in value["options"]
    ]
    return "question", value["name"], {"prompt": value["prompt"], "kind": value["kind"], "options": options}


def _write_task(value: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    rest = given({"placeholder": value["placeholder"], "hint": value["hint"]})
    return "task", "", {"title": value["title"], "body": value["body"], **rest}


def _write_lab(value: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    return "lab", value["lab"], {"title": value["title"], **given({"intro": value["intro"]})}


WRITERS: dict[str, Writer] = {**COMMON_WRITERS, "question": _write_question, "task": _write_task, "lab": _write_lab}


def _course_head(slug: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: settled(fields[name]) for name in ("code", "title", "audience", "tier", "summary", "objective")}
    return {
        "code": told.pop("code"), "slug": slug, **told,
        **given({
            "outcomes": lines(fields["outcomes"]), "for_whom": settled(fields["for_whom"]),
            "competencies": lines(fields["competencies"]),
        }),
    }  # fmt: skip


def _lesson_head(fields: Mapping[str, Any]) -> dict[str, Any]:
    sources = [line.partition("|") for line in lines(fields["sources"])]
    return {
        "title": settled(fields["title"]), "minutes": fields["minutes"], "objective": settled(fields["objective"]),
        "promise": settled(fields["promise"]),
        **given({
            "competencies": lines(fields["competencies"]), "takeaways": lines(fields["takeaways"]),
            "try_today": settled(fields["try_today"]), "get_help": settled(fields["get_help"]),
            "sources": [{"text": text.strip(), **given({"url": url.strip()})} for text, _bar, url in sources],
        }),
    }  # fmt: skip


def write_lessons(
    *, course: CoursePage, lessons: Sequence[LessonPage], former: Mapping[int, str], folder: Path, address: Address
) -> Changes:
    """What changes in a course's folder: its lessons in order, their drawings, course.yaml. Raises ContentError.

    `former` holds the slug that a lesson was loaded under, by its id. Files of lessons that are not among `lessons` go.
    """
    block = LessonPage._meta.get_field("body").stream_block
    form = Form(
        head=lambda head, path: _lesson_head(_lesson_fields(head, path)), block=block, readers=READERS, writers=WRITERS
    )
    there = {_slug(path.name): path for path in sorted(folder.glob("[0-9][0-9]-*.md"))}
    sheets = []
    for number, lesson in enumerate(lessons, 1):
        name, page = f"{number:02}-{lesson.slug}.md", f"courses/{course.code}/{lesson.slug}"
        path = there.get(lesson.slug) or there.get(former.get(lesson.pk, ""))
        sheets.append(
            Sheet(
                name=name, page=page, head=_lesson_head(vars(lesson)), told=tell(lesson.body, address, page),
                old=as_it_stands(path, form) if path else None,
            )  # fmt: skip
        )
    names = {sheet.name for sheet in sheets}
    gone: Changes = {path.name: None for path in there.values() if path.name not in names}
    return {**gone, **write_sheets(sheets, folder, form), **_write_course(course, folder)}


def _write_course(course: CoursePage, folder: Path) -> Changes:
    return write_mapping(
        folder / "course.yaml",
        _course_head(course.slug, vars(course)),
        lambda head, path: _course_head(head["slug"], _course_fields(head, path)),
    )
