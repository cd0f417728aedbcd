"""Work for the class, a group or by name; paths; more time; exemptions; letters; last year's class again."""

from __future__ import annotations

import datetime as dt
import re
import smtplib
import uuid

import pytest
from django.core import mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from classes import actions, letters, queries
from classes.models import Assignment, AssignmentLearner, ClassMessage, Letter, TrainingClass
from classes.queries import board, due_for
from courses.models import Enrolment
from people.models import User
from tests import world
from tests.classes.conftest import add, begin, finish, names, open_class

DAY = dt.timedelta(days=1)


@pytest.fixture
def give(class_10a1, course, binh, week, now):
    def make(**more):
        fields = {"training_class": class_10a1, "teacher": binh, "course": course.page, "part": None, "due_at": week, "now": now}
        return actions.assign(**(fields | more))

    return make


def member(training_class, number):
    return training_class.members.get(number=number)


def states(training_class, now, number):
    row = next(row for row in board(training_class, now=now).rows if row.member.number == number)
    return [cell.state for cell in row.cells]


# --- to whom ----------------------------------------------------------------------------------------------------------


def test_work_given_by_name_is_owed_by_those_alone(class_10a1, give, an, now):
    key = uuid.uuid4()
    chosen = [member(class_10a1, 1), member(class_10a1, 2)]
    for _turn in range(2):
        give(members=chosen, key=key)
    assert Assignment.objects.count() == 1 and Enrolment.objects.count() == 2
    assert states(class_10a1, now, 3) == ["off"] * 3
    assert due_for(member(class_10a1, 3).learner, now) == []
    assert len(due_for(member(class_10a1, 1).learner, now)) == 1
    shown = board(class_10a1, now=now)
    assert (shown.given[0].members, [row.total for row in shown.rows]) == (2, [3, 3, 0])
    actions.join(learner=an, code=class_10a1.join_code, now=now)
    assert due_for(an, now) == []


def test_an_empty_choice_never_means_everybody(class_10a1, give, outsider, binh, city, now):
    theirs = open_class(outsider, city.other_school, now)
    add(theirs, "Lê Lạ", now)
    with pytest.raises(actions.EmptyTarget):
        give(members=[])
    with pytest.raises(actions.NotOfClass):
        give(members=[member(class_10a1, 1), theirs.members.get()])
    group = actions.set_group(training_class=theirs, group=None, name="A", members=[theirs.members.get()], now=now)
    with pytest.raises(actions.NotOfClass):
        give(group=group)
    with pytest.raises(actions.EmptyTarget):
        actions.set_group(training_class=class_10a1, group=None, name="A", members=[], now=now)
    assert Assignment.objects.count() == 0


def test_a_group_has_its_own_date_and_who_comes_into_it_gets_the_work(class_10a1, give, now, week):
    fields = {"training_class": class_10a1, "now": now}
    group = actions.set_group(**fields, group=None, name=" Nhóm  A", members=[member(class_10a1, 1)])
    give(due_at=week)
    for _turn in range(2):
        give(group=group, due_at=week + 2 * DAY)
    assert Assignment.objects.count() == 2 and group.name == "Nhóm A"
    actions.set_group(**fields, group=group, name="Nhóm A", members=[member(class_10a1, 2)])
    late = week + DAY
    assert states(class_10a1, late, 1) == ["late"] * 3
    assert states(class_10a1, late, 2) == ["none"] * 3
    dues = [item.due_at for item in due_for(member(class_10a1, 2).learner, late)]
    assert sorted(dues) == [week, week + 2 * DAY]


def test_a_path_is_courses_in_order_and_sent_twice_one_path(class_10a1, course, binh, week, now):
    second = world.make_course("CD-2T", "Khóa hai")
    key = uuid.uuid4()
    fields = {"training_class": class_10a1, "teacher": binh, "due_at": week, "now": now}
    for _turn in range(2):
        actions.assign_path(courses=[second.page, course.page], key=key, **fields)
    given = Assignment.objects.order_by("position")
    assert [(one.course, one.position, one.path) for one in given] == [(second.page, 1, key), (course.page, 2, key)]
    assert [head.title for head in board(class_10a1, now=now).heads] == ["Khóa hai", "Khóa thử"]
    assert [item.course_title for item in due_for(member(class_10a1, 1).learner, now)] == ["Khóa hai", "Khóa thử"]
    with pytest.raises(actions.NothingToAssign):
        actions.assign_path(courses=[], key=key, **fields)


