"""The people of one unit and how far each is in what concerns the agency.

A line is judged twice, in Python for what is shown and in SQL for what is filtered and paged; tests hold the two equal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classes import duties
from classes.duties import SOON, Duty, Unit
from classes.exports import Cell
from classes.models import StaffRequirement
from classes.queries.counts import moment
from courses.models import Enrolment, OutsideCompletion
from courses.queries import outlines
from people.models import Audience, Membership, Organisation, StaffCategory, restricted_people

PAGE = 50
STATES: dict[str, str | Promise] = {
    "done": gettext_lazy("Đã hoàn thành"),
    "recognised": gettext_lazy("Được ghi nhận"),
    "expiring": gettext_lazy("Sắp hết hạn"),
    "learning": gettext_lazy("Đang học"),
    "late": gettext_lazy("Quá hạn"),
    "none": gettext_lazy("Chưa ghi danh"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One person in one course: whether it is completed and with what mark, never what was answered.

    `until` is the day on which what she completed ends to count, or ended; `recognised` that she did not do it here.
    """

    name: str
    unit: str
    course_title: str
    state: str
    score: Decimal | None = None
    completed_on: dt.date | None = None
    until: dt.date | None = None
    recognised: bool = False
    due_on: dt.date | None = None

    @property
    def word(self) -> str:
        return str(STATES[self.state])

    @property
    def note(self) -> str:
        """What the state alone does not say."""
        day = f"{self.until:%d/%m/%Y}" if self.until else ""
        if self.state == "expiring":
            told = _("hết hiệu lực ngày %(day)s") % {"day": day}
            return _("được ghi nhận, %(what)s") % {"what": told} if self.recognised else told
        if self.state == "recognised":
            return _("không học trên nền tảng này")
        if self.state in {"late", "none", "learning"} and day:
            return _("lần trước hết hiệu lực ngày %(day)s") % {"day": day}
        return ""


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """`page` pages people; a person has as many lines as courses."""

    lines: tuple[Line, ...]
    page: Page[Any]
    # Staff who are counted but not named here.
    held_back: int


def people(
    unit: Organisation, *, now: dt.datetime, course_id: int | None = None, state: str = "", page: int | str = 1,
    required: Sequence[StaffRequirement] | None = None, course_title: str = "",
) -> PeoplePage:  # fmt: skip
    """The staff directly in `unit`, fifty a page, by name. Six queries for any number, and the outlines for the title of

    the course asked for unless it is given.
    """
    asked = _asked(unit, now, course_id, state, required, course_title)
    pages = Paginator(_people(asked), PAGE)
    # Both numbers in one query.
    pages.count, held = _numbers(asked)  # type: ignore[misc]
    shown = pages.get_page(page)
    return PeoplePage(lines=tuple(_lines(list(shown.object_list), asked)), page=shown, held_back=held)


def people_rows(
    unit: Organisation, *, now: dt.datetime, course_id: int | None = None, state: str = ""
) -> tuple[list[str], list[list[Cell]]]:
    """All pages of `people` as a table."""
    asked = _asked(unit, now, course_id, state, None)
    lines = _lines(list(_people(asked)), asked)
    return people_head(), [
        [one.name, one.unit, one.course_title, one.word, one.note, one.score, one.completed_on] for one in lines
    ]


def people_head() -> list[str]:
    return [_("Họ và tên"), _("Đơn vị"), _("Khóa học"), _("Tình trạng"), _("Ghi chú"), _("Điểm"), _("Ngày hoàn thành")]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    unit: Organisation
    now: dt.datetime
    course_id: int | None
    state: str
    # What is required of its staff, by course, in the order of their dates.
    required: dict[int, list[Duty]]
    titles: dict[int, str]


def _asked(
    unit: Organisation, now: dt.datetime, course_id: int | None, state: str, required: Sequence[StaffRequirement] | None,
    course_title: str = "",
) -> _Asked:  # fmt: skip
    if required is None:
        steps = [unit.path[:length] for length in range(Organisation.steplen, len(unit.path) + 1, Organisation.steplen)]
        rows = StaffRequirement.objects.current().filter(organisation__path__in=steps)
        required = list(rows.select_related("organisation", "course").order_by("due_at", "pk"))
    by_course: dict[int, list[Duty]] = {}
    titles: dict[int, str] = {}
    for row in required:
        if unit.path.startswith(row.organisation.path) and course_id in (None, row.course_id):
            by_course.setdefault(row.course_id, []).append(row.duty)
            titles[row.course_id] = row.course.title
    if course_id and course_id not in titles:
        course = None if course_title else outlines().get(course_id)
        titles[course_id] = course.title if course else course_title
    return _Asked(unit=unit, now=now, course_id=course_id, state=state, required=by_course, titles=titles)


