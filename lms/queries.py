"""What no single app can read: the learner's own page draws on three, who read her data on two."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from certificates.queries import my_certificates
from classes.models import ClassMember, TrainingClass
from classes.queries import due_for, letters_for, recognised_of, ties_of
from courses.queries import my_enrolments, my_standings, outlines
from people.models import Membership, Reading, User
from quizzes.queries import lately_judged

# More tiles than this say nothing more.
_MOST_TILES = 60


def my_learning(learner: User, now: dt.datetime) -> dict[str, Any]:
    """What `learner` continues, has due and has earned, as learn.html shows it."""
    enrolments = my_enrolments(learner)
    known = outlines()
    ties = ties_of(learner)
    how_far = my_standings(learner, enrolments, known)
    # Who has finished nothing has earned nothing.
    earned = my_certificates(learner) if any(row.completed_at for row in enrolments) else []
    certificates = {one.enrolment_id: one for one in earned}
    rows: list[dict[str, Any]] = [
        {
            "enrolment": row,
            "standing": how_far[row.pk],
            "course": known.get(row.course_id),
            "next": how_far[row.pk].resume(row.last_part),
            "certificate": certificates.get(row.pk),
        }
        for row in enrolments
    ]
    laid = sum(how_far[row.pk].done for row in enrolments)
    return {
        "studying": [row for row in rows if row["enrolment"].completed_at is None],
        "finished": [row for row in rows if row["enrolment"].completed_at],
        "due": due_for(learner=learner, now=now, live=known, ties=ties),
        "recognised": recognised_of(learner) if ties.recognised else [],
        "letters": letters_for(learner, now) if ties.in_class else [],
        # Who is enrolled in nothing has sat no quiz.
        "judged": lately_judged(learner, now) if enrolments else [],
        "laid": laid,
        "tiles": range(min(laid, _MOST_TILES)),
    }


@dataclass(frozen=True)
class Seen:
    """One reading of a person's data by somebody else. `place` is the unit or the class of the list."""

    at: dt.datetime
    what: str
    reader: str
    place: str
    people: int


# Nobody looks further back on this page; the copy of one's data has all that names her.
_MOST_READINGS = 1000


def readings_about(person: User) -> list[Seen]:
    """Who was shown `person`, alone or on the list of a unit or a class she was in at that moment."""
    shown = Q(person=person)
    for membership in Membership.objects.filter(user=person):
        shown |= Q(organisation=membership.organisation_id, person=None, at__gte=_midnight(membership.since)) & (
            Q(at__lt=_midnight(membership.until + dt.timedelta(days=1))) if membership.until else Q()
        )
    for member in ClassMember.objects.filter(learner=person):
        shown |= Q(group=member.training_class_id, person=None, at__gte=member.joined_at) & (
            Q(at__lte=member.left_at) if member.left_at else Q()
        )
    found = Reading.objects.filter(shown).exclude(reader=person).select_related("reader", "organisation")
    rows = list(found.order_by("-at", "-pk")[:_MOST_READINGS])
    classes = TrainingClass.objects.in_bulk({row.group for row in rows if row.group})
    return [
        Seen(
            at=row.at, what=row.get_kind_display(), reader=row.reader.full_name, people=row.people,
            place=row.organisation.name if row.organisation else str(classes.get(row.group, "")),
        )
        for row in rows
    ]  # fmt: skip


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
