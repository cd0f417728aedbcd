"""Gathers what stands on the evidence sheet of an attempt: as it was served, saved and marked, never as it is now."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from quizzes import responses
from quizzes.evidence_pdf import (
    EvidenceMark,
    EvidenceQuestion,
    EvidenceRegrading,
    EvidenceSheet,
    EvidenceStep,
    number,
)
from quizzes.kinds import KINDS
from quizzes.kinds.arranging import rights
from quizzes.kinds.base import Criterion, Piece
from quizzes.kinds.by_hand import reached, show_rubric
from quizzes.marking import CERTAINTIES
from quizzes.models import (
    Attempt,
    AttemptState,
    Behaviour,
    Expiry,
    ManualMark,
    MarkRound,
    Navigation,
    Purpose,
    RegradedAttempt,
    Slot,
)
from quizzes.review import USUAL, Item, When

__all__ = ["NotFinished", "evidence_sheet"]


class NotFinished(Exception):
    """The attempt is still open: its sheet would give away the key."""


def evidence_sheet(attempt: Attempt, now: dt.datetime, *, person: str | None = None) -> EvidenceSheet:
    """Six queries, two more where it was marked by hand or anew. Raises NotFinished.

    `person` is the name as the reader may see it: None for the learner's own, empty to put a code in its place. Who
    may see the sheet at all is for the caller to decide.
    """
    whole = Attempt.objects.select_related("quiz", "enrolment__learner", "enrolment__course").get(pk=attempt.pk)
    if whole.state == AttemptState.IN_PROGRESS:
        raise NotFinished(str(whole.pk))
    name = whole.enrolment.learner.full_name if person is None else person
    timed_out = whole.deadline is not None and whole.finished_at is not None and whole.finished_at >= whole.deadline
    slots = whole.slots.select_related("version__question", "judged_by").order_by("position")
    slots = slots.prefetch_related("steps", "files", "hand_marks__marker")
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
            questions=tuple(_question(slot, judged=whole.state == AttemptState.FINISHED) for slot in slots),
            marks=whole.marks,
            max_marks=whole.max_marks,
            score=whole.score,
            pass_mark=Decimal(str(whole.rules["pass_mark"])),
            passed=whole.passed,
            made_at=now,
            regradings=tuple(_regrading(one) for one in _regraded(whole)),
        )


def _regraded(attempt: Attempt) -> QuerySet[RegradedAttempt]:
    rows = attempt.regraded.carried_out().select_related("regrading").order_by("done_at", "pk")
    return rows.prefetch_related("changes__slot", "changes__old_version", "changes__new_version")


def _regrading(row: RegradedAttempt) -> EvidenceRegrading:
    assert row.done_at is not None
    changes = sorted(row.changes.all(), key=lambda one: one.slot.position)
    return EvidenceRegrading(
        at=row.done_at, reason=row.regrading.reason, old_score=row.old_score, new_score=row.new_score,
        changes=tuple(
            _("Câu %(position)s: %(old)s điểm theo phiên bản %(before)s, nay %(new)s điểm theo phiên bản %(after)s.") % {
                "position": one.slot.position, "old": number(one.old_mark), "new": number(one.new_mark),
                "before": one.old_version.number, "after": one.new_version.number,
            }
            for one in changes
        ),
    )  # fmt: skip


def _rules(rules: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """In words; a rule that has none yet stands as it is kept, so that nothing frozen is left out."""
    attempts, minutes = rules.get("attempts_allowed"), rules.get("time_limit_minutes")
    closes = rules.get("closes_at")
    told = {
        "ask": (_("Số câu"), str(rules.get("ask", ""))),
        "pass_mark": (_("Mức đạt (thang 10)"), _decimal(rules.get("pass_mark", ""))),
        "attempts_allowed": (_("Số lượt được làm"), _("không hạn chế") if attempts is None else str(attempts)),
        "time_limit_minutes": (
            _("Thời gian"), _("không tính giờ") if minutes is None else _("%(minutes)s phút") % {"minutes": minutes},
        ),
        "closes_at": (_("Đóng lúc"), _moment(closes)),
        "purpose": (_("Để làm gì"), str(Purpose(rules.get("purpose") or Purpose.GRADED).label)),
        "behaviour": (_("Cách chấm"), str(Behaviour(rules.get("behaviour") or Behaviour.DEFERRED).label)),
        "navigation": (_("Thứ tự làm"), str(Navigation(rules.get("navigation") or Navigation.FREE).label)),
        "expiry": (_("Hết giờ mà chưa nộp"), str(Expiry(rules.get("expiry") or Expiry.SUBMIT).label)),
        "grace_minutes": (_("Thêm thời gian để nộp"), _minutes(rules.get("grace_minutes"))),
        "review": (_("Người học được xem"), _review(rules.get("review", {}))),
        "overrides": (_("Thay đổi dành riêng, số"), ", ".join(str(one) for one in rules.get("overrides", []))),
        "factor": (_("Thời gian gấp"), _decimal(rules.get("factor", ""))),
        "deadline_before": (_("Giờ nộp trước khi gia hạn"), _moment(rules.get("deadline_before"))),
        "sections": (_("Các phần"), "; ".join(one["title"] or one["intro"] for one in rules.get("sections", []))),
        "second_marker": (_("Người chấm mỗi câu tự luận"), _("hai người") if rules.get("second_marker") else _("một người")),
    }  # fmt: skip
    others = [(name, json.dumps(rules[name], ensure_ascii=False, sort_keys=True)) for name in sorted(set(rules) - set(told))]
    return (*(told[name] for name in told if name in rules), *others)


def _minutes(kept: int | None) -> str:
    return _("không có") if kept is None else _("%(minutes)s phút") % {"minutes": kept}


def _review(kept: Mapping[str, str]) -> str:
    return "; ".join(f"{item.label}: {When(kept.get(item, USUAL[item])).label}" for item in Item)


def _moment(kept: str | None) -> str:
    """A frozen moment in the city's time."""
    return f"{timezone.localtime(dt.datetime.fromisoformat(kept)):%H:%M %d/%m/%Y}" if kept else _("không đóng")


