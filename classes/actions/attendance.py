"""Being there: by QR code, by typed code, by the trainer's list, by a signed paper. Nobody is counted twice."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max

from classes import evidence, queries, statements
from classes.actions.assignments import give_current
from classes.actions.classes import ClassClosed
from classes.actions.members import Slip, add_learners
from classes.actions.nominations import ClassFull
from classes.actions.trail import note
from classes.models import (
    Attendance,
    ChangeSubject,
    ClassMember,
    ClassSession,
    Knock,
    MarkedBy,
    MemberSource,
    Presence,
    SessionPaper,
    TrainingClass,
)
from classes.queries.attendance import MARK, MARKS, UNKNOWN, mark_of
from lrs.actions import record, void
from people.models import User
from people.text import nfc


class NotNow(Exception):
    """The session takes no check-in at this time."""


class NeedsReason(Exception):
    """What was noted is changed after the session: the trail wants to know why."""


@dataclass(frozen=True, kw_only=True)
class WalkedIn:
    """`slip` is None for somebody who was of the class already, or of the organisation."""

    member: ClassMember
    slip: Slip | None


@transaction.atomic
def check_in(*, session: ClassSession, learner: User, at: dt.datetime, how: str) -> Attendance | Knock:
    """The learner was there at `at`; the first time stays. Who is not of the class knocks, and the trainer decides.

    Raises NotNow. What the trainer has set stays as it is.
    """
    if not session.takes_check_in(at):
        raise NotNow
    member = ClassMember.objects.current().filter(training_class=session.training_class_id, learner=learner).first()
    if member is None:
        knock, _made = Knock.objects.get_or_create(session=session, learner=learner, defaults={"how": how, "at": at})
        return knock
    row, made = _locked_row(session, member, at, how)
    if made or (row.marked_by_id is None and row.state != Presence.PRESENT):
        _set(row, Presence.PRESENT, late=session.is_late(at), left_early=False, how=how, by=None, at=at, arrived_at=at)
    return row


@transaction.atomic
def mark(
    *, session: ClassSession, marks: Mapping[int, str], by: User, now: dt.datetime, reason: str = "", how: str = MarkedBy.LIST
) -> int:
    """Set the marks of members by number (words of queries.attendance.MARKS). Returns how many changed.

    Raises ClassClosed for an archived class or a cancelled session, NeedsReason where a mark that stands is changed after
    the session without a word why.
    """
    if session.training_class.archived_at or session.cancelled_at:
        raise ClassClosed
    members = ClassMember.objects.filter(training_class=session.training_class_id, number__in=list(marks))
    changed = 0
    for member in members.select_related("learner").order_by("number"):
        state, late, left_early = MARKS[marks[member.number]]
        row, made = _locked_row(session, member, now, how)
        before = "" if made else mark_of(row)
        if before == marks[member.number]:
            continue
        if before and now > session.ends_at and not nfc(reason):
            raise NeedsReason
        arrived = row.arrived_at if state == Presence.PRESENT else None
        _set(row, state, late=late, left_early=left_early, how=row.how if before and how == MarkedBy.LIST else how, by=by, at=now,
             arrived_at=arrived)  # fmt: skip
        if before:
            subject = ChangeSubject.ATTENDANCE
            note(session.training_class, subject, before, marks[member.number], by=by, now=now, reason=reason,
                 session=session, member=member)  # fmt: skip
        changed += 1
    return changed


def mark_rest_absent(*, session: ClassSession, by: User, now: dt.datetime) -> int:
    """Who has no mark yet was not there."""
    rest = {row.member.number: "absent" for row in queries.sheet(session).rows if not row.mark}
    return mark(session=session, marks=rest, by=by, now=now)


def walk_in(*, session: ClassSession, name: str, by: User, now: dt.datetime) -> WalkedIn:
    """Somebody without a phone, by name: into the class, with a log-in slip for later, and present.

    A member of that name is only marked. Raises ClassClosed, ClassFull, and members.ListChanged when the class changed.
    """
    training_class = session.training_class
    with transaction.atomic():
        found = queries.member_by_name(training_class, name)
        slip = None
        if found is None:
            plan = queries.roster_plan(training_class=training_class, text=nfc(name))
            added = add_learners(training_class=training_class, text=nfc(name), start=plan.start, now=now)
            slip = added.slips[0] if added.slips else None
            found = queries.member_by_name(training_class, name)
            if found is None:  # not a name at all
                raise LookupError(name)
        late = "late" if session.is_late(now) and now <= session.ends_at else "present"
        row = Attendance.objects.filter(session=session, member=found).first()
        if row is None or row.state != Presence.PRESENT:
            mark(session=session, marks={found.number: late}, by=by, now=now, how=MarkedBy.WALK_IN, reason=MarkedBy.WALK_IN)
    return WalkedIn(member=found, slip=slip)


def import_paper(
    *, session: ClassSession, text: str, add_unknown: bool, by: User, now: dt.datetime
) -> tuple[int, tuple[Slip, ...]]:
    """Mark present whom a signed list names, as `queries.paper_plan` showed it. Twice is as once.

    Names that are not of the class come into it if `add_unknown` says so. Returns how many were marked, and new slips.
    Raises ClassClosed, ClassFull.
    """
    plan = queries.paper_plan(session, text)
    with transaction.atomic():
        marks = {row.member.number: "present" for row in plan.rows if row.status == MARK and row.member}
        told = {"by": by, "now": now, "how": MarkedBy.PAPER, "reason": str(MarkedBy.PAPER.label)}
        changed = mark(session=session, marks=marks, **told)  # type: ignore[arg-type]
        slips: tuple[Slip, ...] = ()
        fresh = "\n".join(row.name for row in plan.rows if row.status == UNKNOWN and row.name)
        if add_unknown and fresh:
            roster = queries.roster_plan(training_class=session.training_class, text=fresh)
            added = add_learners(training_class=session.training_class, text=fresh, start=roster.start, now=now)
            slips = added.slips
            numbers = {row.number: "present" for row in added.plan.rows if row.adds}
            changed += mark(session=session, marks=numbers, **told)  # type: ignore[arg-type]
    return changed, slips


@transaction.atomic
def answer_knock(*, knock: Knock, accept: bool, by: User, now: dt.datetime) -> None:
    """Let in: a member from now on, present since she knocked. The first answer stays. Raises ClassClosed, ClassFull."""
    session = knock.session
    locked = TrainingClass.objects.select_for_update().get(pk=session.training_class_id)
    fresh = Knock.objects.select_for_update().get(pk=knock.pk)
    if fresh.accepted is not None:
        return
    if accept:
        if locked.is_over:
            raise ClassClosed
        member = _let_in(locked, knock.learner, now)
        row, _made = _locked_row(session, member, knock.at, knock.how)
        _set(row, Presence.PRESENT, late=session.is_late(knock.at), left_early=False, how=knock.how, by=by, at=now,
             arrived_at=knock.at)  # fmt: skip
    fresh.accepted, fresh.decided_by, fresh.decided_at = accept, by, now
    fresh.save(update_fields=["accepted", "decided_by", "decided_at"])


def _let_in(training_class: TrainingClass, learner: User, now: dt.datetime) -> ClassMember:
    free = queries.free_places(training_class)
    member = ClassMember.objects.filter(training_class=training_class, learner=learner).first()
    if (member is None or member.left_at) and free is not None and free < 1:
        raise ClassFull(free)
    number = ClassMember.objects.filter(training_class=training_class).aggregate(last=Max("number"))["last"] or 0
    member, _made = ClassMember.objects.update_or_create(
        training_class=training_class, learner=learner, defaults={"left_at": None},
        create_defaults={"number": number + 1, "shown_as": learner.full_name or learner.username,
                         "source": MemberSource.WALK_IN, "joined_at": now},
    )  # fmt: skip
    give_current(training_class, [learner], now)
    return member


def attach_paper(*, session: ClassSession, file: IO[Any], size: int, by: User, now: dt.datetime) -> SessionPaper:
    """Keep the signed list. The same picture again is the one that is kept. Raises evidence.PaperRefused, ClassClosed."""
    if session.training_class.archived_at:
        raise ClassClosed
    content, extension = evidence.clean(file, size)
    digest = hashlib.sha256(content).hexdigest()
    existing = SessionPaper.objects.filter(session=session, digest=digest).first()
    if existing:
        return existing
    paper = SessionPaper(session=session, extension=extension, digest=digest, added_by=by, added_at=now)
    paper.file.save(f"{digest}.{extension}", ContentFile(content), save=False)
    paper.save()
    return paper


@transaction.atomic
def write_remarks(*, session: ClassSession, remarks: str) -> None:
    """What the trainer notes for the minutes."""
    if session.training_class.archived_at:
        raise ClassClosed
    lines = "\n".join(nfc(line) for line in remarks.splitlines())
    ClassSession.objects.filter(pk=session.pk).update(remarks=lines.strip())


def _locked_row(session: ClassSession, member: ClassMember, now: dt.datetime, how: str) -> tuple[Attendance, bool]:
    row, made = Attendance.objects.select_for_update(of=("self",)).get_or_create(
        session=session, member=member, defaults={"state": Presence.ABSENT, "how": how, "marked_at": now}
    )
    row.session, row.member = session, member
    return row, made


def _set(
    row: Attendance, state: str, *, late: bool, left_early: bool, how: str, by: User | None, at: dt.datetime,
    arrived_at: dt.datetime | None,
) -> None:  # fmt: skip
    """Presence that begins is said in a statement; presence that was none is voided there."""
    was = row.statement_id
    row.state, row.late, row.left_early, row.how = state, late, left_early, how
    row.marked_by, row.marked_at, row.arrived_at = by, at, arrived_at
    if state == Presence.PRESENT and was is None:
        row.episode += 1
        made = statements.attended(row)
        row.statement_id = made.statement_id
        record([made])
    elif state != Presence.PRESENT and was is not None:
        row.statement_id = None
        void(statement_id=was, actor_id=(by or row.member.learner).actor_id, now=at)
    row.save()
