"""The teacher's pages and joining, tried by the teacher, by strangers and by nobody."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

import pytest
from django.urls import reverse

from classes import actions, queries
from classes.models import Assignment, TrainingClass
from people.models import User
from tests import world
from tests.classes.conftest import names, open_class


@pytest.fixture
def given(class_10a1, course, binh, now):
    due = dt.datetime.now(dt.UTC) + dt.timedelta(days=7)
    return actions.assign(
        training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=due, now=dt.datetime.now(dt.UTC)
    )


def urls(training_class: TrainingClass, given: Assignment) -> list[tuple[str, str]]:
    """Every page of a class: (method, address)."""
    own = {"pk": training_class.pk}
    return [
        ("get", reverse("classes:detail", kwargs=own)),
        ("get", reverse("classes:export", kwargs=own | {"extension": "csv"})),
        ("get", reverse("classes:export", kwargs=own | {"extension": "xlsx"})),
        ("get", reverse("classes:assign", kwargs=own)),
        ("post", reverse("classes:assign", kwargs=own)),
        ("get", reverse("classes:due", kwargs=own | {"assignment": given.pk})),
        ("post", reverse("classes:due", kwargs=own | {"assignment": given.pk})),
        ("post", reverse("classes:withdraw", kwargs=own | {"assignment": given.pk})),
        ("post", reverse("classes:close", kwargs=own)),
        ("post", reverse("classes:reopen", kwargs=own)),
        ("get", reverse("classes:add", kwargs=own)),
        ("post", reverse("classes:add", kwargs=own)),
        ("post", reverse("classes:slips", kwargs=own)),
        ("get", reverse("classes:member", kwargs=own | {"number": 1})),
        ("post", reverse("classes:rename", kwargs=own | {"number": 1})),
        ("post", reverse("classes:password", kwargs=own | {"number": 1})),
        ("post", reverse("classes:remove", kwargs=own | {"number": 1})),
        ("post", reverse("classes:restore", kwargs=own | {"number": 1})),
    ]


def test_strangers_find_nothing_and_change_nothing(client, class_10a1, given, outsider, an, chi, dung):
    before = list(User.objects.order_by("pk").values_list("password", flat=True))
    pupil = class_10a1.members.get(number=2).learner
    for stranger in (outsider, an, chi, dung, pupil):
        client.force_login(stranger)
        for method, url in urls(class_10a1, given):
            answer = getattr(client, method)(url, {"names": "Lê Lạ", "name": "Lạ", "confirm": "1", "start": "4"})
            assert answer.status_code == 404, (stranger, method, url)
    class_10a1.refresh_from_db()
    assert class_10a1.closed_at is None
    assert class_10a1.members.filter(left_at__isnull=True).count() == 3
    assert list(User.objects.order_by("pk").values_list("password", flat=True)) == before


def test_nobody_is_asked_to_sign_in(client, class_10a1, given):
    for method, url in [*urls(class_10a1, given), ("get", reverse("classes:list")), ("get", reverse("classes:create"))]:
        answer = getattr(client, method)(url)
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/login/?next=")


def test_what_changes_something_is_not_done_by_a_link(client, class_10a1, given, binh):
    client.force_login(binh)
    for method, url in urls(class_10a1, given):
        if method == "post" and ("get", url) not in urls(class_10a1, given):
            assert client.get(url).status_code == 405


def test_an_assignment_of_another_class_is_not_reached_through_ones_own(client, class_10a1, given, outsider, city, now):
    theirs = open_class(outsider, city.other_school, now)
    client.force_login(outsider)
    for name in ("due", "withdraw"):
        url = reverse(f"classes:{name}", kwargs={"pk": theirs.pk, "assignment": given.pk})
        assert client.post(url).status_code == 404
    given.refresh_from_db()
    assert given.withdrawn_at is None


def test_the_teacher_opens_every_page(client, class_10a1, given, binh):
    client.force_login(binh)
    for method, url in urls(class_10a1, given):
        if method == "get":
            assert client.get(url).status_code == 200, url
    page = client.get(reverse("classes:list")).content.decode()
    assert "10A1" in page
    assert "3 học sinh" in page


def test_a_teacher_without_a_class_is_invited_and_a_learner_shown_the_way(client, binh, an):
    client.force_login(binh)
    assert reverse("classes:create") in client.get(reverse("classes:list")).content.decode()
    client.force_login(an)
    page = client.get(reverse("classes:list")).content.decode()
    assert reverse("classes:create") not in page
    assert reverse("classes:join") in page
    assert client.get(reverse("classes:create")).status_code == 404


def test_making_a_class_asks_for_the_school_only_when_there_are_several(client, binh, city):
    client.force_login(binh)
    page = client.get(reverse("classes:create")).content.decode()
    assert 'name="organisation"' not in page
    world.grant(binh, "teacher", city.other_school)
    assert 'name="organisation"' in client.get(reverse("classes:create")).content.decode()


def test_a_class_is_made_and_extra_fields_are_not_believed(client, binh, city, outsider):
    client.force_login(binh)
    key = re.search(r'name="key" value="([0-9a-f-]+)"', client.get(reverse("classes:create")).content.decode()).group(1)
    fields = {
        "key": key, "name": unicodedata.normalize("NFD", "Lớp  Ế"), "kind": "school", "starts_on": "2026-09-05", "ends_on": "",
        "organisation": city.other_school.pk, "join_code": "AAA-AAAA", "closed_at": "2020-01-01", "teacher": outsider.pk,
    }  # fmt: skip
    for _turn in range(2):
        client.post(reverse("classes:create"), fields)
    made = TrainingClass.objects.get()
    assert (made.name, made.organisation, made.closed_at) == ("Lớp Ế", city.school, None)
    assert made.join_code != "AAA-AAAA"
    assert [row.teacher for row in made.teachers.all()] == [binh]


def test_a_wrong_date_is_said_beside_the_field(client, binh):
    client.force_login(binh)
    fields = {
        "key": "5b1f6f0e-6f0b-5f0a-9a55-2d1f7b2f2c11", "name": "10A1", "kind": "school",
        "starts_on": "2026-09-05", "ends_on": "2026-09-01",
    }  # fmt: skip
    answer = client.post(reverse("classes:create"), fields)
    assert "trước ngày bắt đầu" in answer.content.decode()
    assert TrainingClass.objects.count() == 0


# --- the list ---------------------------------------------------------------------------------------------------------


def test_a_list_is_shown_before_anything_is_written_and_slips_once(client, binh, city, now):
    made = open_class(binh, city.school, now)
    url = reverse("classes:add", args=[made.pk])
    client.force_login(binh)
    before = User.objects.count()
    page = client.post(url, {"names": "1. Lê An\n\n2. Lê An\n3. Vũ Bình\nnobody@example.com", "preview": "1"}).content.decode()
    assert User.objects.count() == before
    for told in ("Trùng dòng 1", "Không thêm được tài khoản này", "Đã bỏ 1 dòng trống", "Thêm 2 người vào lớp"):
        assert told in page
    start = re.search(r'name="start" value="(\d+)"', page).group(1)
    fields = {"names": "1. Lê An\n\n2. Lê An\n3. Vũ Bình\nnobody@example.com", "start": start, "confirm": "1"}
    answer = client.post(url, fields)
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    words = re.findall(r"<dd><code>([a-z0-9]{4}-[a-z0-9]{4})</code>", page)
    assert len(words) == 2
    stem = made.join_code.replace("-", "").lower()
    assert User.objects.get(username=f"{stem}-01").check_password(words[0])
    assert User.objects.get(username=f"{stem}-02").check_password(words[1])
    client.force_login(binh)
    again = client.post(url, fields).content.decode()
    assert "Lớp vừa thay đổi" in again
    assert not re.findall(r"<dd><code>", again)
    assert made.members.count() == 2
    assert words[0] not in client.get(reverse("classes:detail", args=[made.pk])).content.decode()


def test_three_hundred_lines_are_refused_with_a_way_out(client, binh, city, now):
    made = open_class(binh, city.school, now)
    client.force_login(binh)
    text = "\n".join(f"Lê {chr(65 + place % 26)} {chr(97 + place // 26)}x" for place in range(300))
    page = client.post(reverse("classes:add", args=[made.pk]), {"names": text, "confirm": "1", "start": "1"}).content.decode()
    assert "nhiều nhất 200 dòng" in page
    assert made.members.count() == 0


def test_a_class_of_45_is_added_quickly_enough(client, binh, city, now, django_assert_max_num_queries):
    made = open_class(binh, city.school, now)
    client.force_login(binh)
    with django_assert_max_num_queries(35):
        client.post(reverse("classes:add", args=[made.pk]), {"names": names(45), "confirm": "1", "start": "1"})
    assert made.members.count() == 45


def test_a_new_password_is_shown_once_and_only_for_accounts_of_the_class(client, binh, class_10a1, an, now):
    client.force_login(binh)
    page = client.post(reverse("classes:password", args=[class_10a1.pk, 1])).content.decode()
    word = re.search(r"<dd><code>([a-z0-9]{4}-[a-z0-9]{4})</code>", page).group(1)
    assert class_10a1.members.get(number=1).learner.check_password(word)
    actions.join(learner=an, code=class_10a1.join_code, now=now)
    assert client.post(reverse("classes:password", args=[class_10a1.pk, 4])).status_code == 404
    assert "Đặt lại mật khẩu" not in client.get(reverse("classes:member", args=[class_10a1.pk, 4])).content.decode()


def test_lost_slips_are_made_anew_for_who_has_not_signed_in(client, binh, class_10a1, now):
    User.objects.filter(pk=class_10a1.members.get(number=1).learner_id).update(last_login=now)
    client.force_login(binh)
    page = client.post(reverse("classes:slips", args=[class_10a1.pk])).content.decode()
    assert len(re.findall(r"<dd><code>[a-z0-9]{4}-[a-z0-9]{4}</code>", page)) == 2
    assert "Lê Gia Hân" not in page


def test_a_member_is_removed_renamed_and_brought_back(client, binh, class_10a1):
    client.force_login(binh)
    client.post(reverse("classes:rename", args=[class_10a1.pk, 1]), {"name": "Lê Gia Hằng", "shown_as": "x", "number": 9})
    client.post(reverse("classes:remove", args=[class_10a1.pk, 1]))
    page = client.get(reverse("classes:detail", args=[class_10a1.pk])).content.decode()
    assert "Đã rời lớp: 1" in page
    client.post(reverse("classes:restore", args=[class_10a1.pk, 1]))
    member = class_10a1.members.get(number=1)
    assert (member.shown_as, member.left_at) == ("Lê Gia Hằng", None)


def test_a_class_is_closed_and_opened_again(client, binh, class_10a1):
    client.force_login(binh)
    client.post(reverse("classes:close", args=[class_10a1.pk]))
    page = client.get(reverse("classes:detail", args=[class_10a1.pk])).content.decode()
    assert "Lớp đã đóng" in page
    assert reverse("classes:add", args=[class_10a1.pk]) not in page
    client.post(reverse("classes:reopen", args=[class_10a1.pk]))
    class_10a1.refresh_from_db()
    assert class_10a1.is_open


# --- giving work ------------------------------------------------------------------------------------------------------


def test_a_lesson_is_given_until_a_day_and_hour_of_this_city(client, binh, class_10a1, course):
    client.force_login(binh)
    url = reverse("classes:assign", args=[class_10a1.pk])
    assert "23:59" in client.get(url).content.decode()
    what = f"{course.page.pk}:{course.lessons[0].translation_key}"
    client.post(url, {"what": what, "due_on": "2099-11-27", "due_time": "17:00", "assigned_by": 1, "assigned_at": "2020-01-01"})
    given = Assignment.objects.get()
    assert given.due_at == dt.datetime(2099, 11, 27, 10, 0, tzinfo=dt.UTC)
    assert (given.title, given.assigned_by) == ("Bài 1", binh)
    client.post(reverse("classes:due", args=[class_10a1.pk, given.pk]), {"due_on": "2099-11-28", "due_time": "17:00"})
    given.refresh_from_db()
    assert given.due_at.day == 28
    client.post(reverse("classes:withdraw", args=[class_10a1.pk, given.pk]))
    given.refresh_from_db()
    assert given.withdrawn_at


def test_a_past_date_or_an_unknown_course_is_refused_in_words(client, binh, class_10a1, course):
    client.force_login(binh)
    url = reverse("classes:assign", args=[class_10a1.pk])
    page = client.post(url, {"what": f"{course.page.pk}", "due_on": "2020-01-01", "due_time": "08:00"}).content.decode()
    assert "Hạn này đã qua" in page
    assert client.post(url, {"what": "999:x", "due_on": "2099-01-01", "due_time": "08:00"}).status_code == 200
    assert Assignment.objects.count() == 0


# --- joining ----------------------------------------------------------------------------------------------------------


def test_a_learner_joins_by_code_and_the_link_fills_it_in(client, an, class_10a1, given, course):
    url = reverse("classes:join")
    asked = client.get(url + "?ma=HX7K9MP")
    assert asked.status_code == 302
    assert "ma%3DHX7K9MP" in asked.url
    client.force_login(an)
    assert 'value="HX7K9MP"' in client.get(url + "?ma=HX7K9MP").content.decode()
    answer = client.post(url, {"code": f" {class_10a1.join_code.lower()} "})
    assert answer.url == reverse("learn")
    assert an.class_memberships.count() == 1
    assert an.enrolments.get().course == course.page


def test_a_wrong_code_keeps_what_was_typed(client, an, class_10a1):
    client.force_login(an)
    page = client.post(reverse("classes:join"), {"code": "abc-defg"}).content.decode()
    assert "Không có lớp nào có mã này" in page
    assert 'value="abc-defg"' in page


def test_after_ten_tries_even_the_right_code_waits(client, an, binh, class_10a1):
    client.force_login(an)
    url = reverse("classes:join")
    for _turn in range(10):
        assert client.post(url, {"code": "ABC-DEFG"}).status_code == 200
    answer = client.post(url, {"code": class_10a1.join_code})
    assert answer.status_code == 429
    assert re.search(r"thử lại sau \d\d:\d\d", answer.content.decode())
    assert an.class_memberships.count() == 0
    client.force_login(binh)  # counted by person, not by school
    assert client.post(url, {"code": "ABC-DEFG"}).status_code == 200
    world.empty_cache()
    client.force_login(an)
    assert client.post(url, {"code": class_10a1.join_code}).status_code == 302


def test_the_page_of_a_class_stays_within_its_queries(client, binh, class_10a1, given, now, django_assert_max_num_queries):
    queries.board(class_10a1, now=now)
    client.force_login(binh)
    with django_assert_max_num_queries(15):
        client.get(reverse("classes:detail", args=[class_10a1.pk]))
