"""Reads about courses and how far learners are."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.apps import apps
from django.core.cache import cache
from django.db.models import QuerySet
from wagtail.models import Page, PageLogEntry, PageViewRestriction

from courses.models import Completion, CourseIndexPage, CoursePage, Enrolment, LessonPage, PracticeAnswer, Visit
from people.models import User
from people.prepared import Prepared, prepared
from people.text import fold, nfc


@dataclass(frozen=True, kw_only=True)
class Part:
    """A published part of a course. `number` is its place among the lessons, 0 for a quiz."""

    key: uuid.UUID
    kind: str
    title: str
    url: str
    minutes: int
    number: int
    slug: str


@dataclass(frozen=True, kw_only=True)
class CourseOutline:
    """A course and its published parts in order. `minutes` is their sum."""

    course_id: int
    key: uuid.UUID
    code: str
    title: str
    url: str
    audience: str
    tier: str
    summary: str
    minutes: int
    lessons: int
    parts: tuple[Part, ...]

    @cached_property
    def by_key(self) -> dict[str, Part]:
        """The parts by their key as text, which is how outlines hold it."""
        return {str(part.key): part for part in self.parts}

    def part(self, key: uuid.UUID) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)

    def after(self, key: uuid.UUID) -> Part | None:
        places = [part.key for part in self.parts]
        place = places.index(key) + 1 if key in places else 0
        return self.parts[place] if place < len(self.parts) else None

    def before(self, key: uuid.UUID) -> Part | None:
        places = [part.key for part in self.parts]
        place = places.index(key) - 1 if key in places else -1
        return self.parts[place] if place >= 0 else None


_last_entry = Prepared(lambda: PageLogEntry.objects.order_by("-pk").values_list("pk", flat=True)[:1])


def tree_version() -> int:
    """Grows with every publish, move, reorder, unpublish and delete: the last id of Wagtail's page log."""
    return next(iter(_last_entry()), 0)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Every published course by page id, and the address of every open page of theirs as (model label, page id).

    `version` is the tree_version() it was read at.
    """

    version: int
    courses: dict[int, CourseOutline]
    addresses: dict[str, tuple[str, int]]


# The last one this process saw: no request unpacks it again while the tree stays as it is. Nobody changes what is in it.
_seen: list[tuple[str, Catalogue]] = []


def catalogue() -> Catalogue:
    """Kept in the cache until the page tree changes: one query then, a handful else."""
    version = tree_version()
    key = f"catalogue:{version}"
    for seen, still in _seen:
        if seen == key:
            return still
    kept: Catalogue | None = cache.get(key)
    if kept is None:
        kept = _read_catalogue(version)
        cache.set(key, kept, 3600)
    _seen[:] = [(key, kept)]
    return kept


def page_at(address: str, kept: Catalogue) -> Page | None:
    """The open page of the catalogue at `address`, kept in the cache as long as `kept` is: the row is as wide as the text."""
    known = kept.addresses.get(address)
    if known is None:
        return None
    label, page_id = known
    key = f"page:{kept.version}:{page_id}"
    page: Page | None = cache.get(key)
    if page is None:
        page = apps.get_model(label).objects.live().filter(pk=page_id).first()
        cache.set(key, page, 3600)
    return page


def outlines() -> dict[int, CourseOutline]:
    return catalogue().courses


def course_outline(course: CoursePage) -> CourseOutline:
    """The published parts of one course; empty parts when it is not published."""
    known = outlines().get(course.pk)
    return known or _outline(course, [])


def _read_catalogue(version: int) -> Catalogue:
    index = CourseIndexPage.objects.live().first()
    if index is None:
        return Catalogue(version=version, courses={}, addresses={})
    courses = list(CoursePage.objects.live().child_of(index).order_by("path"))
    children = list(Page.objects.live().filter(depth=index.depth + 2, path__startswith=index.path).order_by("path").specific())
    found = {course.pk: _outline(course, [page for page in children if page.path.startswith(course.path)]) for course in courses}
    # A page that is restricted to somebody keeps Wagtail's own way of serving, which asks who is there.
    restricted = list(PageViewRestriction.objects.values_list("page__path", flat=True))
    addresses = {
        page.get_url() or "": (page._meta.label_lower, page.pk)
        for page in [index, *courses, *children]
        if not any(page.path.startswith(path) for path in restricted)
    }
    return Catalogue(version=version, courses=found, addresses=addresses)


def _outline(course: CoursePage, children: Iterable[Page]) -> CourseOutline:
    parts: list[Part] = []
    lessons = 0
    for page in children:
        kind = getattr(page, "part_kind", "")
        if not kind:
            continue
        lessons += kind == "lesson"
        parts.append(
            Part(
                key=page.translation_key, kind=kind, title=page.title, url=page.get_url() or "", minutes=page.minutes,
                number=lessons if kind == "lesson" else 0, slug=page.slug,
            )  # fmt: skip
        )
    return CourseOutline(
        course_id=course.pk, key=course.translation_key, code=course.code, title=course.title,
        url=course.get_url() or "", audience=course.audience, tier=course.tier, summary=course.summary,
        minutes=sum(part.minutes for part in parts), lessons=lessons, parts=tuple(parts),
    )  # fmt: skip


# --- how far one learner is -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PartStanding:
    """A part of a course for one learner. `state` is "done", "begun", "none" or "gone" (unpublished)."""

    key: uuid.UUID
    kind: str
    title: str
    url: str
    minutes: int
    number: int
    state: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far one enrolment is against its pinned outline.

    Parts that were unpublished meanwhile are not demanded any more, except that a course with a quiz
    is never complete without one. `later` are those that came into the course meanwhile: done or not, nothing asks for them.
    """

    enrolment_id: uuid.UUID
    parts: tuple[PartStanding, ...]
    later: tuple[PartStanding, ...]
    open: bool  # whether the course is still published

    @property
    def states(self) -> dict[str, str]:
        """The state of every part, the later ones too, by key."""
        return {str(part.key): part.state for part in (*self.parts, *self.later)}

    @property
    def required(self) -> list[PartStanding]:
        return [part for part in self.parts if part.state != "gone" or part.kind == "quiz"]

    @property
    def done(self) -> int:
        return sum(1 for part in self.required if part.state == "done")

    @property
    def total(self) -> int:
        return len(self.required)

    @property
    def missing(self) -> list[PartStanding]:
        return [part for part in self.required if part.state != "done"]

    @property
    def next(self) -> PartStanding | None:
        return next((part for part in self.missing if part.url), None)

    def resume(self, last: uuid.UUID | None) -> PartStanding | None:
        """Where the learner stopped, if that part is not done, else the next missing one."""
        return next((part for part in self.missing if part.key == last and part.url), None) or self.next


