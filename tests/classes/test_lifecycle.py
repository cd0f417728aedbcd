"""A class is planned, opened, run, closed by itself and archived; its days are corrected; sessions do not clash."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from classes import actions, queries
from classes.models import ChangeSubject, ClassChange, ClassSession, ClassState, Nomination, TrainingClass
from classes.tasks import close_over
from people.models import Role
from plans import measures
from plans.models import Indicator
from tests import world
from tests.classes.conftest import add, names, open_class

DAY = dt.timedelta(days=1)


def training(teacher, organisation, now, **more):
    fields = {"name": "Bồi dưỡng đợt 1", "kind": "training", "starts_on": now.date(), "ends_on": now.date() + 10 * DAY} | more
    return actions.create_class(key=uuid.uuid4(), teacher=teacher, organisation=organisation, now=now, **fields)


def session(training_class, starts_at, hours=3, place="Hội trường A", trainer=None, key=None):
    return actions.add_session(
        key=key or uuid.uuid4(), training_class=training_class, starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=hours), place=place, link="", trainer=trainer,
    )  # fmt: skip


# --- states -----------------------------------------------------------------------------------------------------------


def test_a_planned_class_is_prepared_but_takes_nobody_by_code_until_it_is_opened(binh, city, course, an, now, week):
    made = training(binh, city.school, now, planned=True, starts_on=now.date() + DAY)
    assert made.state_on(now.date()) == ClassState.PLANNED
    add(made, "Lê An", now)
    actions.assign(training_class=made, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    with pytest.raises(actions.ClassClosed):
        actions.join(learner=an, code=made.join_code, now=now)
    assert queries.due_for(made.members.get().learner, now) == []
    for _turn in range(2):
        actions.open_class(training_class=made, by=binh, now=now)
    assert made.state_on(now.date()) == ClassState.OPEN
    assert made.state_on(now.date() + DAY) == ClassState.RUNNING
    actions.join(learner=an, code=made.join_code, now=now)
    assert ClassChange.objects.get().new == "open"


def test_a_class_closes_by_itself_when_nothing_is_still_to_come(binh, city, course, now):
    made = training(binh, city.school, now, ends_on=now.date())
    add(made, "Lê An", now)
    due = now + 3 * DAY
    actions.assign(training_class=made, teacher=binh, course=course.page, part=None, due_at=due, now=now)
    session(made, now + 4 * DAY)
    for later in (now, now + DAY, now + 3.5 * DAY):
        assert actions.close_over(now=later) == 0
    assert actions.close_over(now=now + 5 * DAY) == 1
    assert actions.close_over(now=now + 5 * DAY) == 0
    made.refresh_from_db()
    assert made.closed_at == now + 5 * DAY
    line = ClassChange.objects.get()
    assert (line.by, line.old, line.new) == (None, "running", "closed")


def test_the_sweep_closes_and_archives_and_leaves_the_others(binh, city, now):
    over = training(binh, city.school, now, ends_on=now.date())
    TrainingClass.objects.filter(pk=over.pk).update(starts_on=dt.date(2020, 1, 1), ends_on=dt.date(2020, 1, 5))
    standing, planned = open_class(binh, city.school, now), training(binh, city.school, now, planned=True)
    assert close_over() == 1
    over.refresh_from_db()
    standing.refresh_from_db()
    assert over.closed_at and not standing.closed_at and planned.opened_at is None
    assert actions.close_over(now=timezone.now() + 400 * DAY) >= 1
    over.refresh_from_db()
    assert over.state == ClassState.ARCHIVED


def test_opened_again_after_its_last_day_it_is_not_closed_the_same_night(binh, city, now):
    made = training(binh, city.school, now, ends_on=now.date())
    actions.close_over(now=now + DAY)
    for _turn in range(2):
        actions.reopen_class(training_class=made, by=binh, now=now + 2 * DAY)
    made.refresh_from_db()
    assert made.is_open
    assert actions.close_over(now=now + 3 * DAY) == 0
    assert made.ends_on == timezone.localdate(now) + 16 * DAY
    assert ClassChange.objects.filter(subject=ChangeSubject.ENDS).count() == 1


def test_days_are_corrected_with_a_trail_even_of_a_closed_class_but_not_of_an_archived_one(binh, city, now):
    made = training(binh, city.school, now)
    wanted = {"training_class": made, "starts_on": made.starts_on, "by": binh, "reason": "Hội trường bận", "now": now}
    with pytest.raises(actions.WrongDates):
        actions.correct_dates(**wanted, ends_on=made.starts_on - DAY)
    actions.close_class(training_class=made, now=now)
    for _turn in range(2):
        actions.correct_dates(**wanted, ends_on=dt.date(2026, 12, 9))
    (line,) = [one for one in queries.trail(made) if one.subject == "Ngày kết thúc"]
    assert (line.who, line.old, line.new, line.reason) == ("Trần Văn Bình", "03/12/2026", "09/12/2026", "Hội trường bận")
    actions.archive_class(training_class=made, now=now)
    with pytest.raises(actions.ClassClosed):
        actions.correct_dates(**wanted, ends_on=dt.date(2026, 12, 10))


def test_a_school_class_of_a_school_year_ends_with_it(binh, city, now):
    fields = {"key": uuid.uuid4(), "teacher": binh, "organisation": city.school, "now": now, "name": "10A1", "kind": "school"}
    made = actions.create_class(**fields, starts_on=now.date(), ends_on=None, school_year="2026-2027")
    assert (made.school_year, made.ends_on) == ("2026-2027", dt.date(2027, 5, 31))


def test_the_number_of_a_class_is_given_once_in_an_organisation(binh, city, now):
    training(binh, city.school, now, code="BD-01/2026")
    with pytest.raises(actions.CodeTaken):
        training(binh, city.school, now, code=" BD-01/2026 ")
    assert TrainingClass.objects.count() == 1


def test_the_plan_counts_held_classes_by_their_corrected_days_and_no_planned_or_cancelled_one(binh, city, course, an, now):
    indicator = Indicator(code="X", measured_by="classes_held", filters={})
    begin = now - 40 * DAY

    def held(ends_on, **more):
        made = training(binh, city.school, begin, starts_on=begin.date(), ends_on=ends_on, **more)
        add(made, names(1), begin)
        return made

    one, later = held(now.date() - 5 * DAY), held(now.date() + 5 * DAY)
    held(now.date() - 5 * DAY, planned=True)
    off = held(now.date() - 5 * DAY)
    actions.cancel_class(training_class=off, by=binh, reason="Bão", now=now - 6 * DAY)
    window = measures.Window(start=begin - DAY, end=now)

    def count():
        return measures.FUNCTIONS[indicator.measured_by][0](window, indicator.filters, now).total

    assert count() == 1
    actions.close_over(now=now)
    assert count() == 1
    correction = {"by": binh, "reason": "Học bù", "now": now}
    actions.correct_dates(training_class=later, starts_on=later.starts_on, ends_on=now.date() - 2 * DAY, **correction)
    assert count() == 2
    actions.correct_dates(training_class=one, starts_on=one.starts_on, ends_on=now.date() + 2 * DAY, **correction)
    assert count() == 1


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_a_form_sent_twice_makes_one_session(binh, city, now):
    made, key = training(binh, city.school, now), uuid.uuid4()
    assert session(made, now, key=key) == session(made, now, key=key)
    assert [one.number for one in queries.sessions_of(made)] == [1]


def test_a_trainer_and_a_hall_are_not_in_two_places(binh, city, outsider, now):
    first, second = training(binh, city.school, now), training(binh, city.school, now, name="Đợt 2")
    session(first, now, trainer=binh)
    with pytest.raises(actions.SessionClash) as caught:
        session(second, now + dt.timedelta(hours=2), place="hoi truong a", trainer=binh)
    assert [(one.kind, one.class_name) for one in caught.value.clashes] == [("trainer", "Bồi dưỡng đợt 1")]
    with pytest.raises(actions.SessionClash) as caught:
        session(second, now + dt.timedelta(hours=2), place="HỘI  TRƯỜNG A")
    assert [one.kind for one in caught.value.clashes] == ["place"]
    session(second, now + dt.timedelta(hours=3), trainer=binh)  # begins as the other ends
    elsewhere = training(outsider, city.other_school, now)
    session(elsewhere, now)  # a hall of the same name in another school is another hall
    with pytest.raises(actions.NotTrainer):
        session(elsewhere, now + 2 * DAY, trainer=binh)


def test_a_session_moves_with_a_reason_and_does_not_clash_with_itself(binh, city, now):
    made = training(binh, city.school, now)
    one = session(made, now, trainer=binh)
    fields = {"place": "Phòng 2", "link": "", "trainer": binh, "topic": "", "by": binh, "reason": "Mất điện", "now": now}
    for _turn in range(2):
        actions.change_session(
            session=one, starts_at=now + dt.timedelta(hours=1), ends_at=now + dt.timedelta(hours=2), **fields
        )
    lines = {line.subject: (line.old, line.new, line.about) for line in queries.trail(made)}
    assert lines["Giờ của buổi"] == ("09:00–12:00 23/11/2026", "10:00–11:00 23/11/2026", "Buổi 1")
    assert lines["Nơi học của buổi"] == ("Hội trường A", "Phòng 2", "Buổi 1")
    assert ClassChange.objects.count() == 2


def test_only_a_teacher_of_the_organisation_is_added_as_trainer(binh, city, outsider, an, now):
    made = training(binh, city.school, now)
    for stranger in ("khanh", "an", "nobody", ""):
        with pytest.raises(actions.NotTrainer):
            actions.add_trainer(training_class=made, account=stranger)
    hoa = world.make_teacher("hoa", "Đỗ Thị Hoa", city.school_office)
    for _turn in range(2):
        actions.add_trainer(training_class=made, account="HOA@example.com")
    assert queries.trainers_of(made) == [binh, hoa]
    Role.objects.filter(user=hoa).update(until=now)
    assert TrainingClass.objects.taught_by(type(hoa).objects.get(pk=hoa.pk)).count() == 0


# --- who is sent ------------------------------------------------------------------------------------------------------


@pytest.fixture
def held_by_the_city(city, now):
    """A training class of the city's office, to which agencies send people; two places."""
    trainer = world.make_teacher("thu", "Ngô Minh Thư", city.city)
    made = training(trainer, city.city, now)
    actions.change_rules(training_class=made, capacity=2, by_nomination=True, attendance_needed=None, by=trainer, now=now)
    made.refresh_from_db()
    return made


