from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from courses import actions, queries
from courses.models import Completion, Enrolment, LessonPage, PracticeAnswer, Visit
from lrs import vocabulary as v
from lrs.models import Statement
from tests import world


@pytest.fixture
def enrolment(an, course, now):
    return actions.enrol(learner=an, course=course.page, now=now)


def verbs(enrolment: Enrolment) -> list[str]:
    return list(Statement.objects.filter(registration=enrolment.pk).order_by("seq").values_list("verb", flat=True))


class TestEnrol:
    def test_freezes_audience_tier_organisation_and_ward(self, city, course, now):
        nurse = world.make_user("hoa", "Đỗ Thị Hoa", audience="cbccvc_nld")
        world.join(nurse, city.clinic)
        enrolment = actions.enrol(learner=nurse, course=course.page, now=now)
        assert (enrolment.audience, enrolment.tier) == ("cbccvc_nld", "co_ban")
        assert (enrolment.organisation, enrolment.ward) == (city.clinic, city.ward)

    def test_twice_is_one_enrolment_and_one_statement(self, an, course, now):
        first = actions.enrol(learner=an, course=course.page, now=now)
        assert actions.enrol(learner=an, course=course.page, now=now) == first
        assert verbs(first) == [v.REGISTERED.iri]

    def test_again_after_completion_is_the_next_number(self, an, course, now):
        first = actions.enrol(learner=an, course=course.page, now=now)
        Enrolment.objects.filter(pk=first.pk).update(completed_at=now)
        assert actions.enrol(learner=an, course=course.page, now=now).number == 2

    def test_refuses_a_course_without_parts(self, an, now, db):
        empty = world.make_course("CD-0", "Trống", lessons=0)
        empty.quiz.unpublish()
        with pytest.raises(actions.CourseNotOpen):
            actions.enrol(learner=an, course=empty.page, now=now)

    def test_the_database_refuses_a_second_open_enrolment(self, enrolment, now):
        with pytest.raises(IntegrityError), transaction.atomic():
            Enrolment.objects.create(
                learner=enrolment.learner, course=enrolment.course, outline=enrolment.outline, number=9,
                audience="cong_dan", tier="co_ban", enrolled_at=now,
            )  # fmt: skip


class TestPractice:
    def test_judges_keeps_the_latest_answer_and_records_each(self, enrolment, course, now):
        lesson = course.lessons[0]
        wrong = actions.answer_practice(enrolment=enrolment, lesson=lesson, question="q1", chosen=[0], now=now)
        later = now + dt.timedelta(minutes=1)
        right = actions.answer_practice(enrolment=enrolment, lesson=lesson, question="q1", chosen=[1], now=later)
        assert (wrong.correct, wrong.feedback) == (False, ["Khó lấy lại."])
        assert (right.correct, right.feedback) == (True, ["Chắc nhất."])
        assert PracticeAnswer.objects.get().chosen == [1]
        assert verbs(enrolment).count(v.ANSWERED.iri) == 2

    def test_ignores_places_that_do_not_exist(self, enrolment, course, now):
        result = actions.answer_practice(enrolment=enrolment, lesson=course.lessons[0], question="q1", chosen=[1, 7, -2], now=now)
        assert result.chosen == [1]

    def test_refuses_an_unknown_question(self, enrolment, course, now):
        with pytest.raises(LookupError):
            actions.answer_practice(enrolment=enrolment, lesson=course.lessons[0], question="nope", chosen=[1], now=now)

    def test_refuses_a_lesson_outside_the_outline_that_is_not_published(self, enrolment, course, now):
        late = world.make_lesson(course.page, 9)
        late.unpublish()
        with pytest.raises(actions.NotInOutline):
            actions.open_part(enrolment=enrolment, part=late.translation_key, now=now)


class TestCompleteLesson:
    def test_demands_an_answer_to_every_question(self, enrolment, course, now):
        with pytest.raises(actions.StillMissing) as missing:
            actions.complete_lesson(enrolment=enrolment, lesson=course.lessons[0], now=now)
        assert missing.value.questions == ["q1"]
        assert not Completion.objects.exists()

    def test_twice_keeps_the_first_date_and_says_it_once(self, enrolment, course, now):
        for days in (0, 5):
            actions.complete_lesson(enrolment=enrolment, lesson=course.lessons[1], now=now + dt.timedelta(days=days))
        assert Completion.objects.get().completed_at == now
        assert verbs(enrolment) == [v.REGISTERED.iri, v.COMPLETED.iri, v.PROGRESSED.iri]


def finish_lessons(enrolment, course, now):
    actions.answer_practice(enrolment=enrolment, lesson=course.lessons[0], question="q1", chosen=[0], now=now)
    for lesson in course.lessons:
        actions.complete_lesson(enrolment=enrolment, lesson=lesson, now=now)


