"""What a person marks: handed in and waiting, marked by one or two, settled, and only then judged."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from courses.models import Completion, Enrolment
from lrs.models import Statement
from quizzes import actions, marking, queries, responses
from quizzes.evidence_pdf import canonical, digest, evidence_pdf
from quizzes.evidence_sheet import evidence_sheet
from quizzes.models import Attempt, AttemptState, ManualMark, QuizPage, Slot
from tests import world
from tests.quizzes.by_hand import CANARY, ESSAY, PLAIN, RUBRIC, SINGLE, set_up, sit, slot

MINUTE = dt.timedelta(minutes=1)
TEXT = {"text": "AI giúp tôi soạn thông báo."}


def verbs() -> list[str]:
    return [verb.rsplit("/", 1)[1] for verb in Statement.objects.order_by("seq").values_list("verb", flat=True)]


@pytest.fixture
def quiz(course: SimpleNamespace, now: dt.datetime) -> QuizPage:
    """An essay with a rubric, worth 4, and a choice, worth 2; pass at 7 of 10."""
    return set_up(course.quiz, ESSAY, SINGLE, now=now)


@pytest.fixture
def waiting(quiz: QuizPage, enrolment: Enrolment, now: dt.datetime) -> Attempt:
    """An's, handed in: the choice is right, the essay is to be read."""
    return sit(enrolment, quiz, now, essay=TEXT, single=_right(quiz))


def _right(quiz: QuizPage) -> dict[str, Any]:
    version = queries.latest_versions(quiz.category_id).get(kind="single")
    return dict(responses.right_response("single", version.body))


@pytest.fixture
def marker(city: SimpleNamespace) -> Any:
    """An editor of the whole programme."""
    user = world.make_user("em", "Đặng Ngọc Em")
    world.grant(user, "editor", city.city)
    return user


@pytest.fixture
def other(city: SimpleNamespace) -> Any:
    user = world.make_user("gam", "Đỗ Hồng Gấm")
    world.grant(user, "editor", city.city)
    return user


@pytest.fixture
def third(dung: Any) -> Any:
    return dung


def give(attempt: Attempt, marker: Any, now: dt.datetime, levels: tuple[int, ...] = (2, 1), **more: Any) -> ManualMark:
    return actions.give_mark(slot=slot(attempt, "tu-luan"), marker=marker, levels=levels, **{"seen": 0, "now": now, **more})


# --- handed in, not judged -----------------------------------------------------------------------------------------------


def test_what_a_person_marks_waits_and_the_rest_is_marked(waiting: Attempt, now: dt.datetime) -> None:
    assert (waiting.state, waiting.finished_at, waiting.score, waiting.passed) == (AttemptState.SUBMITTED, now, None, None)
    assert (slot(waiting, "tu-luan").mark, slot(waiting, "chon-mot").mark) == (None, Decimal(2))
    # One answer is told of, the hand-in is told of, and nobody has passed or failed.
    assert verbs()[-2:] == ["answered", "completed"]
    assert not {"passed", "failed"} & set(verbs())
    assert not Completion.objects.exists()


def test_handed_in_twice_it_is_handed_in_once(waiting: Attempt, now: dt.datetime) -> None:
    before = Statement.objects.count()
    again = actions.finish_attempt(attempt=waiting, now=now + MINUTE)
    assert (again.state, again.finished_at, Statement.objects.count()) == (AttemptState.SUBMITTED, now, before)


def test_without_an_answer_nobody_has_to_mark(quiz: QuizPage, enrolment: Enrolment, now: dt.datetime) -> None:
    attempt = sit(enrolment, quiz, now, single=_right(quiz))
    assert (attempt.state, attempt.score, attempt.passed) == (AttemptState.FINISHED, Decimal("3.33"), False)
    assert slot(attempt, "tu-luan").mark == 0


def test_a_waiting_one_is_a_used_attempt_and_no_open_one(waiting: Attempt, quiz: QuizPage, an: Any, now: dt.datetime) -> None:
    quiz.attempts_allowed = 1
    quiz.save()
    panel = queries.panel(quiz=quiz, user=an, now=now)
    assert (panel.used, panel.left, panel.current, panel.finished, panel.waiting) == (1, 0, None, (), (waiting,))
    assert (panel.passed, panel.grade, panel.why) == (False, None, "NO_ATTEMPT_LEFT")
    with pytest.raises(actions.NoAttemptsLeft):
        actions.start_attempt(enrolment=waiting.enrolment, quiz=quiz, now=now)