@pytest.fixture
def staff(city):
    people = [world.make_user(f"cb{place}", f"Cán Bộ {word}") for place, word in enumerate("ABCD")]
    for person in people:
        world.join(person, city.clinic)
    return people


def test_an_agency_sends_its_people_and_who_finds_no_place_waits_in_order(held_by_the_city, staff, chi, now):
    made = actions.nominate(training_class=held_by_the_city, people=staff[:3], officer=chi, now=now)
    assert [one.state for one in made] == ["placed", "placed", "waiting"]
    actions.nominate(training_class=held_by_the_city, people=[staff[3]], officer=chi, now=now + DAY)
    actions.nominate(training_class=held_by_the_city, people=staff, officer=chi, now=now + 2 * DAY)
    assert held_by_the_city.members.count() == 2 and Nomination.objects.count() == 4
    actions.remove_member(member=held_by_the_city.members.get(learner=staff[0]), now=now)
    assert [one.person for one in queries.nominations_of(held_by_the_city)] == [staff[3]]
    assert held_by_the_city.members.get(learner=staff[2]).source == "nominated"
    rules = {"by_nomination": True, "attendance_needed": None, "by": chi, "now": now}
    actions.change_rules(training_class=held_by_the_city, capacity=3, **rules)
    assert held_by_the_city.members.current().count() == 3
    with pytest.raises(actions.ClassFull):
        add(held_by_the_city, "Lê An", now)


