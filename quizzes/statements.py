"""What a learner does in a quiz, as xAPI statements.

No statement carries a key: anybody who may read the record store would otherwise read the bank.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from courses.statements import course_activity, part_activity
from lrs import vocabulary as v
from lrs.models import Statement
from lrs.statements import Activity, activity_iri, build, score
from quizzes.models import AnswerStep, Attempt, QuestionVersion, Slot
from quizzes.responses import rights

_INTERACTION = {
    "single": "choice",
    "multiple": "choice",
    "true_false": "true-false",
    "short_text": "fill-in",
    "number": "numeric",
    "matching": "matching",
    "ordering": "sequencing",
}


def quiz_activity(attempt: Attempt) -> Activity:
    return part_activity({"kind": "quiz", "key": str(attempt.part), "title": attempt.quiz.title})


def question_activity(version: QuestionVersion) -> Activity:
    """A version is an activity of its own: another wording is another question to whoever counts answers."""
    return Activity(
        iri=activity_iri("question", f"{version.question.code}/{version.number}"),
        type=v.INTERACTION,
        name=version.stem[:200],
        extra={"interactionType": _INTERACTION[version.kind], **_components(version)},
    )


def attempted(attempt: Attempt) -> Statement:
    return _of_attempt(attempt, v.ATTEMPTED, attempt.started_at)


def answered(attempt: Attempt, slot: Slot, step: AnswerStep) -> Statement:
    """The last answer to a served question, recorded once its slot is marked."""
    mark = slot.mark or Decimal(0)
    result: dict[str, Any] = {
        "success": mark == slot.max_mark,
        "score": {"scaled": float(round(mark / slot.max_mark, 4)), "raw": float(mark), "min": 0, "max": float(slot.max_mark)},
    }
    response = _response(slot.version, step.response, right=mark == slot.max_mark)
    if response is not None:
        result["response"] = response
    return build(
        actor_id=attempt.enrolment.learner.actor_id, verb=v.ANSWERED, activity=question_activity(slot.version), at=step.saved_at,
        registration=attempt.enrolment_id, parent=quiz_activity(attempt), grouping=course_activity(attempt.enrolment.course),
        extensions={v.ATTEMPT_ID: str(attempt.pk)}, result=result, discriminator=f"{attempt.pk}/{step.sequence}",
    )  # fmt: skip


def judged(attempt: Attempt) -> Statement:
    """Passed or failed, of a finished attempt."""
    assert attempt.score is not None and attempt.finished_at is not None
    result = {
        "completion": True,
        "success": attempt.passed,
        "score": score(score10=attempt.score),
        "duration": dt.timedelta(seconds=int((attempt.finished_at - attempt.started_at).total_seconds())),
    }
    return _of_attempt(attempt, v.PASSED if attempt.passed else v.FAILED, attempt.finished_at, result)


def _of_attempt(attempt: Attempt, verb: v.Term, at: dt.datetime, result: dict[str, Any] | None = None) -> Statement:
    return build(
        actor_id=attempt.enrolment.learner.actor_id, verb=verb, activity=quiz_activity(attempt), at=at,
        registration=attempt.enrolment_id, parent=course_activity(attempt.enrolment.course),
        extensions={v.ATTEMPT_ID: str(attempt.pk)}, result=result, discriminator=attempt.pk,
    )  # fmt: skip


def _component(identity: str, text: str) -> dict[str, Any]:
    return {"id": identity, "description": {"vi": text}}


def _components(version: QuestionVersion) -> dict[str, Any]:
    body = version.body
    if version.kind in {"single", "multiple"}:
        return {"choices": [_component(option["id"], option["text"]) for option in body["options"]]}
    if version.kind == "matching":
        # Right sides in the order of their names, or their order beside the left sides would be the key.
        return {
            "source": [_component(f"l{place}", pair["left"]) for place, pair in enumerate(body["pairs"], 1)],
            "target": [_component(f"r{place}", text) for place, text in enumerate(sorted(rights(body).values()), 1)],
        }
    if version.kind == "ordering":
        return {"choices": [_component(f"i{place}", text) for place, text in enumerate(_item_names(body), 1)]}
    return {}


def _item_names(body: dict[str, Any]) -> list[str]:
    return sorted(item["text"] for item in body["items"])


def _response(version: QuestionVersion, response: dict[str, Any], right: bool) -> str | None:
    body, kind = version.body, version.kind
    if kind == "single":
        return str(response["choice"])
    if kind == "multiple":
        return "[,]".join(sorted(response["choices"]))
    if kind == "true_false":
        return "true" if response["value"] else "false"
    if kind == "number":
        return str(response["number"]).replace(",", ".")
    if kind == "matching":
        texts = rights(body)
        names, given = sorted(texts.values()), response["pairs"]
        chosen = [(place, texts[given[pair["id"]]]) for place, pair in enumerate(body["pairs"], 1) if pair["id"] in given]
        return "[,]".join(f"l{place}[.]r{names.index(text) + 1}" for place, text in chosen)
    if kind == "ordering":
        names, given = _item_names(body), response["places"]
        placed = sorted((given[item["id"]], names.index(item["text"]) + 1) for item in body["items"] if item["id"] in given)
        return "[,]".join(f"i{name}" for _at, name in placed)
    # What is typed freely may name a person, and a statement must not: only the known right words are told.
    return str(response["text"]) if right else None
