"""How the guardians of a class stand to their children's learning here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from classes.models import ClassMember, TrainingClass
from people.models import Consent, ConsentPurpose, GuardianQuestion


@dataclass(frozen=True)
class GuardianRow:
    """A pupil under 16, the consent that stands, if one does, and what a letter came to, if one was sent."""

    member: ClassMember
    consent: Consent | None
    asked: str


def guardian_rows(training_class: TrainingClass, today: dt.date) -> list[GuardianRow]:
    """Members under 16, by number. Three queries."""
    members = ClassMember.objects.current().filter(training_class=training_class).select_related("learner").order_by("number")
    children = [member for member in members if member.learner.is_minor(today)]
    keys = [member.learner_id for member in children]
    standing = {
        consent.user_id: consent
        for consent in Consent.objects.filter(user_id__in=keys, purpose=ConsentPurpose.GUARDIAN, withdrawn_at=None)
        .select_related("seen_by").order_by("given_at")
    }  # fmt: skip
    asked = {
        question.child_id: str(question.get_state_display())
        for question in GuardianQuestion.objects.filter(child_id__in=keys).order_by("asked_at", "pk")
    }
    return [GuardianRow(one, standing.get(one.learner_id), asked.get(one.learner_id, "")) for one in children]
