"""What a teacher does about the consent of guardians, for the pupils of her class alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from classes.models import ClassMember, TrainingClass
from people.actions import guardians
from people.models import User


@transaction.atomic
def record_consent_papers(
    *, training_class: TrainingClass, numbers: set[int], signed_on: dt.date, by: User, now: dt.datetime
) -> int:
    """`by` has seen the papers of the pupils with these numbers. Returns how many stand on paper now.

    Numbers of nobody in the class count for nothing. Raises guardians.SignedInFuture, guardians.NotAChild.
    """
    children = [member.learner for member in _chosen(training_class, numbers)]
    return len(guardians.record_papers(children=children, names={}, signed_on=signed_on, by=by, now=now))


@transaction.atomic
def withdraw_consent_paper(*, training_class: TrainingClass, number: int, now: dt.datetime) -> int:
    """A guardian told the teacher that she withdraws. Returns how many consents ended."""
    return sum(guardians.withdraw_paper(child=member.learner, now=now) for member in _chosen(training_class, {number}))


@transaction.atomic
def ask_guardians(*, training_class: TrainingClass, addresses: Mapping[int, str], by: User, now: dt.datetime) -> int:
    """A letter to the guardian of each pupil, by number. Returns how many pupils. Raises guardians.NotAChild."""
    members = list(_chosen(training_class, set(addresses)))
    for member in members:
        guardians.ask_guardian(child=member.learner, address=addresses[member.number], by=by, now=now)
    return len(members)


def _chosen(training_class: TrainingClass, numbers: set[int]) -> list[ClassMember]:
    members = ClassMember.objects.current().filter(training_class=training_class, number__in=numbers)
    return list(members.select_related("learner").order_by("number"))
