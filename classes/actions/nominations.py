"""Who gets a place in a class: by its agency's word, in order, as long as there is room."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Max

from classes import codes, queries
from classes.actions.assignments import give_current
from classes.actions.classes import ClassClosed
from classes.actions.trail import note
from classes.models import ChangeSubject, ClassMember, MemberSource, Nomination, NominationState, TrainingClass
from people.models import User


class NotYours(Exception):
    """The person is not of the officer's agencies, or the class takes nobody from them."""


class TimesClash(Exception):
    """The person has another session at the same time."""


class ClassFull(Exception):
    """There are fewer places than people to be added."""


class WrongCode(Exception):
    """No class has this join code."""


@transaction.atomic
def ask_to_join(*, learner: User, code: str, now: dt.datetime) -> Nomination:
    """By the join code of a class whose agency sends people, or that is full: a wish, or a place in the queue.

    Raises WrongCode, ClassClosed. One who is a member already is told so by state "placed".
    """
    found = queries.class_by_code(codes.read_join_code(code))
    if found is None or found.cancelled_at:
        raise WrongCode
    if not found.is_open:
        raise ClassClosed
    state = NominationState.ASKED if found.by_nomination else NominationState.WAITING
    wish, _made = Nomination.objects.get_or_create(
        training_class=found, person=learner,
        defaults={"state": state, "asked_at": now, "organisation": queries.home_of(learner),
                  "approved_at": None if found.by_nomination else now},
    )  # fmt: skip
    if wish.state == NominationState.PLACED and not _is_member(found, learner):  # was in, left, and asks again
        wish.state, wish.asked_at, wish.approved_by = state, now, None
        wish.approved_at = None if found.by_nomination else now
        wish.save()
    return wish


@transaction.atomic
def nominate(*, training_class: TrainingClass, people: list[User], officer: User, now: dt.datetime) -> list[Nomination]:
    """The agency sends `people`: each gets a place, or waits for one. Asked before: this is the approval.

    Raises NotYours, ClassClosed, TimesClash (with the people in its arguments). Sent already: left as it is.
    """
    locked = TrainingClass.objects.select_for_update().get(pk=training_class.pk)
    if not locked.is_open:
        raise ClassClosed
    if not queries.may_nominate(officer, locked, people):
        raise NotYours
    busy = queries.people_with_clash(locked, people)
    if busy:
        raise TimesClash(*busy)
    made = [_approve(locked, person, officer, now) for person in people]
    fill_places(training_class=locked, now=now)
    return [Nomination.objects.get(pk=one.pk) for one in made]


def _approve(training_class: TrainingClass, person: User, officer: User, now: dt.datetime) -> Nomination:
    one, _made = Nomination.objects.get_or_create(
        training_class=training_class, person=person,
        defaults={"state": NominationState.ASKED, "asked_at": now, "organisation": queries.home_of(person)},
    )  # fmt: skip
    lost_it = one.state == NominationState.PLACED and not _is_member(training_class, person)
    if lost_it or one.state in {NominationState.ASKED, NominationState.DECLINED}:
        one.state, one.approved_by, one.approved_at = NominationState.WAITING, officer, now
        one.decided_by, one.decided_at, one.reason = None, None, ""
        one.save()
    return one


def _is_member(training_class: TrainingClass, person: User) -> bool:
    return ClassMember.objects.current().filter(training_class=training_class, learner=person).exists()


@transaction.atomic
def decline(*, nomination: Nomination, by: User, reason: str, now: dt.datetime) -> None:
    """By the agency or by the trainer. Who has a place already is taken out of the class by its trainer, not here."""
    (
        Nomination.objects.filter(pk=nomination.pk, state__in=[NominationState.ASKED, NominationState.WAITING])
        .update(state=NominationState.DECLINED, decided_by=by, decided_at=now, reason=reason[:255])
    )  # fmt: skip


@transaction.atomic
def fill_places(*, training_class: TrainingClass, now: dt.datetime) -> int:
    """Give free places to who waits, in the order of approval; whose time is taken by then waits on. Returns how many."""
    locked = TrainingClass.objects.select_for_update().get(pk=training_class.pk)
    if not locked.is_open:
        return 0
    waiting = list(
        Nomination.objects.filter(training_class=locked, state=NominationState.WAITING)
        .select_related("person").order_by("approved_at", "pk")
    )  # fmt: skip
    if not waiting:
        return 0
    free = queries.free_places(locked)
    busy = {person.pk for person in queries.people_with_clash(locked, [one.person for one in waiting])}
    placed = [one for one in waiting if one.person_id not in busy][: len(waiting) if free is None else max(free, 0)]
    number = ClassMember.objects.filter(training_class=locked).aggregate(last=Max("number"))["last"] or 0
    for one in placed:
        _member, made = ClassMember.objects.update_or_create(
            training_class=locked, learner=one.person,
            defaults={"left_at": None},
            create_defaults={"number": number + 1, "shown_as": one.person.full_name or one.person.username,
                             "source": MemberSource.NOMINATED if one.approved_by_id else MemberSource.CODE, "joined_at": now},
        )  # fmt: skip
        number += made
        one.state = NominationState.PLACED
        one.save(update_fields=["state"])
    give_current(locked, [one.person for one in placed], now)
    return len(placed)


@transaction.atomic
def change_rules(
    *, training_class: TrainingClass, capacity: int | None, by_nomination: bool, attendance_needed: int | None, by: User,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Size, who sends people, and whether attendance counts. More room is filled from the waiting list at once."""
    locked = TrainingClass.objects.select_for_update().get(pk=training_class.pk)
    note(locked, ChangeSubject.CAPACITY, locked.capacity, capacity, by=by, now=now)
    note(locked, ChangeSubject.ATTENDANCE_RULE, locked.attendance_needed, attendance_needed, by=by, now=now)
    locked.capacity, locked.by_nomination, locked.attendance_needed = capacity, by_nomination, attendance_needed
    locked.save(update_fields=["capacity", "by_nomination", "attendance_needed"])
    fill_places(training_class=locked, now=now)