def test_what_has_not_started_is_not_owed_yet(class_10a1, give, now, week):
    give(starts_at=now + 2 * DAY)
    assert states(class_10a1, now, 1) == ["later"] * 3
    assert [item.state for item in due_for(member(class_10a1, 1).learner, now)] == ["later"]
    assert board(class_10a1, now=now).at_risk == ()
    assert states(class_10a1, now + 3 * DAY, 1) == ["none"] * 3
    with pytest.raises(actions.DueInPast):
        give(starts_at=week)


def test_more_time_for_one_with_the_reason(class_10a1, give, binh, now, week):
    given = give()
    told = {"assignment": given, "member": member(class_10a1, 1), "reason": "Ốm", "by": binh, "now": now}
    for _turn in range(2):
        actions.extend(due_at=week + 5 * DAY, **told)
    assert states(class_10a1, week + DAY, 1) == ["none"] * 3
    assert states(class_10a1, week + DAY, 2) == ["late"] * 3
    (item,) = due_for(member(class_10a1, 1).learner, week + DAY)
    assert (item.state, item.due_at, item.own) == ("open", week + 5 * DAY, True)
    (line,) = queries.trail(class_10a1)
    assert (line.subject, line.about, line.old, line.new, line.reason) == (
        "Gia hạn riêng", "Khóa thử · Lê Gia Hân", "09:00 30/11/2026", "09:00 05/12/2026", "Ốm",
    )  # fmt: skip
    with pytest.raises(actions.DueInPast):
        actions.extend(due_at=now, **told)


def test_who_is_exempt_owes_nothing_and_completes_the_class(class_10a1, course, give, binh, now, week):
    given = give()
    told = {"assignment": given, "member": member(class_10a1, 1), "by": binh, "now": now}
    actions.exempt(exempt=True, reason="Đã học năm ngoái", **told)
    late = board(class_10a1, now=week + DAY)
    assert [row.member.number for row in late.stuck] == [2, 3]
    assert (late.given[0].members, late.rows[0].finished, late.rows[1].finished) == (2, True, False)
    assert due_for(member(class_10a1, 1).learner, now) == []
    actions.exempt(exempt=False, reason="Nhầm", **told)
    assert len(due_for(member(class_10a1, 1).learner, now)) == 1
    assert [line.new for line in queries.trail(class_10a1)] == ["phải làm", "được miễn"]
    other = give(members=[member(class_10a1, 2)])
    with pytest.raises(actions.NotOfClass):
        actions.exempt(assignment=other, member=member(class_10a1, 1), exempt=True, reason="x", by=binh, now=now)


def test_extra_work_is_not_asked_for_by_the_class(class_10a1, course, give, now):
    give(part=course.lessons[0].translation_key)
    give(part=course.lessons[1].translation_key, counts=False)
    finish(member(class_10a1, 1).learner, course, now, parts=[course.lessons[0]])
    rows = board(class_10a1, now=now).rows
    assert [row.finished for row in rows] == [True, False, False]
    assert rows[0].open


def test_at_risk_is_who_has_not_opened_what_is_due_in_three_days(class_10a1, course, give, now, week):
    give(part=course.lessons[0].translation_key)
    begin(member(class_10a1, 1).learner, course.lessons[0], course, now)
    assert board(class_10a1, now=week - 3 * DAY - dt.timedelta(minutes=1)).at_risk == ()
    shown = board(class_10a1, now=week - 3 * DAY, show="risk")
    assert [row.member.number for row in shown.at_risk] == [row.member.number for row in shown.rows] == [2, 3]


def test_the_matrix_is_sorted_as_asked(class_10a1, course, give, now, week):
    give()
    finish(member(class_10a1, 1).learner, course, now, parts=[course.lessons[0]])
    orders = {
        sort: [row.member.number for row in board(class_10a1, now=week + DAY, sort=sort).rows]
        for sort in (*queries.SORTS, "nonsense")
    }  # fmt: skip
    # Hân, Khôi, Ánh: by the given name.
    assert orders == {"number": [1, 2, 3], "name": [3, 1, 2], "least": [2, 3, 1], "late": [2, 3, 1], "seen": [1, 2, 3],
                      "nonsense": [1, 2, 3]}  # fmt: skip