_done_in = Prepared(
    lambda enrolment: Completion.objects.filter(enrolment=enrolment).values_list("enrolment_id", "part"), enrolment=uuid.UUID
)
_begun_in = Prepared(
    lambda enrolment: Visit.objects.filter(enrolment=enrolment).values_list("enrolment_id", "part"), enrolment=uuid.UUID
)


def standing(enrolment: Enrolment, live: dict[int, CourseOutline] | None = None) -> Standing:
    """Two queries, and the outlines unless they are given."""
    key, known = enrolment.pk, outlines() if live is None else live
    return _standings([enrolment], _done_in(enrolment=key), _begun_in(enrolment=key), known)[key]


def standings(
    enrolments: Iterable[Enrolment], live: dict[int, CourseOutline] | None = None
) -> dict[uuid.UUID, Standing]:
    """How far each enrolment is. `outline` must be loaded. Two queries for any number, and the outlines."""
    rows = list(enrolments)
    ids = [row.pk for row in rows]
    done = Completion.objects.filter(enrolment_id__in=ids).values_list("enrolment_id", "part")
    begun = Visit.objects.filter(enrolment_id__in=ids).values_list("enrolment_id", "part")
    return _standings(rows, done, begun, outlines() if live is None else live)


def _standings(
    rows: Iterable[Enrolment], done: Iterable[_Touched], begun: Iterable[_Touched], live: dict[int, CourseOutline]
) -> dict[uuid.UUID, Standing]:
    finished, opened = _by_enrolment(done), _by_enrolment(begun)
    none: set[str] = set()
    return {
        row.pk: _standing(row, finished.get(row.pk, none), opened.get(row.pk, none), live.get(row.course_id)) for row in rows
    }


# An enrolment and one part of its course.
_Touched = tuple[uuid.UUID, uuid.UUID]


def _by_enrolment(touched: Iterable[_Touched]) -> dict[uuid.UUID, set[str]]:
    found: dict[uuid.UUID, set[str]] = {}
    for enrolment_id, part in touched:
        found.setdefault(enrolment_id, set()).add(str(part))
    return found


def _standing(enrolment: Enrolment, done: set[str], begun: set[str], live: CourseOutline | None) -> Standing:
    entries = enrolment.outline.parts
    pinned = {entry["key"] for entry in entries}
    later = [
        {"key": key, "kind": part.kind, "title": part.title}
        for key, part in (live.by_key.items() if live else ())
        if key not in pinned
    ]
    return Standing(
        enrolment_id=enrolment.pk,
        parts=tuple(_part_standing(entry, done, begun, live) for entry in entries),
        later=tuple(_part_standing(entry, done, begun, live) for entry in later),
        open=live is not None,
    )


