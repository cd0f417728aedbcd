"""What no single app can read: the learner's own page draws on three."""

from __future__ import annotations

import datetime as dt
from typing import Any

from certificates.queries import my_certificates
from classes.queries import due_for, letters_for
from courses.queries import my_enrolments, outlines, standings
from people.models import User

# More tiles than this say nothing more.
_MOST_TILES = 60


def my_learning(learner: User, now: dt.datetime) -> dict[str, Any]:
    """What `learner` continues, has due and has earned, as learn.html shows it."""
    enrolments = my_enrolments(learner)
    known = outlines()
    how_far = standings(enrolments, known)
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
        "due": due_for(learner=learner, now=now, live=known),
        "letters": letters_for(learner, now),
        "laid": laid,
        "tiles": range(min(laid, _MOST_TILES)),
    }
