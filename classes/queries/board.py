"""The class as its teacher sees it: what is due, who is stuck, and every learner's standing in what was given."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classes.exports import Cell as ExportCell
from classes.models import Assignment, ClassMember, TrainingClass
from classes.queries.attendance import with_attendance
from classes.queries.targets import Owed, Targets
from courses.models import Completion, Enrolment, OutsideCompletion, Visit
from courses.queries import CourseOutline, outlines
from people.text import fold
from quizzes.models import Attempt, AttemptState

NOT_SEEN = dt.timedelta(days=7)
# Not opened with so little time left: at risk.
SOON = dt.timedelta(days=3)

STATES: dict[str, str | Promise] = {
    "done": gettext_lazy("xong"),
    "begun": gettext_lazy("đang làm"),
    "late": gettext_lazy("quá hạn"),
    "none": gettext_lazy("chưa mở"),
    "later": gettext_lazy("chưa tới ngày"),
    "exempt": gettext_lazy("được miễn"),
    "recognised": gettext_lazy("được ghi nhận"),
    "off": gettext_lazy("không giao"),
}
# Nothing is owed in these.
_NOT_OWED = {"done", "exempt", "off", "recognised"}
SORTS = ("number", "name", "least", "late", "seen")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A part that was given, and when it is due. `number` is its place among the lessons, 0 for a quiz."""

    key: uuid.UUID
    course_id: int
    course_code: str
    kind: str
    number: int
    title: str
    due_at: dt.datetime

    @property
    def full_title(self) -> str:
        return _("Bài %(number)s. %(title)s") % {"number": self.number, "title": self.title} if self.number else self.title


@dataclass(frozen=True, kw_only=True)
class CourseHead:
    title: str
    code: str
    width: int


class Look(NamedTuple):
    """All that a cell of the matrix shows, the same for many people. `own_day` only while it is owed."""

    state: str
    quiz: bool
    score: Decimal | None
    own_day: dt.date | None

    @property
    def word(self) -> str:
        return str(STATES[self.state])


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One learner in one part. `score` is the best mark of a finished attempt, on the scale of 10; None for a lesson.

    `due_at` is when she owes it (None: not given to her); `own` says that the date is hers alone.
    """

    column: Column
    state: str
    due_at: dt.datetime | None
    own: bool = False
    counts: bool = False
    score: Decimal | None = None
    at: dt.datetime | None = None

    @property
    def word(self) -> str:
        return str(STATES[self.state])

    @property
    def look(self) -> Look:
        own_day = timezone.localdate(self.due_at) if self.own and self.due_at and self.state != "done" else None
        return Look(self.state, self.column.kind == "quiz", self.score, own_day)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why somebody is stuck: "late" (`columns`), "failed" (`columns`, `score`), "away" (`since`), "never" (`since`);

    or at risk: "soon" (`columns`).
    """

    kind: str
    columns: tuple[Column, ...] = ()
    score: Decimal | None = None
    since: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    member: ClassMember
    cells: tuple[Cell, ...]
    reasons: tuple[Reason, ...]
    risk: Reason | None
    last_seen: dt.datetime | None
    # Sessions that were held so far, and in how many of them she was.
    held: int
    attended: int

    @property
    def finished(self) -> bool:
        """Has completed the class: all that was given is done, and attendance suffices where it counts."""
        asked = [cell for cell in self.cells if cell.counts]
        return bool(asked or self.needed) and all(cell.state in _NOT_OWED for cell in asked) and self.there_enough

    @property
    def needed(self) -> int | None:
        return self.member.training_class.attendance_needed

    @property
    def there_enough(self) -> bool:
        return self.needed is None or (self.held > 0 and 100 * self.attended >= self.needed * self.held)

    @property
    def done(self) -> int:
        return sum(1 for cell in self.cells if cell.state == "done")

    @property
    def total(self) -> int:
        """Parts that are given to her, that she is not exempt from and that nobody recognised without them."""
        return sum(1 for cell in self.cells if cell.state not in {"off", "exempt", "recognised"})

    @property
    def open(self) -> bool:
        return any(cell.state not in _NOT_OWED for cell in self.cells)

    @property
    def began(self) -> bool:
        return any(cell.at for cell in self.cells)

    @property
    def overdue(self) -> int:
        return sum(1 for cell in self.cells if cell.state == "late")

    @property
    def late(self) -> bool:
        return self.overdue > 0