def _people(asked: _Asked) -> QuerySet[Membership]:
    return _everybody(asked).filter(_named(asked)).select_related("user").order_by("user__name_folded", "user_id")


def _everybody(asked: _Asked) -> QuerySet[Membership]:
    everybody = Membership.objects.current().staff().filter(organisation=asked.unit, user__is_active=True)
    return everybody.annotate(joined=Coalesce("carried_since", "since"))


def _named(asked: _Asked) -> Q:
    named = ~Q(user__in=restricted_people())
    return named & _Having(asked).line(asked.state) if asked.state in STATES else named


def _numbers(asked: _Asked) -> tuple[int, int]:
    """How many the pages name, and how many of the unit are counted only, because they restricted the use of their data."""
    held = Count("pk", filter=Q(user__in=restricted_people()))
    found = _everybody(asked).aggregate(named=Count("pk", filter=_named(asked)), held=held)
    return found["named"], found["held"]


# --- in SQL: who has a line in the state asked for ------------------------------------------------------------------------

NOBODY = Q(pk__in=[])


class _Having:
    """Conditions on memberships of the unit. What somebody studied privately before she came is hers, unless it is

    required of her.
    """

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked
        self.duties = asked.required

    def line(self, state: str) -> Q:
        found = self._of_other_courses(state)
        for course, of_course in self.duties.items():
            found |= self._of_required(state, course, of_course)
        return found

    def _of_required(self, state: str, course: int, of_course: list[Duty]) -> Q:
        now = self.asked.now
        own, other = self._holding(course, of_course, now)
        own_long, other_long = self._holding(course, of_course, now + SOON)
        ok, long = own | other, own_long | other_long
        if state == "done":
            return own & long
        if state == "recognised":
            return other & ~own & long
        if state == "expiring":
            return ok & ~long
        late = NOBODY
        for duty in of_course:
            day = duty.past_for_joined(now)
            if day is not None:
                late |= _covered(duty) & (Q() if day == dt.date.max else Q(joined__lte=day))
        if state == "late":
            return ~ok & late
        studying = self._taking_part(course, of_course, completed_at__isnull=True)
        if state == "learning":
            return ~ok & ~late & studying
        concerned = self._taking_part(course, of_course) | _recognised(course=course)
        for duty in of_course:
            concerned |= _covered(duty)
        if self.asked.course_id:
            concerned = ~NOBODY
        return concerned & ~ok & ~late & ~studying

    def _holding(self, course: int, of_course: list[Duty], at: dt.datetime) -> tuple[Q, Q]:
        """Who has completed the course, and who has it recognised, so that it counts at `at` for all that asks it."""
        own, other = self._taking_part(course, of_course, completed_at__isnull=False), _recognised(course=course)
        for duty in of_course:
            since = duty.counts_since(at)
            if since is not None:
                own &= ~_covered(duty) | self._taking_part(course, of_course, completed_at__gte=since)
                other &= ~_covered(duty) | _recognised(course=course, completed_on__gte=_first_day(since))
        return own, other

    def _taking_part(self, course: int, of_course: list[Duty], **more: Any) -> Q:
        rows = Enrolment.objects.counted().filter(course_id=course, **more)
        covered = NOBODY
        for duty in of_course:
            covered |= _covered(duty)
        return _who(rows.filter(organisation__isnull=False)) | (covered & _who(rows))

    def _of_other_courses(self, state: str) -> Q:
        """Of courses that nobody requires here."""
        if self.asked.course_id in self.duties:
            return NOBODY
        only = {"course_id": self.asked.course_id} if self.asked.course_id else {}
        rows = Enrolment.objects.counted().filter(organisation__isnull=False, **only).exclude(course_id__in=self.duties)
        outside = OutsideCompletion.objects.standing().filter(**only).exclude(course_id__in=self.duties)
        same = {"learner_id": OuterRef("learner_id"), "course_id": OuterRef("course_id")}
        completed = Exists(rows.completed().filter(**same))
        if state == "done":
            return _who(rows.completed())
        if state == "recognised":
            return _who(outside.filter(~completed))
        if state == "learning":
            return _who(rows.open().filter(~completed).filter(~Exists(outside.filter(**same))))
        if state == "none" and self.asked.course_id:
            return ~_who(rows) & ~_who(outside)
        if state == "none":
            nothing = ~_who(rows) & ~_who(outside)
            for course, of_course in self.duties.items():
                nothing &= ~self._taking_part(course, of_course) & ~_recognised(course=course)
                for duty in of_course:
                    nothing &= ~_covered(duty)
            return nothing
        return NOBODY


