"""Marking anew: looked at first, done exactly so, told to the learner, and nothing that was confirmed taken back."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import itertools
import tracemalloc
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from courses.actions import enrol
from courses.models import Completion, Enrolment
from lrs.models import Statement
from quizzes import actions, marking, queries, responses, tasks
from quizzes.models import AnswerStep, Attempt, Question, QuestionVersion, QuizPage, RegradedAttempt, Regrading, Slot
from tests import world
from tests.quizzes.by_hand import ESSAY, RUBRIC, SINGLE, bank, set_up, sit, slot

MINUTE = dt.timedelta(minutes=1)
MENDED = {**SINGLE, "options": [{"text": "Đúng"}, {"text": "Sai", "correct": True}, {"text": "Cũng sai"}]}


@pytest.fixture
def quiz(course: SimpleNamespace, now: dt.datetime) -> QuizPage:
    return set_up(course.quiz, SINGLE, now=now)


def picked(quiz: QuizPage, place: int) -> dict[str, Any]:
    """The answer that names the option at a place of the bank."""
    body = QuestionVersion.objects.filter(kind="single", question__category=quiz.category).earliest("number").body
    right = copy.deepcopy(responses.right_response("single", body))
    wanted = body["options"][place]["id"]
    return {name: wanted if isinstance(value, str) else [wanted] for name, value in right.items()}


@pytest.fixture
def failed(quiz: QuizPage, enrolment: Enrolment, now: dt.datetime) -> Attempt:
    """An chose the second option, which the key had wrong."""
    return sit(enrolment, quiz, now, single=picked(quiz, 1))


def mend(quiz: QuizPage, now: dt.datetime, *plains: dict[str, Any]) -> queries.Scope:
    bank(*(plains or (MENDED,)), now=now + MINUTE)
    return queries.Scope(quiz=quiz)


def regrade(scope: queries.Scope, by: Any, now: dt.datetime, reason: str = "Đáp án bị ghi nhầm") -> Regrading:
    made = actions.confirm_regrading(scope=scope, seen=queries.plan(scope).digest, reason=reason, by=by, now=now)
    actions.apply_regradings(now=now, regrading=made)
    return made


def again(attempt: Attempt) -> Attempt:
    return Attempt.objects.get(pk=attempt.pk)


def standing(verb: str) -> int:
    return Statement.objects.filter(verb__endswith=f"/{verb}", voided_by__isnull=True).count()


# --- the dry run -----------------------------------------------------------------------------------------------------------


def test_a_dry_run_says_all_and_changes_nothing(failed: Attempt, quiz: QuizPage, now: dt.datetime) -> None:
    scope = mend(quiz, now)
    plan = queries.plan(scope)
    [one] = plan.shown
    assert (plan.attempts, plan.changed, plan.now_passed, plan.no_longer, plan.flagged) == (1, 1, 1, 0, 0)
    assert (one.old_score, one.new_score, one.old_passed, one.new_passed) == (0, 10, False, True)
    [change] = one.changes
    assert (change.old_mark, change.new_mark, change.old_number, change.new_number) == (0, 2, 1, 2)
    assert plan.digest == queries.plan(scope).digest
    assert again(failed).score == 0 and slot(failed, "chon-mot").judged_by is None and not Regrading.objects.exists()


def test_with_nothing_mended_nothing_changes(failed: Attempt, quiz: QuizPage) -> None:
    assert queries.plan(queries.Scope(quiz=quiz)).changed == 0


def test_an_open_attempt_is_let_be(quiz: QuizPage, enrolment: Enrolment, now: dt.datetime) -> None:
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now, seed=1)
    actions.save_answer(attempt=attempt, position=1, response=picked(quiz, 1), now=now)
    assert queries.plan(mend(quiz, now)).attempts == 0


def test_options_in_another_order_are_another_question(failed: Attempt, quiz: QuizPage, now: dt.datetime) -> None:
    """The answer named an id; where that id says something else, the learner did not say it."""
    turned = {**SINGLE, "options": [{"text": "Sai"}, {"text": "Đúng", "correct": True}, {"text": "Cũng sai"}]}
    plan = queries.plan(mend(quiz, now, turned))
    assert (plan.changed, plan.unlike) == (0, 1)


def test_a_slip_of_the_pen_mended_is_the_same_question(failed: Attempt, quiz: QuizPage, now: dt.datetime) -> None:
    spelt = {**MENDED, "options": [{"text": "Đúng."}, {"text": "Sai", "correct": True}, {"text": "Cũng sai"}]}
    assert queries.plan(mend(quiz, now, spelt)).changed == 1


def test_another_kind_cannot_mark_it(failed: Attempt, quiz: QuizPage, now: dt.datetime) -> None:
    other = {"id": "chon-mot", "kind": "short_text", "stem": "Chọn.", "accept": ["Sai"], "mark": 2}
    plan = queries.plan(mend(quiz, now, other))
    assert (plan.changed, plan.unlike) == (0, 1)


# --- done exactly so -------------------------------------------------------------------------------------------------------


def test_what_was_seen_is_done_and_the_learner_has_passed(failed: Attempt, quiz: QuizPage, dung: Any, now: dt.datetime) -> None:
    regrade(mend(quiz, now), dung, now + MINUTE)
    done = again(failed)
    assert (done.score, done.passed, done.state, done.judged_at) == (Decimal(10), True, "finished", now + MINUTE)
    kept = slot(failed, "chon-mot")
    assert (kept.mark, kept.version.number, kept.judged_by and kept.judged_by.number) == (2, 1, 2)
    assert Completion.objects.get().evidence["attempt"] == str(failed.pk)
    # The record holds what is true now; what was said before is voided, not lost.
    assert (standing("passed"), standing("failed"), standing("answered")) == (1, 0, 1)
    assert Statement.objects.filter(verb__endswith="/failed").count() == 1


def test_confirmed_twice_it_is_done_once(failed: Attempt, quiz: QuizPage, dung: Any, now: dt.datetime) -> None:
    scope = mend(quiz, now)
    seen = queries.plan(scope).digest
    first = actions.confirm_regrading(scope=scope, seen=seen, reason="Sai đáp án", by=dung, now=now)
    assert actions.confirm_regrading(scope=scope, seen=seen, reason="Sai đáp án", by=dung, now=now) == first
    assert (tasks.regrade(), tasks.regrade()) == (1, 0)
    before = Statement.objects.count()
    assert actions.confirm_regrading(scope=scope, seen=seen, reason="Sai đáp án", by=dung, now=now) == first
    assert actions.apply_regradings(now=now) == 0
    assert (Regrading.objects.count(), RegradedAttempt.objects.count(), Statement.objects.count()) == (1, 1, before)
    assert queries.plan(scope).changed == 0


def test_a_plan_that_moved_is_refused(failed: Attempt, quiz: QuizPage, dung: Any, chi: Any, course: Any, now: Any) -> None:
    scope = mend(quiz, now)
    seen = queries.plan(scope).digest
    sit(enrol(learner=chi, course=course.page, now=now), quiz, now, single=picked(quiz, 1))
    # Hers is served and marked by the mended version: nothing of the plan moves.
    assert queries.plan(scope).digest == seen
    Slot.objects.filter(attempt=failed).update(mark=Decimal(1))
    with pytest.raises(actions.PlanMoved):
        actions.confirm_regrading(scope=scope, seen=seen, reason="Sai đáp án", by=dung, now=now)
    assert not Regrading.objects.exists() and again(failed).score == 0


def test_what_somebody_changed_after_the_plan_is_left_to_him(failed: Attempt, quiz: QuizPage, dung: Any, now: Any) -> None:
    scope = mend(quiz, now)
    actions.confirm_regrading(scope=scope, seen=queries.plan(scope).digest, reason="Sai", by=dung, now=now)
    Slot.objects.filter(attempt=failed).update(mark=Decimal(1))
    assert actions.apply_regradings(now=now) == 1
    row = RegradedAttempt.objects.get()
    assert row.skipped and row.done_at == now and again(failed).score == 0 and slot(failed, "chon-mot").mark == 1


def test_who_may_and_only_with_a_reason(failed: Attempt, quiz: QuizPage, dung: Any, binh: Any, outsider: Any, now: Any) -> None:
    scope = mend(quiz, now)
    seen = queries.plan(scope).digest
    world.grant(outsider, "owner", world.Organisation.objects.get(code="P-AK"))
    for nobody in (binh, outsider):
        with pytest.raises(actions.NotRegrader):
            actions.confirm_regrading(scope=scope, seen=seen, reason="Sai", by=nobody, now=now)
    with pytest.raises(actions.ReasonMissing):
        actions.confirm_regrading(scope=scope, seen=seen, reason=" \n", by=dung, now=now)


def test_back_and_forth_are_three_plans(failed: Attempt, quiz: QuizPage, dung: Any, now: dt.datetime) -> None:
    there = mend(quiz, now)
    question = Question.objects.get(code__endswith="chon-mot")
    back = queries.Scope(quiz=quiz, question=question, version=question.versions.get(number=1))
    digests = [regrade(scope, dung, now + number * MINUTE).plan for number, scope in enumerate((there, back, there), 1)]
    assert len(set(digests)) == 3 and again(failed).score == 10
    assert (standing("passed"), standing("failed"), standing("answered")) == (1, 0, 1)
    assert [one.new_score for one in queries.regraded(failed)] == [10, 0, 10]


# --- nothing is taken back ---------------------------------------------------------------------------------------------------


@pytest.fixture
def passed(quiz: QuizPage, enrolment: Enrolment, now: dt.datetime) -> Attempt:
    return sit(enrolment, quiz, now, single=picked(quiz, 0))


def test_who_no_longer_passes_keeps_what_was_confirmed_and_a_person_looks(
    passed: Attempt, quiz: QuizPage, dung: Any, now: dt.datetime
) -> None:
    Enrolment.objects.update(completed_at=now, score=Decimal(10))
    assert queries.plan(mend(quiz, now)).flagged == 1
    regrade(queries.Scope(quiz=quiz), dung, now)
    done, enrolment = again(passed), Enrolment.objects.get()
    assert (done.score, done.passed) == (0, False)
    assert (enrolment.completed_at, enrolment.score, Completion.objects.count()) == (now, 10, 1)
    [row] = queries.flagged()
    assert row.flag == "pass"
    with pytest.raises(actions.NotRegrader):
        actions.look_at_flag(row=row, decision="Giữ", by=passed.enrolment.learner, now=now)
    first = actions.look_at_flag(row=row, decision="Giữ giấy", by=dung, now=now)
    assert actions.look_at_flag(row=row, decision="Thu hồi", by=dung, now=now).decision == first.decision == "Giữ giấy"
    assert not queries.flagged()


def test_another_score_beside_a_finished_course_is_flagged_too(
    course: SimpleNamespace, enrolment: Enrolment, dung: Any, now: dt.datetime
) -> None:
    two = {**SINGLE, "id": "chon-hai", "stem": "Chọn nữa."}
    quiz = set_up(course.quiz, SINGLE, two, now=now, pass_mark=Decimal(4))
    sit(enrolment, quiz, now, single=picked(quiz, 0))
    Enrolment.objects.update(completed_at=now)
    assert Enrolment.objects.get().score == 10
    regrade(mend(quiz, now, MENDED, two), dung, now)
    assert [row.flag for row in queries.flagged()] == ["score"]
    assert Enrolment.objects.get().score == 10


# --- marks given by hand -------------------------------------------------------------------------------------------------------

HARDER = [{**RUBRIC[0], "levels": [*RUBRIC[0]["levels"][:2], {"text": "rõ", "points": 14}]}, RUBRIC[1]]  # type: ignore[index]


@pytest.fixture
def read(course: SimpleNamespace, enrolment: Enrolment, dung: Any, now: dt.datetime) -> Attempt:
    """An essay marked by hand, tạm and đúng: 3.2 of 4; and the wrong option."""
    quiz = set_up(course.quiz, ESSAY, SINGLE, now=now)
    attempt = sit(enrolment, quiz, now, essay={"text": "Một hai ba"}, single=picked(quiz, 1))
    actions.give_mark(slot=slot(attempt, "tu-luan"), marker=dung, levels=[1, 1], seen=0, now=now)
    return again(attempt)


def test_marks_given_by_hand_stay_unless_asked(read: Attempt, dung: Any, now: dt.datetime) -> None:
    mend(read.quiz, now, {**ESSAY, "rubric": HARDER}, MENDED)
    regrade(queries.Scope(quiz=read.quiz), dung, now)
    assert (slot(read, "tu-luan").mark, slot(read, "chon-mot").mark) == (Decimal("3.2"), 2)
    regrade(queries.Scope(quiz=read.quiz, hand_too=True), dung, now + MINUTE)
    assert slot(read, "tu-luan").mark == Decimal("1.6")  # 8 of 20, of 4
    assert [one.mark for one in slot(read, "tu-luan").hand_marks.all()] == [Decimal("3.2")]  # what was given stays written


def test_what_waits_for_a_person_goes_on_waiting(course: Any, enrolment: Enrolment, dung: Any, now: dt.datetime) -> None:
    quiz = set_up(course.quiz, ESSAY, SINGLE, now=now)
    attempt = sit(enrolment, quiz, now, essay={"text": "Một hai ba"}, single=picked(quiz, 1))
    mend(quiz, now, ESSAY, MENDED)
    regrade(queries.Scope(quiz=quiz), dung, now)
    found = again(attempt)
    assert (found.state, found.score, slot(attempt, "chon-mot").mark) == ("submitted", None, 2)
    actions.give_mark(slot=slot(attempt, "tu-luan"), marker=dung, levels=[2, 1], seen=0, now=now)
    assert again(attempt).score == 10


def test_a_correction_by_hand_is_a_regrading_of_one(read: Attempt, dung: Any, now: dt.datetime) -> None:
    essay = slot(read, "tu-luan")
    for _time in range(2):
        actions.correct_mark(slot=essay, marker=dung, levels=[2, 1], seen=1, reason="Đọc sót", now=now)
    found = again(read)
    assert (found.score, RegradedAttempt.objects.count(), essay.hand_marks.count()) == (Decimal("6.67"), 1, 2)
    assert [(one.why, one.old_score) for one in queries.regraded(found)] == [("Đọc sót", Decimal("5.33"))]
    assert standing("failed") == 1


# --- many --------------------------------------------------------------------------------------------------------------------


def many(course: SimpleNamespace, quiz: QuizPage, now: dt.datetime, count: int) -> None:
    """Finished attempts with the second option, written as rows."""
    learner = world.make_user("dong", "Người Đông")
    enrolment = enrol(learner=learner, course=course.page, now=now)
    version = QuestionVersion.objects.get(kind="single", number=1, question__category=quiz.category)
    rules = {"pass_mark": "7.00"}
    common = {"enrolment": enrolment, "quiz": quiz, "part": quiz.translation_key, "state": "finished", "rules": rules, "seed": 1}
    marks = {"max_marks": 2, "marks": 0, "score": 0, "passed": False, "started_at": now, "finished_at": now, "scorer": "1"}
    made = Attempt.objects.bulk_create(Attempt(**common, **marks, number=number) for number in range(1, count + 1))
    slots = Slot.objects.bulk_create(Slot(attempt=one, position=1, version=version, max_mark=2, mark=0) for one in made)
    said = picked(quiz, 1)
    AnswerStep.objects.bulk_create(AnswerStep(slot=one, sequence=1, response=said, saved_at=now) for one in slots)


def test_a_plan_of_many_needs_no_more_memory_than_one_of_few(
    course: SimpleNamespace, quiz: QuizPage, now: dt.datetime, django_assert_max_num_queries: Any
) -> None:
    many(course, quiz, now, 3000)
    scope = mend(quiz, now)
    tracemalloc.start()
    with django_assert_max_num_queries(3 + 6 * 16):
        plan = queries.plan(scope)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (plan.attempts, plan.changed, plan.now_passed, len(plan.shown)) == (3000, 3000, 3000, 100)
    assert peak < 16 * 2**20


def test_a_sweep_takes_a_part_and_the_next_one_the_rest(course: Any, quiz: QuizPage, dung: Any, now: dt.datetime) -> None:
    many(course, quiz, now, 7)
    scope = mend(quiz, now)
    actions.confirm_regrading(scope=scope, seen=queries.plan(scope).digest, reason="Sai", by=dung, now=now)
    assert [actions.apply_regradings(now=now, limit=3) for _time in range(4)] == [3, 3, 1, 0]
    assert Attempt.objects.filter(score=10).count() == 7


# --- the page and the command --------------------------------------------------------------------------------------------------


def test_the_page_shows_first_and_then_does(failed: Attempt, quiz: QuizPage, dung: Any, now: dt.datetime) -> None:
    client = Client()
    client.force_login(dung)
    scope = mend(quiz, now)
    address = f"/quizzes/regrading/{quiz.pk}/"
    assert "Xem trước thay đổi" in client.get(address).content.decode()
    shown = client.get(f"{address}?question=&hand_too=keep").content.decode()
    assert "thành đạt" in shown and "Chưa có gì được ghi" in shown and failed.alias in shown
    assert client.post(f"{address}?question=&hand_too=keep", {"seen": "0" * 64, "reason": "Sai"}).status_code == 200
    assert again(failed).score == 0
    posted = {"seen": queries.plan(scope).digest, "reason": "Đáp án ghi nhầm"}
    assert client.post(f"{address}?question=&hand_too=keep", posted)["Location"] == "/quizzes/regrading/"
    assert again(failed).score == 10
    assert "Đáp án ghi nhầm" in client.get("/quizzes/regrading/").content.decode()
    learner = Client()
    learner.force_login(failed.enrolment.learner)
    told = learner.get(f"/quizzes/attempts/{failed.pk}/").content.decode()
    assert "Đáp án ghi nhầm" in told and "điểm trước đó là 0" in told


def test_the_owner_decides_on_the_page(passed: Attempt, quiz: QuizPage, dung: Any, now: dt.datetime) -> None:
    regrade(mend(quiz, now), dung, now)
    client, row = Client(), queries.flagged().get()
    client.force_login(dung)
    assert "Nay chưa đạt" in client.get("/quizzes/regrading/").content.decode()
    client.post(f"/quizzes/regrading/flags/{row.pk}/", {"decision": ""})
    assert queries.flagged().exists()
    client.post(f"/quizzes/regrading/flags/{row.pk}/", {"decision": "Giữ nguyên"})
    assert not queries.flagged().exists()


def test_the_command(failed: Attempt, quiz: QuizPage, dung: Any, binh: Any, now: dt.datetime) -> None:
    mend(quiz, now)
    out = StringIO()
    code = Question.objects.get(code__endswith="chon-mot").code
    call_command("regrade", str(quiz.pk), "--dry-run", stdout=out)
    assert "1 attempts, 1 change, 1 pass now" in out.getvalue() and again(failed).score == 0
    for given in (["--by", "dung"], ["--reason", "Sai"], ["--reason", "Sai", "--by", "binh"], ["--question", "khong-co"]):
        with pytest.raises(CommandError):
            call_command("regrade", str(quiz.pk), *given, stdout=out)
    call_command("regrade", "CD-T", "--question", code, "--reason", "Sai đáp án", "--by", "dung", stdout=out)
    assert again(failed).score == 10
    call_command("regrade", quiz.slug, "--reason", "Sai đáp án", "--by", "dung", stdout=out)
    assert Regrading.objects.count() == 1


# --- whatever happens ----------------------------------------------------------------------------------------------------------


_numbers = itertools.count()


class Life(RuleBasedStateMachine):
    """One attempt, and whatever its learner, its markers and its key may do to it, in any order."""

    world: SimpleNamespace  # set by the test

    @initialize(
        two=st.booleans(), place=st.integers(0, 2), text=st.sampled_from(["Một hai ba", "Bốn năm", ""]), open_still=st.booleans()
    )
    def begin(self, two: bool, place: int, text: str, open_still: bool) -> None:
        here = self.world
        here.quiz.second_marker = two
        here.quiz.save()
        learner = world.make_user(f"ai-{next(_numbers)}", "Ai Đó")
        self.enrolment = enrol(learner=learner, course=here.course.page, now=here.now)
        self.attempt = actions.start_attempt(enrolment=self.enrolment, quiz=here.quiz, now=here.now, seed=1)
        self.now, self.seen = here.now, "in_progress"
        self.answer(text, place)
        if not open_still:
            self.hand_in()

    def tick(self) -> dt.datetime:
        self.now += MINUTE
        return self.now

    @precondition(lambda self: self.seen == "in_progress")
    @rule(text=st.sampled_from(["", "Một hai ba"]), place=st.integers(0, 2))
    def answer(self, text: str, place: int) -> None:
        for code, response in (("tu-luan", {"text": text} if text else {}), ("chon-mot", picked(self.world.quiz, place))):
            try:
                actions.save_answer(
                    attempt=self.attempt, position=slot(self.attempt, code).position, response=response, now=self.tick()
                )
                assert self.seen == "in_progress"
            except actions.Closed:
                assert self.seen != "in_progress"

    @rule()
    def hand_in(self) -> None:
        actions.finish_attempt(attempt=self.attempt, now=self.tick())

    @precondition(lambda self: self.seen != "in_progress")
    @rule(who=st.integers(0, 2), levels=st.tuples(st.integers(0, 2), st.integers(0, 1)), seen=st.integers(0, 3))
    def mark(self, who: int, levels: tuple[int, int], seen: int) -> None:
        essay = slot(self.attempt, "tu-luan")
        with contextlib.suppress(actions.NotWaiting, actions.NotMarker, actions.MarkedMeanwhile):
            actions.give_mark(slot=essay, marker=self.world.markers[who], levels=levels, seen=seen, now=self.tick())

    @precondition(lambda self: self.seen == "finished")
    @rule(who=st.integers(0, 2), levels=st.tuples(st.integers(0, 2), st.integers(0, 1)))
    def correct(self, who: int, levels: tuple[int, int]) -> None:
        try:
            actions.correct_mark(
                slot=slot(self.attempt, "tu-luan"), marker=self.world.markers[who], levels=levels, seen=99, reason="Sửa",
                now=self.tick(),
            )  # fmt: skip
        except actions.NotWaiting:
            assert self.seen != "finished" or not slot(self.attempt, "tu-luan").hand_marks.exists()

    @precondition(lambda self: self.seen != "in_progress")
    @rule(number=st.sampled_from([1, 2]), hand_too=st.booleans())
    def mark_anew(self, number: int, hand_too: bool) -> None:
        version = QuestionVersion.objects.get(question=self.world.question, number=number)
        scope = queries.Scope(quiz=self.world.quiz, question=self.world.question, version=version, hand_too=hand_too)
        plan = queries.plan(scope)
        if plan.changed:
            regrade(scope, self.world.markers[0], self.tick())
            assert queries.plan(scope).changed == 0

    def teardown(self) -> None:
        rounds = set(slot(self.attempt, "tu-luan").hand_marks.values_list("round", flat=True))
        anew = {"anew"} if self.attempt.regraded.filter(skipped=False).exists() else set()
        self.world.met |= {self.seen, *rounds, *anew}

    @invariant()
    def all_is_in_order(self) -> None:
        if not hasattr(self, "attempt"):
            return
        found = again(self.attempt)
        order = ["in_progress", "submitted", "finished"]
        assert order.index(found.state) >= order.index(self.seen)
        self.seen = found.state
        slots = list(found.slots.select_related("version", "judged_by"))
        assert all(one.mark is None or 0 <= one.mark <= one.max_mark for one in slots)
        waits = any(one.mark is None for one in slots)
        assert (found.state == "finished") == (not waits) or found.state == "in_progress"
        if found.state == "finished":
            total = marking.total([one.mark for one in slots if one.mark is not None], found.max_marks)
            assert (found.score, found.passed) == (total, total >= 7)
            # Replayed, the steps give the same mark.
            single = next(one for one in slots if one.version.kind == "single")
            step = single.steps.order_by("-sequence").first()
            share = marking.mark("single", (single.judged_by or single.version).body, step.response if step else {})
            assert share is not None and single.mark == marking.earned(share, single.max_mark)
            mine = Statement.objects.filter(registration=self.enrolment.pk, voided_by__isnull=True)
            assert mine.filter(verb__regex="/(passed|failed)$").count() == 1
            if found.passed:
                assert Completion.objects.filter(enrolment=self.enrolment, part=found.part).exists()


def test_whatever_happens_an_attempt_stays_in_order(course: Any, city: SimpleNamespace, dung: Any, now: dt.datetime) -> None:
    quiz = set_up(course.quiz, ESSAY, SINGLE, now=now)
    others = [world.make_user(name, name) for name in ("mot", "hai")]
    for one in others:
        world.grant(one, "editor", city.city)
    bank(ESSAY, MENDED, now=now)
    question = Question.objects.get(code__endswith="chon-mot")
    Life.world = SimpleNamespace(course=course, quiz=quiz, markers=[dung, *others], now=now, question=question, met=set())
    profile = settings(max_examples=25, stateful_step_count=8, suppress_health_check=list(HealthCheck), deadline=None)
    run_state_machine_as_test(Life, settings=profile)
    # A machine that never gets anywhere proves nothing.
    assert Life.world.met >= {"in_progress", "submitted", "finished", "first", "second", "anew"}