def test_time_up_and_the_sweep_leave_it_waiting(quiz: QuizPage, enrolment: Enrolment, now: dt.datetime) -> None:
    quiz.time_limit_minutes = 5
    quiz.save()
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now, seed=1)
    actions.save_answer(attempt=attempt, position=slot(attempt, "tu-luan").position, response=TEXT, now=now)
    assert actions.close_overdue(now=now + 9 * MINUTE) == 1
    attempt.refresh_from_db()
    assert (attempt.state, attempt.finished_at) == (AttemptState.SUBMITTED, now + 5 * MINUTE)
    assert actions.close_overdue(now=now + 99 * MINUTE) == 0


def test_the_database_keeps_waiting_and_judged_apart(waiting: Attempt) -> None:
    for values in ({"score": Decimal(1)}, {"passed": False}, {"finished_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Attempt.objects.filter(pk=waiting.pk).update(**values)


# --- one marker ------------------------------------------------------------------------------------------------------------


def test_the_last_mark_judges_the_attempt_as_any_other(waiting: Attempt, marker: Any, now: dt.datetime) -> None:
    later = now + MINUTE
    made = give(waiting, marker, later, comment=" Viết rõ. ")
    waiting.refresh_from_db()
    assert (made.mark, made.round, made.comment) == (Decimal(4), "first", "Viết rõ.")
    assert (waiting.state, waiting.score, waiting.passed) == (AttemptState.FINISHED, Decimal(10), True)
    assert (waiting.finished_at, waiting.judged_at) == (now, later)
    assert Completion.objects.get().evidence == {"attempt": str(waiting.pk), "score": "10.00"}
    assert verbs().count("answered") == 2 and verbs().count("passed") == 1
    document = Statement.objects.filter(verb__endswith="answered").order_by("seq").last()
    assert document and "thông báo" not in document.document


def test_the_same_mark_again_is_the_one_that_stands(waiting: Attempt, marker: Any, now: dt.datetime) -> None:
    first = give(waiting, marker, now)
    before = Statement.objects.count()
    assert give(waiting, marker, now + MINUTE) == first
    assert (ManualMark.objects.count(), Statement.objects.count()) == (1, before)


def test_a_mark_fits_its_rubric(waiting: Attempt, marker: Any, now: dt.datetime) -> None:
    for levels in ((), (1,), (2, 1, 0), (3, 0), (0, 2), (-1, 0), (True, 0)):
        with pytest.raises(actions.MarkRefused):
            give(waiting, marker, now, levels)
    assert not ManualMark.objects.exists()
    assert give(waiting, marker, now, (1, 0)).mark == Decimal("0.8")


def test_points_where_there_is_no_rubric(course: SimpleNamespace, enrolment: Enrolment, marker: Any, now: dt.datetime) -> None:
    attempt = sit(enrolment, set_up(course.quiz, PLAIN, now=now), now, essay=TEXT)
    for points in ("", "nhiều", "-1", "2.01", "NaN", "Infinity", "1.234", None):
        with pytest.raises(actions.MarkRefused):
            actions.give_mark(slot=slot(attempt, "tu-do"), marker=marker, seen=0, points=points, now=now)
    actions.give_mark(slot=slot(attempt, "tu-do"), marker=marker, seen=0, points="1.25", now=now)
    attempt.refresh_from_db()
    assert (attempt.score, attempt.passed) == (Decimal("6.25"), False)


def test_who_may_mark(waiting: Attempt, an: Any, binh: Any, chi: Any, outsider: Any, now: dt.datetime) -> None:
    world.grant(an, "editor", world.Organisation.objects.get(code="UBND-TP"))
    for nobody in (an, binh, chi, outsider):
        with pytest.raises(actions.NotMarker):
            give(waiting, nobody, now)
    assert not ManualMark.objects.exists()


def test_a_teacher_marks_what_was_learnt_in_a_class_of_her_school(
    waiting: Attempt, city: SimpleNamespace, binh: Any, outsider: Any, now: dt.datetime
) -> None:
    Enrolment.objects.update(organisation=city.school)  # a colleague who learns by himself
    assert not Attempt.objects.markable_by(binh).exists()
    Enrolment.objects.update(organisation=city.school, source="class")
    assert Attempt.objects.markable_by(binh).exists() and not Attempt.objects.markable_by(outsider).exists()
    binh.roles.update(until=now)
    assert not Attempt.objects.markable_by(binh).exists()


def test_an_editor_of_one_place_marks_there_alone(waiting: Attempt, city: SimpleNamespace, outsider: Any) -> None:
    world.grant(outsider, "editor", city.other_ward)
    assert not Attempt.objects.markable_by(outsider).exists()
    Enrolment.objects.update(organisation=city.other_ward)
    assert Attempt.objects.markable_by(outsider).exists()


def test_nobody_marks_over_another_unseen(waiting: Attempt, marker: Any, other: Any, now: dt.datetime) -> None:
    give(waiting, marker, now)
    with pytest.raises(actions.MarkedMeanwhile) as told:
        give(waiting, other, now, (0, 0))
    assert told.value.mark.marker == marker
    with pytest.raises(actions.NotWaiting):
        give(waiting, other, now, (0, 0), seen=1)
    assert slot(waiting, "tu-luan").mark == 4


def test_nothing_is_marked_before_it_is_handed_in(quiz: QuizPage, enrolment: Enrolment, marker: Any, now: dt.datetime) -> None:
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now, seed=1)
    with pytest.raises(actions.NotWaiting):
        give(attempt, marker, now)


# --- two markers -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def twice(quiz: QuizPage, enrolment: Enrolment, now: dt.datetime) -> Attempt:
    quiz.second_marker = True
    quiz.save()
    return sit(enrolment, quiz, now, essay=TEXT, single=_right(quiz))


def state(attempt: Attempt) -> tuple[str, Decimal | None]:
    return Attempt.objects.get(pk=attempt.pk).state, slot(attempt, "tu-luan").mark


def test_two_who_agree_give_the_mean(twice: Attempt, marker: Any, other: Any, now: dt.datetime) -> None:
    give(twice, marker, now, (2, 1))
    assert state(twice) == ("submitted", None)
    # Her page knew of no mark: she is the second, not overtaken.
    assert give(twice, other, now, (2, 1), comment="Tốt").round == "second"
    assert state(twice) == ("finished", Decimal(4))


def test_two_far_apart_need_a_third(twice: Attempt, marker: Any, other: Any, third: Any, now: dt.datetime) -> None:
    give(twice, marker, now, (2, 1))
    give(twice, other, now, (0, 1))
    assert state(twice) == ("submitted", None)
    with pytest.raises(actions.MarkedMeanwhile):
        give(twice, third, now, (1, 1))
    assert give(twice, third, now, (1, 1), seen=2).round == "settled"
    assert state(twice) == ("finished", Decimal("3.2"))


def test_two_far_apart_may_come_together(twice: Attempt, marker: Any, other: Any, now: dt.datetime) -> None:
    give(twice, marker, now, (2, 1))
    give(twice, other, now, (0, 1))
    assert give(twice, marker, now, (0, 1), seen=2).round == "first"
    assert state(twice) == ("finished", Decimal("2.4"))
    assert [one.mark for one in ManualMark.objects.order_by("number")] == [4, Decimal("2.4"), Decimal("2.4")]


def test_how_many_mark_stands_from_the_hand_in_on(twice: Attempt, quiz: QuizPage, marker: Any, now: dt.datetime) -> None:
    quiz.second_marker = False
    quiz.save()
    give(twice, marker, now)
    assert state(twice) == ("submitted", None)


# --- properties ------------------------------------------------------------------------------------------------------------

people = st.integers(1, 4)
marks = st.integers(0, 400).map(lambda cents: Decimal(cents) / 100)


@given(acts=st.lists(st.tuples(people, marks), max_size=12), two=st.booleans())
def test_whatever_people_do_the_marks_stay_in_order(acts: list[tuple[int, Decimal]], two: bool) -> None:
    """Only turns that are given are taken: then no round has two people, a mark stands within those given, and once it
    stands nobody new gets a turn."""
    taken: list[tuple[str, int, Decimal]] = []
    for person, mark in acts:
        stood = marking.settled(taken, Decimal(4), two=two)
        turn = marking.turn(taken, person, Decimal(4), two=two)
        if turn is None:
            continue
        mine = {name for name, who, _mark in taken if who == person}
        assert turn in mine or (not mine and stood is None)
        taken.append((turn, person, mark))
        by_round = {name: {who for which, who, _mark in taken if which == name} for name, _who, _mark in taken}
        assert all(len(who) == 1 for who in by_round.values())
        assert list(by_round) == ["first", "second", "settled"][: len(by_round)]
        now_stands = marking.settled(taken, Decimal(4), two=two)
        if now_stands is not None:
            given_marks = [mark for _name, _who, mark in taken]
            assert min(given_marks) <= now_stands <= max(given_marks)


@given(levels=st.tuples(st.integers(-1, 3), st.integers(-1, 2)), most=marks)
def test_a_rubric_never_leaves_its_bounds(levels: tuple[int, int], most: Decimal) -> None:
    rubric = [{**one, "levels": [{**level, "points": str(level["points"])} for level in one["levels"]]} for one in RUBRIC]
    try:
        mark = marking.by_rubric(rubric, levels, most)
    except (ValueError, IndexError):
        assert not (0 <= levels[0] <= 2 and 0 <= levels[1] <= 1)
    else:
        assert 0 <= mark <= most


def test_slots_that_need_nobody_are_told_once(waiting: Attempt) -> None:
    assert Slot.objects.filter(attempt=waiting, mark__isnull=True).count() == 1


# --- on the evidence sheet -------------------------------------------------------------------------------------------------


def test_the_sheet_tells_who_gave_what_without_a_name_and_only_in_the_end(
    twice: Attempt, marker: Any, other: Any, third: Any, now: dt.datetime
) -> None:
    give(twice, marker, now, (2, 1), comment="Hay")
    give(twice, other, now, (0, 1), comment="Chưa rõ")
    [essay] = [one for one in evidence_sheet(twice, now).questions if one.kind == "Viết bài"]
    assert essay.marks == () and essay.rubric[0] == "Rõ ý: chưa (0); tạm (2); rõ (4)"
    give(twice, third, now + MINUTE, (1, 1), seen=2, comment="Ở giữa")
    sheet = evidence_sheet(twice, now)
    [essay] = [one for one in sheet.questions if one.kind == "Viết bài"]
    assert [(one.round, one.by, one.mark) for one in essay.marks] == [
        ("Lần chấm thứ nhất", "người chấm 1", 4), ("Lần chấm thứ hai", "người chấm 2", Decimal("2.4")),
        ("Quyết định sau cùng", "người chấm 3", Decimal("3.2")),
    ]  # fmt: skip
    assert essay.marks[2].reached == (("Rõ ý", "tạm"), ("Đúng việc", "đúng"))
    assert dict(sheet.rules)["Người chấm mỗi câu tự luận"] == "hai người"
    actions.correct_mark(slot=slot(twice, "tu-luan"), marker=marker, levels=(2, 1), seen=3, reason="Đọc sót ý", now=now)
    later = evidence_sheet(twice, now)
    [told] = later.regradings
    assert (told.reason, told.old_score, told.new_score) == ("Đọc sót ý", Decimal("8.67"), 10)
    assert digest(later) != digest(sheet)
    words = " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(evidence_pdf(later))).pages).split())
    for said in ("Tiêu chí chấm", "Ở giữa", "IV. CHẤM LẠI", "Đọc sót ý", "8,67", "người chấm 3"):
        assert said in words, said
    assert "Đặng Ngọc Em" not in words and CANARY not in words


def test_a_sheet_without_marks_by_hand_has_the_digest_it_always_had(attempt: Attempt, now: dt.datetime) -> None:
    """Sheets that were printed before somebody could mark still agree with what is printed today."""
    actions.finish_attempt(attempt=attempt, now=now)
    told = json.loads(canonical(evidence_sheet(attempt, now)))
    assert "regradings" not in told and not {"marks", "rubric", "judged_by"} & set(told["questions"][0])