def test_only_ones_own_staff_is_sent_and_only_to_classes_near(held_by_the_city, staff, chi, outsider, an, binh, city, now):
    pupil = world.make_user("hs", "Học Sinh")
    world.join(pupil, city.clinic, "hoc_sinh")
    refused = ((chi, [an]), (chi, [chi]), (chi, [pupil]), (chi, [staff[0], an]), (outsider, staff), (binh, staff), (an, staff))
    for officer, people in refused:
        with pytest.raises(actions.NotYours):
            actions.nominate(training_class=held_by_the_city, people=people, officer=officer, now=now)
    far = training(outsider, city.other_school, now)
    actions.change_rules(training_class=far, capacity=None, by_nomination=True, attendance_needed=None, by=outsider, now=now)
    with pytest.raises(actions.NotYours):
        actions.nominate(training_class=far, people=staff, officer=chi, now=now)
    assert Nomination.objects.count() == 0


def test_who_only_audits_a_place_sends_nobody_from_it_and_refuses_nobody(client, held_by_the_city, staff, outsider, city, now):
    """Khánh is officer of one ward and looks at the books of another."""
    world.grant(outsider, "auditor", city.ward)
    khanh = type(outsider).objects.get(pk=outsider.pk)
    with pytest.raises(actions.NotYours):
        actions.nominate(training_class=held_by_the_city, people=staff, officer=khanh, now=now)
    wish = actions.ask_to_join(learner=staff[0], code=held_by_the_city.join_code, now=now)
    near = training(world.make_teacher("vy", "Lê Thảo Vy", city.ward), city.ward, now)
    actions.change_rules(training_class=near, capacity=None, by_nomination=True, attendance_needed=None, by=khanh, now=now)
    client.force_login(khanh)
    assert client.post(reverse("classes:refuse", args=[held_by_the_city.pk, wish.pk]), {"reason": "x"}).status_code == 404
    page = client.get(reverse("classes:nominate", args=[held_by_the_city.pk]))
    assert page.status_code == 200 and staff[0].full_name not in page.content.decode()
    assert client.get(reverse("classes:nominate", args=[near.pk])).status_code == 404
    assert Nomination.objects.get().state == "asked"


