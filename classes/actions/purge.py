"""What a class keeps of its people no longer than it needs: two months after the school year, five years after its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.utils import timezone

from classes import codes, queries
from classes.actions.classes import archive_class, close_class
from classes.models import ClassKind, ClassMember, Letter, TrainingClass
from people.actions.purge import YEAR, Due
from people.models import GuardianQuestion, User

AFTER_THE_YEAR = dt.timedelta(days=60)
AFTER_THE_CLASS = 5 * YEAR
# What stands in the place of a name; the number of the pupil in the class stays beside it.
NAMELESS = "(học sinh)"


def kinds() -> tuple[Due, ...]:
    return (
        Due("school classes after their year", _over, _archive),
        Due("names, PINs and letters of pupils after their year", _pupils, _empty),
        Due("names and letters in classes five years after their end", _long_closed, _empty),
    )


def _of_ended_years(now: dt.datetime) -> Any:
    """School classes whose year, and whose own last day, are over for longer than AFTER_THE_YEAR.

    One that names no school year is of the year in which it started; June and July are already of the next.
    """
    today = timezone.localdate(now)
    before = today - AFTER_THE_YEAR
    school = TrainingClass.objects.filter(kind=ClassKind.SCHOOL)
    years = school.exclude(school_year="").order_by().values_list("school_year", flat=True).distinct()
    ended = [year for year in years if (end := codes.school_year_end(year)) is not None and end < before]
    last = before.year if before > dt.date(before.year, 5, 31) else before.year - 1
    unnamed = Q(school_year="", starts_on__lt=dt.date(last, 6, 1))
    return school.filter(Q(school_year__in=ended) | unnamed).exclude(ends_on__gte=before)


def _over(now: dt.datetime) -> Iterable[Any]:
    return _of_ended_years(now).filter(archived_at=None).order_by("pk").values_list("pk", flat=True)


def _archive(keys: list[Any], now: dt.datetime) -> None:
    for one in TrainingClass.objects.filter(pk__in=keys):
        if one.opened_at and not one.is_over:
            close_class(training_class=one, now=now)
        elif not one.is_over:
            TrainingClass.objects.filter(pk=one.pk).update(cancelled_at=now)
        archive_class(training_class=one, now=now)


def _pupils(now: dt.datetime) -> Iterable[Any]:
    return _still_named().filter(training_class__in=_of_ended_years(now)).values_list("pk", flat=True)


def _long_closed(now: dt.datetime) -> Iterable[Any]:
    before = now - AFTER_THE_CLASS
    return _still_named().filter(training_class__closed_at__lt=before).values_list("pk", flat=True)


def _still_named() -> Any:
    return ClassMember.objects.exclude(shown_as=NAMELESS, pin="").order_by("pk")


def _empty(keys: list[Any], now: dt.datetime) -> None:
    """Names and PINs in the class; an account the class made loses its name and its way in, unless another class uses it.

    What was learned stays where it was counted. Guardians' addresses go with the last class of a child.
    """
    members = list(ClassMember.objects.filter(pk__in=keys).select_related("learner", "training_class"))
    in_use = set(
        ClassMember.objects.current()
        .filter(Q(training_class__in=TrainingClass.objects.open()), learner_id__in=[one.learner_id for one in members])
        .exclude(training_class__in=[one.training_class_id for one in members])
        .values_list("learner_id", flat=True)
    )
    free = [one for one in members if one.learner_id not in in_use]
    for one in free:
        if queries.is_our_account(one):
            User.objects.filter(pk=one.learner_id).update(
                full_name=NAMELESS, name_folded="", birth_year=None, password=make_password(None)
            )
    GuardianQuestion.objects.filter(child_id__in=[one.learner_id for one in free], holds_account=False).update(
        address="", try_after=None
    )
    Letter.objects.filter(member_id__in=keys).delete()
    ClassMember.objects.filter(pk__in=keys).update(shown_as=NAMELESS, pin="")
