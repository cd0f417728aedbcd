from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from courses.actions import answer_practice, complete_lesson, enrol, withdraw
from courses.models import Completion, Enrolment
from lrs.models import Statement
from quizzes import actions, marking, queries, responses, tasks
from quizzes.models import AnswerStep, Attempt, Question, QuestionVersion, QuizPage, Slot
from tests import world
from tests.quizzes.conftest import answer_all

MINUTE = dt.timedelta(minutes=1)


def verbs() -> list[str]:
    return [verb.rsplit("/", 1)[1] for verb in Statement.objects.order_by("seq").values_list("verb", flat=True)]


def limit(quiz: QuizPage, **rules: Any) -> QuizPage:
    for name, value in rules.items():
        setattr(quiz, name, value)
    quiz.save()
    return quiz


def first(attempt: Attempt, *kinds: str) -> Slot:
    found = attempt.slots.select_related("version").filter(version__kind__in=kinds).order_by("position").first()
    assert found
    return found


# --- starting --------------------------------------------------------------------------------------------------------


def test_an_attempt_freezes_what_is_served_and_under_which_rules(
    attempt: Attempt, course: SimpleNamespace, now: dt.datetime
) -> None:
    assert attempt.rules == {
        "ask": 5,
        "pass_mark": "7.00",
        "attempts_allowed": None,
        "time_limit_minutes": None,
        "closes_at": None,
        "purpose": "graded",
        "behaviour": "deferred",
        "navigation": "free",
        "expiry": "submit",
        "grace_minutes": None,
        "review": {
            "score": "at_once", "answers": "at_once", "verdicts": "at_once", "remarks": "at_once", "explanations": "at_once",
            "keys": "settled",
        },
    }  # fmt: skip
    assert (attempt.number, attempt.deadline, attempt.max_marks) == (1, None, 5)
    assert [slot.position for slot in attempt.slots.order_by("position")] == [1, 2, 3, 4, 5]
    for slot in attempt.slots.select_related("version"):
        body = slot.version.body
        ids = [one["id"] for name in ("options", "pairs", "extra", "items") for one in body.get(name, [])]
        assert sorted(slot.order) == sorted(ids)
    limit(course.quiz, ask=2, pass_mark=Decimal(1))
    QuestionVersion.objects.update(stem="Sửa sau")
    attempt.refresh_from_db()
    assert (attempt.rules["pass_mark"], attempt.slots.count()) == ("7.00", 5)


def test_starting_again_goes_on_with_the_open_attempt(attempt: Attempt, course: SimpleNamespace, now: dt.datetime) -> None:
    again = actions.start_attempt(enrolment=attempt.enrolment, quiz=course.quiz, now=now + MINUTE)
    assert again == attempt
    assert Attempt.objects.count() == 1
    assert verbs().count("attempted") == 1


def test_the_same_seed_draws_the_same_paper(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> None:
    papers = []
    for _time in range(2):
        attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now, seed=42)
        papers.append(list(attempt.slots.order_by("position").values_list("version_id", "order")))
        actions.finish_attempt(attempt=attempt, now=now)
    assert papers[0] == papers[1]


def test_the_draw_is_spread_over_competencies_and_gives_every_question_its_chance(
    enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime
) -> None:
    for place, version in enumerate(QuestionVersion.objects.order_by("pk")):
        version.competency = "AB"[place // 4]
        version.difficulty = ["easy", "hard"][place % 2]
        version.save()
    limit(course.quiz, ask=4)
    seen: Counter[int] = Counter()
    for seed in range(40):
        attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now, seed=seed)
        drawn = list(attempt.slots.values_list("version__competency", "version__difficulty"))
        assert Counter(competency for competency, _level in drawn) == {"A": 2, "B": 2}
        assert Counter(level for _competency, level in drawn) == {"easy": 2, "hard": 2}
        seen.update(attempt.slots.values_list("version_id", flat=True))
        actions.finish_attempt(attempt=attempt, now=now)
    assert len(seen) == 8


def test_only_the_latest_version_of_questions_in_use_is_served(
    enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime
) -> None:
    Question.objects.filter(code="cd-t-08").update(retired_at=now)
    old = QuestionVersion.objects.get(question__code="cd-t-01")
    newer = QuestionVersion.objects.create(
        question=old.question, number=2, kind=old.kind, stem="Mới", body=old.body, created_at=now
    )
    limit(course.quiz, ask=7)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    served = set(attempt.slots.values_list("version_id", flat=True))
    assert newer.pk in served
    assert old.pk not in served