@dataclass(frozen=True, kw_only=True)
class Given:
    """An assignment and how the class stands in it, in numbers of people."""

    assignment: Assignment
    columns: tuple[Column, ...]
    done: int
    begun: int
    members: int
    waiting: tuple[ClassMember, ...]
    past: bool
    days_left: int

    @property
    def closed(self) -> bool:
        """The course is not published just now, so nobody can do it."""
        return not self.columns


@dataclass(frozen=True, kw_only=True)
class Board:
    training_class: TrainingClass
    heads: tuple[CourseHead, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    stuck: tuple[Row, ...]  # most overdue first
    at_risk: tuple[Row, ...]  # not stuck, but something unopened is due within three days
    given: tuple[Given, ...]
    # Members in all, with something left to do, with something past its date.
    total: int
    open: int
    late: int

    @property
    def due(self) -> Given | None:
        """What falls due next; when nothing does, what fell due last and is not done by all."""
        coming = [one for one in self.given if not one.past and not one.closed]
        past = [one for one in self.given if one.past and one.waiting]
        return coming[0] if coming else past[-1] if past else None

    @property
    def held(self) -> int:
        """Sessions held so far."""
        return max((row.held for row in self.rows), default=0)

    @property
    def finished(self) -> int:
        return sum(row.finished for row in self.rows)

    @property
    def quizzes(self) -> bool:
        return any(column.kind == "quiz" for column in self.columns)


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What the members did in the given courses, by learner."""

    completed: set[tuple[int, int]] = field(default_factory=set)
    recognised: set[tuple[int, int]] = field(default_factory=set)
    done: dict[tuple[int, uuid.UUID], dt.datetime] = field(default_factory=dict)
    begun: dict[tuple[int, uuid.UUID], dt.datetime] = field(default_factory=dict)
    best: dict[tuple[int, uuid.UUID], Decimal] = field(default_factory=dict)
    failed: dict[tuple[int, uuid.UUID], Decimal] = field(default_factory=dict)
    waiting: set[tuple[int, uuid.UUID]] = field(default_factory=set)  # handed in, to be marked by a person
    seen: dict[int, dt.datetime] = field(default_factory=dict)


def board(training_class: TrainingClass, *, now: dt.datetime, show: str = "all", sort: str = "number") -> Board:
    """`show` is "all", "open", "late", "stuck" or "risk"; `sort` is one of SORTS, least done and most overdue first.

    Eight queries and the outlines for a class of any size.
    """
    members = ClassMember.objects.current().filter(training_class=training_class)
    return _board(training_class, members, now=now, show=show, sort=sort)


def member_board(member: ClassMember, *, now: dt.datetime) -> Board:
    """The same for one member alone."""
    return _board(member.training_class, ClassMember.objects.filter(pk=member.pk), now=now, show="all", sort="number")


def _board(training_class: TrainingClass, asked: QuerySet[ClassMember], *, now: dt.datetime, show: str, sort: str) -> Board:
    members = list(with_attendance(asked, training_class, now).select_related("learner").order_by("number"))
    for member in members:
        member.training_class = training_class
    current = Assignment.objects.current().filter(training_class=training_class).select_related("course", "group")
    assignments = list(current.order_by("due_at", "position", "title"))
    live = outlines()
    columns = _columns(assignments, live)
    facts = _facts(members, {assignment.course_id for assignment in assignments})
    targets = Targets(assignments)
    rows = [_row(member, columns, facts, targets, now) for member in members]
    at_risk = tuple(row for row in rows if row.risk and not row.reasons)
    shown = {
        "risk": list(at_risk),
        "open": [row for row in rows if row.open],
        "late": [row for row in rows if row.late],
        "stuck": [row for row in rows if row.reasons],
    }.get(show, rows)
    shown = _sorted(shown, sort)
    return Board(
        training_class=training_class, heads=_heads(columns, live), columns=columns, rows=tuple(shown),
        stuck=tuple(sorted((row for row in rows if row.reasons), key=lambda row: -row.overdue)),
        at_risk=at_risk, given=tuple(_given(one, columns, rows, targets, now) for one in assignments),
        total=len(rows), open=sum(row.open for row in rows), late=sum(row.late for row in rows),
    )  # fmt: skip


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    long_ago = dt.datetime.min.replace(tzinfo=dt.UTC)
    keys: dict[str, Callable[[Row], Any]] = {
        "name": lambda row: fold(row.member.shown_as.split()[-1:][0] if row.member.shown_as.split() else ""),
        "least": lambda row: row.done, "late": lambda row: -row.overdue, "seen": lambda row: row.last_seen or long_ago,
    }  # fmt: skip
    return sorted(rows, key=keys[sort]) if sort in keys else rows


def _columns(assignments: Iterable[Assignment], live: dict[int, CourseOutline]) -> tuple[Column, ...]:
    """Each part once, courses in the order in which they fall due, those of a path in its order.

    A part given by itself has its own date; of several dates the head shows the class's before a group's.
    """
    assignments = sorted(assignments, key=lambda one: (one.due_at, one.position))
    nearest = sorted(assignments, key=lambda one: one.named or one.group_id is not None, reverse=True)
    whole = {one.course_id: one.due_at for one in nearest if one.part is None}
    single = {(one.course_id, one.part): one.due_at for one in nearest if one.part is not None}
    columns: list[Column] = []
    for course_id in dict.fromkeys(one.course_id for one in assignments):
        course = live.get(course_id)
        for part in course.parts if course else ():
            due = single.get((course_id, part.key)) or whole.get(course_id)
            if due and course:
                columns.append(
                    Column(
                        key=part.key,
                        course_id=course_id,
                        course_code=course.code,
                        kind=part.kind,
                        number=part.number,
                        title=part.title,
                        due_at=due,
                    )  # fmt: skip
                )
    return tuple(columns)


def _heads(columns: tuple[Column, ...], live: dict[int, CourseOutline]) -> tuple[CourseHead, ...]:
    return tuple(
        CourseHead(
            title=live[course_id].title,
            code=live[course_id].code,
            width=sum(1 + (one.kind == "quiz") for one in columns if one.course_id == course_id),
        )  # fmt: skip
        for course_id in dict.fromkeys(column.course_id for column in columns)
    )


def _facts(members: list[ClassMember], courses: set[int]) -> _Facts:
    facts = _Facts()
    kept = Enrolment.objects.filter(
        learner_id__in=[member.learner_id for member in members], course_id__in=courses, withdrawn_at__isnull=True
    )
    for learner, course, completed_at, seen in kept.values_list("learner_id", "course_id", "completed_at", "last_seen_at"):
        if completed_at:
            facts.completed.add((learner, course))
        if seen:
            facts.seen[learner] = max(seen, facts.seen.get(learner, seen))
    recognised = OutsideCompletion.objects.standing().filter(
        learner_id__in=[member.learner_id for member in members], course_id__in=courses
    )
    facts.recognised.update(recognised.values_list("learner_id", "course_id"))
    inside = {"enrolment__in": kept.values("pk")}
    for learner, part, at in Completion.objects.filter(**inside).values_list("enrolment__learner_id", "part", "completed_at"):
        facts.done[learner, part] = min(at, facts.done.get((learner, part), at))
    for learner, part, at in Visit.objects.filter(**inside).values_list("enrolment__learner_id", "part", "last_at"):
        facts.begun[learner, part] = max(at, facts.begun.get((learner, part), at))
    handed_in = Attempt.objects.filter(state__in=[AttemptState.FINISHED, AttemptState.SUBMITTED], **inside)
    attempts = handed_in.order_by("finished_at").values_list("enrolment__learner_id", "part", "score", "passed")
    for learner, part, score, passed in attempts:
        if score is None:  # a person has yet to mark it: neither failed nor late
            facts.waiting.add((learner, part))
            facts.failed.pop((learner, part), None)
            continue
        mark = Decimal(score)
        facts.best[learner, part] = max(mark, facts.best.get((learner, part), mark))
        if passed:
            facts.failed.pop((learner, part), None)
        else:
            facts.failed[learner, part] = mark
    return facts


def _row(member: ClassMember, columns: tuple[Column, ...], facts: _Facts, targets: Targets, now: dt.datetime) -> Row:
    cells = tuple(
        _cell(member.learner_id, column, facts, targets.of_part(member, column.course_id, column.key), now) for column in columns
    )
    seen = facts.seen.get(member.learner_id)
    soon = tuple(cell.column for cell in cells if cell.state == "none" and cell.due_at and cell.due_at - now <= SOON)
    return Row(
        risk=Reason(kind="soon", columns=soon) if soon else None,
        member=member, cells=cells, reasons=tuple(_reasons(member, cells, facts, seen, now)), last_seen=seen,
        held=member.held, attended=member.attended,  # type: ignore[attr-defined]
    )  # fmt: skip


def _cell(learner: int, column: Column, facts: _Facts, owed: Owed | None, now: dt.datetime) -> Cell:
    key = (learner, column.key)
    if owed is None:
        return Cell(column=column, state="off", due_at=None)
    # Who completed the course owes nothing of it, also not a part that was added to it afterwards.
    if key in facts.done or (learner, column.course_id) in facts.completed:
        state = "done"
    elif (learner, column.course_id) in facts.recognised:
        state = "recognised"
    elif owed.exempt:
        state = "exempt"
    elif key in facts.waiting:
        state = "begun"
    elif owed.due_at < now:
        state = "late"
    elif owed.assignment.starts_at and owed.assignment.starts_at > now:
        state = "later"
    else:
        state = "begun" if key in facts.begun else "none"
    score = facts.best.get(key) if column.kind == "quiz" else None
    return Cell(
        column=column, state=state, score=score, at=facts.done.get(key) or facts.begun.get(key), due_at=owed.due_at, own=owed.own,
        counts=owed.assignment.counts,
    )  # fmt: skip


def _reasons(
    member: ClassMember, cells: tuple[Cell, ...], facts: _Facts, seen: dt.datetime | None, now: dt.datetime
) -> Iterable[Reason]:
    """Overdue; a failed last attempt at what is not done; not seen for seven days with something left to do."""
    late = tuple(cell.column for cell in cells if cell.state == "late")
    if late:
        yield Reason(kind="late", columns=late)
    for cell in cells:
        score = facts.failed.get((member.learner_id, cell.column.key))
        if score is not None and cell.state not in _NOT_OWED:
            yield Reason(kind="failed", columns=(cell.column,), score=score)
    owes = any(cell.state not in _NOT_OWED and cell.state != "later" for cell in cells)
    if owes and seen and now - seen >= NOT_SEEN:
        yield Reason(kind="away" if any(cell.at for cell in cells) else "never", since=seen)


def _given(
    assignment: Assignment, columns: tuple[Column, ...], rows: list[Row], targets: Targets, now: dt.datetime
) -> Given:
    scope = tuple(one for one in columns if one.course_id == assignment.course_id and assignment.part in (None, one.key))
    keys = {one.key for one in scope}
    done, begun, waiting = 0, 0, []
    asked = {member.pk for member in targets.members(assignment, [row.member for row in rows])}
    for row in (row for row in rows if row.member.pk in asked):
        cells = [cell for cell in row.cells if cell.column.key in keys and cell.column.course_id == assignment.course_id]
        if all(cell.state == "done" for cell in cells):
            done += 1
            continue
        waiting.append(row.member)
        begun += any(cell.at for cell in cells)
    return Given(
        assignment=assignment, columns=scope, done=done, begun=begun, members=len(asked), waiting=tuple(waiting),
        past=assignment.due_at < now, days_left=(timezone.localdate(assignment.due_at) - timezone.localdate(now)).days,
    )  # fmt: skip


def board_rows(shown: Board) -> tuple[list[str], list[list[ExportCell]]]:
    """The matrix as a table: the rows that are on the screen, in their order; a quiz has its mark beside its state."""
    several = len(shown.heads) > 1
    header = [_("Số"), _("Họ và tên")]
    for column in shown.columns:
        title = f"{column.course_code} · {column.full_title}" if several else column.full_title
        header += [title, _("Điểm: %(title)s") % {"title": title}] if column.kind == "quiz" else [title]
    header.append(_("Xong (trên %(total)s phần)") % {"total": len(shown.columns)})
    if shown.held:
        header += [_("Dự (trên %(held)s buổi)") % {"held": shown.held}, _("Hoàn thành lớp")]
    rows: list[list[ExportCell]] = []
    for row in shown.rows:
        line: list[ExportCell] = [row.member.number, row.member.shown_as]
        for cell in row.cells:
            line += [cell.word, cell.score] if cell.column.kind == "quiz" else [cell.word]
        line.append(row.done)
        if shown.held:
            line += [row.attended, _("rồi") if row.finished else _("chưa")]
        rows.append(line)
    return header, rows
