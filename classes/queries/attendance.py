"""The list of a session: who is there, who knocks, what a signed paper list would change."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from classes import checkin, roster
from classes.models import Attendance, ClassMember, ClassSession, Knock, Presence, SessionPaper, TrainingClass
from people.models import Membership
from people.roster import same_name

MARKS = {
    "present": (Presence.PRESENT, False, False),
    "late": (Presence.PRESENT, True, False),
    "early": (Presence.PRESENT, False, True),
    "late_early": (Presence.PRESENT, True, True),
    "absent": (Presence.ABSENT, False, False),
    "excused": (Presence.EXCUSED, False, False),
}


def mark_words() -> dict[str, str]:
    return {
        "present": _("Có mặt"), "late": _("Đến muộn"), "early": _("Về sớm"), "late_early": _("Đến muộn, về sớm"),
        "absent": _("Vắng"), "excused": _("Vắng có phép"),
    }  # fmt: skip


def mark_of(attendance: Attendance | None) -> str:
    """One of MARKS, or "" where nothing was noted."""
    if attendance is None:
        return ""
    facts = (Presence(attendance.state), attendance.late, attendance.left_early)
    return next(word for word, value in MARKS.items() if value == facts)


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    member: ClassMember
    attendance: Attendance | None
    agency: str

    @property
    def mark(self) -> str:
        return mark_of(self.attendance)

    @property
    def word(self) -> str:
        return mark_words().get(self.mark, _("Chưa điểm danh"))


@dataclass(frozen=True, kw_only=True)
class Sheet:
    session: ClassSession
    rows: tuple[SheetRow, ...]
    knocks: tuple[Knock, ...]
    papers: tuple[SessionPaper, ...]

    def count(self, *marks: str) -> int:
        return sum(1 for row in self.rows if row.mark in marks)

    @property
    def present(self) -> int:
        return self.count("present", "late", "early", "late_early")

    @property
    def absent(self) -> int:
        return self.count("absent", "excused")

    @property
    def unmarked(self) -> int:
        return self.count("")


def sheet(session: ClassSession) -> Sheet:
    """Members, and who has left the class since but was noted. Five queries for any number."""
    noted = {
        one.member_id: one
        for one in Attendance.objects.filter(session=session).select_related("marked_by")
    }  # fmt: skip
    everybody = ClassMember.objects.filter(training_class=session.training_class_id).select_related("learner").order_by("number")
    members = [member for member in everybody if member.left_at is None or member.pk in noted]
    agencies: dict[int, str] = {}
    working = Membership.objects.current().filter(user__in=[member.learner_id for member in members])
    for row in working.select_related("organisation").order_by("since", "pk"):
        agencies.setdefault(row.user_id, row.organisation.label)
    return Sheet(
        session=session,
        rows=tuple(
            SheetRow(member=member, attendance=noted.get(member.pk), agency=agencies.get(member.learner_id, ""))
            for member in members
        ),
        knocks=tuple(Knock.objects.filter(session=session, accepted__isnull=True).select_related("learner").order_by("at")),
        papers=tuple(SessionPaper.objects.filter(session=session).order_by("added_at")),
    )


def present_count(session: ClassSession) -> int:
    return Attendance.objects.filter(session=session, state=Presence.PRESENT).count()


def with_attendance(members: QuerySet[ClassMember], training_class: TrainingClass, now: dt.datetime) -> QuerySet[ClassMember]:
    """Annotated with `held` (sessions that are over and were held) and `attended` (of these, in which she was)."""
    over = ClassSession.objects.held().filter(training_class=training_class, ends_at__lt=now)
    held = over.order_by().annotate(one=F("training_class_id")).values("one").annotate(n=Count("pk")).values("n")
    there = (
        Attendance.objects.filter(member=OuterRef("pk"), state=Presence.PRESENT, session__in=over.values("pk"))
        .order_by().values("member").annotate(n=Count("pk")).values("n")
    )  # fmt: skip
    return members.annotate(
        held=Coalesce(Subquery(held, output_field=IntegerField()), 0),
        attended=Coalesce(Subquery(there, output_field=IntegerField()), 0),
    )


def session_by_token(token: str, now: dt.datetime) -> ClassSession | None:
    """Of a token that is fresh, for a session that takes check-in now."""
    found = checkin.read_token(token, now)
    return live_session(found, now) if found else None


def session_by_code(typed: str, now: dt.datetime) -> ClassSession | None:
    live = list(ClassSession.objects.taking_check_in(now).values_list("pk", flat=True))
    found = checkin.session_of_code(typed, live, now)
    return live_session(found, now) if found else None


def live_session(pk: uuid.UUID | str, now: dt.datetime) -> ClassSession | None:
    found = ClassSession.objects.select_related("training_class", "trainer").filter(pk=pk).first()
    return found if found and found.takes_check_in(now) else None


# --- a signed list --------------------------------------------------------------------------------------------------

MARK, PRESENT, UNKNOWN, DOUBTFUL, UNREADABLE = "mark", "present", "unknown", "doubtful", "unreadable"


@dataclass(frozen=True, kw_only=True)
class PaperRow:
    """A line of the paper. "doubtful": several members have this name, so its number must stand before it."""

    line: int
    text: str
    status: str
    member: ClassMember | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class PaperPlan:
    rows: tuple[PaperRow, ...]
    too_many: bool

    def count(self, *statuses: str) -> int:
        return sum(1 for row in self.rows if row.status in statuses)

    @property
    def marking(self) -> int:
        return self.count(MARK)

    @property
    def unknown(self) -> int:
        return self.count(UNKNOWN)


def paper_plan(session: ClassSession, text: str) -> PaperPlan:
    """Each line a name or an account of a member. Nothing is written."""
    pasted = roster.read(text)
    shown = sheet(session)
    names: dict[str, list[SheetRow]] = {}
    accounts: dict[str, SheetRow] = {}
    for row in shown.rows:
        names.setdefault(same_name(row.member.shown_as), []).append(row)
        accounts[row.member.learner.username.lower()] = row
    numbers = {row.member.number: row for row in shown.rows}
    rows, seen = [], set()
    for line in pasted.lines[: roster.MAX_LINES]:
        account = accounts.get(line.account.lower())
        found = [account] if account else names.get(same_name(line.name), [])
        if len(found) > 1:
            found = [row for row in found if numbers.get(_number(line.text)) is row] or found
        fields: dict[str, Any] = {"line": line.number, "text": line.text, "name": line.name}
        if not line.name and not found:
            rows.append(PaperRow(**fields, status=UNKNOWN if line.account else UNREADABLE))
        elif len(found) > 1:
            rows.append(PaperRow(**fields, status=DOUBTFUL))
        elif not found:
            rows.append(PaperRow(**fields, status=UNKNOWN))
        else:
            member, there = found[0].member, found[0].mark not in {"", "absent", "excused"}
            rows.append(PaperRow(**fields, status=PRESENT if there or member.pk in seen else MARK, member=member))
            seen.add(member.pk)
    return PaperPlan(rows=tuple(rows), too_many=len(pasted.lines) > roster.MAX_LINES)


def _number(text: str) -> int:
    digits = text.split(" ")[0].rstrip(".):-–")
    return int(digits) if digits.isdigit() else 0
