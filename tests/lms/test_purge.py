"""What is kept no longer: found by state, done in batches, gone on with after a kill; nothing that is counted changes."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from classes import actions
from classes.actions import purge as of_classes
from classes.models import ClassMember, TrainingClass
from people.actions import guardians, purge
from people.models import Consent, Erasure, GuardianQuestion, Reading, UnusedAccount, User
from people.tasks import tell_unused
from plans import measures
from tests import world
from tests.classes.conftest import add, finish, open_class

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def all_kinds() -> tuple[purge.Due, ...]:
    return (*of_classes.kinds(), *purge.kinds())


@pytest.fixture
def klass(binh: Any, city: Any, now: Any, course: Any) -> TrainingClass:
    made = open_class(binh, city.school, now)
    add(made, "Lê Gia Hân\nTrần Bảo Ngọc\nPhạm Minh Khôi", now)
    actions.set_pins(training_class=made, members=list(ClassMember.objects.select_related("learner", "training_class")))
    finish(ClassMember.objects.order_by("number")[0].learner, course, now)
    child = ClassMember.objects.order_by("number")[1].learner
    actions.ask_guardians(training_class=made, addresses={2: "me@example.com"}, by=binh, now=now)
    assert GuardianQuestion.objects.get(child=child).address
    return made


def counted(now: Any) -> list[Any]:
    """What the reports of the plan say."""
    whole = measures.Window(start=None, end=now + 500 * DAY)
    return [
        measures.count(name, window=whole, filters={}, as_of=whole.end)
        for name in ("participations", "participants", "completions", "completers", "certificates", "classes_held")
    ]


def test_two_months_after_the_school_year_a_class_forgets_its_pupils(klass: Any, now: Any) -> None:
    klass.school_year, klass.ends_on = "2026-2027", dt.date(2027, 5, 31)
    klass.save()
    before, names = counted(now), {"Lê Gia Hân", "Trần Bảo Ngọc", "Phạm Minh Khôi"}
    early = dt.datetime(2027, 7, 29, 12, tzinfo=now.tzinfo)
    assert not any(purge.owed(kinds=of_classes.kinds(), now=early).values())
    late = dt.datetime(2027, 8, 5, 12, tzinfo=now.tzinfo)
    assert purge.owed(kinds=of_classes.kinds(), now=late) == {
        "school classes after their year": 1, "names, PINs and letters of pupils after their year": 3,
        "names and letters in classes five years after their end": 0,
    }  # fmt: skip
    assert set(ClassMember.objects.values_list("shown_as", flat=True)) == names, "looking changes nothing"
    gone = purge.purge(kinds=of_classes.kinds(), now=late)
    assert sum(gone.values()) == 4
    klass.refresh_from_db()
    assert klass.archived_at and klass.closed_at
    assert set(ClassMember.objects.values_list("shown_as", "pin")) == {("(học sinh)", "")}
    assert not User.objects.filter(full_name__in=names).exists()
    assert not GuardianQuestion.objects.exclude(address="").exists()
    assert counted(now) == before and before[5].total == 1 and before[2].total == 1
    assert sum(purge.purge(kinds=of_classes.kinds(), now=late).values()) == 0, "nothing is owed any more"


def test_who_is_in_next_years_class_keeps_her_account(klass: Any, binh: Any, city: Any, now: Any) -> None:
    late = dt.datetime(2027, 8, 20, 12, tzinfo=now.tzinfo)
    copied = open_class(binh, city.school, late, name="11A1")
    pupil = ClassMember.objects.get(training_class=klass, number=1).learner
    ClassMember.objects.create(
        training_class=copied, learner=pupil, number=1, shown_as="Lê Gia Hân", source="list", joined_at=late, pin="x"
    )
    purge.purge(kinds=of_classes.kinds(), now=late)
    pupil.refresh_from_db()
    assert pupil.full_name == "Lê Gia Hân"
    assert ClassMember.objects.get(training_class=copied).pin == "x"
    assert ClassMember.objects.get(training_class=klass, number=1).shown_as == "(học sinh)"


def test_killed_in_the_middle_it_goes_on(klass: Any, now: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(purge, "BATCH", 1)
    late, left = dt.datetime(2027, 8, 5, 12, tzinfo=now.tzinfo), iter([True, True, True, False])
    purge.purge(kinds=of_classes.kinds(), now=late, more=lambda: next(left, False))
    assert ClassMember.objects.filter(shown_as="(học sinh)").count() == 2
    purge.purge(kinds=of_classes.kinds(), now=late)
    assert ClassMember.objects.filter(shown_as="(học sinh)").count() == 3


def test_an_unused_account_is_told_and_then_erased(an: Any, binh: Any, chi: Any, now: Any) -> None:
    kept = world.make_user("moi", "Hồ Văn Mới")
    User.objects.filter(pk__in=[an.pk, binh.pk, chi.pk]).update(date_joined=now - 800 * DAY, last_login=now - 740 * DAY)
    User.objects.filter(pk=kept.pk).update(last_login=now - DAY)
    purge.purge(kinds=purge.kinds(), now=now)
    assert list(UnusedAccount.objects.values_list("person_id", flat=True)) == [an.pk], "staff and who is here stay"
    assert purge.send_notices(now=now, send=lambda one: mail.outbox.append(one)) == 1
    assert purge.send_notices(now=now + DAY, send=lambda one: mail.outbox.append(one)) == 0
    purge.purge(kinds=purge.kinds(), now=now + 59 * DAY)
    assert not Erasure.objects.exists()
    purge.purge(kinds=purge.kinds(), now=now + 61 * DAY)
    assert Erasure.objects.get().account == an.pk
    an.refresh_from_db()
    assert an.full_name == "(đã xóa)"
    purge.purge(kinds=purge.kinds(), now=now + 62 * DAY)
    assert Erasure.objects.count() == 1


def test_who_signs_in_after_the_letter_keeps_everything(an: Any, now: Any) -> None:
    User.objects.filter(pk=an.pk).update(date_joined=now - 800 * DAY, last_login=None)
    purge.purge(kinds=purge.kinds(), now=now)
    User.objects.filter(pk=an.pk).update(last_login=now + 30 * DAY)
    purge.purge(kinds=purge.kinds(), now=now + 90 * DAY)
    assert not Erasure.objects.exists() and not UnusedAccount.objects.exists()


def test_a_letter_that_never_went_out_spares_the_account(an: Any, now: Any) -> None:
    User.objects.filter(pk=an.pk).update(date_joined=now - 800 * DAY, last_login=None)
    purge.purge(kinds=purge.kinds(), now=now)

    def dead(_notice: Any) -> None:
        raise OSError

    assert purge.send_notices(now=now, send=dead) == 0
    purge.purge(kinds=purge.kinds(), now=now + 90 * DAY)
    assert not Erasure.objects.exists()


def test_the_letter_says_until_when(an: Any) -> None:
    now = timezone.now()
    User.objects.filter(pk=an.pk).update(date_joined=now - 800 * DAY, last_login=None)
    purge.purge(kinds=purge.kinds(), now=now - DAY)
    assert tell_unused() == 1
    until = timezone.localdate(UnusedAccount.objects.get().erase_at)
    assert until == timezone.localdate(now) + 60 * DAY
    assert f"sau ngày {until:%d/%m/%Y}" in mail.outbox[0].body
    assert "đăng nhập một lần" in mail.outbox[0].body


@pytest.mark.parametrize("answer", ["", "refuse", "withdraw"])
def test_a_childs_account_without_consent_goes_after_a_month(answer: str, now: Any) -> None:
    child = world.make_user("be", "Nguyễn Bé", birth_year=2015, audience="hs_pt")
    question = guardians.ask_guardian(child=child, address="me@example.com", by=child, now=now)
    if answer == "refuse":
        guardians.refuse(question=question, now=now)
    elif answer == "withdraw":
        guardians.agree(question=question, name="Trần Thị Hoa", now=now)
        question.refresh_from_db()
        guardians.withdraw(question=question, now=now)
    purge.purge(kinds=purge.kinds(), now=now + 29 * DAY)
    assert not Erasure.objects.exists()
    purge.purge(kinds=purge.kinds(), now=now + 31 * DAY)
    assert Erasure.objects.get().account == child.pk
    assert not GuardianQuestion.objects.exists()


def test_an_address_stays_while_the_consent_stands_and_goes_at_sixteen(now: Any) -> None:
    child = world.make_user("be", "Nguyễn Bé", birth_year=2015, audience="hs_pt")
    question = guardians.ask_guardian(child=child, address="me@example.com", by=child, now=now)
    guardians.agree(question=question, name="Trần Thị Hoa", now=now)
    purge.purge(kinds=purge.kinds(), now=now + 400 * DAY)
    question.refresh_from_db()
    assert question.address and not Erasure.objects.exists()
    purge.purge(kinds=purge.kinds(), now=dt.datetime(2031, 1, 2, 12, tzinfo=now.tzinfo))
    question.refresh_from_db()
    assert question.address == "" and User.objects.get(pk=child.pk).full_name == "Nguyễn Bé"


def test_old_proofs_go_after_five_years(an: Any, now: Any) -> None:
    Consent.objects.create(user=an, purpose="research", version="1", given_at=now, withdrawn_at=now, channel="web")
    User.objects.filter(pk=an.pk).update(last_login=now + 1900 * DAY)
    purge.purge(kinds=purge.kinds(), now=now + 1820 * DAY)
    assert Consent.objects.exists()
    purge.purge(kinds=purge.kinds(), now=now + 1830 * DAY)
    assert not Consent.objects.exists()


def test_the_command_counts_by_kind_and_changes_nothing_when_dry(klass: Any, now: Any, monkeypatch: Any) -> None:
    late = dt.datetime(2027, 8, 5, 12, tzinfo=now.tzinfo)
    monkeypatch.setattr(timezone, "now", lambda: late)
    out = io.StringIO()
    call_command("purge", "--dry-run", stdout=out)
    assert "       3  names, PINs and letters of pupils after their year" in out.getvalue()
    assert ClassMember.objects.exclude(shown_as="(học sinh)").count() == 3
    call_command("purge", stdout=out)
    assert not ClassMember.objects.exclude(shown_as="(học sinh)").exists()
    assert Reading.objects.count() == 0