def _part_standing(entry: dict[str, str], done: set[str], begun: set[str], live: CourseOutline | None) -> PartStanding:
    page = live.by_key.get(entry["key"]) if live else None
    if entry["key"] in done:
        state = "done"
    elif page is None:
        state = "gone"
    else:
        state = "begun" if entry["key"] in begun else "none"
    return PartStanding(
        key=page.key if page else uuid.UUID(entry["key"]), kind=entry["kind"], title=page.title if page else entry["title"],
        url=page.url if page else "", minutes=page.minutes if page else 0,
        number=page.number if page else 0, state=state,
    )  # fmt: skip


_of_course = Prepared(
    lambda learner, course: Enrolment.objects.filter(learner=learner, course=course, withdrawn_at__isnull=True)
    .select_related("outline")
    .order_by("-number"),
    learner=int, course=int,
)  # fmt: skip


def enrolment_in(learner: User, course_id: int) -> Enrolment | None:
    """The learner's open enrolment in the course, else the latest completed one. One query."""
    found: list[Enrolment] = _of_course(learner=learner.pk, course=course_id)
    for row in found:
        row.learner = learner
    return next((row for row in found if row.completed_at is None), found[0] if found else None)


@prepared(learner=int)
def _my_enrolments(learner: int) -> QuerySet[Enrolment]:
    own = [f"course__{name}" for name in ("title", "code")]
    return (
        Enrolment.objects.filter(learner=learner, withdrawn_at__isnull=True)
        .select_related("outline", "course")
        .only(*(field.name for field in Enrolment._meta.concrete_fields), "outline__parts", *own)
        .order_by("-last_seen_at", "-enrolled_at")
    )


_my_done = Prepared(
    lambda learner: Completion.objects.filter(enrolment__learner=learner, enrolment__withdrawn_at__isnull=True)
    .values_list("enrolment_id", "part"),
    learner=int,
)  # fmt: skip
_my_begun = Prepared(
    lambda learner: Visit.objects.filter(enrolment__learner=learner, enrolment__withdrawn_at__isnull=True)
    .values_list("enrolment_id", "part"),
    learner=int,
)  # fmt: skip


def my_enrolments(learner: User) -> list[Enrolment]:
    """Open and completed enrolments, latest activity first. Of the course only what names it is read. One query."""
    return _my_enrolments(learner=learner.pk)


def my_standings(
    learner: User, enrolments: Iterable[Enrolment], live: dict[int, CourseOutline]
) -> dict[uuid.UUID, Standing]:
    """standings() of all `enrolments` of one learner. Two queries for any number."""
    return _standings(enrolments, _my_done(learner=learner.pk), _my_begun(learner=learner.pk), live)


_practice = Prepared(
    lambda enrolment, part: PracticeAnswer.objects.filter(enrolment=enrolment, part=part).values_list("question", "chosen"),
    enrolment=uuid.UUID, part=uuid.UUID,
)  # fmt: skip


def practice_answers(enrolment: Enrolment, part: uuid.UUID) -> dict[str, list[int]]:
    """The places the learner chose last in one lesson, by question name. One query."""
    return dict(_practice(enrolment=enrolment.pk, part=part))


def first_lesson() -> LessonPage | None:
    """The first published lesson of the first published course."""
    return LessonPage.objects.live().order_by("path").first()


def taught(course: CoursePage) -> tuple[list[LessonPage], list[Page]]:
    """The published lessons of a course in order, and every published part of it."""
    parts = list(Page.objects.live().child_of(course).order_by("path").specific())
    return [part for part in parts if isinstance(part, LessonPage)], parts


def search(words: str) -> tuple[set[int], list[Part]]:
    """Ids of courses that hold `words` themselves or in a lesson, and the lessons that do. Marks are not needed.

    Both sides are folded, so "tri tue", "trí tuệ" and its decomposed form find the same.
    """
    # Letters and digits only: SQLite's full-text engine reads quotes and signs as operators.
    folded = " ".join(re.findall(r"\w+", fold(nfc(words[:100]))))
    if not folded:
        return set(), []
    courses = {page.pk for page in CoursePage.objects.live().search(folded, operator="and")}
    hits = {page.translation_key for page in LessonPage.objects.live().search(folded, operator="and")}
    lessons = [part for course in outlines().values() for part in course.parts if part.key in hits]
    courses |= {course.course_id for course in outlines().values() if any(part.key in hits for part in course.parts)}
    return courses, lessons