def _covered(duty: Duty) -> Q:
    if not duty.groups:
        return ~NOBODY
    found = Q(category__in=duty.groups)
    return found | Q(user__audience=Audience.TEACHER) if duties.TEACHERS in duty.groups else found


def _recognised(**which: Any) -> Q:
    return _who(OutsideCompletion.objects.standing().filter(**which))


def _who(rows: QuerySet[Any]) -> Q:
    return Q(user_id__in=rows.values("learner_id"))


def _first_day(since: dt.datetime) -> dt.date:
    """The first day whose moment is `since` or later."""
    day = timezone.localdate(since)
    return day if moment(day) >= since else day + dt.timedelta(days=1)


# --- in Python: the lines -------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class _Facts:
    """What one person did in one course."""

    first: Enrolment | None = None
    last: Enrolment | None = None
    open: bool = False
    recognised_on: dt.date | None = None


def _lines(members: Sequence[Membership], asked: _Asked) -> Iterable[Line]:
    ids = [member.user_id for member in members]
    only = {"course_id": asked.course_id} if asked.course_id else {}
    rows = Enrolment.objects.counted().filter(learner_id__in=ids, **only)
    if not asked.required:
        rows = rows.filter(organisation__isnull=False)
    taking: dict[int, list[Enrolment]] = {}
    titles = dict(asked.titles)
    for row in rows.select_related("course").order_by("enrolled_at"):
        taking.setdefault(row.learner_id, []).append(row)
        titles[row.course_id] = row.course.title
    outside: dict[int, dict[int, dt.date]] = {}
    standing = OutsideCompletion.objects.standing().filter(learner_id__in=ids, **only)
    for learner, course, title, day in standing.values_list("learner_id", "course_id", "course__title", "completed_on"):
        mine = outside.setdefault(learner, {})
        mine[course] = max(day, mine.get(course, day))
        titles[course] = title
    for member in members:
        unit = _unit(member)
        of_her = {course: [duty for duty in rows_ if duty.covers(unit)] for course, rows_ in asked.required.items()}
        facts = _facts(taking.get(member.user_id, ()), outside.get(member.user_id, {}), of_her)
        wanted = [course for course, rows_ in of_her.items() if rows_]
        courses = dict.fromkeys([*wanted, *facts, *([asked.course_id] if asked.course_id else [])])
        lines = [_line(member, asked, titles[one], facts.get(one, _Facts()), of_her.get(one, []), unit) for one in courses]
        if not lines:
            lines = [_blank(member, asked, "")]
        yield from (line for line in lines if asked.state not in STATES or asked.state == line.state)


def _unit(member: Membership) -> Unit:
    return Unit(
        path="", category=member.category, since=member.carried_since or member.since,
        teacher=member.user.audience == Audience.TEACHER,
    )  # fmt: skip


def _facts(rows: Sequence[Enrolment], outside: dict[int, dt.date], of_her: dict[int, list[Duty]]) -> dict[int, _Facts]:
    facts: dict[int, _Facts] = {}
    for row in rows:
        if row.organisation_id is None and not of_her.get(row.course_id):
            continue
        kept = facts.setdefault(row.course_id, _Facts())
        if row.completed_at is None:
            kept.open = kept.open or row.withdrawn_at is None
            continue
        if kept.first is None or _done(row) < _done(kept.first):
            kept.first = row
        if kept.last is None or _done(row) > _done(kept.last):
            kept.last = row
    for course, day in outside.items():
        facts.setdefault(course, _Facts()).recognised_on = day
    return facts


