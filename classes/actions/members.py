"""Learners come into a class by list or code, leave it, and get new first passwords."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction

from classes import codes, queries
from classes.actions.assignments import give_current
from classes.actions.classes import ClassClosed
from classes.actions.nominations import ClassFull, WrongCode, fill_places
from classes.models import ClassKind, ClassMember, MemberSource, TrainingClass
from classes.queries.roster import BACK, LINK, NEW, RosterPlan
from people.models import Audience, User
from people.text import fold, nfc


class ListChanged(Exception):
    """The class is not as it was when the list was shown; it must be shown again."""


class NotOurAccount(Exception):
    """The account was not made by this class, so its teacher has no say over its password or name."""


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What a learner needs to sign in. `password` is here for once; the database holds only its hash."""

    number: int
    name: str
    username: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Added:
    slips: tuple[Slip, ...]
    plan: RosterPlan


def add_learners(
    *, training_class: TrainingClass, text: str, start: int, now: dt.datetime, keep_namesakes: bool = False,
    birth_year: int | None = None,
) -> Added:  # fmt: skip
    """Do what `queries.roster_plan` showed: make accounts, link known people, bring back who had left.

    `start` is that plan's. Raises ListChanged when it no longer holds, which also makes a second call harmless, and
    ClassClosed, ClassFull. New members are enrolled into all that was given to the class.
    """
    plan = queries.roster_plan(training_class=training_class, text=text, keep_namesakes=keep_namesakes)
    if plan.start != start or plan.too_many:
        raise ListChanged
    words = {row.line: codes.new_password() for row in plan.rows if row.status == NEW}
    # Forty-five hashes take two seconds: made before the transaction, so that nobody else waits for the database.
    hashes = {line: make_password(word) for line, word in words.items()}
    with transaction.atomic():
        locked = TrainingClass.objects.select_for_update().get(pk=training_class.pk)
        if locked.is_over:
            raise ClassClosed
        _room_for(locked, plan.adding)
        if queries.roster_plan(training_class=locked, text=text, keep_namesakes=keep_namesakes) != plan:
            raise ListChanged
        users = _make_accounts(locked, plan, hashes, birth_year)
        _take_in(locked, plan, users, now)
    slips = (Slip(number=row.number, name=row.name, username=users[row.line].username, password=words[row.line])
             for row in plan.rows if row.status == NEW)  # fmt: skip
    return Added(slips=tuple(slips), plan=plan)


def _room_for(training_class: TrainingClass, people: int) -> None:
    free = queries.free_places(training_class)
    if free is not None and people > free:
        raise ClassFull(free)


def _make_accounts(
    training_class: TrainingClass, plan: RosterPlan, hashes: dict[int, str], birth_year: int | None
) -> dict[int, User]:
    """Accounts of the new rows, by line. They have no e-mail; the user name says class and number."""
    audience = Audience.PUPIL if training_class.kind == ClassKind.SCHOOL else Audience.STAFF
    rows = [row for row in plan.rows if row.status == NEW]
    stem = codes.username(training_class.join_code, 0)[:-2]
    taken = {name.lower() for name in User.objects.filter(username__istartswith=stem).values_list("username", flat=True)}
    users: dict[int, User] = {}
    for row in rows:
        username = codes.username(training_class.join_code, row.number)
        while username in taken:  # somebody signed up under this very name
            username += "a"
        users[row.line] = User(
            username=username, password=hashes[row.line], full_name=row.name, name_folded=fold(row.name)[:120],
            audience=audience, birth_year=birth_year,
        )  # fmt: skip
    User.objects.bulk_create(users.values())
    return users


def _take_in(training_class: TrainingClass, plan: RosterPlan, users: dict[int, User], now: dt.datetime) -> None:
    linked = {row.user_id: row for row in plan.rows if row.status == LINK}
    known = {user.pk: user for user in User.objects.filter(pk__in=linked)}
    joining = [(row, users[row.line]) for row in plan.rows if row.status == NEW]
    joining += [(row, known[row.user_id]) for row in linked.values()]
    made = ClassMember.objects.bulk_create(
        ClassMember(training_class=training_class, learner=user, number=row.number, shown_as=row.name,
                    source=MemberSource.LIST, joined_at=now)
        for row, user in joining
    )  # fmt: skip
    returning = [row.user_id for row in plan.rows if row.status == BACK]
    back = ClassMember.objects.filter(training_class=training_class, learner_id__in=returning).select_related("learner")
    learners = [member.learner for member in [*made, *back]]
    back.update(left_at=None)
    give_current(training_class, learners, now)


@transaction.atomic
def join(*, learner: User, code: str, now: dt.datetime) -> ClassMember:
    """The learner becomes a member by the join code and is enrolled into all that was given.

    Raises WrongCode, ClassClosed, and ClassFull where a place is not to be had by the code alone (`ask_to_join`).
    """
    found = queries.class_by_code(codes.read_join_code(code))
    if found is None or found.cancelled_at:
        raise WrongCode
    if not found.is_open:
        raise ClassClosed
    TrainingClass.objects.select_for_update().get(pk=found.pk)  # numbers are given one at a time
    if not ClassMember.objects.current().filter(training_class=found, learner=learner).exists():
        if found.by_nomination:
            raise ClassFull
        _room_for(found, 1)
    last = ClassMember.objects.filter(training_class=found).order_by("-number").first()
    member, made = ClassMember.objects.get_or_create(
        training_class=found, learner=learner,
        defaults={"number": last.number + 1 if last else 1, "shown_as": learner.full_name or learner.username,
                  "source": MemberSource.CODE, "joined_at": now},
    )  # fmt: skip
    if made or member.left_at:
        restore_member(member=member, now=now)
    return member


@transaction.atomic
def remove_member(*, member: ClassMember, now: dt.datetime) -> None:
    """Out of the class; the account and what was learnt stay. The place goes to who waits for one."""
    if ClassMember.objects.current().filter(pk=member.pk).update(left_at=now):
        fill_places(training_class=member.training_class, now=now)


@transaction.atomic
def restore_member(*, member: ClassMember, now: dt.datetime) -> None:
    """Back into the class under the old number, with what was given meanwhile. Raises ClassFull."""
    if member.left_at:
        _room_for(member.training_class, 1)
    ClassMember.objects.filter(pk=member.pk).update(left_at=None)
    member.left_at = None
    give_current(member.training_class, [member.learner], now)


@transaction.atomic
def rename_member(*, member: ClassMember, name: str) -> None:
    """Mend a name. In an account the class made it is also the name on the learner's papers."""
    ClassMember.objects.filter(pk=member.pk).update(shown_as=nfc(name))
    if queries.is_our_account(member):
        User.objects.filter(pk=member.learner_id).update(full_name=nfc(name), name_folded=fold(name)[:120])


def reset_passwords(*, training_class: TrainingClass, members: Iterable[ClassMember]) -> tuple[Slip, ...]:
    """New first passwords for accounts the class made; the old ones and open sessions end. Raises NotOurAccount."""
    slips, users = [], []
    for member in members:
        if member.training_class_id != training_class.pk or not queries.is_our_account(member):
            raise NotOurAccount(member.pk)
        word = codes.new_password()
        member.learner.password = make_password(word)
        users.append(member.learner)
        slips.append(Slip(number=member.number, name=member.shown_as, username=member.learner.username, password=word))
    User.objects.bulk_update(users, ["password"])
    return tuple(slips)