def test_who_types_the_code_waits_for_her_agency(client, held_by_the_city, staff, chi, now):
    code = held_by_the_city.join_code
    with pytest.raises(actions.ClassFull):
        actions.join(learner=staff[0], code=code, now=now)
    client.force_login(staff[0])
    for _turn in range(2):
        client.post(reverse("classes:join"), {"code": code})
    wish = Nomination.objects.get()
    assert (wish.state, wish.organisation.code) == ("asked", "TYT-BC")
    client.force_login(chi)
    url = reverse("classes:nominate", args=[held_by_the_city.pk])
    page = client.get(url).content.decode()
    assert page.index("Cán Bộ A") < page.index("Cán Bộ B")
    assert "Chờ cơ quan duyệt" in page
    client.post(reverse("classes:refuse", args=[held_by_the_city.pk, wish.pk]), {"reason": "Đang nghỉ phép"})
    wish.refresh_from_db()
    assert (wish.state, wish.reason) == ("declined", "Đang nghỉ phép")
    client.post(url, {"person": [staff[0].pk]})
    wish.refresh_from_db()
    assert (wish.state, wish.approved_by) == ("placed", chi)


def test_who_has_another_session_at_that_time_is_not_sent(held_by_the_city, staff, chi, binh, city, now):
    other = training(binh, city.school, now)
    actions.join(learner=staff[0], code=other.join_code, now=now)
    session(other, now)
    session(held_by_the_city, now + dt.timedelta(hours=1))
    with pytest.raises(actions.TimesClash) as caught:
        actions.nominate(training_class=held_by_the_city, people=staff[:2], officer=chi, now=now)
    assert caught.value.args == (staff[0],)
    actions.nominate(training_class=held_by_the_city, people=[staff[1]], officer=chi, now=now)
    assert held_by_the_city.members.count() == 1


# --- screens ----------------------------------------------------------------------------------------------------------

PAGES = [
    ("get", "settings", {}), ("get", "dates", {}), ("post", "dates", {}), ("get", "rules", {}), ("post", "rules", {}),
    ("post", "open", {}), ("post", "cancel", {}), ("post", "archive", {}), ("post", "unarchive", {}), ("get", "trainer", {}),
    ("post", "trainer", {}), ("get", "sessions", {}), ("post", "sessions", {}), ("get", "session_change", {"number": 1}),
    ("post", "session_change", {"number": 1}), ("post", "session_cancel", {"number": 1}), ("get", "waiting", {}),
    ("post", "turn_away", {"nomination": 1}),
]  # fmt: skip


