"""What a learner does in a quiz, as xAPI statements.

No statement carries a key: anybody who may read the record store would otherwise read the bank.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

from courses.statements import course_activity, part_activity
from lrs import vocabulary as v
from lrs.models import Statement
from lrs.statements import Activity, activity_iri, build
from lrs.statements import score as score_on_ten
from quizzes import marking
from quizzes.kinds import KINDS
from quizzes.models import AnswerStep, Attempt, QuestionVersion, Slot


def quiz_activity(attempt: Attempt) -> Activity:
    return part_activity({"kind": "quiz", "key": str(attempt.part), "title": attempt.quiz.title})


def question_activity(version: QuestionVersion) -> Activity:
    """A version is an activity of its own: another wording is another question to whoever counts answers."""
    return Activity(
        iri=activity_iri("question", f"{version.question.code}/{version.number}"),
        type=v.INTERACTION,
        name=version.stem[:200],
        extra={"interactionType": KINDS[version.kind].interaction, **KINDS[version.kind].components(version.body)},
    )


def attempted(attempt: Attempt) -> Statement:
    return _of_attempt(attempt, v.ATTEMPTED, attempt.started_at)


def handed_in(attempt: Attempt) -> Statement:
    """Done by the learner and not judged yet: no score, neither passed nor failed."""
    assert attempt.finished_at is not None
    duration = dt.timedelta(seconds=int((attempt.finished_at - attempt.started_at).total_seconds()))
    return _of_attempt(attempt, v.COMPLETED, attempt.finished_at, {"completion": True, "duration": duration})


def answered(attempt: Attempt, slot: Slot, step: AnswerStep, *, again: object = "") -> Statement:
    """The last answer to a served question, recorded once its slot is marked. `again`: the regrading that gave this mark."""
    mark, kind = slot.mark or Decimal(0), KINDS[slot.version.kind]
    result: dict[str, Any] = {}
    right = bool(slot.max_mark) and slot.share(step.response) == 1
    if slot.max_mark:
        floor = kind.least(slot.version.body)
        if attempt.asks_certainty:
            floor = marking.weighed(Fraction(0), 3)
        least = float(floor) * float(slot.max_mark)
        scaled = float(round(mark / slot.max_mark, 4))
        score = {"scaled": scaled, "raw": float(mark), "min": least or 0, "max": float(slot.max_mark)}
        result = {"success": right, "score": score}
    response = kind.spoken(slot.version.body, step.response, right=right)
    if response is not None:
        result["response"] = response
    return build(
        actor_id=attempt.enrolment.learner.actor_id, verb=v.ANSWERED, activity=question_activity(slot.version), at=step.saved_at,
        registration=attempt.enrolment_id, parent=quiz_activity(attempt), grouping=course_activity(attempt.enrolment.course),
        extensions={v.ATTEMPT_ID: str(attempt.pk)}, result=result, discriminator=_anew(f"{attempt.pk}/{step.sequence}", again),
    )  # fmt: skip


def judged(attempt: Attempt, *, again: object = "") -> Statement:
    """Passed or failed, of a finished attempt; completed where nobody passes or fails. `again`: the regrading that judged so."""
    assert attempt.score is not None and attempt.finished_at is not None
    result: dict[str, Any] = {"completion": True}
    verb = v.COMPLETED
    if attempt.graded:
        result["success"] = attempt.passed
        verb = v.PASSED if attempt.passed else v.FAILED
    result |= {
        "score": score_on_ten(score10=attempt.score),
        "duration": dt.timedelta(seconds=int((attempt.finished_at - attempt.started_at).total_seconds())),
    }
    return _of_attempt(attempt, verb, attempt.finished_at, result, again)


def abandoned(attempt: Attempt) -> Statement:
    assert attempt.finished_at is not None
    return _of_attempt(attempt, v.ABANDONED, attempt.finished_at)


def _anew(act: object, again: object) -> object:
    """What tells the same act apart after a regrading: statements are never changed, the old one is voided."""
    return f"{act}/{again}" if again else act


def _of_attempt(
    attempt: Attempt, verb: v.Term, at: dt.datetime, result: dict[str, Any] | None = None, again: object = ""
) -> Statement:
    return build(
        actor_id=attempt.enrolment.learner.actor_id, verb=verb, activity=quiz_activity(attempt), at=at,
        registration=attempt.enrolment_id, parent=course_activity(attempt.enrolment.course),
        extensions={v.ATTEMPT_ID: str(attempt.pk)}, result=result, discriminator=_anew(attempt.pk, again),
    )  # fmt: skip