@pytest.mark.parametrize("size", [3, 30])
def test_exceptions_cost_no_query_each(size, binh, city, course, week, now, django_assert_num_queries):
    made = open_class(binh, city.school, now)
    add(made, names(size), now)
    fields = {"training_class": made, "teacher": binh, "course": course.page, "part": None, "now": now}
    group = actions.set_group(training_class=made, group=None, name="A", members=list(made.members.all()), now=now)
    given = actions.assign(**fields, due_at=week, group=group)
    for one in made.members.all():
        actions.extend(assignment=given, member=one, due_at=week + DAY, reason="x", by=binh, now=now)
    board(made, now=now)
    with django_assert_num_queries(10):
        board(made, now=now)
    learner = made.members.get(number=1).learner
    with django_assert_num_queries(3):
        due_for(learner, now, live={})


# --- letters ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def behind(class_10a1, course, give, an, now):
    """Three pupils without e-mail, of whom one has done it all, and An, who has an address."""
    given = give()
    actions.join(learner=an, code=class_10a1.join_code, now=now)
    finish(member(class_10a1, 1).learner, course, now)
    return given


def write(given, by, now, numbers=(1, 2, 3, 4), key=None):
    return actions.write_to_behind(
        key=key or uuid.uuid4(), assignment=given, members=set(numbers), subject="Còn  bài", text="Cố lên nhé.", by=by, now=now
    )


def test_a_letter_is_written_to_each_who_is_behind_and_says_what_is_missing(behind, course, an, binh, now):
    finish(an, course, now, parts=[course.lessons[0]])
    key = uuid.uuid4()
    for _turn in range(2):
        made = write(behind, binh, now, key=key)
    assert {one.member.number: one.state for one in made.letters.all()} == {2: "site", 3: "site", 4: "owed"}
    body = made.letters.get(member__number=4).body
    due = "Hạn: 09:00 thứ Hai, 30/11/2026."
    for told in ("Chào An,", "Cố lên nhé.", "- Bài 2. Bài 2", due, "/learn/", "Trần Văn Bình, lớp 10A1"):
        assert told in body, told
    assert "Bài 1" not in body
    with pytest.raises(actions.EmptyTarget):
        write(behind, binh, now, numbers=[1])
    assert ClassMessage.objects.count() == 1 and mail.outbox == []


def test_a_letter_is_sent_once_and_stands_on_the_page_until_it_is_read(client, behind, an, binh, now):
    made = write(behind, binh, timezone.now())
    later = timezone.now()
    assert [actions.deliver_letters(send=letters.send, now=later) for _turn in range(3)] == [1, 0, 0]
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["an@example.com"], "Còn bài")
    assert sent.extra_headers["Message-ID"].startswith("<class-letter-")
    assert made.letters.get(member__number=4).state == "sent"
    for number in (2, 4):
        learner = made.letters.get(member__number=number).member.learner
        client.force_login(learner)
        assert "Cố lên nhé." in client.get(reverse("learn")).content.decode()
        own = made.letters.get(member__number=number).pk
        other = made.letters.get(member__number=3).pk
        assert client.post(reverse("classes:letter_read", args=[other])).status_code == 404
        client.post(reverse("classes:letter_read", args=[own]))
        assert "Cố lên nhé." not in client.get(reverse("learn")).content.decode()
    assert Letter.objects.filter(read_at__isnull=False).count() == 2


def test_a_dead_mail_server_loses_nothing_and_a_refused_address_is_said(behind, an, binh, now):
    hoa = world.make_user("hoa", "Đỗ Thị Hoa")
    actions.join(learner=hoa, code=behind.training_class.join_code, now=now)
    write(behind, binh, now, numbers=[4, 5])
    calls = []

    def down(**fields):
        calls.append(fields["address"])
        raise ConnectionRefusedError

    def refuses_an(**fields):
        if fields["address"] == "an@example.com":
            raise smtplib.SMTPRecipientsRefused({})
        letters.send(**fields)

    assert actions.deliver_letters(send=down, now=now) == 0
    assert calls == ["an@example.com"]  # the rest is not tried against a dead server
    assert set(Letter.objects.values_list("state", flat=True)) == {"owed"}
    assert actions.deliver_letters(send=refuses_an, now=now + dt.timedelta(minutes=5)) == 1
    assert dict(Letter.objects.values_list("member__learner__username", "state")) == {"an": "failed", "hoa": "sent"}
    assert Letter.objects.get(state="failed").problem == "SMTPRecipientsRefused"