class TestCompleteCourse:
    def test_is_complete_when_every_part_of_the_outline_is(self, enrolment, course, now):
        finish_lessons(enrolment, course, now)
        assert Enrolment.objects.get().completed_at is None
        done = actions.complete_part(
            enrolment=enrolment, part=course.quiz.translation_key, evidence={}, now=now, score10=Decimal("8.5")
        )
        kept = Enrolment.objects.get()
        assert done and kept.completed_at == now and kept.score == Decimal("8.5")
        assert verbs(enrolment)[-1] == v.COMPLETED.iri

    def test_a_better_retake_does_not_rewrite_a_completed_course(self, enrolment, course, now):
        finish_lessons(enrolment, course, now)
        for score in ("7", "9"):
            actions.complete_part(
                enrolment=enrolment, part=course.quiz.translation_key, evidence={}, now=now, score10=Decimal(score)
            )
        assert Enrolment.objects.get().score == Decimal(7)

    def test_a_lesson_unpublished_meanwhile_is_not_demanded(self, enrolment, course, now):
        course.lessons[1].unpublish()
        actions.answer_practice(enrolment=enrolment, lesson=course.lessons[0], question="q1", chosen=[1], now=now)
        actions.complete_lesson(enrolment=enrolment, lesson=course.lessons[0], now=now)
        assert actions.complete_part(enrolment=enrolment, part=course.quiz.translation_key, evidence={}, now=now)

    def test_a_course_is_never_complete_without_its_quiz(self, enrolment, course, now):
        course.quiz.unpublish()
        finish_lessons(enrolment, course, now)
        assert Enrolment.objects.get().completed_at is None
        assert [part.kind for part in queries.standing(enrolment).missing] == ["quiz"]

    def test_a_course_unpublished_meanwhile_keeps_what_was_done(self, enrolment, course, now):
        actions.complete_lesson(enrolment=enrolment, lesson=course.lessons[1], now=now)
        course.page.unpublish()
        standing = queries.standing(enrolment)
        assert not standing.open and standing.done == 1


class TestWithdraw:
    def test_twice_is_once(self, enrolment, now):
        actions.withdraw(enrolment=enrolment, now=now)
        actions.withdraw(enrolment=enrolment, now=now + dt.timedelta(days=1))
        assert Enrolment.objects.get().withdrawn_at == now
        assert verbs(enrolment).count(v.UNREGISTERED.iri) == 1

    def test_leaves_a_completed_course_alone(self, enrolment, now):
        Enrolment.objects.update(completed_at=now)
        actions.withdraw(enrolment=enrolment, now=now)
        assert Enrolment.objects.get().withdrawn_at is None


class TestGuestProgress:
    def test_is_judged_anew_and_comes_over_once(self, an, course, now):
        key = str(course.lessons[0].translation_key)
        progress = [
            actions.GuestProgress(
                course_key=str(course.page.translation_key), opened=[key, str(uuid.uuid4())],
                answers={key: {"q1": [0], "made-up": [1]}}, done=[key, str(course.quiz.translation_key)],
            )
        ]  # fmt: skip
        actions.adopt_guest_progress(learner=an, progress=progress, now=now)
        actions.adopt_guest_progress(learner=an, progress=progress, now=now)
        assert PracticeAnswer.objects.get().correct is False
        assert list(Completion.objects.values_list("part", flat=True)) in ([], [course.lessons[0].translation_key])
        assert Visit.objects.count() == 1

    def test_a_claimed_quiz_is_not_believed(self, an, course, now):
        key = str(course.quiz.translation_key)
        progress = [actions.GuestProgress(course_key=str(course.page.translation_key), done=[key])]
        actions.adopt_guest_progress(learner=an, progress=progress, now=now)
        assert not Completion.objects.exists()


class TestLoadCourse:
    @pytest.fixture
    def folder(self, tmp_path):
        (tmp_path / "course.yaml").write_text(
            "code: XX-1\nslug: xx\ntitle: Khóa\naudience: cong_dan\ntier: co_ban\nsummary: s\nobjective: o\n"
            "outcomes: [làm được]\n",
            encoding="utf-8",
        )
        for number, title in ((1, "Một"), (2, "Hai")):
            (tmp_path / f"0{number}-bai-{number}.md").write_text(
                f"---\ntitle: {title}\nminutes: 5\nobjective: o\npromise: p\n---\n\n## Chữ\n\nĐạo đức.\n", encoding="utf-8"
            )
        return tmp_path

    def test_twice_changes_nothing(self, folder, now, db):
        from courses.files import read_course

        actions.load_course(files=read_course(folder), now=now)
        _course, report = actions.load_course(files=read_course(folder), now=now)
        assert {outcome.value for outcome in report.values()} == {"same"}
        assert LessonPage.objects.count() == 2

    def test_an_editors_change_is_kept(self, folder, now, dung):
        from courses.files import read_course

        actions.load_course(files=read_course(folder), now=now)
        lesson = LessonPage.objects.get(slug="bai-1")
        lesson.title = "Tên mới của biên tập viên"
        lesson.save_revision(user=dung).publish()
        path = folder / "01-bai-1.md"
        path.write_text(path.read_text(encoding="utf-8").replace("Một", "Một nữa"), encoding="utf-8")
        _course, report = actions.load_course(files=read_course(folder), now=now)
        assert report["courses/XX-1/bai-1"].value == "kept"
        assert LessonPage.objects.get(slug="bai-1").title == "Tên mới của biên tập viên"
        actions.load_course(files=read_course(folder), now=now, force=True)
        assert LessonPage.objects.get(slug="bai-1").title == "Một nữa"

    def test_puts_parts_in_the_order_asked(self, folder, now, db):
        from courses.files import read_course

        course, _report = actions.load_course(files=read_course(folder), now=now)
        actions.arrange(course=course, slugs=["bai-2", "bai-1"])
        assert [part.slug for part in queries.course_outline(course).parts] == ["bai-2", "bai-1"]
