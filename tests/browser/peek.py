"""Reads the site's database for the browser tests: `python -m tests.browser.peek <what> <arguments>`, answer as JSON.

The site under test is another process with another database than the tests' own.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django


def right_answers(attempt_id: str) -> dict[int, dict[str, list[str]]]:
    """position → the form fields that earn the whole mark."""
    from quizzes.models import Attempt

    slots = Attempt.objects.get(pk=attempt_id).slots.select_related("version")
    return {slot.position: _fields(slot.version.kind, slot.version.body, slot.order) for slot in slots}


def scan(class_name: str) -> str:
    """The address in the QR code that the wall of the class's first session shows at this moment: what a camera reads."""
    from django.urls import reverse
    from django.utils import timezone

    from classes.checkin import token
    from classes.models import ClassSession

    session = ClassSession.objects.get(training_class__name=class_name, number=1)
    return reverse("classes:scanned", args=[token(session.pk, timezone.now())])


def _fields(kind: str, body: dict[str, Any], order: list[str]) -> dict[str, list[str]]:
    from quizzes.responses import right_response

    right = right_response(kind, body)
    place = {one: str(number) for number, one in enumerate(order, 1)}
    if kind == "single":
        return {"answer": [place[right["choice"]]]}
    if kind == "multiple":
        return {"answer": [place[one] for one in right["choices"]]}
    if kind == "true_false":
        return {"answer": ["true" if right["value"] else "false"]}
    if kind in {"short_text", "number"}:
        return {"answer": [str(next(iter(right.values())))]}
    if kind == "matching":
        return {f"pair-{number}": [place[right["pairs"][pair["id"]]]] for number, pair in enumerate(body["pairs"], 1)}
    return {f"place-{place[one]}": [str(number)] for one, number in right["places"].items()}


def answers(attempt_id: str) -> dict[int, Any]:
    """position → the last answer kept, for the questions that have one."""
    from quizzes.models import AnswerStep

    steps = AnswerStep.objects.filter(slot__attempt=attempt_id).order_by("sequence").select_related("slot")
    return {step.slot.position: step.response for step in steps}


def results(username: str) -> list[dict[str, Any]]:
    """The attempts of somebody, as they stand."""
    from quizzes.models import Attempt

    found = Attempt.objects.filter(enrolment__learner__username=username).order_by("started_at")
    return [{"id": str(one.pk), "number": one.number, "state": one.state, "passed": one.passed} for one in found]


def person(username: str) -> dict[str, Any]:
    from people.models import User

    user = User.objects.get(username=username)
    return {"full_name": user.full_name, "email": user.email, "actor": str(user.actor_id)}


def people() -> list[str]:
    """Every name and user name on the site: what no statement may hold."""
    from people.models import User

    return [text for user in User.objects.all() for text in (user.full_name, user.username) if len(text) > 5]


if __name__ == "__main__":
    django.setup()
    known = {one.__name__: one for one in (right_answers, answers, results, person, people, scan)}
    json.dump(known[sys.argv[1]](*sys.argv[2:]), sys.stdout, ensure_ascii=False)