def test_a_server_that_stays_dead_is_given_up_after_days(behind, binh, now):
    write(behind, binh, now, numbers=[4])

    def down(**_fields):
        raise TimeoutError

    at = now
    for _turn in range(12):
        actions.deliver_letters(send=down, now=at)
        at += dt.timedelta(hours=6)
    assert Letter.objects.get().state == "failed"


def test_a_worker_that_died_while_sending_leaves_it_unsure_and_not_sent_twice(behind, binh, now):
    write(behind, binh, now, numbers=[4])

    class Killed(BaseException):
        pass

    def dies(**_fields):
        raise Killed

    with pytest.raises(Killed):
        actions.deliver_letters(send=dies, now=now)
    assert Letter.objects.get().state == "sending"
    assert actions.deliver_letters(send=letters.send, now=now + dt.timedelta(minutes=14)) == 0
    assert actions.deliver_letters(send=letters.send, now=now + dt.timedelta(minutes=16)) == 0
    assert Letter.objects.get().state == "unsure" and mail.outbox == []


# --- again ------------------------------------------------------------------------------------------------------------


def test_last_years_class_is_copied_with_its_dates_moved(class_10a1, course, give, binh, city, now, week):
    give(part=course.lessons[0].translation_key)
    give(part=course.lessons[1].translation_key, starts_at=now + DAY, counts=False)
    give(members=[member(class_10a1, 1)])
    actions.remove_member(member=member(class_10a1, 2), now=now)
    actions.close_class(training_class=class_10a1, now=now)
    key, later = uuid.uuid4(), now + 280 * DAY
    fields = {"source": class_10a1, "key": key, "teacher": binh, "name": "11A1", "starts_on": later.date(), "ends_on": None}
    for _turn in range(2):
        made = actions.copy_class(**fields, school_year="2027-2028", with_members=True, now=later)
    fresh = made.training_class
    assert TrainingClass.objects.count() == 2 and fresh.join_code != class_10a1.join_code
    assert [one.number for one in fresh.members.order_by("number")] == [1, 3]
    copies = fresh.assignments.order_by("title")
    assert [(one.title, one.due_at, one.counts) for one in copies] == [
        ("Bài 1", week + 280 * DAY, True), ("Bài 2", week + 280 * DAY, False),
    ]  # fmt: skip
    assert copies[1].starts_at == now + 281 * DAY
    assert fresh.ends_on == dt.date(2028, 5, 31)
    slips = actions.reset_passwords(training_class=fresh, members=[member(fresh, 3)])
    assert User.objects.get(username=slips[0].username).check_password(slips[0].password)


def test_what_would_be_due_already_is_not_copied_but_told(class_10a1, give, binh, now, week):
    give()
    fields = {"source": class_10a1, "key": uuid.uuid4(), "teacher": binh, "name": "10A2", "ends_on": None, "school_year": ""}
    made = actions.copy_class(**fields, starts_on=now.date() - 30 * DAY, with_members=False, now=now)
    assert (made.assigned, made.members, made.skipped) == (0, 0, ("Khóa thử",))


# --- screens ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def given(class_10a1, course, binh):
    now = timezone.now()
    return actions.assign(
        training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=now + 7 * DAY, now=now
    )


def pages(training_class, given):
    own, one = {"pk": training_class.pk}, {"pk": training_class.pk, "assignment": given.pk}
    return [
        reverse("classes:assign", kwargs=own), reverse("classes:assign_path", kwargs=own), reverse("classes:groups", kwargs=own),
        reverse("classes:copy", kwargs=own), reverse("classes:learners", kwargs=one), reverse("classes:letter", kwargs=one),
        reverse("classes:exception", kwargs=one | {"number": 1}), reverse("classes:due", kwargs=one),
    ]  # fmt: skip


def test_strangers_find_nothing_and_change_nothing(client, class_10a1, given, outsider, an, chi, dung):
    for stranger in (outsider, an, chi, dung, member(class_10a1, 2).learner):
        client.force_login(stranger)
        for url in pages(class_10a1, given):
            assert client.get(url).status_code == 404, url
            fields = {"do": "exempt", "reason": "x", "to": "1", "send": "1", "name": "x", "key": str(uuid.uuid4())}
            assert client.post(url, fields).status_code in {404, 405}, url
    assert (TrainingClass.objects.count(), AssignmentLearner.objects.count(), ClassMessage.objects.count()) == (1, 0, 0)


