"""Reads about what counts as done without having been done here, and what a list of it would do."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classes import completion_list as lists
from classes.exports import Cell
from classes.models import ClassTeacher, CompletionFile
from classes.models.desk import KEPT
from classes.queries.agencies import may_require
from courses.models import CoursePage, OutsideCompletion, OutsideKind
from people.models import Membership, Organisation, User
from people.text import fold

DESK_KEPT = KEPT

def day_of(now: dt.datetime) -> dt.date:
    return timezone.localdate(now)


def staff_below(organisation: Organisation) -> QuerySet[Membership]:
    below = Organisation.objects.below([organisation])
    return Membership.objects.current().staff().filter(organisation__in=below, user__is_active=True)


def may_record(by: User, organisation: Organisation, learner: User) -> bool:
    return may_require(by, organisation) and staff_below(organisation).filter(user=learner).exists()


def may_withdraw_outside(by: User, outside: OutsideCompletion) -> bool:
    """Who may record it may withdraw it: an officer over the organisation or over where she works now, a teacher of the class.

    Of herself nobody does either.
    """
    if outside.learner_id == by.pk:
        return False
    if outside.group and ClassTeacher.objects.filter(training_class=outside.group, teacher=by).exists():
        return True
    places = Q(memberships__user=outside.learner_id, memberships__until__isnull=True) | Q(pk=outside.organisation_id)
    return any(may_require(by, place) for place in Organisation.objects.filter(places).distinct())


def outside_of(organisation: Organisation, *, page: int | str = 1) -> Page[Any]:
    """What was recorded for people on the staff there or below, the last first; withdrawn ones too. Three queries."""
    people = staff_below(organisation).values("user_id")
    rows = OutsideCompletion.objects.filter(learner_id__in=people)
    rows = rows.select_related("learner", "course", "recorded_by", "withdrawn_by").order_by("-recorded_at", "pk")
    found = Paginator(rows, 50).get_page(page)
    shown = list(found.object_list)
    found.object_list = shown
    batches = {row.batch for row in shown if row.batch}
    lists_ = CompletionFile.objects.filter(pk__in=batches).exclude(evidence="") if batches else CompletionFile.objects.none()
    proved = set(lists_.values_list("pk", flat=True))
    for row in shown:
        row.has_evidence = bool(row.evidence) or row.batch in proved  # type: ignore[attr-defined]
    return found


def outside_in(organisation: Organisation) -> QuerySet[OutsideCompletion]:
    """Those of the people on the staff there or below."""
    rows = OutsideCompletion.objects.filter(learner_id__in=staff_below(organisation).values("user_id"))
    return rows.select_related("learner", "course", "recorded_by")


def evidence_of(outside: OutsideCompletion) -> Any:
    """The file, its own or that of the list it came in; None where there is none."""
    if outside.evidence:
        return outside.evidence
    file = CompletionFile.objects.filter(pk=outside.batch).first() if outside.batch else None
    return file.evidence if file and file.evidence else None


# --- a list -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CompletionLine:
    """A line of the list as it was understood; `problem` is why it is left out, "" of one that counts."""

    number: int
    cells: tuple[str, ...]
    learner: User | None = None
    course: CoursePage | None = None
    day: dt.date | None = None
    issuer: str = ""
    note: str = ""
    problem: str = ""
    known: bool = False

    @property
    def key(self) -> tuple[int, int, dt.date] | None:
        """By what two lines are the same; None of a wrong one."""
        whole = self.learner and self.course and self.day and not self.problem
        return (self.learner.pk, self.course.pk, self.day) if whole else None  # type: ignore[union-attr, return-value]


@dataclass(frozen=True, kw_only=True)
class CompletionPlan:
    lines: tuple[CompletionLine, ...]
    digest: str

    @property
    def new(self) -> list[CompletionLine]:
        return [line for line in self.lines if not line.problem and not line.known]

    @property
    def known(self) -> list[CompletionLine]:
        return [line for line in self.lines if line.known]

    @property
    def wrong(self) -> list[CompletionLine]:
        return [line for line in self.lines if line.problem]


def completion_plan(file: CompletionFile, *, by: User, now: dt.datetime) -> CompletionPlan:
    """What applying the list would do now. Four queries for any number of lines."""
    headings, *rows = file.table or [[]]
    fields = lists.fields_of(headings[1:])
    read = [(int(number), cells, lists.values(cells, fields)) for number, *cells in rows]
    people = _People(file.organisation, [values for _number, _cells, values in read])
    courses = {course.code.casefold(): course for course in CoursePage.objects.live()}
    lines: list[CompletionLine] = []
    seen: dict[tuple[int, int, dt.date], int] = {}
    for number, cells, values in read:
        line = _line(number, cells, values, people, courses, by, day_of(now))
        if line.key:
            first = seen.setdefault(line.key, number)
            if first != number:
                line = _wrong(number, cells, "repeated", str(first))
        lines.append(line)
    standing = set(
        OutsideCompletion.objects.standing().filter(kind=OutsideKind.ELSEWHERE, learner_id__in={key[0] for key in seen})
        .values_list("learner_id", "course_id", "completed_on")
    )  # fmt: skip
    lines = [replace(line, known=line.key in standing) for line in lines]
    said = [(line.number, line.problem, line.known, line.learner.pk if line.learner else 0, line.course.pk if line.course else 0)
            for line in lines]  # fmt: skip
    return CompletionPlan(lines=tuple(lines), digest=hashlib.sha256(json.dumps(said).encode()).hexdigest())


def person_in(organisation: Organisation, words: str) -> User | None:
    """Somebody on the staff there or below, by number in the unit or by address; None where nobody or several are meant."""
    values = {"email": words.strip()} if "@" in words else {"code": words.strip()}
    return _People(organisation, [values]).find(values)[0]


class _People:
    """Whom lines may mean, by number in the unit and by address."""

    def __init__(self, organisation: Organisation, rows: Sequence[Any]) -> None:
        codes = {values["code"] for values in rows if "code" in values}
        emails = {values["email"].lower() for values in rows if "email" in values}
        found = staff_below(organisation).filter(Q(code__in=codes - {""}) | Q(user__email__in=emails)).select_related("user")
        self.by_code: dict[str, dict[int, User]] = {}
        self.by_email: dict[str, User] = {}
        for member in found:
            if member.code:
                self.by_code.setdefault(member.code, {})[member.user_id] = member.user
            self.by_email[member.user.email] = member.user

    def find(self, values: Any) -> tuple[User | None, str]:
        """The person, or what is wrong."""
        code, email = values.get("code", ""), values.get("email", "").lower()
        if not code and not email:
            return None, "who_missing"
        coded = self.by_code.get(code, {}) if code else {}
        addressed = self.by_email.get(email) if email else None
        if email and addressed is None:
            return None, "who_unknown"
        if addressed and code and addressed.pk not in coded:
            return None, "who_unknown"
        if addressed:
            return addressed, ""
        return (next(iter(coded.values())), "") if len(coded) == 1 else (None, "who_several" if coded else "who_unknown")


def _line(
    number: int, cells: Sequence[str], values: Any, people: _People, courses: dict[str, CoursePage], by: User, today: dt.date
) -> CompletionLine:
    learner, wrong = people.find(values)
    course, day = courses.get(values.get("course", "").casefold()), lists.day_of(values.get("day", ""))
    issuer, note = values.get("issuer", ""), values.get("note", "")
    name = values.get("full_name", "")
    if learner is None:
        return _wrong(number, cells, wrong)
    if name and fold(name) != fold(learner.full_name):
        return _wrong(number, cells, "name_differs", learner.full_name)
    checks = (
        (learner == by, "self"), (course is None, "course_unknown"), (day is None, "day_wrong"),
        (day is not None and day > today, "day_future"), (not issuer, "issuer_missing"), (len(issuer) > 160, "long"),
    )  # fmt: skip
    cause = next((cause for failed, cause in checks if failed), "")
    if cause:
        return _wrong(number, cells, cause)
    return CompletionLine(number=number, cells=tuple(cells), learner=learner, course=course, day=day, issuer=issuer, note=note)


def _wrong(number: int, cells: Sequence[str], cause: str, hint: str = "") -> CompletionLine:
    return CompletionLine(number=number, cells=tuple(cells), problem=str(lists.CAUSES[cause]) % {"hint": hint})


def completion_errors(file: CompletionFile, plan: CompletionPlan) -> tuple[list[str], list[list[Cell]]]:
    """The wrong lines as they came, with what is wrong, to be mended and sent again."""
    headings = list(file.table[0][1:]) if file.table else []
    return [*headings, _("Lỗi")], [
        [*line.cells, *[""] * (len(headings) - len(line.cells)), line.problem] for line in plan.wrong
    ]


def completion_template() -> tuple[list[str], list[list[Cell]]]:
    """The columns, and for each course a line that shows its code."""
    header = [str(word) for word in lists.COLUMNS.values()]
    return header, [["", "", "", course.code, "", "", course.title] for course in CoursePage.objects.live().order_by("path")]


def undone_words(file: CompletionFile) -> str:
    return _("Hoàn tác danh sách %(name)s") % {"name": file.name}
