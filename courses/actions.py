"""What learners do in courses. Each function is one transaction, may be called twice, and sends nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from wagtail.models import Page

from courses import queries, statements
from courses.files import CourseFiles
from courses.models import (
    Completion,
    CourseIndexPage,
    CoursePage,
    Enrolment,
    EnrolmentSource,
    LessonPage,
    Outline,
    PracticeAnswer,
    Visit,
)
from courses.practice import PracticeResult, judge
from lrs.actions import record
from pages.actions import Loaded, ensure_home, load_page
from people.models import Organisation, User
from people.queries import home_organisations


class CourseNotOpen(Exception):
    """The course has no published part to learn."""


class NotInOutline(Exception):
    """The part belongs neither to the outline the enrolment was pinned to nor to the course as it stands."""


class StillMissing(Exception):
    """The lesson cannot count as done yet. `questions` are those without an answer."""

    def __init__(self, questions: list[str]) -> None:
        super().__init__(", ".join(questions))
        self.questions = questions


@transaction.atomic
def enrol(
    *, learner: User, course: CoursePage, now: dt.datetime, source: str = EnrolmentSource.SELF,
    organisation: Organisation | None = None,
) -> Enrolment:  # fmt: skip
    """The learner's open enrolment in `course`, made if there is none. Raises CourseNotOpen.

    `organisation` is who sends the learner (a class's school); without it the current membership is frozen.
    """
    existing = Enrolment.objects.open().filter(learner=learner, course=course).select_related("outline").first()
    if existing:
        return existing
    outline = pin_outline(course=course, now=now)
    home, ward = home_organisations(learner)
    last = Enrolment.objects.filter(learner=learner, course=course).aggregate(last=Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            enrolment = Enrolment.objects.create(
                learner=learner, course=course, outline=outline, number=last + 1, source=source,
                audience=learner.audience, tier=course.tier, organisation=organisation or home, ward=ward,
                enrolled_at=now, last_seen_at=now,
            )  # fmt: skip
    except IntegrityError:  # the same button pressed twice at once: the other one won
        return Enrolment.objects.open().select_related("outline").get(learner=learner, course=course)
    record([statements.registered(enrolment)])
    return enrolment


def pin_outline(*, course: CoursePage, now: dt.datetime) -> Outline:
    """The outline of the course as it stands, one row per distinct outline. Raises CourseNotOpen."""
    parts = [
        {"key": str(part.key), "kind": part.kind, "title": part.title} for part in queries.course_outline(course).parts
    ]
    if not parts:
        raise CourseNotOpen(course.title)
    digest = hashlib.sha256(json.dumps([(part["key"], part["kind"]) for part in parts]).encode()).hexdigest()
    outline, _made = Outline.objects.get_or_create(
        course=course, digest=digest, defaults={"parts": parts, "created_at": now}
    )
    return outline


@transaction.atomic
def withdraw(*, enrolment: Enrolment, now: dt.datetime) -> None:
    """Leave the course; what was done stays. A completed or withdrawn enrolment is left as it is."""
    changed = Enrolment.objects.open().filter(pk=enrolment.pk).update(withdrawn_at=now)
    if changed:
        enrolment.withdrawn_at = now
        record([statements.unregistered(enrolment, now)])


@transaction.atomic
def open_part(*, enrolment: Enrolment, part: uuid.UUID, now: dt.datetime) -> None:
    """Note that the learner opened a part: where she will resume. Raises NotInOutline."""
    entry = _entry(enrolment, part)
    _visit, first = Visit.objects.update_or_create(
        enrolment=enrolment, part=part, defaults={"last_at": now}, create_defaults={"first_at": now, "last_at": now}
    )
    Enrolment.objects.filter(pk=enrolment.pk).update(last_part=part, last_seen_at=now)
    if first:
        record([statements.experienced(enrolment, entry, now)])


def judge_practice(*, lesson: LessonPage, question: str, chosen: list[int]) -> PracticeResult:
    """Judge an answer without keeping it (guests). Raises LookupError for a question the lesson does not have."""
    return judge(_question(lesson, question), chosen)


@transaction.atomic
def answer_practice(
    *, enrolment: Enrolment, lesson: LessonPage, question: str, chosen: list[int], now: dt.datetime
) -> PracticeResult:
    """Judge and keep the latest answer to a formative question. Raises LookupError, NotInOutline."""
    entry = _entry(enrolment, lesson.translation_key)
    value = _question(lesson, question)
    result = judge_practice(lesson=lesson, question=question, chosen=chosen)
    PracticeAnswer.objects.update_or_create(
        enrolment=enrolment, part=lesson.translation_key, question=question,
        defaults={"chosen": result.chosen, "correct": result.correct, "answered_at": now},
    )  # fmt: skip
    letters = [chr(97 + place) for place in range(26)]
    record([
        statements.practised(
            enrolment, entry, question=question, prompt=value["prompt"], at=now, correct=result.correct,
            chosen=[letters[place] for place in result.chosen], right=[letters[place] for place in result.right],
            options=[option["text"] for option in value["options"]], multiple=value["kind"] == "multiple",
        )
    ])  # fmt: skip
    return result


@transaction.atomic
def complete_lesson(*, enrolment: Enrolment, lesson: LessonPage, now: dt.datetime) -> bool:
    """The learner says the lesson is done; it is when every question in it has an answer.

    Returns whether the whole course became complete. Raises StillMissing, NotInOutline.
    """
    names = lesson.question_names()
    answered = set(
        PracticeAnswer.objects.filter(enrolment=enrolment, part=lesson.translation_key).values_list("question", flat=True)
    )
    missing = [name for name in names if name not in answered]
    if missing:
        raise StillMissing(missing)
    return complete_part(enrolment=enrolment, part=lesson.translation_key, evidence={"questions": len(names)}, now=now)


@transaction.atomic
def complete_part(
    *, enrolment: Enrolment, part: uuid.UUID, evidence: dict[str, Any], now: dt.datetime, score10: Decimal | None = None
) -> bool:
    """Mark a part done from `evidence`; the first date wins. `score10` keeps the better mark of a passed quiz.

    A part that came into the course after the enrolment counts for itself: not for the course, its progress or its mark.
    Returns whether the whole course became complete by this. Raises NotInOutline.
    """
    entry = _entry(enrolment, part)
    locked = (
        Enrolment.objects.select_for_update(of=("self",)).select_related("learner", "course", "outline").get(pk=enrolment.pk)
    )
    _row, first = Completion.objects.get_or_create(
        enrolment=locked, part=part, defaults={"completed_at": now, "evidence": evidence}
    )
    pinned = any(one["key"] == str(part) for one in locked.outline.parts)
    if pinned and score10 is not None and (locked.score is None or score10 > locked.score) and locked.completed_at is None:
        locked.score = score10
        locked.save(update_fields=["score"])
    if not first:
        return False
    standing = queries.standing(locked)
    record([statements.completed_part(locked, entry, now)])
    if pinned:
        record([statements.progressed(locked, done=standing.done, total=standing.total, at=now)])
    return _finish_if_complete(locked, standing, now)


def _finish_if_complete(enrolment: Enrolment, standing: queries.Standing, now: dt.datetime) -> bool:
    if standing.missing or enrolment.completed_at or enrolment.withdrawn_at:
        return False
    enrolment.completed_at = now
    enrolment.save(update_fields=["completed_at"])
    record([statements.completed_course(enrolment, now)])
    return True


@dataclass(frozen=True, kw_only=True)
class GuestProgress:
    """What a guest did in one course: {lesson key: {question: chosen places}}, and the lessons said to be done."""

    course_key: str
    answers: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


@transaction.atomic
def adopt_guest_progress(*, learner: User, progress: list[GuestProgress], now: dt.datetime) -> int:
    """Bring what was done as a guest into the account, judged anew. Returns the number of parts brought over."""
    adopted = 0
    for one in progress:
        course = CoursePage.objects.live().filter(translation_key=one.course_key).first()
        if course is None:
            continue
        try:
            enrolment = enrol(learner=learner, course=course, now=now)
        except CourseNotOpen:
            continue
        touched = [*one.opened, *one.answers, *one.done]
        lessons = {
            str(lesson.translation_key): lesson
            for lesson in LessonPage.objects.child_of(course).live().filter(translation_key__in=touched)
        }
        for key, lesson in lessons.items():
            try:
                open_part(enrolment=enrolment, part=lesson.translation_key, now=now)
                for question, chosen in one.answers.get(key, {}).items():
                    answer_practice(enrolment=enrolment, lesson=lesson, question=question, chosen=chosen, now=now)
                if key in one.done:
                    complete_lesson(enrolment=enrolment, lesson=lesson, now=now)
                adopted += 1
            except (NotInOutline, StillMissing, LookupError):
                continue
    return adopted


def _entry(enrolment: Enrolment, part: uuid.UUID) -> dict[str, Any]:
    """The part as in Outline.parts: of the pinned outline, else of the course as it stands. Raises NotInOutline."""
    try:
        return statements.part_by_key(enrolment, part)
    except LookupError as error:
        course = queries.outlines().get(enrolment.course_id)
        live = course.part(part) if course else None
        if live is None:
            raise NotInOutline(str(part)) from error
        return {"key": str(live.key), "kind": live.kind, "title": live.title}


def _question(lesson: LessonPage, name: str) -> Any:
    for block in lesson.body:
        if block.block_type == "question" and block.value["name"] == name:
            return block.value
    raise LookupError(name)


# --- loading the curriculum -----------------------------------------------------------------------------------------


@transaction.atomic
def load_course(*, files: CourseFiles, now: dt.datetime, force: bool = False) -> tuple[CoursePage, dict[str, Loaded]]:
    """Make or update a course and its lessons from content files, in the files' order.

    Returns the course and what became of each file. Lessons that are no longer in the files stay; an editor unpublishes.
    """
    home = ensure_home(now=now)
    index, _made = load_page(
        kind=CourseIndexPage, parent=home, slug="khoa-hoc", path="courses", now=now,
        fields={"title": "Khóa học", "lead": "Chọn theo việc của bạn. Học được ngay, chưa cần tài khoản."},
    )  # fmt: skip
    code = files.fields["code"]
    course, outcome = load_page(
        kind=CoursePage, parent=index, slug=files.slug, fields=files.fields, path=f"courses/{code}", now=now, force=force
    )
    report = {code: outcome}
    for lesson in files.lessons:
        path = f"courses/{code}/{lesson.slug}"
        fields = {**lesson.fields, "body": lesson.body}
        _page, report[path] = load_page(
            kind=LessonPage, parent=course, slug=lesson.slug, fields=fields, path=path, now=now, force=force
        )
    return CoursePage.objects.get(pk=course.pk), report


@transaction.atomic
def arrange(*, course: CoursePage, slugs: list[str]) -> None:
    """Put the course's parts in the order of `slugs`; what is not named stays behind them."""
    pages = {page.slug: page for page in Page.objects.child_of(course).order_by("path")}
    wanted = [slug for slug in slugs if slug in pages] + [slug for slug in pages if slug not in slugs]
    if wanted == list(pages):
        return
    for slug in wanted:
        Page.objects.get(pk=pages[slug].pk).move(Page.objects.get(pk=course.pk), pos="last-child")
