"""What would become of a pasted list: nothing is written before the teacher has seen this."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Lower

from classes import roster
from classes.models import ClassMember, MemberSource, TrainingClass
from people.models import Membership, Organisation, User
from people.roster import same_name

NEW, BACK, LINK, PRESENT, REPEATED, UNKNOWN, UNREADABLE = "new", "back", "link", "present", "repeated", "unknown", "unreadable"
ADDING = {NEW, BACK, LINK}


@dataclass(frozen=True, kw_only=True)
class RosterRow:
    """A line as it was understood. `status` is one of the words above; `number` is the place in the class, 0 if none.

    `same_as` is the line it repeats. `user_id` is the account that is linked or comes back.
    """

    line: int
    text: str
    name: str
    status: str
    number: int = 0
    same_as: int = 0
    user_id: int | None = None

    @property
    def adds(self) -> bool:
        return self.status in ADDING


@dataclass(frozen=True, kw_only=True)
class RosterPlan:
    """`start` is the number the first new member would get: it tells whether the class changed since the plan was shown."""

    rows: tuple[RosterRow, ...]
    blank: int
    start: int
    too_many: bool

    def count(self, *statuses: str) -> int:
        return sum(1 for row in self.rows if row.status in statuses)

    @property
    def adding(self) -> int:
        return self.count(*ADDING)

    @property
    def new(self) -> int:
        return self.count(NEW)

    @property
    def known(self) -> int:
        return self.count(BACK, LINK)

    @property
    def skipped(self) -> int:
        return self.count(PRESENT, REPEATED)

    @property
    def wrong(self) -> int:
        return self.count(UNKNOWN, UNREADABLE)


def roster_plan(*, training_class: TrainingClass, text: str, keep_namesakes: bool = False) -> RosterPlan:
    """Four queries for any number of lines.

    A name that is there already is skipped, unless `keep_namesakes` says that two learners share it. An account is
    linked only when its owner belongs to the class's organisation; any other, existing or not, is `unknown`.
    """
    pasted = roster.read(text)
    members = list(ClassMember.objects.filter(training_class=training_class).select_related("learner"))
    start = max((member.number for member in members), default=0) + 1
    lines = pasted.lines[: roster.MAX_LINES]
    planner = _Planner(members, _accounts(training_class, {line.account.lower() for line in lines if line.account}), start)
    return RosterPlan(
        rows=tuple(planner.row(line, keep_namesakes) for line in lines), blank=pasted.blank, start=start,
        too_many=len(pasted.lines) > roster.MAX_LINES,
    )  # fmt: skip


class _Planner:
    def __init__(self, members: list[ClassMember], accounts: dict[str, User], start: int) -> None:
        self.by_user = {member.learner_id: member for member in members}
        leavers_first = sorted(members, key=lambda member: member.left_at is None)
        self.names = {same_name(member.shown_as): member for member in leavers_first}
        self.accounts = accounts
        self.number = start
        self.seen: dict[str, int] = {}

    def row(self, line: roster.Line, keep_namesakes: bool) -> RosterRow:
        if line.account:
            return self._account(line)
        if not line.name:
            return RosterRow(line=line.number, text=line.text, name="", status=UNREADABLE)
        name = same_name(line.name)
        first, member = self.seen.setdefault(name, line.number), self.names.get(name)
        if member and member.left_at and first == line.number:
            return self._back(line, member)
        if not keep_namesakes and first != line.number:
            return RosterRow(line=line.number, text=line.text, name=line.name, status=REPEATED, same_as=first)
        if not keep_namesakes and member:
            return RosterRow(line=line.number, text=line.text, name=line.name, status=PRESENT, number=member.number)
        return RosterRow(line=line.number, text=line.text, name=line.name, status=NEW, number=self._next())

    def _account(self, line: roster.Line) -> RosterRow:
        user = self.accounts.get(line.account.lower())
        if user is None:
            return RosterRow(line=line.number, text=line.text, name=line.account, status=UNKNOWN)
        first = self.seen.setdefault(f"@{user.pk}", line.number)
        if first != line.number:
            return RosterRow(line=line.number, text=line.text, name=user.full_name, status=REPEATED, same_as=first)
        member = self.by_user.get(user.pk)
        if member and member.left_at:
            return self._back(line, member)
        if member:
            return RosterRow(line=line.number, text=line.text, name=member.shown_as, status=PRESENT, number=member.number)
        return RosterRow(line=line.number, text=line.text, name=user.full_name, status=LINK, number=self._next(), user_id=user.pk)

    def _back(self, line: roster.Line, member: ClassMember) -> RosterRow:
        return RosterRow(
            line=line.number, text=line.text, name=member.shown_as, status=BACK, number=member.number, user_id=member.learner_id
        )

    def _next(self) -> int:
        self.number += 1
        return self.number - 1


def _accounts(training_class: TrainingClass, typed: set[str]) -> dict[str, User]:
    """Accounts by user name and e-mail in lower case, only of people who belong to the class's organisation:

    by membership, or because a teacher of it made or added the account to a class.
    """
    if not typed:
        return {}
    below = Organisation.objects.below([training_class.organisation])
    working = Membership.objects.current().filter(organisation__in=below)
    listed = ClassMember.objects.filter(training_class__organisation__in=below, source=MemberSource.LIST)
    known = User.objects.filter(Q(pk__in=working.values("user_id")) | Q(pk__in=listed.values("learner_id")), is_active=True)
    spelt = known.annotate(by_name=Lower("username"), by_mail=Lower("email")).filter(Q(by_name__in=typed) | Q(by_mail__in=typed))
    found: dict[str, User] = {}
    for user in spelt:
        found[user.username.lower()] = user
        if user.email:
            found[user.email.lower()] = user
    return found