def test_the_teacher_gives_extends_exempts_writes_and_copies(client, class_10a1, course, given, binh):
    client.force_login(binh)
    for url in pages(class_10a1, given):
        assert client.get(url).status_code == 200, url
    assign, path, groups, copy, learners, letter, exception, _due = pages(class_10a1, given)
    soon = f"{timezone.localdate() + 5 * DAY:%Y-%m-%d}"
    first = {"due_on": soon, "due_time": "23:59", "what": f"{course.page.pk}:{course.lessons[0].translation_key}"}
    page = client.post(assign, first | {"to": "named"}).content.decode()
    assert "không chọn ai không có nghĩa là cả lớp" in page
    page = client.post(assign, first | {"to": "group"}).content.decode()
    assert "Hãy chọn một nhóm" in page and Assignment.objects.count() == 1
    client.post(groups, {"name": "Nhóm A", "members": [member(class_10a1, 1).pk]})
    group = class_10a1.groups.get()
    again = reverse("classes:group", args=[class_10a1.pk, group.pk])
    client.post(again, {"name": "Nhóm B", "members": [member(class_10a1, 2).pk]})
    client.post(assign, first | {"to": "group", "group": group.pk, "key": str(uuid.uuid4())})
    client.post(assign, first | {"to": "named", "members": [member(class_10a1, 3).pk], "key": str(uuid.uuid4())})
    assert Assignment.objects.count() == 3
    second = world.make_course("CD-2T", "Khóa hai").page
    courses = {"course_1": second.pk, "course_2": course.page.pk, "to": "class", "key": str(uuid.uuid4())}
    client.post(path, courses | {"due_on": soon, "due_time": "20:00"})
    assert Assignment.objects.filter(path__isnull=False).count() == 1  # the other was given before: only its date is set
    more_time = {"do": "extend", "due_on": f"{timezone.localdate() + 20 * DAY:%Y-%m-%d}", "due_time": "20:00"}
    client.post(exception, more_time)
    assert AssignmentLearner.objects.filter(due_at__isnull=False).count() == 0  # no reason, no extension
    client.post(exception, more_time | {"reason": "Ốm"})
    client.post(exception, {"do": "exempt", "reason": "Chuyển trường"})
    page = client.get(learners).content.decode()
    assert "Được miễn" in page and "Chuyển trường" in page
    shown = client.get(letter).content.decode()
    assert "Chào Khôi," in shown and "Chào Hân," not in shown
    key = re.search(r'name="key" value="([0-9a-f-]+)"', shown).group(1)
    for _turn in range(2):
        client.post(letter, {"key": key, "subject": "Còn bài", "text": "Nhé", "to": ["2", "3"], "send": "1"})
    assert Letter.objects.count() == 2
    assert "Chưa chọn ai" in client.post(
        letter, {"key": str(uuid.uuid4()), "subject": "Còn bài", "text": "Nhé", "send": "1"}).content.decode()  # fmt: skip
    assert "2 người" in client.get(learners).content.decode()
    fields = {"key": str(uuid.uuid4()), "name": "11A1", "starts_on": f"{timezone.localdate():%Y-%m-%d}", "with_members": "on"}
    for _turn in range(2):
        client.post(copy, fields)
    assert TrainingClass.objects.count() == 2
    page = client.get(reverse("classes:detail", args=[class_10a1.pk]) + "?sort=name&show=all").content.decode()
    for told in ("Nhóm B", "lộ trình, khóa 1", "miễn", "Vướng là:", "Xếp theo:"):
        assert told in page, told


@pytest.mark.parametrize("size", [3, 30])
def test_the_pages_take_as_many_queries_for_three_as_for_thirty(
    size, client, binh, city, course, django_assert_max_num_queries
):
    now = timezone.now()
    made = open_class(binh, city.school, now)
    add(made, names(size), now)
    given = actions.assign(training_class=made, teacher=binh, course=course.page, part=None, due_at=now + 7 * DAY, now=now)
    with transaction.atomic():
        write(given, binh, now, numbers=range(1, size + 1))
    client.force_login(binh)
    for url in pages(made, given)[:6]:
        client.get(url)
        with django_assert_max_num_queries(20):
            assert client.get(url).status_code == 200
    learner = made.members.get(number=1).learner
    client.force_login(learner)
    client.get(reverse("learn"))
    with django_assert_max_num_queries(13):
        assert client.get(reverse("learn")).status_code == 200
