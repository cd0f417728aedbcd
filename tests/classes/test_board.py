"""The class as its teacher sees it."""

from __future__ import annotations

import datetime as dt
import io
import re
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from classes import actions, queries
from classes.queries import board, due_for
from courses.actions import enrol
from courses.queries import outlines
from quizzes.models import Attempt
from tests import world
from tests.classes.conftest import add, begin, finish, names, open_class


@pytest.fixture
def given(class_10a1, course, binh, week, now):
    return actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)


def pupil(training_class, number):
    return training_class.members.get(number=number).learner


def sat(learner, course, *, number: int, score: str, at: dt.datetime) -> Attempt:
    passed = Decimal(score) >= 7
    return Attempt.objects.create(
        enrolment=enrol(learner=learner, course=course.page, now=at), quiz=course.quiz, part=course.quiz.translation_key,
        number=number, state="finished", rules={}, seed=1, started_at=at, finished_at=at, marks=1, max_marks=5,
        score=Decimal(score), passed=passed, scorer="test",
    )  # fmt: skip


def states(shown, number):
    return next([cell.state for cell in row.cells] for row in shown.rows if row.member.number == number)


def test_each_part_is_not_opened_in_work_done_or_overdue(class_10a1, course, given, now, week):
    finish(pupil(class_10a1, 1), course, now, parts=[course.lessons[0]])
    begin(pupil(class_10a1, 1), course.lessons[1], course, now)
    assert states(board(class_10a1, now=now), 1) == ["done", "begun", "none"]
    assert states(board(class_10a1, now=week + dt.timedelta(minutes=1)), 1) == ["done", "late", "late"]


def test_only_the_given_part_is_in_the_matrix_with_its_own_date(class_10a1, course, binh, week, now):
    key = course.lessons[1].translation_key
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=key, due_at=week, now=now)
    assert [column.full_title for column in board(class_10a1, now=now).columns] == ["Bài 2. Bài 2"]
    later = week + dt.timedelta(days=7)
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=later, now=now)
    assert [column.due_at for column in board(class_10a1, now=now).columns] == [later, week, later]


def test_the_best_mark_stands_beside_the_quiz(class_10a1, course, given, now):
    for number, score in enumerate(["4.00", "6.50", "5.00"], 1):
        sat(pupil(class_10a1, 1), course, number=number, score=score, at=now + dt.timedelta(minutes=number))
    assert [row.cells[-1].score for row in board(class_10a1, now=now).rows] == [Decimal("6.50"), None, None]


def test_who_is_stuck_is_told_with_the_reason(class_10a1, course, given, now, week):
    begin(pupil(class_10a1, 1), course.lessons[0], course, now)
    sat(pupil(class_10a1, 2), course, number=1, score="5.00", at=now)
    assert {row.member.number: [one.kind for one in row.reasons] for row in board(class_10a1, now=now).stuck} == {2: ["failed"]}
    later = board(class_10a1, now=week - dt.timedelta(minutes=1))
    assert later.stuck[0].reasons[0].score == Decimal("5.00")
    assert {row.member.number: [one.kind for one in row.reasons] for row in later.stuck} == {2: ["failed"]}
    week_on = board(class_10a1, now=now + dt.timedelta(days=7))
    assert {row.member.number: row.reasons[-1].kind for row in week_on.stuck} == {1: "away", 2: "never", 3: "never"}
    overdue = board(class_10a1, now=week + dt.timedelta(days=1))
    assert {row.reasons[0].kind for row in overdue.stuck} == {"late"}


def test_what_waits_to_be_marked_is_neither_failed_nor_late(class_10a1, course, given, now, week):
    sat(pupil(class_10a1, 1), course, number=1, score="3", at=now)
    waiting = sat(pupil(class_10a1, 1), course, number=2, score="3", at=now + dt.timedelta(minutes=1))
    after = week + dt.timedelta(minutes=1)
    assert states(board(class_10a1, now=after), 1)[2] == "late"
    Attempt.objects.filter(pk=waiting.pk).update(state="submitted", score=None, passed=None)
    shown = board(class_10a1, now=after)
    assert states(shown, 1)[2] == "begun"
    assert "failed" not in [one.kind for row in shown.stuck if row.member.number == 1 for one in row.reasons]


