"""Whose pupils' pages a teacher may look at."""

from __future__ import annotations

import uuid

from classes.models import ClassMember, TrainingClass
from people.models import User


def teaches_member(teacher: User, group: uuid.UUID | None, person: User) -> bool:
    """`person` is now in this class, which is open, and `teacher` teaches it now."""
    if group is None:
        return False
    mine = TrainingClass.objects.open().taught_by(teacher).filter(pk=group)
    return ClassMember.objects.current().filter(training_class__in=mine, learner=person).exists()
