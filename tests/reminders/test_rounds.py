"""The round through everybody: each once, whatever is killed on the way."""

from __future__ import annotations

import datetime as dt
import uuid
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classes import actions as of_classes
from people.actions.requests import acknowledge_request, file_request
from people.models import Restriction, User
from reminders import actions, queries
from reminders.actions import rounds
from reminders.judgement import DEFAULTS, Policy, Rule
from reminders.models import Notice, Reminder, Round, Stop
from tests import world
from tests.classes.conftest import add, finish, names, open_class
from tests.reminders.conftest import MORNING, always, earn, switch_on

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def told() -> set[tuple[str, str]]:
    return set(Reminder.objects.values_list("person__username", "rule"))


def test_who_is_late_is_owed_one_letter_a_week(late, morning) -> None:
    switch_on(Rule.OVERDUE)
    for day in range(8):
        for _twice in range(2):
            actions.remind(now=morning + day * DAY, more=always)
    days = list(Notice.objects.filter(person=late.mai).order_by("day").values_list("day", flat=True))
    assert days == [morning.date(), (morning + 7 * DAY).date()]
    assert told() >= {("mai", "overdue"), ("nam", "overdue")}


def test_nothing_is_on_by_default_and_at_night_no_round_begins(late, morning) -> None:
    actions.remind(now=morning, more=always)
    assert Round.objects.get().finished_at and not Notice.objects.exists()
    Round.objects.all().delete()
    switch_on(Rule.OVERDUE)
    actions.remind(now=morning.replace(hour=6), more=always)
    actions.remind(now=morning.replace(hour=21), more=always)
    assert not Round.objects.exists() and not Notice.objects.exists()
    actions.remind(now=morning.replace(hour=15), more=always)
    assert Round.objects.get().finished_at and Notice.objects.filter(person=late.mai).exists()


def test_who_did_it_or_holds_her_data_back_or_left_is_not_reminded(late, course, morning) -> None:
    switch_on(Rule.OVERDUE)
    finish(late.mai, course, morning - 2 * DAY)
    Restriction.objects.create(person=late.nam, since=morning)
    gone = world.make_user("di", "Người Đi", is_active=False)
    world.join(gone, late.required.organisation)
    actions.remind(now=morning, more=always)
    assert told() & {("mai", "overdue"), ("nam", "overdue"), ("di", "overdue")} == set()


def test_who_has_no_address_or_does_not_want_it_is_counted(late, class_10a1, course, binh, morning) -> None:
    switch_on(Rule.OVERDUE)
    User.objects.filter(pk=late.nam.pk).update(email="")
    pupil = class_10a1.members.get(number=1).learner
    User.objects.filter(pk=pupil.pk).update(email="han@example.com")
    of_classes.assign(
        training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=morning - DAY, now=morning - 9 * DAY
    )
    actions.stop(person=pupil, rules=[Rule.OVERDUE], now=morning)
    actions.stop(person=late.mai, rules=[Rule.OVERDUE], now=morning)
    actions.remind(now=morning, more=always)
    tally = Round.objects.get().tally
    assert ("mai", "overdue") in told(), "required by her agency"
    assert not Notice.objects.filter(person__in=[pupil, late.nam]).exists()
    # The two other pupils have no address either.
    assert tally["stopped"] == 1 and tally["nowhere"] == 3
    assert tally["letters"] == Notice.objects.count()