def test_a_failed_attempt_that_was_made_good_is_no_reason(class_10a1, course, given, now):
    learner = pupil(class_10a1, 1)
    sat(learner, course, number=1, score="5.00", at=now)
    sat(learner, course, number=2, score="8.00", at=now + dt.timedelta(hours=1))
    finish(learner, course, now)
    assert board(class_10a1, now=now).stuck == ()


def test_who_completed_before_the_class_began_owes_nothing(class_10a1, course, binh, week, now):
    finish(pupil(class_10a1, 1), course, now - dt.timedelta(days=90))
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    shown = board(class_10a1, now=week + dt.timedelta(days=1))
    assert states(shown, 1) == ["done", "done", "done"]
    assert (shown.total, shown.open, shown.late) == (3, 2, 2)


def test_tabs_and_order(class_10a1, course, given, now, week):
    finish(pupil(class_10a1, 1), course, now)
    finish(pupil(class_10a1, 2), course, now, parts=[course.lessons[0]])
    after = week + dt.timedelta(days=1)
    assert [row.member.number for row in board(class_10a1, now=after, show="open").rows] == [2, 3]
    assert [row.member.number for row in board(class_10a1, now=after, show="late").rows] == [2, 3]
    assert [row.member.number for row in board(class_10a1, now=now, sort="least").rows] == [3, 2, 1]
    assert [row.member.number for row in board(class_10a1, now=now, show="nonsense").rows] == [1, 2, 3]


def test_the_due_item_is_what_falls_due_next(class_10a1, course, binh, week, now):
    other = world.make_course("CD-U", "Khóa hai")
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    soon = now + dt.timedelta(days=1)
    actions.assign(training_class=class_10a1, teacher=binh, course=other.page, part=None, due_at=soon, now=now)
    assert board(class_10a1, now=now).due.assignment.course == other.page
    assert board(class_10a1, now=now).due.days_left == 1
    assert board(class_10a1, now=week - dt.timedelta(hours=1)).due.assignment.course == course.page
    assert board(class_10a1, now=week + dt.timedelta(hours=1)).due.past


def test_a_course_taken_down_is_said_to_be_closed_and_breaks_nothing(class_10a1, course, given, now, client, binh):
    course.page.unpublish()
    shown = board(class_10a1, now=now)
    assert shown.columns == ()
    assert shown.given[0].closed
    client.force_login(binh)
    assert "tạm đóng" in client.get(reverse("classes:detail", args=[class_10a1.pk])).content.decode()


