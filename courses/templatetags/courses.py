"""What the course and lesson pages show of one reader: how far, what is missing, which answers were given.

A page's text is the same for everybody and is kept by revision; only the small rest is made for each reader.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.core.cache import cache
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from courses import queries
from courses.guests import SESSION_KEY
from courses.ideas import Idea, cut, place_of
from courses.models import CoursePage, LessonPage
from courses.practice import PracticeResult, judge
from people.models import Audience, Tier

register = template.Library()


def known_outlines(request: Any) -> dict[int, queries.CourseOutline]:
    """The outlines, read once a request."""
    if not hasattr(request, "known_outlines"):
        request.known_outlines = queries.outlines()
    return dict(request.known_outlines)


def lesson_parts(page: LessonPage) -> list[dict[str, Any]]:
    """The lesson as {"html": …} and {"question": …} by turns, kept until the page is published again."""
    return list(_kept(page, "lesson", lambda: _joined(_part(block) for block in page.body)))


def lesson_ideas(page: LessonPage) -> tuple[Idea, ...]:
    """The lesson as the screens of the simple view, kept likewise."""
    keep = any([page.takeaways, page.try_today, page.get_help, page.sources])
    return tuple(
        _kept(page, "ideas", lambda: cut(({"kind": block.block_type, **_part(block)} for block in page.body), keep=keep))
    )


def _kept(page: LessonPage, what: str, make: Callable[[], Any]) -> Any:
    published = page.last_published_at.timestamp() if page.last_published_at else 0
    key = f"{what}:{page.pk}:{page.live_revision_id}:{published}:{get_language()}"
    kept = cache.get(key)
    if kept is None:
        kept = make()
        cache.set(key, kept, 86_400)
    return kept


def _joined(parts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pieces of text that follow each other as one."""
    found: list[dict[str, Any]] = []
    for part in parts:
        if found and "html" in part and "html" in found[-1]:
            found[-1]["html"] += "\n" + part["html"]
        else:
            found.append(part)
    return found


def _part(block: Any) -> dict[str, Any]:
    if block.block_type != "question":
        return {"html": str(block.render())}
    value = block.value
    options = [
        {"text": option["text"], "correct": option["correct"], "feedback": option["feedback"]} for option in value["options"]
    ]
    return {"question": {"name": value["name"], "prompt": value["prompt"], "kind": value["kind"], "options": options}}


@dataclass(frozen=True, kw_only=True)
class ShownOption:
    """`state` is "right", "wrong" or "" (not answered, or not to be told)."""

    place: int
    text: str
    chosen: bool
    state: str


@dataclass(frozen=True, kw_only=True)
class ShownQuestion:
    """A question as it stands before a reader; equal for all who answered alike, so that its page is kept once."""

    name: str
    prompt: str
    kind: str
    options: tuple[ShownOption, ...]
    answered: bool
    correct: bool
    feedback: tuple[str, ...]


def shown_question(value: dict[str, Any], chosen: list[int] | None) -> ShownQuestion:
    """A question ready for its template, with the judgement of `chosen` when it was answered."""
    result: PracticeResult | None = judge(value, chosen) if chosen else None
    options = tuple(
        ShownOption(
            place=place, text=option["text"], chosen=bool(result and place in result.chosen), state=_state(result, place)
        )
        for place, option in enumerate(value["options"])
    )
    return ShownQuestion(
        name=value["name"], prompt=value["prompt"], kind=value["kind"], options=options, answered=result is not None,
        correct=bool(result and result.correct), feedback=tuple(result.feedback) if result else (),
    )  # fmt: skip


def _state(result: PracticeResult | None, place: int) -> str:
    if result is None:
        return ""
    if place in result.right and (result.correct or place in result.chosen):
        return "right"
    return "wrong" if place in result.chosen else ""