def test_attempts_are_limited_as_the_page_says(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> None:
    limit(course.quiz, attempts_allowed=2)
    for _time in range(2):
        actions.finish_attempt(attempt=actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now), now=now)
    with pytest.raises(actions.NoAttemptsLeft):
        actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    assert list(Attempt.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_the_database_itself_refuses_a_second_open_attempt_and_a_second_number_one(attempt: Attempt, now: dt.datetime) -> None:
    for number, state in ((2, "in_progress"), (1, "abandoned")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Attempt.objects.create(
                enrolment=attempt.enrolment, quiz=attempt.quiz, part=attempt.part, number=number, state=state, rules={}, seed=1,
                started_at=now, max_marks=1,
            )  # fmt: skip


def test_a_quiz_that_cannot_be_asked_is_not_started(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> None:
    limit(course.quiz, ask=9)
    with pytest.raises(actions.QuizNotReady):
        actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    limit(course.quiz, ask=5, live=False)
    with pytest.raises(actions.QuizNotReady):
        actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    assert not Attempt.objects.exists()


def test_the_quiz_of_another_course_is_not_started(enrolment: Enrolment, now: dt.datetime) -> None:
    other = world.make_course("CD-K", "Khóa khác")
    with pytest.raises(actions.QuizNotReady):
        actions.start_attempt(enrolment=enrolment, quiz=other.quiz, now=now)


def test_who_left_the_course_does_not_start(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> None:
    withdraw(enrolment=enrolment, now=now)
    with pytest.raises(actions.QuizNotReady):
        actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)


def test_beginning_from_the_quiz_page_enrols(an: Any, course: SimpleNamespace, now: dt.datetime) -> None:
    attempt = actions.begin(learner=an, quiz=course.quiz, now=now)
    again = actions.begin(learner=an, quiz=course.quiz, now=now)
    assert attempt == again
    assert attempt.enrolment.learner == an
    assert Enrolment.objects.count() == 1
    assert verbs() == ["registered", "experienced", "attempted"]


def test_a_quiz_added_after_enrolling_can_be_done_but_is_not_demanded(an: Any, course: SimpleNamespace, now: dt.datetime) -> None:
    course.quiz.unpublish()
    enrolment = enrol(learner=an, course=course.page, now=now)
    course.quiz.save_revision().publish()
    attempt = actions.start_attempt(enrolment=enrolment, quiz=QuizPage.objects.get(), now=now)
    answer_all(attempt, now)
    assert actions.finish_attempt(attempt=attempt, now=now).passed
    assert Completion.objects.get().part == course.quiz.translation_key
    enrolment.refresh_from_db()
    assert (enrolment.completed_at, enrolment.score) == (None, None)


# --- answering -------------------------------------------------------------------------------------------------------


def test_answers_are_only_ever_added(attempt: Attempt, now: dt.datetime) -> None:
    slot = first(attempt, "single")
    for place, choice in enumerate("aba"):
        actions.save_answer(attempt=attempt, position=slot.position, response={"choice": choice}, now=now + place * MINUTE)
    steps = list(AnswerStep.objects.order_by("sequence").values_list("sequence", "response"))
    assert steps == [(1, {"choice": "a"}), (2, {"choice": "b"}), (3, {"choice": "a"})]
    assert queries.last_steps(attempt)[slot.pk].sequence == 3


def test_the_same_answer_sent_twice_is_kept_once_even_with_an_old_sequence(attempt: Attempt, now: dt.datetime) -> None:
    slot = first(attempt, "single")
    kept = [
        actions.save_answer(attempt=attempt, position=slot.position, response={"choice": "a"}, now=now + n * MINUTE, sequence=0)
        for n in range(2)
    ]
    assert AnswerStep.objects.count() == 1
    assert [step and (step.sequence, step.saved_at) for step in kept] == [(1, now), (1, now)]


def test_an_empty_answer_takes_back_one_that_was_there_and_else_leaves_no_trace(attempt: Attempt, now: dt.datetime) -> None:
    slot = first(attempt, "single")
    assert actions.save_answer(attempt=attempt, position=slot.position, response={}, now=now) is None
    actions.save_answer(attempt=attempt, position=slot.position, response={"choice": "a"}, now=now)
    step = actions.save_answer(attempt=attempt, position=slot.position, response={}, now=now)
    assert step and (step.sequence, step.response) == (2, {})
    assert actions.finish_attempt(attempt=attempt, now=now).score == 0
    assert "answered" not in verbs()


def test_a_page_that_has_not_seen_the_last_answer_gets_a_conflict(attempt: Attempt, now: dt.datetime) -> None:
    slot = first(attempt, "single")
    actions.save_answer(attempt=attempt, position=slot.position, response={"choice": "a"}, now=now, sequence=0)
    with pytest.raises(actions.Conflict) as conflict:
        actions.save_answer(attempt=attempt, position=slot.position, response={"choice": "b"}, now=now, sequence=0)
    assert conflict.value.step.response == {"choice": "a"}
    actions.save_answer(attempt=attempt, position=slot.position, response={"choice": "b"}, now=now, sequence=1)
    assert queries.last_steps(attempt)[slot.pk].response == {"choice": "b"}


def test_an_answer_the_question_cannot_have_is_refused(attempt: Attempt, now: dt.datetime) -> None:
    slot = first(attempt, "single")
    with pytest.raises(responses.ResponseError):
        actions.save_answer(attempt=attempt, position=slot.position, response={"choice": "z"}, now=now)
    with pytest.raises(Slot.DoesNotExist):
        actions.save_answer(attempt=attempt, position=6, response={}, now=now)
    assert not AnswerStep.objects.exists()


def test_a_flag_is_kept_beside_the_answer(attempt: Attempt, now: dt.datetime) -> None:
    for _time in range(2):
        actions.save_answer(attempt=attempt, position=2, response={}, now=now, flagged=True)
    assert attempt.slots.get(position=2).flagged
    actions.save_answer(attempt=attempt, position=2, response={}, now=now)
    assert attempt.slots.get(position=2).flagged
    actions.save_answer(attempt=attempt, position=2, response={}, now=now, flagged=False)
    assert not attempt.slots.get(position=2).flagged


def test_saving_is_cheap(attempt: Attempt, now: dt.datetime, django_assert_max_num_queries: Any) -> None:
    slot = first(attempt, "single")
    for number in range(30):
        choice = {"choice": "ab"[number % 2]}
        with django_assert_max_num_queries(5):
            actions.save_answer(attempt=attempt, position=slot.position, response=choice, now=now, sequence=number)


def test_half_a_minute_after_the_deadline_still_counts_and_no_more(
    enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, time_limit_minutes=10)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    assert attempt.deadline == now + 10 * MINUTE
    slot = first(attempt, "single", "true_false", "multiple")
    right = responses.right_response(slot.version.kind, slot.version.body)
    actions.save_answer(attempt=attempt, position=slot.position, response=right, now=now + 10 * MINUTE + dt.timedelta(seconds=30))
    with pytest.raises(actions.Closed):
        actions.save_answer(
            attempt=attempt, position=slot.position, response={}, now=now + 10 * MINUTE + dt.timedelta(seconds=31)
        )


def test_nothing_is_saved_after_handing_in(attempt: Attempt, now: dt.datetime) -> None:
    actions.finish_attempt(attempt=attempt, now=now)
    slot = first(attempt, "single")
    # `attempt` was read before it was finished: what counts is the row.
    with pytest.raises(actions.Closed):
        actions.save_answer(attempt=attempt, position=slot.position, response={"choice": "a"}, now=now)


# --- finishing -------------------------------------------------------------------------------------------------------


def test_a_passed_attempt_completes_the_part_with_its_evidence(attempt: Attempt, now: dt.datetime) -> None:
    answer_all(attempt, now, right=4)
    done = actions.finish_attempt(attempt=attempt, now=now + MINUTE)
    assert (done.state, done.score, done.passed, done.marks, done.scorer) == (
        "finished",
        Decimal("8.00"),
        True,
        4,
        marking.SCORER,
    )
    assert done.finished_at == now + MINUTE
    completion = Completion.objects.get()
    assert (completion.part, completion.evidence) == (attempt.part, {"attempt": str(attempt.pk), "score": "8.00"})
    attempt.enrolment.refresh_from_db()
    assert attempt.enrolment.score == Decimal("8.00")
    assert verbs() == ["registered", "experienced", "attempted", *["answered"] * 4, "passed", "completed", "progressed"]


def test_finishing_twice_is_finishing_once(attempt: Attempt, now: dt.datetime) -> None:
    answer_all(attempt, now)
    once = actions.finish_attempt(attempt=attempt, now=now)
    kept = Statement.objects.count()
    twice = actions.finish_attempt(attempt=attempt, now=now + MINUTE)
    assert (twice.finished_at, twice.score) == (once.finished_at, once.score)
    assert Statement.objects.count() == kept


def test_a_failed_attempt_completes_nothing(attempt: Attempt, now: dt.datetime) -> None:
    answer_all(attempt, now, right=3)
    assert actions.finish_attempt(attempt=attempt, now=now).passed is False
    assert not Completion.objects.exists()
    assert verbs()[-1] == "failed"


def test_exactly_the_pass_mark_passes(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> None:
    limit(course.quiz, pass_mark=Decimal(6))
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now, seed=1)
    answer_all(attempt, now, right=3)
    assert actions.finish_attempt(attempt=attempt, now=now).passed is True


def test_passing_after_the_lessons_completes_the_course(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> None:
    answer_practice(enrolment=enrolment, lesson=course.lessons[0], question="q1", chosen=[1], now=now)
    for lesson in course.lessons:
        complete_lesson(enrolment=enrolment, lesson=lesson, now=now)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    answer_all(attempt, now)
    actions.finish_attempt(attempt=attempt, now=now)
    enrolment.refresh_from_db()
    assert (enrolment.completed_at, enrolment.score) == (now, 10)


def test_the_best_passed_attempt_counts(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> None:
    for right in (4, 5, 4):
        attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now, seed=1)
        answer_all(attempt, now, right=right)
        actions.finish_attempt(attempt=attempt, now=now)
    enrolment.refresh_from_db()
    assert enrolment.score == 10
    assert Completion.objects.count() == 1


def test_an_overdue_attempt_is_closed_with_what_was_saved(
    enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, time_limit_minutes=10)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    answer_all(attempt, now + MINUTE)
    assert actions.close_overdue(now=now + 10 * MINUTE + dt.timedelta(seconds=30)) == 0
    assert actions.close_overdue(now=now + 11 * MINUTE) == 1
    assert actions.close_overdue(now=now + 11 * MINUTE) == 0
    attempt.refresh_from_db()
    assert (attempt.state, attempt.score, attempt.finished_at) == ("finished", 10, now + 10 * MINUTE)


def test_the_sweep_is_bounded_and_one_bad_attempt_does_not_stop_it(
    course: SimpleNamespace, now: dt.datetime, caplog: pytest.LogCaptureFixture
) -> None:
    limit(course.quiz, time_limit_minutes=10)
    attempts = [
        actions.begin(learner=world.make_user(f"u{n}", f"Người {n}"), quiz=course.quiz, now=now + n * dt.timedelta(seconds=1))
        for n in range(4)
    ]
    Attempt.objects.filter(pk=attempts[0].pk).update(rules={})
    assert actions.close_overdue(now=now + 20 * MINUTE, limit=2) == 1
    assert str(attempts[0].pk) in caplog.text
    assert actions.close_overdue(now=now + 20 * MINUTE) == 2


def test_the_task_closes_what_is_overdue(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> None:
    limit(course.quiz, time_limit_minutes=10)
    actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now - dt.timedelta(days=4000))
    assert tasks.close_overdue() == 1
    assert tasks.close_overdue.name == "quizzes.close_overdue"


def test_starting_after_the_time_is_over_closes_the_old_attempt_first(
    enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, time_limit_minutes=10)
    old = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    new = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now + 11 * MINUTE)
    old.refresh_from_db()
    assert (old.state, new.number) == ("finished", 2)


def test_time_up_from_a_page_is_believed_only_when_the_server_agrees(
    enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, time_limit_minutes=10)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    assert actions.time_up(attempt=attempt, now=now + 9 * MINUTE).state == "in_progress"
    assert actions.time_up(attempt=attempt, now=now + 10 * MINUTE).state == "finished"