def _decimal(value: Any) -> str:
    text = str(value)
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def _question(slot: Slot, *, judged: bool) -> EvidenceQuestion:
    version, judging = slot.version, (slot.judged_by or slot.version).body
    kind, body = version.kind, version.body
    steps = sorted(slot.steps.all(), key=lambda step: step.sequence)
    return EvidenceQuestion(
        position=slot.position,
        code=version.question.code,
        version=version.number,
        kind=str(KINDS[kind].label),
        stem=KINDS[kind].wording(version.stem, body),
        served=_served(kind, body, slot.order),
        steps=tuple(
            EvidenceStep(
                sequence=step.sequence,
                saved_at=step.saved_at,
                answer=(*_said(kind, body, slot.order, step.response), *_files(slot, step.response), *_sure(step.certainty)),
                counted=step is steps[-1],
            )
            for step in steps
        ),
        mark=slot.mark,
        max_mark=slot.max_mark,
        right=_right(kind, judging, slot.order),
        marking=KINDS[kind].explain(judging),
        rich=KINDS[kind].rich,
        rubric=tuple(_criterion(one) for one in show_rubric(judging.get("rubric", []))) if KINDS[kind].by_hand else (),
        # While somebody has yet to mark, what another gave is nobody's to know.
        marks=tuple(_mark(one, slot) for one in sorted(slot.hand_marks.all(), key=lambda one: one.number)) if judged else (),
        judged_by=(slot.judged_by.number,) if slot.judged_by else (),
    )