@register.simple_tag(takes_context=True)
def study(context: dict[str, Any], page: LessonPage) -> dict[str, Any]:
    """Everything the lesson page needs beyond its text."""
    request = context["request"]
    known = known_outlines(request)
    outline = next((one for one in known.values() if one.part(page.translation_key)), None)
    signed_in = request.user.is_authenticated and outline
    enrolment = queries.enrolment_in(request.user, outline.course_id) if outline and signed_in else None
    guest = _guest(request, outline)
    answers: dict[str, list[int]] = dict(guest["answers"].get(str(page.translation_key), {}))
    states = dict.fromkeys(guest["done"], "done")
    for key in guest["opened"]:
        states.setdefault(key, "begun")
    standing = None
    if enrolment:
        standing = queries.standing(enrolment, known)
        states = standing.states
        answers = queries.practice_answers(enrolment, page.translation_key)
    parts = [
        {"question": shown_question(part["question"], answers.get(part["question"]["name"]))} if "question" in part else part
        for part in lesson_parts(page)
    ]
    rows = _rows(outline, states, page.translation_key)
    return {
        "outline": outline,
        "enrolment": enrolment,
        "standing": standing,
        "here": outline.part(page.translation_key) if outline else None,
        "before": outline.before(page.translation_key) if outline else None,
        "after": outline.after(page.translation_key) if outline else None,
        "parts": parts,
        "counts": standing is None or any(part.key == page.translation_key for part in standing.parts),
        "done": states.get(str(page.translation_key)) == "done",
        "rows": rows,
        **_counted(rows, standing),
        "guest": not request.user.is_authenticated,
        "guest_began": bool(states) and not request.user.is_authenticated,
    }


@dataclass(frozen=True, kw_only=True)
class Screen:
    """One screen of a lesson in the simple view. `place` counts from 1; `total` leaves out the closing screen, which is no idea.

    `back` and `onward` are where the buttons lead, "" at the ends; `missing` are the questions without an answer, each with
    its place.
    """

    idea: Idea
    place: int
    total: int
    back: str
    onward: str
    question: ShownQuestion | None
    missing: tuple[tuple[int, ShownQuestion], ...]


@register.simple_tag(takes_context=True)
def screen(context: dict[str, Any], page: LessonPage, my: dict[str, Any] | None = None) -> Screen:
    """The screen that ?y= asks for: the first when it asks for none, the last when it asks beyond. `my` is what study gave."""
    ideas = lesson_ideas(page)
    asked = context["request"].GET.get("y", "")
    place = min(max(int(asked), 1), len(ideas)) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 1
    shown = {part["question"].name: part["question"] for part in (my or {"parts": ()})["parts"] if "question" in part}
    idea = ideas[place - 1]
    return Screen(
        idea=idea, place=place, total=len(ideas) - 1,
        back=idea_address(ideas, place - 1), onward=idea_address(ideas, place + 1),
        question=shown.get(idea.question["name"]) if idea.question else None,
        missing=tuple((place_of(ideas, name), question) for name, question in shown.items() if not question.answered),
    )  # fmt: skip


def idea_address(ideas: tuple[Idea, ...], place: int) -> str:
    """Relative to the lesson. The heading is the fragment: a browser takes the focus there, with scripts or without."""
    return f"?y={place}#{ideas[place - 1].anchor}" if 1 <= place <= len(ideas) else ""


@register.simple_tag(takes_context=True)
def course_study(context: dict[str, Any], page: CoursePage) -> dict[str, Any]:
    """How far the reader is in this course, and where the start button leads."""
    request = context["request"]
    known = known_outlines(request)
    outline = known.get(page.pk) or queries.course_outline(page)
    enrolment = queries.enrolment_in(request.user, page.pk) if request.user.is_authenticated else None
    guest = _guest(request, outline)
    states = dict.fromkeys(guest["done"], "done")
    for key in guest["opened"]:
        states.setdefault(key, "begun")
    standing = None
    if enrolment:
        standing = queries.standing(enrolment, known)
        states = standing.states
    rows = _rows(outline, states, None)
    counted = _counted(rows, standing)
    following = next((row for row in counted["counted"] if row.state != "done" and row.part.kind == "lesson"), None)
    return {
        "outline": outline,
        "enrolment": enrolment,
        "standing": standing,
        "rows": rows,
        "begun": bool(states),
        "next": following.part if following else (outline.parts[-1] if outline.parts else None),
        **counted,
    }