def _done(row: Enrolment) -> dt.datetime:
    assert row.completed_at is not None
    return row.completed_at


def _blank(member: Membership, asked: _Asked, title: str) -> Line:
    return Line(name=member.user.full_name, unit=asked.unit.label, course_title=title, state="none")


def _line(member: Membership, asked: _Asked, title: str, facts: _Facts, of_her: list[Duty], unit: Unit) -> Line:
    line, now = _blank(member, asked, title), asked.now
    own = facts.last.completed_at if facts.last else None
    other = moment(facts.recognised_on) if facts.recognised_on else None
    own_holds, other_holds = _holds(own, of_her, now), _holds(other, of_her, now)
    lapses = [day for day in (_until(own, of_her), _until(other, of_her)) if day]
    if own_holds or other_holds:
        long = _holds(own, of_her, now + SOON) or _holds(other, of_her, now + SOON)
        done = replace(line, state="done" if own_holds else "recognised", recognised=not own_holds)
        done = replace(done, until=max(lapses, default=None))
        if own_holds:
            shown = facts.last if any(duty.months for duty in of_her) else facts.first
            assert shown is not None
            done = replace(done, score=shown.score, completed_on=timezone.localdate(_done(shown)))
        else:
            done = replace(done, completed_on=facts.recognised_on)
        return done if long else replace(done, state="expiring")
    line = replace(line, until=max(lapses, default=None))
    if of_her:
        line = replace(line, due_on=timezone.localdate(min(duty.due(unit.since) for duty in of_her)))
    if any((day := duty.past_for_joined(now)) is not None and unit.since <= day for duty in of_her):
        return replace(line, state="late")
    return replace(line, state="learning") if facts.open else line


def _holds(at: dt.datetime | None, of_her: list[Duty], now: dt.datetime) -> bool:
    return at is not None and all((since := duty.counts_since(now)) is None or at >= since for duty in of_her)


def _until(at: dt.datetime | None, of_her: list[Duty]) -> dt.date | None:
    if at is None:
        return None
    return min((timezone.localdate(day) for duty in of_her if (day := duty.lapses(at))), default=None)


# --- before something is required -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Covered:
    """Whom a requirement would concern: distinct people, those of each group, and who has done it already so that it counts."""

    people: int
    by_group: tuple[tuple[str, int], ...]
    done: int
    lapsed: int
    first: tuple[str, ...]

    @property
    def owing(self) -> int:
        return self.people - self.done


def covered(
    organisation: Organisation, *, now: dt.datetime, course: Any, groups: Sequence[str], due_at: dt.datetime | None,
    days: int | None, months: int | None,
) -> Covered:  # fmt: skip
    """At most five queries for any number of people."""
    duty = Duty(key=0, course=course.pk, groups=frozenset(groups), due_at=due_at, days=days, months=months)
    below = Membership.objects.current().staff().filter(organisation__in=Organisation.objects.below([organisation]))
    members = below.filter(user__is_active=True).filter(_covered(duty))
    names = dict(StaffCategory.choices)
    by_category = members.order_by().values_list("category").annotate(n=Count("user_id", distinct=True))
    people = members.values("user_id").distinct().count()
    since, finished = duty.counts_since(now), Enrolment.objects.completed().filter(course=course)
    outside = OutsideCompletion.objects.standing().filter(course=course)
    ever = members.filter(_who(finished) | _who(outside)).values("user_id").distinct().count()
    done = ever
    if since is not None:
        holding = _who(finished.filter(completed_at__gte=since)) | _who(outside.filter(completed_on__gte=_first_day(since)))
        done = members.filter(holding).values("user_id").distinct().count()
    shown = members.select_related("user", "organisation").order_by("user__name_folded", "pk")[:8]
    return Covered(
        people=people, by_group=tuple((str(names[category]), n) for category, n in by_category), done=done, lapsed=ever - done,
        first=tuple(f"{member.user.full_name} ({member.organisation.label})" for member in shown),
    )  # fmt: skip


def requirement_in(organisation: Organisation, course: str) -> StaffRequirement | None:
    """What the organisation itself requires now in the course of this id."""
    if not course.isdecimal() or len(course) > 9:
        return None
    rows = StaffRequirement.objects.current().filter(organisation=organisation, course_id=int(course))
    return rows.select_related("organisation", "course").first()