@pytest.mark.parametrize("size", [3, 30])
def test_the_board_takes_as_many_queries_for_three_pupils_as_for_thirty(
    size, binh, city, course, week, now, django_assert_num_queries
):
    made = open_class(binh, city.school, now)
    add(made, names(size), now)
    actions.assign(training_class=made, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    outlines()
    with django_assert_num_queries(9):
        assert len(board(made, now=now).rows) == size


@pytest.mark.parametrize("size", [3, 30])
def test_the_list_of_classes_takes_one_query(size, binh, city, now, django_assert_num_queries):
    for number in range(size):
        open_class(binh, city.school, now, name=f"10A{number}")
    with django_assert_num_queries(1):  # where she teaches is known already
        assert len(queries.taught_classes(binh, now)) == size


def test_open_classes_come_first(binh, city, now):
    old, new = open_class(binh, city.school, now, name="Cũ"), open_class(binh, city.school, now, name="Mới")
    actions.close_class(training_class=new, now=now)
    assert [one.training_class for one in queries.taught_classes(binh, now)] == [old, new]


# --- screen and file --------------------------------------------------------------------------------------------------


class Table(HTMLParser):
    """The cells of the first tbody; a symbol counts as its label."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = self.cell = False

    def handle_starttag(self, tag, attrs):
        labels = dict(attrs)
        if tag == "tbody":
            self.inside = True
        elif self.inside and tag == "tr":
            self.rows.append([])
        elif self.inside and tag in ("td", "th"):
            self.rows[-1].append("")
            self.cell = True
        elif self.inside and self.cell and tag == "svg" and labels.get("role") == "img":
            self.rows[-1][-1] += labels["aria-label"]

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.cell = False
        if tag == "tbody":
            self.inside = False

    def handle_data(self, data):
        if self.inside and self.cell:
            self.rows[-1][-1] += data.strip()


def on_screen(html: str) -> list[list[str]]:
    parser = Table()
    parser.feed(re.search(r'<table class="tbl pin matrix">.*?</table>', html, re.S).group())
    return parser.rows


@pytest.mark.parametrize("query", ["", "?show=open&sort=least", "?show=late"])
def test_the_files_hold_the_cells_of_the_screen(client, binh, class_10a1, course, given, now, query, settings):
    finish(pupil(class_10a1, 1), course, now, parts=[course.lessons[0]])
    begin(pupil(class_10a1, 2), course.lessons[0], course, now)
    sat(pupil(class_10a1, 2), course, number=1, score="5.50", at=now)
    given.due_at = now - dt.timedelta(days=400) if "late" in query else now + dt.timedelta(days=4000)
    given.save()
    client.force_login(binh)
    page = client.get(reverse("classes:detail", args=[class_10a1.pk]) + query)
    screen = on_screen(page.content.decode())
    answer = client.get(reverse("classes:export", kwargs={"pk": class_10a1.pk, "extension": "xlsx"}) + query)
    assert "no-store" in answer["Cache-Control"]
    rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.content)).active.rows][1:]
    wanted = [
        [f"{number:02} · {name}", *("" if cell is None else str(cell).replace(".", ",") for cell in cells)]
        for number, name, *cells in rows
    ]
    assert screen == wanted
    assert len(screen) >= 2
    csv = client.get(reverse("classes:export", kwargs={"pk": class_10a1.pk, "extension": "csv"}) + query).content
    assert csv.decode("utf-8-sig").count("\r\n") == len(rows) + 1


# --- what a learner owes ----------------------------------------------------------------------------------------------


def test_a_learner_is_told_what_to_do_next(class_10a1, course, given, now, week):
    learner = pupil(class_10a1, 1)
    finish(learner, course, now, parts=[course.lessons[0]])
    (item,) = due_for(learner, now)
    assert (item.title, item.class_name, item.state, item.due_at) == ("Khóa thử", "10A1", "open", week)
    assert item.url == course.lessons[1].get_url()
    assert due_for(learner, week + dt.timedelta(days=1))[0].state == "overdue"
    finish(learner, course, now)
    assert due_for(learner, now) == []
    assert [one.state for one in due_for(learner, now, include_done=True)] == ["done"]


def test_who_left_the_class_or_whose_class_closed_owes_nothing(class_10a1, course, given, now):
    actions.remove_member(member=class_10a1.members.get(number=1), now=now)
    assert due_for(pupil(class_10a1, 1), now) == []
    assert len(due_for(pupil(class_10a1, 2), now)) == 1
    actions.close_class(training_class=class_10a1, now=now)
    assert due_for(pupil(class_10a1, 2), now) == []


def test_a_course_the_agency_above_requires_is_owed_too(chi, city, course, now, week):
    nurse = world.make_user("nurse", "Ngô Thị Lan")
    world.join(nurse, city.clinic)
    actions.require_course(organisation=city.ward, course=course.page, due_at=week, officer=chi, now=now)
    (item,) = due_for(nurse, now)
    assert (item.class_name, item.required, item.state) == ("Ủy ban nhân dân phường Bến Cỏ", True, "open")
    assert due_for(world.make_user("away", "Người Khác"), now) == []


def test_what_is_owed_takes_four_queries_for_any_number(binh, city, now, week, django_assert_num_queries):
    made = [open_class(binh, city.school, now, name=f"Lớp {number}") for number in range(3)]
    add(made[0], "Lê An", now)
    learner = pupil(made[0], 1)
    for number, one in enumerate(made):
        actions.join(learner=learner, code=one.join_code, now=now)
        course = world.make_course(f"C-{number}", f"Khóa {number}")
        for part in (None, course.lessons[0].translation_key):
            actions.assign(training_class=one, teacher=binh, course=course.page, part=part, due_at=week, now=now)
    outlines()
    with django_assert_num_queries(4):
        assert len(due_for(learner, now)) == 6