def test_a_killed_round_goes_on_where_it_was(late, an, binh, dung, outsider, morning, monkeypatch) -> None:
    switch_on(Rule.OVERDUE)
    monkeypatch.setattr(rounds, "BATCH", 2)
    real, steps = rounds._write, []

    def dies(found, **more):
        steps.append(len(found))
        real(found, **more)
        if len(steps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(rounds, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        actions.remind(now=morning, more=always)
    half = Round.objects.get()
    assert half.finished_at is None and half.tally["people"] == 4 < half.people
    written = Notice.objects.count()
    actions.remind(now=morning + dt.timedelta(minutes=5), more=always)
    whole = Round.objects.get()
    assert whole.finished_at and whole.tally["people"] == whole.people
    assert Notice.objects.count() >= written
    assert Notice.objects.filter(person__in=[late.mai, late.nam]).count() == 2


def test_a_round_of_yesterday_is_not_gone_on_with(late, morning, monkeypatch) -> None:
    switch_on(Rule.OVERDUE)
    actions.remind(now=morning, more=lambda: False)
    assert Round.objects.get().finished_at is None
    actions.remind(now=morning + DAY, more=always)
    assert list(Round.objects.order_by("day").values_list("tally__people", flat=True))[0] is None
    assert Round.objects.filter(finished_at__isnull=True).count() == 0
    assert Notice.objects.filter(person=late.mai).count() == 1


def test_who_comes_at_the_same_place_writes_nothing(late, morning) -> None:
    switch_on(Rule.OVERDUE)
    rounds._begin(morning)
    one, other = Round.objects.get(), Round.objects.get()
    assert rounds._step(one, morning)
    assert rounds._step(other, morning) is None
    assert Notice.objects.filter(person=late.mai).count() == 1


def test_the_database_itself_allows_no_second_letter_of_a_number(late, morning) -> None:
    found = {"person": late.mai, "day": morning.date(), "number": 1, "send_after": morning}
    Notice.objects.create(**found)
    with pytest.raises(IntegrityError):
        Notice.objects.create(**found)


def test_a_rehearsal_says_what_the_round_then_does_and_writes_nothing(late, city, course, chi, morning) -> None:
    made = actions.rehearse(rule=Rule.OVERDUE, policy=DEFAULTS[Rule.OVERDUE], by=None, now=morning)
    actions.advance(made, now=morning, more=always)
    made.refresh_from_db()
    assert not Notice.objects.exists() and not Reminder.objects.exists()
    switch_on(Rule.OVERDUE)
    actions.remind(now=morning, more=always)
    real = Round.objects.get(rehearses="")
    assert made.tally["letters"] == real.tally["letters"] == Notice.objects.count() >= 2
    assert {key: real.tally[key] for key in ("nowhere", "stopped", "capped", "rules")} == {
        key: made.tally[key] for key in ("nowhere", "stopped", "capped", "rules")
    }
    assert made.tally["audiences"] == {"cbccvc_nld": made.tally["letters"]}
    assert sum(made.tally["by"].values()) == made.tally["letters"]
    words = made.tally["sample"]["subject"] + made.tally["sample"]["body"]
    assert "Khóa thử" in words and "Chào An," in words
    assert not any(name in words for name in User.objects.values_list("full_name", flat=True))
    again = actions.rehearse(rule=Rule.OVERDUE, policy=DEFAULTS[Rule.OVERDUE], by=None, now=morning + DAY)
    actions.advance(again, now=morning + DAY, more=always)
    assert again.tally["letters"] == 0, "told this week already"


def test_a_session_is_told_the_day_before_and_again_when_it_moves(class_10a1, binh, morning) -> None:
    switch_on(Rule.STARTS)
    pupil = class_10a1.members.get(number=1).learner
    User.objects.filter(pk=pupil.pk).update(email="han@example.com")
    begins = morning + dt.timedelta(days=2, hours=1)
    made = of_classes.add_session(
        key=uuid.uuid4(), training_class=class_10a1, starts_at=begins, ends_at=begins + dt.timedelta(hours=2),
        place="Phòng 1", link="", trainer=binh,
    )  # fmt: skip
    actions.remind(now=morning, more=always)
    assert not Notice.objects.exists()
    actions.remind(now=morning + DAY, more=always)
    first = Reminder.objects.get()
    assert first.topic == f"session:{made.pk}"
    type(made).objects.filter(pk=made.pk).update(starts_at=begins + DAY, ends_at=begins + DAY + dt.timedelta(hours=2))
    actions.remind(now=morning + 2 * DAY, more=always)
    assert Reminder.objects.count() == 2
    type(made).objects.filter(pk=made.pk).update(cancelled_at=morning)
    actions.remind(now=morning + 3 * DAY, more=always)
    assert Reminder.objects.count() == 2


def test_the_digest_comes_on_the_first_working_day_of_the_week(late, chi, dung, outsider, morning) -> None:
    switch_on(Rule.DIGEST)
    saturday = morning - 2 * DAY
    actions.remind(now=saturday, more=always)
    assert not Notice.objects.exists()
    for day in range(7):
        actions.remind(now=morning + day * DAY, more=always)
    assert told() == {("chi", "digest"), ("dung", "digest"), ("khanh", "digest")}
    assert Notice.objects.count() == 3
    holiday = dt.datetime(2027, 1, 1, 8, 0, tzinfo=morning.tzinfo)  # a Friday; the Monday after is the fourth
    assert queries.facts_of([chi.pk], policies={Rule.DIGEST: DEFAULTS[Rule.DIGEST]}, now=holiday) == {}


def test_a_certificate_is_told_within_minutes_and_once(an, course, now) -> None:
    switch_on(Rule.CERTIFICATE)
    made = earn(an, course, now)
    for _twice in range(2):
        actions.tell_certificates(now=now + dt.timedelta(minutes=5), more=always)
    assert Reminder.objects.get().topic == f"certificate:{made.code}"
    actions.remind(now=now, more=always)
    assert Notice.objects.count() == 1
    Reminder.objects.all().delete()
    actions.stop(person=an, rules=[Rule.CERTIFICATE], now=now)
    assert actions.tell_certificates(now=now, more=always) == 0


def test_at_night_a_certificate_waits_for_the_morning(an, course, now) -> None:
    switch_on(Rule.CERTIFICATE)
    night = now.replace(hour=23)
    earn(an, course, night)
    actions.tell_certificates(now=night, more=always)
    waits = Notice.objects.get().send_after.astimezone(now.tzinfo)
    assert f"{waits:%d %H:%M}" == "24 07:30"


def test_no_more_than_two_letters_a_day(an, course, now) -> None:
    switch_on(Rule.CERTIFICATE, certificate=Policy(ahead=2, every=0))
    for place in range(4):
        more = world.make_course(f"CD-{place}", f"Khóa {place}")
        earn(an, more, now)
        actions.tell_certificates(now=now + dt.timedelta(minutes=place), more=always)
    assert sorted(Notice.objects.values_list("number", flat=True)) == [1, 2]
    actions.tell_certificates(now=now + DAY, more=always)
    assert Reminder.objects.count() == 4, "the next day tells the rest in one letter"
    assert Notice.objects.count() == 3


def test_thirty_people_cost_no_query_more_than_three(class_10a1, binh, course, now, morning) -> None:
    switch_on(*Rule)
    of_classes.assign(
        training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=morning - DAY, now=morning - 9 * DAY
    )

    def cost() -> int:
        User.objects.filter(email="").update(email="")
        for user in User.objects.filter(email=""):
            User.objects.filter(pk=user.pk).update(email=f"u{user.pk}@example.com")
        Notice.objects.all().delete()
        Round.objects.all().delete()
        actions.remind(now=morning, more=always)  # the outlines are kept from now on
        Notice.objects.all().delete()
        Round.objects.all().delete()
        with CaptureQueriesContext(connection) as caught:
            actions.remind(now=morning, more=always)
        return len(caught)

    few = cost()
    add(class_10a1, names(30), now)
    assert cost() == few
    assert Notice.objects.count() >= 33


def test_the_command_counts_and_walks(late, morning, monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: morning)
    out = StringIO()
    call_command("remind", "--dry-run", "--rule", "overdue", stdout=out)
    assert "told by overdue" in out.getvalue() and not Notice.objects.exists()
    out = StringIO()
    monkeypatch.setattr(timezone, "now", lambda: morning.replace(hour=5))
    call_command("remind", stdout=out)
    assert "outside the sending hours" in out.getvalue()
    monkeypatch.setattr(timezone, "now", lambda: morning)
    switch_on(Rule.OVERDUE)
    out = StringIO()
    call_command("remind", stdout=out)
    assert f"{Notice.objects.count():8d}  letters" in out.getvalue() and Notice.objects.exists()


def test_a_request_about_data_is_told_every_day_to_whoever_answers_it(an, chi, dung, city, morning) -> None:
    """No rule is on: the clocks of the law are nobody's choice."""
    support = world.make_user("hotro", "Đỗ Thị Hiền")
    world.grant(support, "support", city.ward)
    asked = file_request(person=an, kind="see", words="", now=morning - DAY)
    world.join(an, city.clinic)
    actions.stop(person=dung, rules=[Rule.REQUEST], now=morning)
    for day in range(3):
        actions.remind(now=morning + day * DAY, more=always)
    assert told() == {("dung", "request"), ("hotro", "request")}
    assert Reminder.objects.filter(topic=f"request:{asked.pk}").count() == 6
    acknowledge_request(request=asked, by=dung, now=morning + 3 * DAY)
    actions.remind(now=morning + 3 * DAY, more=always)
    assert Reminder.objects.count() == 6, "the answer is due in ten days"
    actions.remind(now=morning + 8 * DAY, more=always)
    assert Reminder.objects.count() == 8


def test_a_handler_is_not_told_of_her_own_request(dung, morning) -> None:
    file_request(person=dung, kind="see", words="", now=morning - DAY)
    actions.remind(now=morning, more=always)
    assert not Reminder.objects.exists()


def test_only_those_whom_a_rule_may_concern_are_looked_at(late, an, dung, morning) -> None:
    """An learns on her own: she has no agency, no class and no role."""
    actions.remind(now=morning, more=always)
    few = Round.objects.get()
    assert few.tally["people"] == few.people == 2  # the officer and the owner
    made = actions.rehearse(rule=Rule.OVERDUE, policy=DEFAULTS[Rule.OVERDUE], by=None, now=morning)
    assert made.people == 4


def test_stopping_is_per_rule_and_twice_is_once(an, now) -> None:
    for _twice in range(2):
        actions.stop(person=an, rules=[Rule.OVERDUE, Rule.STARTS], now=now)
    assert Stop.objects.count() == 2
    actions.want(person=an, wanted=[Rule.OVERDUE], among=[Rule.OVERDUE, Rule.DUE_SOON], now=now)
    assert set(Stop.objects.values_list("rule", flat=True)) == {"starts", "due_soon"}


def test_open_class_of_the_city_and_unused(binh, city, now) -> None:
    """Somebody who owes nothing is asked nothing: no reminder, no row."""
    open_class(binh, city.school, now)
    switch_on(*Rule)
    actions.remind(now=MORNING + 9 * DAY, more=always)
    assert not Reminder.objects.exclude(rule="digest").exists()
