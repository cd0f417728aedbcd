"""Gathers what stands on the evidence sheet of an attempt: as it was served, saved and marked, never as it is now."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from quizzes import responses
from quizzes.evidence_pdf import EvidenceQuestion, EvidenceSheet, EvidenceStep
from quizzes.models import Attempt, AttemptState, QuestionKind, Slot

__all__ = ["NotFinished", "evidence_sheet"]


class NotFinished(Exception):
    """The attempt is still open: its sheet would give away the key."""


def evidence_sheet(attempt: Attempt, now: dt.datetime, *, person: str | None = None) -> EvidenceSheet:
    """Three queries. Raises NotFinished.

    `person` is the name as the reader may see it: None for the learner's own, empty to put a code in its place. Who
    may see the sheet at all is for the caller to decide.
    """
    whole = Attempt.objects.select_related("quiz", "enrolment__learner", "enrolment__course").get(pk=attempt.pk)
    if whole.state == AttemptState.IN_PROGRESS:
        raise NotFinished(str(whole.pk))
    name = whole.enrolment.learner.full_name if person is None else person
    timed_out = whole.deadline is not None and whole.finished_at is not None and whole.finished_at >= whole.deadline
    slots = whole.slots.select_related("version__question").prefetch_related("steps").order_by("position")
    with translation.override("vi"):
        return EvidenceSheet(
            person=name or whole.pk.hex[:8].upper(),
            named=bool(name),
            course=whole.enrolment.course.title,
            course_code=whole.enrolment.course.code,
            quiz=whole.quiz.title,
            attempt=str(whole.pk),
            number=whole.number,
            rules=_rules(whole.rules),
            started_at=whole.started_at,
            deadline=whole.deadline,
            handed_in_at=None if timed_out else whole.finished_at,
            closed_at=whole.finished_at,
            seed=whole.seed,
            scorer=whole.scorer,
            questions=tuple(_question(slot) for slot in slots),
            marks=whole.marks,
            max_marks=whole.max_marks,
            score=whole.score,
            pass_mark=Decimal(str(whole.rules["pass_mark"])),
            passed=whole.passed,
            made_at=now,
        )


def _rules(rules: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """In words; a rule that has none yet stands as it is kept, so that nothing frozen is left out."""
    attempts, minutes = rules.get("attempts_allowed"), rules.get("time_limit_minutes")
    told = {
        "ask": (_("Số câu"), str(rules.get("ask", ""))),
        "pass_mark": (_("Mức đạt (thang 10)"), _decimal(rules.get("pass_mark", ""))),
        "attempts_allowed": (_("Số lượt được làm"), _("không hạn chế") if attempts is None else str(attempts)),
        "time_limit_minutes": (
            _("Thời gian"), _("không tính giờ") if minutes is None else _("%(minutes)s phút") % {"minutes": minutes},
        ),
    }  # fmt: skip
    others = [(name, json.dumps(rules[name], ensure_ascii=False, sort_keys=True)) for name in sorted(set(rules) - set(told))]
    return (*(told[name] for name in told if name in rules), *others)


def _decimal(value: Any) -> str:
    text = str(value)
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def _question(slot: Slot) -> EvidenceQuestion:
    version = slot.version
    kind, body = version.kind, version.body
    steps = sorted(slot.steps.all(), key=lambda step: step.sequence)
    return EvidenceQuestion(
        position=slot.position,
        code=version.question.code,
        version=version.number,
        kind=str(QuestionKind(kind).label),
        stem=version.stem,
        served=_served(kind, body, slot.order),
        steps=tuple(
            EvidenceStep(
                sequence=step.sequence,
                saved_at=step.saved_at,
                answer=_said(kind, body, slot.order, step.response),
                counted=step is steps[-1],
            )
            for step in steps
        ),
        mark=slot.mark,
        max_mark=slot.max_mark,
        right=_right(kind, body, slot.order),
        marking=_marking(kind),
        rich=kind in {"single", "multiple"},
    )


def _served(kind: str, body: Mapping[str, Any], order: Sequence[str]) -> tuple[str, ...]:
    """What could be picked, numbered as it was shown. Right sides by letters, so that left and right cannot be mixed up."""
    shown = responses.show(kind, body, order, {})
    if kind == "matching":
        rights = responses.rights(body)
        lefts = [f"{place}. {row.text}" for place, row in enumerate(shown.rows, 1)]
        return (*lefts, _("Danh sách để ghép:"), *(f"{_letter(place)}) {rights[one]}" for place, one in enumerate(order)))
    if shown.rows:
        return tuple(f"{_letter(place)}) {row.text}" for place, row in enumerate(shown.rows))
    return (
        tuple(f"{choice.value}. {choice.text}" for choice in shown.choices) if order else tuple(one.text for one in shown.choices)
    )


def _letter(place: int) -> str:
    """a … z, then a1, b1 …: there may be more right sides than letters."""
    return chr(ord("a") + place % 26) + (str(place // 26) if place >= 26 else "")


def _said(kind: str, body: Mapping[str, Any], order: Sequence[str], response: responses.Response) -> tuple[str, ...]:
    """The answer in words; options with the number they were shown under."""
    if kind not in {"single", "multiple"} or not response:
        return tuple(responses.summarise(kind, body, response))
    shown = responses.show(kind, body, order, response)
    return tuple(f"{choice.value}. {choice.text}" for choice in shown.choices if choice.chosen)


def _right(kind: str, body: Mapping[str, Any], order: Sequence[str]) -> tuple[str, ...]:
    if kind == "short_text":
        return tuple(body["accept"])
    found = _said(kind, body, order, responses.right_response(kind, body))
    if kind == "number" and Decimal(body.get("tolerance", "0")):
        told = {"answer": found[0], "tolerance": _decimal(body["tolerance"])}
        return (_("%(answer)s, sai lệch tối đa %(tolerance)s") % told,)
    return found


def _marking(kind: str) -> str:
    """How marking.mark counts, in words."""
    return {
        "single": _("chọn phương án đúng được trọn điểm, chọn phương án khác không được điểm."),
        "multiple": _(
            "lấy số phương án đúng đã chọn trừ số phương án sai đã chọn, rồi chia cho số phương án đúng; không dưới 0."
        ),
        "true_false": _("trả lời đúng được trọn điểm."),
        "short_text": _("trùng với một câu trả lời được nhận thì được trọn điểm; không xét chữ hoa, dấu và dấu câu ở hai đầu."),
        "number": _("số nằm trong mức sai lệch cho phép thì được trọn điểm; dấu phẩy và dấu chấm đều được nhận."),
        "matching": _("mỗi dòng ghép đúng được một phần bằng nhau của điểm."),
        "ordering": _("tính theo chuỗi dài nhất các dòng đã theo đúng thứ tự; mỗi dòng đặt lệch mất một phần điểm."),
    }[kind]