def _files(slot: Slot, response: responses.Response) -> tuple[str, ...]:
    """Each file with what proves that it is the one: its size and its digest."""
    sent = {str(one.pk): one for one in slot.files.all()} if response.get("files") else {}
    found = [sent[name] for name in response.get("files", []) if name in sent]
    told = _("%(name)s (%(size)s byte, SHA-256 %(digest)s)")
    return tuple(told % {"name": one.name, "size": one.size, "digest": one.sha256} for one in found)


def _criterion(one: Criterion) -> str:
    levels = "; ".join(f"{level.text} ({number(level.points)})" for level in one.levels)
    return f"{one.name}: {levels}"


def _mark(one: ManualMark, slot: Slot) -> EvidenceMark:
    """Markers are told apart without a name: the paper is for who complains."""
    who = sorted({mark.marker_id: mark.number for mark in reversed(slot.hand_marks.all())}.items(), key=lambda pair: pair[1])
    place = [marker for marker, _number in who].index(one.marker_id) + 1
    rubric = slot.version.body.get("rubric", [])
    return EvidenceMark(
        number=one.number, round=str(MarkRound(one.round).label), by=_("người chấm %(place)s") % {"place": place},
        at=one.marked_at, mark=one.mark, comment=one.comment, reached=reached(rubric, one.levels),
    )  # fmt: skip


def _served(kind: str, body: Mapping[str, Any], order: Sequence[str]) -> tuple[str, ...]:
    """What could be picked, numbered as it was shown. Right sides by letters, so that left and right cannot be mixed up."""
    shown = responses.show(kind, body, order, {})
    if kind == "matching":
        sides = rights(body)
        lefts = [f"{place}. {row.text}" for place, row in enumerate(shown.rows, 1)]
        return (*lefts, _("Danh sách để ghép:"), *(f"{_letter(place)}) {sides[one]}" for place, one in enumerate(order)))
    if shown.pieces:
        return tuple(_gap(piece) for piece in shown.pieces if piece.name)
    if shown.areas:
        return tuple(f"{area.value}. {area.name}" for area in shown.areas)
    if shown.rows:
        return tuple(f"{_letter(place)}) {row.text}" for place, row in enumerate(shown.rows))
    return (
        tuple(f"{choice.value}. {choice.text}" for choice in shown.choices) if order else tuple(one.text for one in shown.choices)
    )


def _gap(piece: Piece) -> str:
    """A gap with what could be picked there."""
    offered = "; ".join(choice.text for choice in piece.choices)
    return f"({piece.number}) {offered or '…'}"


def _letter(place: int) -> str:
    """a … z, then a1, b1 …: there may be more right sides than letters."""
    return chr(ord("a") + place % 26) + (str(place // 26) if place >= 26 else "")


def _said(kind: str, body: Mapping[str, Any], order: Sequence[str], response: responses.Response) -> tuple[str, ...]:
    """The answer in words; options with the number they were shown under."""
    if kind not in {"single", "multiple"} or not response:
        return tuple(responses.summarise(kind, body, response))
    shown = responses.show(kind, body, order, response)
    return tuple(f"{choice.value}. {choice.text}" for choice in shown.choices if choice.chosen)


def _sure(certainty: int | None) -> tuple[str, ...]:
    return (str(CERTAINTIES[certainty]),) if certainty else ()


def _right(kind: str, body: Mapping[str, Any], order: Sequence[str]) -> tuple[str, ...]:
    if kind == "short_text":
        return tuple(_accepted(one) for one in body["accept"])
    found = _said(kind, body, order, responses.right_response(kind, body))
    if kind == "number" and Decimal(body.get("tolerance", "0")):
        told = {"answer": found[0], "tolerance": _decimal(body["tolerance"])}
        return (_("%(answer)s, sai lệch tối đa %(tolerance)s") % told,)
    return found


def _accepted(one: Any) -> str:
    """An accepted answer, with its share where it is not the whole mark."""
    if isinstance(one, str):
        return one
    return f"{one['text']} ({one['share']})" if "share" in one else str(one["text"])
