"""One by one, marked on the spot, with how sure one is, to practise; and whatever is done in whatever order, a simple model."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from courses.actions import enrol
from courses.models import Completion, Enrolment
from lrs import vocabulary as v
from lrs.models import Statement
from quizzes import actions, queries, responses
from quizzes.deadlines import TOLERANCE
from quizzes.marking import weighed
from quizzes.models import AnswerStep, Attempt, AttemptState, Slot
from tests import world
from tests.quizzes.conftest import answer_all
from tests.quizzes.test_attempts import MINUTE, limit


def results(verb: v.Term) -> list[dict[str, Any]]:
    found = Statement.objects.filter(verb=verb.iri).order_by("seq").values_list("document", flat=True)
    return [json.loads(one)["result"] for one in found]


shares = st.fractions(-1, 1, max_denominator=12)


# --- how sure --------------------------------------------------------------------------------------------------------


@given(shares, st.sampled_from([None, 1, 2, 3]))
def test_certainty_keeps_the_order_of_answers_and_its_bounds(share: Fraction, certainty: int | None) -> None:
    told = weighed(share, certainty)
    assert -2 <= told <= 1
    assert weighed(Fraction(1), certainty) >= told >= weighed(Fraction(0), certainty)
    assert told == weighed(max(share, Fraction(0)), certainty)


@given(st.fractions(0, 1))
def test_who_says_honestly_how_sure_she_is_does_best(chance: Fraction) -> None:
    expected = {sure: chance * weighed(Fraction(1), sure) + (1 - chance) * weighed(Fraction(0), sure) for sure in (1, 2, 3)}
    best = max(expected.values())
    honest = 1 if chance < Fraction(2, 3) else 2 if chance < Fraction(4, 5) else 3
    assert expected[honest] == best


def test_how_sure_she_was_counts_and_is_told(course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any) -> None:
    now = timezone.now()
    quiz = limit(course.quiz, behaviour="certainty", attempts_allowed=1)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    client.force_login(an)
    page = client.get(f"/quizzes/attempts/{attempt.pk}/?cau=1").content.decode()
    assert page.count("Bạn chắc đến mức nào?") == 5
    for slot, sure in zip(attempt.slots.select_related("version").order_by("position")[:3], (1, 2, 3), strict=True):
        response = responses.right_response(slot.version.kind, slot.version.body)
        actions.save_answer(attempt=attempt, position=slot.position, response=response, certainty=sure, now=now)
        actions.save_answer(attempt=attempt, position=slot.position, response=response, certainty=sure, now=now)
    assert AnswerStep.objects.count() == 3
    done = actions.finish_attempt(attempt=attempt, now=now)
    assert done.marks == Decimal("2.0000000") and done.score == Decimal("4.00")
    answered = results(v.ANSWERED)
    assert [one["success"] for one in answered] == [True] * 3
    assert {one["score"]["min"] for one in answered} == {-2.0}
    page = client.get(f"/quizzes/attempts/{attempt.pk}/").content.decode()
    assert "Đúng trọn 3 trên 5 câu" in page


def test_how_sure_is_asked_nowhere_else(attempt: Attempt, now: dt.datetime) -> None:
    slot = attempt.slots.select_related("version").get(position=1)
    response = responses.right_response(slot.version.kind, slot.version.body)
    step = actions.save_answer(attempt=attempt, position=1, response=response, certainty=3, now=now)
    assert step and step.certainty is None
    assert not queries.screen(attempt=attempt, now=now).questions[0].asks_certainty


def test_a_posted_form_says_how_sure(course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any) -> None:
    attempt = actions.start_attempt(enrolment=enrolment, quiz=limit(course.quiz, behaviour="certainty"), now=timezone.now())
    slot = next(one for one in attempt.slots.select_related("version") if one.version.kind in {"single", "true_false"})
    answer = "1" if slot.version.kind == "single" else "true"
    client.force_login(an)
    url = f"/quizzes/attempts/{attempt.pk}/"
    client.post(url, {"position": slot.position, "sequence": 0, "answer": answer, "certainty": "2", "go": "review"})
    assert AnswerStep.objects.get().certainty == 2
    assert 'value="2" checked' in client.get(f"{url}?cau={slot.position}").content.decode()


# --- one by one ------------------------------------------------------------------------------------------------------


def test_questions_that_come_one_by_one_are_shown_and_answered_one_by_one(
    course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any
) -> None:
    now = timezone.now()
    attempt = actions.start_attempt(enrolment=enrolment, quiz=limit(course.quiz, navigation="sequential"), now=now)
    stems = list(attempt.slots.order_by("position").values_list("version__stem", flat=True))
    client.force_login(an)
    url = f"/quizzes/attempts/{attempt.pk}/"
    for place in ("", "?cau=1", "?cau=3", "?cau=xem-lai"):
        text = client.get(url + place).content.decode()
        assert [stem in text for stem in stems] == [True, False, False, False, False], place
        assert "Câu 1 trên 5" in text
    with pytest.raises(actions.Closed):
        actions.save_answer(attempt=attempt, position=2, response={}, now=now)
    slot = attempt.slots.select_related("version").get(position=1)
    actions.save_answer(
        attempt=attempt, position=1, response=responses.right_response(slot.version.kind, slot.version.body), now=now
    )  # fmt: skip
    for _twice in range(2):
        client.post(url, {"position": 1, "sequence": 1, "go": "next"})
    attempt.refresh_from_db()
    assert attempt.reached == 2, "asked twice, one step"
    text = client.get(url + "?cau=1").content.decode()
    assert [stem in text for stem in stems] == [False, True, False, False, False]
    saved = client.post(
        url + "save/", {"position": 1, "sequence": 1, "fields": {}}, content_type="application/json"
    )  # fmt: skip
    assert saved.status_code == 409
    for position in range(2, 6):
        client.post(url, {"position": position, "sequence": 0, "go": "next"})
    text = client.get(url).content.decode()
    assert "Xem lại trước khi nộp" in text and "Mở lại một câu" not in text and "?cau=" not in text.split("data-finish")[0]
    client.post(url + "finish/")
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.FINISHED


def test_marked_on_the_spot_a_question_is_settled_and_explained_before_the_next_one_comes(
    course: SimpleNamespace, enrolment: Enrolment, client: Client, an: Any
) -> None:
    now = timezone.now()
    quiz = limit(course.quiz, behaviour="immediate", purpose="practice")
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    client.force_login(an)
    url = f"/quizzes/attempts/{attempt.pk}/"
    text = client.get(url).content.decode()
    assert "Chấm câu này" in text and "Đáp án:" not in text
    with pytest.raises(actions.Closed):
        actions.go_on(attempt=attempt, position=1, now=now)
    client.post(url, {"position": 1, "sequence": 0, "go": "check"})
    text = client.get(url).content.decode()
    assert "Đáp án:" in text and "Không trả lời" in text and 'name="answer"' not in text
    slot = attempt.slots.select_related("version").get(position=1)
    right = responses.right_response(slot.version.kind, slot.version.body)
    with pytest.raises(actions.Closed):
        actions.save_answer(attempt=attempt, position=1, response=right, now=now)
    assert actions.check_answer(attempt=attempt, position=1, now=now + MINUTE).checked_at == slot.checked_at
    with pytest.raises(actions.Closed):
        actions.check_answer(attempt=attempt, position=2, now=now)
    client.post(url + "next/", {"position": 1})
    text = client.get(url).content.decode()
    assert "Câu 2 trên 5" in text and "Đáp án:" not in text
    for position in range(2, 6):
        slot = attempt.slots.select_related("version").get(position=position)
        right = responses.right_response(slot.version.kind, slot.version.body)
        actions.save_answer(attempt=attempt, position=position, response=right, now=now)
        assert actions.check_answer(attempt=attempt, position=position, now=now).mark == 1
        actions.go_on(attempt=attempt, position=position, now=now)
    client.post(url + "finish/")
    attempt.refresh_from_db()
    assert (attempt.score, attempt.passed) == (Decimal(8), True)
    text = client.get(url).content.decode()
    assert "Bạn đã làm xong" in text and "Chưa đạt" not in text and "chỉ để luyện tập" in text


def test_practice_is_done_when_it_is_handed_in_and_is_no_mark(
    course: SimpleNamespace, enrolment: Enrolment, now: dt.datetime
) -> None:
    quiz = limit(course.quiz, purpose="practice")
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now)
    answer_all(attempt, now, right=1)
    done = actions.finish_attempt(attempt=attempt, now=now)
    assert done.score == Decimal(2)
    assert Completion.objects.filter(enrolment=enrolment, part=quiz.translation_key).exists()
    enrolment.refresh_from_db()
    assert enrolment.score is None
    verbs = list(Statement.objects.values_list("verb", flat=True))
    assert v.PASSED.iri not in verbs and v.FAILED.iri not in verbs
    assert results(v.COMPLETED)[0]["score"]["raw"] == 2.0


# --- whatever is done in whatever order (Q8, Q9, Q13) ------------------------------------------------------------------

LIMIT = 10
acts = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.integers(1, 3)),
        st.tuples(st.just("check"), st.integers(1, 3)),
        st.tuples(st.just("next"), st.integers(1, 3)),
        st.tuples(st.just("wait"), st.integers(1, 9)),
        st.tuples(st.sampled_from(["finish", "time_up", "sweep", "start"]), st.just(0)),
    ),
    max_size=14,
)


class Model:
    """What an attempt may be in, written down once more and simply."""

    def __init__(self, behaviour: str, navigation: str, expiry: str, grace: int) -> None:
        self.behaviour, self.expiry, self.grace = behaviour, expiry, grace
        self.one_by_one = behaviour == "immediate" or navigation == "sequential"
        self.state, self.minute, self.reached = "in_progress", 0, 1
        self.answered: set[int] = set()
        self.checked: set[int] = set()
        self.number = 1

    # Between whole minutes, so that the tolerance of half a minute decides nothing here.
    @property
    def running(self) -> bool:
        return self.state == "in_progress" and self.minute <= LIMIT

    @property
    def over(self) -> bool:
        return self.minute > LIMIT + self.grace

    def close(self) -> None:
        if self.state == "in_progress":
            self.state = "abandoned" if self.over and self.expiry != "submit" else "finished"

    def do(self, act: str, place: int) -> None:
        if act == "wait":
            self.minute += place
        elif act == "save" and self.running and place not in self.checked and (not self.one_by_one or place == self.reached):
            self.answered.add(place)
        elif act == "check" and self.running and self.behaviour == "immediate" and place == self.reached:
            self.checked.add(place)
        elif act == "next" and self.running and self.one_by_one and place == self.reached:
            self.reached += self.behaviour != "immediate" or place in self.checked
        elif act == "finish" or (act == "time_up" and self.minute >= LIMIT) or (act == "sweep" and self.over):
            self.close()
        elif act == "start":
            if self.state == "in_progress" and not self.over:
                return
            self.close()
            self.__init__(self.behaviour, "sequential" if self.one_by_one else "free", self.expiry, self.grace)  # type: ignore[misc]
            self.number = -1


class TestWhateverIsDone(TestCase):
    @settings(max_examples=60)
    @given(
        st.sampled_from(["deferred", "immediate"]), st.sampled_from(["free", "sequential"]),
        st.sampled_from([("submit", 0), ("grace", 4), ("abandon", 0)]), acts,
    )  # fmt: skip
    def test_an_attempt_is_where_a_simple_model_says(
        self, behaviour: str, navigation: str, ends: tuple[str, int], acts: list[tuple[str, int]]
    ) -> None:
        start = timezone.now().replace(microsecond=0)
        made = world.make_course("CD-M", "Khóa mẫu")
        quiz = limit(
            made.quiz, ask=3, time_limit_minutes=LIMIT, behaviour=behaviour, navigation=navigation, expiry=ends[0],
            grace_minutes=ends[1] or None,
        )  # fmt: skip
        enrolment = enrol(learner=world.make_user("mau", "Trần Văn Mẫu"), course=made.page, now=start)
        attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=start)
        model = Model(behaviour, navigation, *ends)
        now = start
        for act, place in acts:
            if act == "start" and (model.state != "in_progress" or model.over):
                break  # another attempt: its own story
            model.do(act, place)
            now += place * MINUTE if act == "wait" else dt.timedelta(0)
            self._do(attempt, act, place, now + TOLERANCE)
            attempt.refresh_from_db()
            self._compare(attempt, model)
        # Nothing that was acknowledged is lost, whatever came after.
        assert AnswerStep.objects.filter(slot__attempt=attempt).count() == len(model.answered)

    def _do(self, attempt: Attempt, act: str, place: int, now: dt.datetime) -> None:
        try:
            if act == "save":
                slot = attempt.slots.select_related("version").get(position=place)
                response = responses.right_response(slot.version.kind, slot.version.body)
                actions.save_answer(attempt=attempt, position=place, response=response, now=now)
            elif act in {"check", "next"}:
                act_of = {"check": actions.check_answer, "next": actions.go_on}[act]
                act_of(attempt=attempt, position=place, now=now)  # type: ignore[operator]
            elif act in {"finish", "time_up"}:
                getattr(actions, "finish_attempt" if act == "finish" else act)(attempt=attempt, now=now)
            elif act == "sweep":
                # The sweep waits for the tolerance to be over.
                actions.close_overdue(now=now + dt.timedelta(seconds=1))
            elif act == "start":
                actions.start_attempt(enrolment=attempt.enrolment, quiz=attempt.quiz, now=now)
        except actions.Closed:
            pass

    def _compare(self, attempt: Attempt, model: Model) -> None:
        assert attempt.state == model.state
        assert attempt.reached == model.reached
        assert (
            set(Slot.objects.filter(attempt=attempt, checked_at__isnull=False).values_list("position", flat=True))
            == model.checked
        )
        counted = attempt.state == "finished"
        assert (attempt.score is not None) == counted
        if counted:
            assert attempt.marks == len(model.answered)
        assert (attempt.finished_at is None) == (attempt.state == "in_progress")