def _guest(request: Any, outline: queries.CourseOutline | None) -> dict[str, Any]:
    empty: dict[str, Any] = {"opened": [], "answers": {}, "done": []}
    if outline is None or request.user.is_authenticated or not request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        return empty
    return dict(request.session.get(SESSION_KEY, {}).get(str(outline.key), empty))


_SYMBOLS = {"done": "t-done", "begun": "t-half"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A part in the list of a course: `state` is "done", "begun" or "none", `symbol` its tile, `here` the open page."""

    part: queries.Part
    state: str
    symbol: str
    here: bool


def _rows(outline: queries.CourseOutline | None, states: dict[str, str], here: uuid.UUID | None) -> tuple[Row, ...]:
    return tuple(_row(part, states.get(str(part.key), "none"), part.key == here) for part in (outline.parts if outline else ()))


def _counted(rows: tuple[Row, ...], standing: queries.Standing | None) -> dict[str, Any]:
    """What "done of total" is said of: all parts; for who is enrolled, those of the outline she began with."""
    if standing is None:
        return {"counted": rows, "done_count": sum(row.state == "done" for row in rows), "total_count": len(rows)}
    keys = {part.key for part in standing.required}
    counted = tuple(row for row in rows if row.part.key in keys)
    return {"counted": counted, "done_count": standing.done, "total_count": standing.total}


def _row(part: queries.Part, state: str, here: bool) -> Row:
    symbol = "t-now" if here and state != "done" else _SYMBOLS.get(state, "t-none")
    return Row(part=part, state=state, symbol=symbol, here=here)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A box of the filter. `count` is of all courses, whatever else is chosen."""

    value: str
    label: str
    checked: bool
    count: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """The catalogue as somebody filtered it; equal for all who asked alike, so that its page is kept once."""

    courses: tuple[queries.CourseOutline, ...]
    lessons: tuple[queries.Part, ...]
    words: str
    filtered: int
    audiences: tuple[Choice, ...]
    tiers: tuple[Choice, ...]
    longest: str


@register.simple_tag(takes_context=True)
def catalogue(context: dict[str, Any]) -> Found:
    """The catalogue under the filters of the query string: audience, tier, time, and words to look for."""
    query = context["request"].GET
    audiences = [value for value in query.getlist("doi-tuong") if value in Audience.values]
    tiers = [value for value in query.getlist("bac") if value in Tier.values]
    longest = {"60": 60, "90": 90}.get(query.get("phut", ""))
    words = query.get("q", "")[:100]
    courses = list(known_outlines(context["request"]).values())
    found, lessons = queries.search(words) if words.strip() else (None, [])
    shown = [
        course
        for course in courses
        if (not audiences or course.audience in audiences)
        and (not tiers or course.tier in tiers)
        and (longest is None or course.minutes <= longest)
        and (found is None or course.course_id in found)
    ]
    return Found(
        courses=tuple(shown), lessons=tuple(lessons), words=words, filtered=len(audiences) + len(tiers) + (longest is not None),
        audiences=tuple(
            Choice(value=value, label=str(label), checked=value in audiences, count=sum(c.audience == value for c in courses))
            for value, label in Audience.choices
        ),
        tiers=tuple(
            Choice(value=value, label=str(label), checked=value in tiers, count=sum(c.tier == value for c in courses))
            for value, label in Tier.choices
        ),
        longest="" if longest is None else str(longest),
    )  # fmt: skip


@register.filter
def audience_label(value: str) -> str:
    return str(Audience(value).label)


@register.filter
def stressed(text: str) -> SafeString:
    """Plain text in which **these words** stand out, as authors write them in a question."""
    return mark_safe(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text)))  # noqa: S308  all of it is escaped