def test_strangers_find_nothing_and_change_nothing(client, class_10a1, outsider, an, chi, dung, now):
    session(class_10a1, now)
    before = list(TrainingClass.objects.values()) + list(ClassSession.objects.values())
    for stranger in (outsider, an, chi, dung, class_10a1.members.get(number=1).learner):
        client.force_login(stranger)
        for method, name, more in PAGES:
            url = reverse(f"classes:{name}", kwargs={"pk": class_10a1.pk, **more})
            answer = getattr(client, method)(url, {"reason": "x", "capacity": "1", "starts_on": "2026-01-01", "account": "khanh"})
            assert answer.status_code == 404, (stranger, method, url)
    for stranger in (an, binh_of(class_10a1)):
        client.force_login(stranger)
        assert client.get(reverse("classes:open_classes")).status_code == 404
        assert client.post(reverse("classes:nominate", args=[class_10a1.pk]), {"person": [an.pk]}).status_code == 404
    assert list(TrainingClass.objects.values()) + list(ClassSession.objects.values()) == before


def binh_of(training_class):
    return training_class.teachers.get().teacher


def test_the_teacher_does_it_all_through_the_screens(client, binh, city, class_10a1, now):
    client.force_login(binh)
    own = {"pk": class_10a1.pk}
    for method, name, more in PAGES:
        if method == "get" and not more:
            assert client.get(reverse(f"classes:{name}", kwargs=own)).status_code == 200, name
    url = reverse("classes:sessions", kwargs=own)
    fields = {"key": str(uuid.uuid4()), "day": "2026-12-01", "begins": "13:30", "ends": "16:30", "place": "Phòng 1"}
    fields["trainer"] = str(binh.pk)
    for _turn in range(2):
        client.post(url, fields)
    one = class_10a1.sessions.get()
    assert one.starts_at == dt.datetime(2026, 12, 1, 6, 30, tzinfo=dt.UTC)
    page = client.post(url, fields | {"key": str(uuid.uuid4())}).content.decode()
    assert "trùng giờ" in page and "13:30–16:30 thứ Ba, 01/12/2026" in page
    assert "Hãy ghi nơi học" in client.post(url, fields | {"place": ""}).content.decode()
    change = reverse("classes:session_change", kwargs=own | {"number": 1})
    assert "Phòng 1" in client.get(change).content.decode()
    client.post(change, fields | {"begins": "14:00", "reason": "Đổi phòng"})
    client.post(reverse("classes:rules", kwargs=own), {"capacity": "40", "attendance_needed": "80"})
    client.post(reverse("classes:dates", kwargs=own), {"starts_on": "2026-11-20", "ends_on": "2027-01-20", "reason": "Theo lịch"})
    client.post(reverse("classes:cancel", kwargs=own), {"reason": ""})
    page = client.get(reverse("classes:settings", kwargs=own)).content.decode()
    for told in ("Đổi phòng", "13:30–16:30 01/12/2026", "14:00–16:30 01/12/2026", "20/01/2027", "Theo lịch", "80%", "còn 37 chỗ"):
        assert told in page, told
    class_10a1.refresh_from_db()
    assert class_10a1.cancelled_at is None
    for name, state in (("close", "closed"), ("archive", "archived"), ("unarchive", "closed"), ("reopen", "running")):
        client.post(reverse(f"classes:{name}", kwargs=own))
        class_10a1.refresh_from_db()
        assert class_10a1.state == state
    assert client.get(reverse("classes:list")).status_code == 200


@pytest.mark.parametrize("size", [3, 30])
def test_the_lists_take_as_many_queries_for_three_as_for_thirty(
    size, client, binh, city, chi, held_by_the_city, now, django_assert_max_num_queries
):
    people = [world.make_user(f"nv{place}", f"Nhân Viên {place}") for place in range(size)]
    for person in people:
        world.join(person, city.ward)
    actions.nominate(training_class=held_by_the_city, people=people, officer=chi, now=now)
    trainer = held_by_the_city.teachers.get().teacher
    for place in range(size):
        one = session(held_by_the_city, now + place * DAY, trainer=trainer)
        actions.cancel_session(session=one, by=trainer, reason="Thử", now=now)
    client.force_login(chi)
    client.get(reverse("classes:open_classes"))
    with django_assert_max_num_queries(9):
        client.get(reverse("classes:open_classes"))
    with django_assert_max_num_queries(17):
        assert client.get(reverse("classes:nominate", args=[held_by_the_city.pk])).status_code == 200
    client.force_login(trainer)
    for name in ("sessions", "settings", "waiting"):
        with django_assert_max_num_queries(12):
            assert client.get(reverse(f"classes:{name}", args=[held_by_the_city.pk])).status_code == 200
