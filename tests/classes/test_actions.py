"""What teachers do: classes, members, assignments."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.contrib.auth.hashers import check_password

from classes import actions, queries
from classes.models import Assignment, ClassMember, ClassTeacher, TrainingClass
from courses.models import Enrolment
from lrs.models import Statement
from people.models import Role, User
from tests import world
from tests.classes.conftest import add, finish, names, open_class


def test_a_class_gets_a_join_code_and_its_teacher(binh, city, now):
    made = open_class(binh, city.school, now, name="10A1")
    assert len(made.join_code) == 8
    assert ClassTeacher.objects.filter(training_class=made, teacher=binh).exists()
    assert Statement.objects.count() == 0


def test_a_form_sent_twice_makes_one_class(binh, city, now):
    key = uuid.uuid4()
    fields = {
        "key": key, "teacher": binh, "name": "10A1", "kind": "school", "organisation": city.school, "starts_on": now.date(),
        "ends_on": None, "now": now,
    }  # fmt: skip
    assert actions.create_class(**fields) == actions.create_class(**fields)
    assert TrainingClass.objects.count() == 1


def test_the_id_of_somebody_elses_class_gives_a_class_of_ones_own(binh, outsider, city, now):
    theirs = open_class(outsider, city.other_school, now, name="Của trường bạn")
    made = actions.create_class(
        key=theirs.pk, teacher=binh, name="10A1", kind="school", organisation=city.school, starts_on=now.date(), ends_on=None,
        now=now,
    )  # fmt: skip
    assert made.pk != theirs.pk
    theirs.refresh_from_db()
    assert theirs.name == "Của trường bạn"


def test_a_class_is_only_made_where_one_teaches(binh, city, now):
    for elsewhere in (city.other_school, city.school_office, city.city):
        with pytest.raises(actions.NotTeacherHere):
            open_class(binh, elsewhere, now)


def test_a_teacher_who_left_the_school_sees_its_pupils_no_more(binh, class_10a1, now):
    assert TrainingClass.objects.taught_by(binh).count() == 1
    Role.objects.filter(user=binh).update(until=now)
    assert TrainingClass.objects.taught_by(User.objects.get(pk=binh.pk)).count() == 0


# --- members ----------------------------------------------------------------------------------------------------------


def test_pupils_get_accounts_without_an_e_mail_and_a_password_that_is_nowhere_kept(binh, city, now):
    made = open_class(binh, city.school, now)
    added = add(made, "1. Lê Gia Hân\n2. Trần Minh Khôi", now, birth_year=2010)
    stem = made.join_code.replace("-", "").lower()
    assert [slip.username for slip in added.slips] == [f"{stem}-01", f"{stem}-02"]
    pupil = User.objects.get(username=f"{stem}-01")
    assert (pupil.full_name, pupil.name_folded, pupil.email, pupil.birth_year) == ("Lê Gia Hân", "le gia han", "", 2010)
    assert pupil.audience == "hs_pt"
    assert check_password(added.slips[0].password, pupil.password)
    assert added.slips[0].password not in str(User.objects.values()) + str(ClassMember.objects.values())


def test_people_of_a_training_class_are_staff_and_no_pupils(binh, city, now):
    made = open_class(binh, city.school, now, kind="training")
    add(made, "Lê Gia Hân", now)
    assert User.objects.get(full_name="Lê Gia Hân").audience == "cbccvc_nld"


def test_confirming_a_list_twice_makes_one_account_each(binh, city, now):
    made = open_class(binh, city.school, now)
    plan = queries.roster_plan(training_class=made, text=names(5), keep_namesakes=True)
    wanted = {"training_class": made, "text": names(5), "start": plan.start, "keep_namesakes": True, "now": now}
    actions.add_learners(**wanted)
    with pytest.raises(actions.ListChanged):
        actions.add_learners(**wanted)
    assert made.members.count() == 5


def test_namesakes_are_added_only_when_the_teacher_says_so(binh, city, now):
    made = open_class(binh, city.school, now)
    plan = queries.roster_plan(training_class=made, text="Lê An\nlê an\nLê Ân")
    assert [row.status for row in plan.rows] == ["new", "repeated", "new"]
    add(made, "Lê An\nLê An", now, keep_namesakes=True)
    assert list(made.members.values_list("number", "shown_as")) == [(1, "Lê An"), (2, "Lê An")]


def test_people_of_the_same_school_are_linked_by_user_name_or_e_mail(binh, city, class_10a1, now):
    world.join(world.make_user("hoa", "Đỗ Thị Hoa"), city.school)
    other = open_class(binh, city.school, now, name="CLB AI")
    pupil = class_10a1.members.get(number=1).learner
    add(other, f"hoa\nHoa@example.com\n{pupil.username}", now)
    assert list(other.members.values_list("shown_as", flat=True)) == ["Đỗ Thị Hoa", "Lê Gia Hân"]


def test_an_account_outside_is_told_in_the_same_words_as_one_that_does_not_exist(binh, city, an, outsider, now):
    made = open_class(binh, city.school, now)
    plan = queries.roster_plan(training_class=made, text="an\nan@example.com\nkhanh\nnobody@example.com\nnobody7")
    assert {row.status for row in plan.rows} == {"unknown"}
    assert not any(row.user_id for row in plan.rows)
    before = User.objects.count()
    add(made, "an\nnobody7", now)
    assert User.objects.count() == before
    assert made.members.count() == 0


def test_a_user_name_taken_by_somebody_else_does_not_stop_the_list(binh, city, now):
    made = open_class(binh, city.school, now)
    squatter = world.make_user(made.join_code.replace("-", "").lower() + "-01", "Kẻ Chiếm Chỗ")
    (slip,) = add(made, "Lê Gia Hân", now).slips
    assert slip.username == f"{squatter.username}a"
    assert made.members.get().learner != squatter


def test_a_removed_member_comes_back_under_the_old_number_and_account(class_10a1, now):
    member = class_10a1.members.get(number=2)
    actions.remove_member(member=member, now=now)
    actions.remove_member(member=member, now=now + dt.timedelta(hours=1))
    member.refresh_from_db()
    assert member.left_at == now
    before = User.objects.count()
    plan = add(class_10a1, "Trần Minh Khôi", now).plan
    assert [row.status for row in plan.rows] == ["back"]
    member.refresh_from_db()
    assert member.left_at is None
    assert User.objects.count() == before


def test_a_closed_class_takes_nobody(class_10a1, an, course, binh, week, now):
    actions.close_class(training_class=class_10a1, now=now)
    class_10a1.refresh_from_db()
    with pytest.raises(actions.ClassClosed):
        add(class_10a1, "Lê Mới", now)
    with pytest.raises(actions.ClassClosed):
        actions.join(learner=an, code=class_10a1.join_code, now=now)
    with pytest.raises(actions.ClassClosed):
        actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    actions.reopen_class(training_class=class_10a1, now=now)
    actions.join(learner=an, code=class_10a1.join_code, now=now)


def test_a_new_password_ends_the_old_one(class_10a1):
    member = class_10a1.members.select_related("learner", "training_class").get(number=1)
    old = member.learner.password
    (slip,) = actions.reset_passwords(training_class=class_10a1, members=[member])
    fresh = User.objects.get(pk=member.learner_id)
    assert fresh.password != old
    assert fresh.check_password(slip.password)


def test_a_teacher_has_no_say_over_accounts_the_class_did_not_make(class_10a1, an, binh, city, now):
    hoa = world.make_user("hoa", "Đỗ Thị Hoa")
    world.join(hoa, city.school)
    add(class_10a1, "hoa", now)
    actions.join(learner=an, code=class_10a1.join_code, now=now)
    # A pupil who has given her account an e-mail owns it from then on.
    User.objects.filter(pk=class_10a1.members.get(number=1).learner_id).update(email="han@example.com")
    for learner in (hoa, an, class_10a1.members.get(number=1).learner):
        member = class_10a1.members.select_related("learner", "training_class").get(learner=learner)
        with pytest.raises(actions.NotOurAccount):
            actions.reset_passwords(training_class=class_10a1, members=[member])
        actions.rename_member(member=member, name="Tên Khác")
        assert User.objects.get(pk=learner.pk).full_name != "Tên Khác"


def test_mending_a_pupils_name_mends_it_on_her_papers(class_10a1):
    member = class_10a1.members.select_related("learner", "training_class").get(number=1)
    actions.rename_member(member=member, name="Lê Gia Hằng")
    member.refresh_from_db()
    assert (member.shown_as, member.learner.full_name) == ("Lê Gia Hằng", "Lê Gia Hằng")
    assert User.objects.get(pk=member.learner_id).name_folded == "le gia hang"


def test_joining_by_code_twice_is_one_membership_with_the_next_number(class_10a1, an, now):
    first = actions.join(learner=an, code=class_10a1.join_code.lower().replace("-", " "), now=now)
    assert first == actions.join(learner=an, code=class_10a1.join_code, now=now)
    assert (first.number, first.shown_as, first.source) == (4, "Nguyễn Thị An", "code")
    with pytest.raises(actions.WrongCode):
        actions.join(learner=an, code="ABC-DEFG", now=now)


# --- assignments ------------------------------------------------------------------------------------------------------


def test_a_course_given_to_a_class_enrols_everybody_for_the_school(class_10a1, course, binh, city, week, now):
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    enrolments = Enrolment.objects.all()
    assert enrolments.count() == 3
    assert {(row.source, row.organisation) for row in enrolments} == {("class", city.school)}


def test_giving_the_same_twice_is_one_assignment_with_the_later_date(class_10a1, course, binh, week, now):
    wanted = {"training_class": class_10a1, "teacher": binh, "course": course.page, "part": None, "now": now}
    first = actions.assign(due_at=week, **wanted)
    statements = Statement.objects.count()
    second = actions.assign(due_at=week + dt.timedelta(days=1), **wanted)
    assert first == second
    assert Assignment.objects.get().due_at == week + dt.timedelta(days=1)
    assert Statement.objects.count() == statements


def test_what_was_withdrawn_can_be_given_again(class_10a1, course, binh, week, now):
    wanted = {"training_class": class_10a1, "teacher": binh, "course": course.page, "part": None, "due_at": week, "now": now}
    first = actions.assign(**wanted)
    actions.withdraw_assignment(assignment=first, now=now)
    actions.withdraw_assignment(assignment=first, now=now + dt.timedelta(days=1))
    first.refresh_from_db()
    assert first.withdrawn_at == now
    assert actions.assign(**wanted) != first
    assert Enrolment.objects.count() == 3


def test_a_late_joiner_is_enrolled_into_all_that_was_given(class_10a1, course, an, binh, week, now):
    other = world.make_course("CD-U", "Khóa hai")
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    key = other.lessons[0].translation_key
    actions.assign(training_class=class_10a1, teacher=binh, course=other.page, part=key, due_at=week, now=now)
    actions.join(learner=an, code=class_10a1.join_code, now=now)
    assert set(an.enrolments.values_list("course", flat=True)) == {course.page.pk, other.page.pk}


def test_who_completed_the_course_before_is_not_made_to_repeat_it(class_10a1, course, binh, week, now):
    pupil = class_10a1.members.get(number=1).learner
    before = finish(pupil, course, now - dt.timedelta(days=30))
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    assert list(pupil.enrolments.all()) == [before]


def test_a_date_that_is_over_is_refused(class_10a1, course, binh, week, now):
    wanted = {"training_class": class_10a1, "teacher": binh, "course": course.page, "part": None, "now": now}
    with pytest.raises(actions.DueInPast):
        actions.assign(due_at=now, **wanted)
    given = actions.assign(due_at=week, **wanted)
    with pytest.raises(actions.DueInPast):
        actions.change_due(assignment=given, due_at=now - dt.timedelta(minutes=1), now=now)


def test_a_part_of_another_course_cannot_be_given(class_10a1, course, binh, week, now):
    other = world.make_course("CD-U", "Khóa hai")
    with pytest.raises(actions.NothingToAssign):
        actions.assign(
            training_class=class_10a1, teacher=binh, course=course.page, part=other.quiz.translation_key, due_at=week, now=now
        )
