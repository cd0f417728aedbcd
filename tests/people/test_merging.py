"""Two accounts of one person: found, merged, and taken apart again so that nothing shows it."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from certificates.actions import issue
from classes import actions as classes
from classes.actions import count_agencies
from classes.models import AgencyCount, Attendance, ClassMember
from courses.actions import enrol
from courses.models import Completion, Enrolment
from lrs.models import Statement
from people import holdings
from people.actions import identities, merging
from people.actions.accounts import RoleRefused
from people.actions.identity import tell_owed
from people.actions.privacy import erase_person
from people.actions.requests import file_request
from people.models import AccountMerge, Consent, Membership, OpenedAccount, PersonalIdKey, Role, RosterRow, SignIn, User
from people.oidc import Claims
from people.personal_id import digests
from people.queries import duplicates
from tests import world
from tests.classes.conftest import finish, open_class
from tests.people.test_rosters import send

pytestmark = pytest.mark.django_db

# What a merge leaves behind on purpose: its own row, the letters owed, and no session of the closed account.
LEFT = {"people_accountmerge", "people_accountevent", "people_signin", "django_session", "people_reading", "sqlite_sequence"}


def dump() -> dict[str, list[str]]:
    """Every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names(cursor)) - LEFT:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


@pytest.fixture
def pair(city: SimpleNamespace, now: Any) -> tuple[User, User]:
    """Of one person in Chi's ward: the account she uses, and one more."""
    people = [world.make_user(name, "Đỗ Thị Lan", birth_year=1980, audience="cbccvc_nld") for name in ("lan", "lan.hai")]
    for one in people:
        world.join(one, city.ward)
    return people[0], people[1]


def lived(pair: tuple[User, User], city: SimpleNamespace, course: SimpleNamespace, binh: Any, now: Any) -> None:
    """What two years leave behind: the same course on both, another one, a class, consents, a role, a request."""
    kept, closed = pair
    second = world.make_course("CD-U", "Khóa khác")
    third = world.make_course("CD-V", "Khóa dở")
    for user in pair:
        issue(enrolment=Enrolment.objects.get(pk=finish(user, course, now).pk), now=now)
        enrol(learner=user, course=third.page, now=now)
        Consent.objects.create(user=user, purpose="account", version="1", given_at=now, channel="web")
    finish(closed, second, now)
    Consent.objects.create(user=closed, purpose="research", version="1", given_at=now, channel="web")
    world.join(closed, city.clinic)
    world.grant(closed, "teacher", city.school)
    file_request(person=closed, kind="see", words="", now=now)
    both, one = open_class(binh, city.school, now, "Lớp A"), open_class(binh, city.school, now, "Lớp B")
    for user in pair:
        classes.join(learner=user, code=both.join_code, now=now)
    classes.join(learner=closed, code=one.join_code, now=now)
    ClassMember.objects.filter(learner=closed).update(pin="bam")
    _sessions(pair, both, binh, now)


def _sessions(pair: tuple[User, User], training_class: Any, binh: Any, now: Any) -> None:
    """The first session was attended with one account, the second with the other, the third with both."""
    import uuid

    members = [ClassMember.objects.get(training_class=training_class, learner=user) for user in pair]
    for number, present in enumerate(([0], [1], [0, 1]), 1):
        begins = now + dt.timedelta(days=number)
        session = classes.add_session(
            key=uuid.uuid4(), training_class=training_class, starts_at=begins, ends_at=begins + dt.timedelta(hours=2),
            place="Phòng 1", link="", trainer=binh,
        )  # fmt: skip
        for place in present:
            Attendance.objects.create(session=session, member=members[place], state="present", how="trainer", marked_at=begins)


def merged(pair: tuple[User, User], now: Any, by: Any = None) -> AccountMerge:
    return merging.merge_people(kept=pair[0], closed=pair[1], reason="Chị Lan xác nhận", by=by, now=now)


# --- what moves -------------------------------------------------------------------------------------------------------


def test_what_she_learned_and_where_she_belongs_moves(
    pair: tuple[User, User], city: Any, course: Any, binh: Any, now: Any
) -> None:
    lived(pair, city, course, binh, now)
    kept, closed = pair
    before, statements = Enrolment.objects.count(), list(Statement.objects.order_by("seq").values())
    merge = merged(pair, now)
    assert Enrolment.objects.count() == before and not Enrolment.objects.filter(learner=closed).exists()
    assert sorted(Enrolment.objects.filter(learner=kept, course=course.page).values_list("number", flat=True)) == [1, 2]
    assert Enrolment.objects.open().filter(learner=kept, course__code="CD-V").count() == 1
    assert Completion.objects.filter(enrolment__learner=kept).count() == 9
    assert {one.organisation for one in Membership.objects.current().filter(user=kept)} == {city.ward, city.clinic}
    assert not Membership.objects.current().filter(user=closed).exists()
    assert set(Consent.objects.filter(user=kept).values_list("purpose", flat=True)) == {"account", "research"}
    current = ClassMember.objects.current()
    assert current.filter(learner=kept).count() == 2 and not current.filter(learner=closed).exists()
    assert Attendance.objects.filter(member__learner=kept).count() == 3
    assert not ClassMember.objects.exclude(pin="").filter(learner__in=pair).exists()
    closed.refresh_from_db()
    assert not closed.is_active and merge.counts["courses.Enrolment"] == 3
    assert list(Statement.objects.order_by("seq").values()) == statements


def test_power_does_not_move(pair: tuple[User, User], city: Any, now: Any) -> None:
    role = world.grant(pair[1], "officer", city.ward)
    merged(pair, now)
    role.refresh_from_db()
    assert role.user == pair[1] and role.until == now and not Role.objects.current().filter(user__in=pair).exists()


def test_no_way_in_moves(pair: tuple[User, User], now: Any, settings: Any) -> None:
    settings.PERSONAL_ID_KEYS = ["k"]
    claims = Claims(subject="lan-1", digests=digests("079180000001"))
    identities.link(user=pair[1], provider="national", claims=claims, now=now)
    client = Client()
    client.post("/accounts/login/", {"login": "lan.hai", "password": "mat-khau-thu-1"})
    assert client.get("/account/").status_code == 200
    assert SignIn.objects.filter(user=pair[1]).exists()
    merged(pair, now)
    assert client.get("/account/").status_code == 302 and not SignIn.objects.filter(user=pair[1]).exists()
    assert not Client().login(username="lan.hai", password="mat-khau-thu-1")
    assert identities.recognise(provider="national", claims=Claims(subject="lan-2", digests=claims.digests), now=now) == pair[1]
    assert not PersonalIdKey.objects.filter(user=pair[0]).exists()
    # Who is signed in to the kept one has proved both, and takes it along.
    assert identities.link(user=pair[0], provider="national", claims=claims, now=now).user == pair[0]
    assert PersonalIdKey.objects.get().user == pair[0]


def test_one_person_is_counted_once(pair: tuple[User, User], city: Any, course: Any, binh: Any, now: Any) -> None:
    lived(pair, city, course, binh, now)

    def people() -> tuple[int, int]:
        count_agencies(now=now)
        rows = AgencyCount.objects.filter(organisation=city.ward, own=False, course=None)
        return rows.values_list("staff", flat=True)[0], Enrolment.objects.values("learner").distinct().count()

    assert people() == (2, 2)
    merge = merged(pair, now)
    assert people() == (1, 1)
    merging.undo_merge(merge=merge, by=None, now=now)
    assert people() == (2, 2)


# --- and back ---------------------------------------------------------------------------------------------------------


def test_merged_and_undone_every_table_is_as_it_was(
    pair: tuple[User, User], city: Any, course: Any, binh: Any, now: Any
) -> None:
    lived(pair, city, course, binh, now)
    before = dump()
    merge = merged(pair, now)
    changed = {table for table, rows in dump().items() if rows != before[table]}
    assert {"courses_enrolment", "people_membership", "people_role", "people_consent", "classes_classmember",
            "classes_attendance", "people_datarequest", "people_user"} <= changed  # fmt: skip
    merging.undo_merge(merge=merge, by=None, now=now + dt.timedelta(days=3))
    assert dump() == before


def test_twice_the_first_one_stands(pair: tuple[User, User], city: Any, course: Any, binh: Any, now: Any) -> None:
    lived(pair, city, course, binh, now)
    first = merged(pair, now)
    after = dump()
    assert merged(pair, now + dt.timedelta(hours=1)).pk == first.pk and dump() == after
    undone = merging.undo_merge(merge=first, by=None, now=now)
    again = merging.undo_merge(merge=first, by=None, now=now + dt.timedelta(hours=1))
    assert again.undone_at == undone.undone_at
    assert merged(pair, now).pk != first.pk  # and once more, if it was right after all


def test_what_she_did_since_stays_with_the_account_she_used(pair: tuple[User, User], course: Any, now: Any) -> None:
    merge = merged(pair, now)
    finish(pair[0], course, now)
    merging.undo_merge(merge=merge, by=None, now=now)
    assert Enrolment.objects.get().learner == pair[0]


def test_what_changed_since_is_not_overwritten(pair: tuple[User, User], city: Any, now: Any) -> None:
    place = world.join(pair[1], city.clinic)
    merge = merged(pair, now)
    Membership.objects.filter(pk=place.pk).update(user=world.make_user("ba", "Lê Thị Ba"))
    before = dump()
    with pytest.raises(merging.CannotBeUndone):
        merging.undo_merge(merge=merge, by=None, now=now)
    assert dump() == before


def test_after_thirty_days_it_is_final(pair: tuple[User, User], now: Any) -> None:
    merge = merged(pair, now)
    late = now + dt.timedelta(days=31)
    assert merging.finish_merges(now=now + dt.timedelta(days=29)) == 0
    with pytest.raises(merging.CannotBeUndone):
        merging.undo_merge(merge=merge, by=None, now=late)
    assert merging.finish_merges(now=late) == 1 and merging.finish_merges(now=late) == 0
    merge.refresh_from_db()
    pair[1].refresh_from_db()
    assert merge.journal == [] and merge.final_at == late and pair[1].email == ""


# --- what stands against it -------------------------------------------------------------------------------------------


def refused(pair: tuple[User, User], now: Any, why: str) -> None:
    before = dump()
    with pytest.raises(merging.NotMerged, match=why):
        merged(pair, now)
    assert dump() == before and not AccountMerge.objects.exists()


def test_two_years_of_birth_are_two_people(pair: tuple[User, User], now: Any, settings: Any) -> None:
    User.objects.filter(pk=pair[1].pk).update(birth_year=1981)
    refused(pair, now, "two_people")
    settings.PERSONAL_ID_KEYS = ["k"]
    for user in pair:
        identities.note_personal_id(user=user, number="079180000001", by=None, now=now)
    assert merged(pair, now)


def test_an_erased_person_is_not_merged_nor_taken_apart(pair: tuple[User, User], now: Any) -> None:
    file_request(person=pair[1], kind="erase", words="", now=now)
    refused(pair, now, "erased")


def test_erased_with_all_that_was_merged_into_her(pair: tuple[User, User], course: Any, now: Any) -> None:
    finish(pair[1], course, now)
    actors = [f"|{user.actor_id}" for user in pair]
    assert any(one.actor.endswith(actors[1]) for one in Statement.objects.all())
    merge = merged(pair, now)
    copy = holdings.everything(pair[0])
    assert any(row["actor"].endswith(actors[1]) for row in copy["lrs.Statement"])
    erase_person(user=pair[0], reason="yêu cầu", by=None, now=now)
    assert set(User.objects.filter(pk__in=[one.pk for one in pair]).values_list("full_name", "email")) == {("(đã xóa)", "")}
    with pytest.raises(merging.CannotBeUndone):
        merging.undo_merge(merge=merge, by=None, now=now)


def test_the_account_nobody_took_over_is_not_the_one_to_keep(pair: tuple[User, User], city: Any, now: Any) -> None:
    OpenedAccount.objects.create(user=pair[0], organisation=city.ward, basis="duty", opened_at=now)
    refused(pair, now, "nobody_home")
    assert merged((pair[1], pair[0]), now)


def test_a_list_at_work_is_waited_for(pair: tuple[User, User], city: Any, chi: Any, now: Any) -> None:
    roster = send(city.ward, "B1;Nguyễn Văn Hai;1980;;;;công chức\n", chi, now)
    RosterRow.objects.filter(roster=roster).update(user=pair[1])
    type(roster).objects.filter(pk=roster.pk).update(state="applying")
    refused(pair, now, "list")


def test_no_reason_no_superuser_not_oneself_not_closed(pair: tuple[User, User], now: Any) -> None:
    with pytest.raises(merging.NotMerged, match="no_reason"):
        merging.merge_people(kept=pair[0], closed=pair[1], reason=" ", by=None, now=now)
    with pytest.raises(merging.NotMerged, match="one"):
        merging.merge_people(kept=pair[0], closed=pair[0], reason="x", by=None, now=now)
    third = world.make_user("ba", "Đỗ Thị Lan", birth_year=1980)
    merged(pair, now)
    for two in ((pair[1], third), (third, pair[1])):
        with pytest.raises(merging.NotMerged, match="closed"):
            merging.merge_people(kept=two[0], closed=two[1], reason="x", by=None, now=now)
    User.objects.filter(pk=third.pk).update(is_superuser=True)
    with pytest.raises(merging.NotMerged, match="superuser"):
        merging.merge_people(kept=pair[0], closed=third, reason="x", by=None, now=now)


def test_a_chain_is_undone_from_its_end(pair: tuple[User, User], now: Any) -> None:
    third = world.make_user("ba", "Đỗ Thị Lan", birth_year=1980)
    first = merged(pair, now)
    second = merging.merge_people(kept=third, closed=pair[0], reason="x", by=None, now=now)
    with pytest.raises(merging.CannotBeUndone):
        merging.undo_merge(merge=first, by=None, now=now)
    for one in (second, first):
        merging.undo_merge(merge=one, by=None, now=now)


# --- who may ----------------------------------------------------------------------------------------------------------


def test_who_may(pair: tuple[User, User], city: Any, chi: Any, dung: Any, outsider: Any, binh: Any, an: Any, now: Any) -> None:
    for stranger in (outsider, binh, an, pair[0]):
        with pytest.raises(merging.NotYours):
            merged(pair, now, by=stranger)
    with pytest.raises(merging.NotYours):  # of her own list, but An belongs to nobody's
        merging.merge_people(kept=an, closed=pair[1], reason="x", by=chi, now=now)
    merge = merged(pair, now, by=chi)
    with pytest.raises(merging.NotYours):
        merging.undo_merge(merge=merge, by=outsider, now=now)
    assert merging.undo_merge(merge=merge, by=dung, now=now).undone_by == dung


def test_nobody_is_merged_out_of_a_role_by_whom_it_is_above(
    pair: tuple[User, User], city: Any, chi: Any, dung: Any, now: Any
) -> None:
    world.grant(pair[1], "owner", city.ward)
    with pytest.raises(RoleRefused):
        merged(pair, now, by=chi)
    merge = merged(pair, now, by=dung)
    with pytest.raises(RoleRefused):  # nor does she give it back
        merging.undo_merge(merge=merge, by=chi, now=now)


def test_both_are_told(pair: tuple[User, User], chi: Any, now: Any) -> None:
    merge = merged(pair, now, by=chi)
    assert tell_owed(now=now) == 2
    assert {letter.to[0] for letter in mail.outbox} == {"lan@example.com", "lan.hai@example.com"}
    assert all("Chị Lan xác nhận" in letter.body and "Lê Thị Chi" in letter.body for letter in mail.outbox)
    merging.undo_merge(merge=merge, by=chi, now=now)
    assert tell_owed(now=now) == 2 and tell_owed(now=now) == 0


# --- the pages --------------------------------------------------------------------------------------------------------


def test_an_officer_finds_sees_merges_and_undoes(pair: tuple[User, User], course: Any, chi: Any, now: Any) -> None:
    finish(pair[1], course, now)
    client = Client()
    client.force_login(chi)
    page = client.get("/account/staff/duplicates/").content.decode()
    way = f"/account/staff/merge/{pair[0].pk}/{pair[1].pk}/"
    assert "Đỗ Thị Lan" in page and way in page and "Cùng họ tên và năm sinh" in page
    page = client.get(way).content.decode()
    assert "Khóa học: 1" in page and f"/account/staff/merge/{pair[1].pk}/{pair[0].pk}/" in page
    assert client.post(way, {"reason": ""}).status_code == 200 and not AccountMerge.objects.exists()
    assert client.post(way, {"reason": "đã gọi điện"}).url == "/account/staff/duplicates/"
    merge = AccountMerge.objects.get()
    page = client.get("/account/staff/duplicates/").content.decode()
    assert "lan.hai → lan" in page and "Tách lại" in page and way not in page
    client.post(f"/account/staff/merges/{merge.pk}/undo/")
    merge.refresh_from_db()
    assert merge.undone_by == chi
    assert way in client.get("/account/staff/duplicates/").content.decode()


def test_the_outsider_finds_and_opens_nothing(pair: tuple[User, User], outsider: Any, chi: Any, now: Any) -> None:
    client = Client()
    client.force_login(outsider)
    assert "Đỗ Thị Lan" not in client.get("/account/staff/duplicates/").content.decode()
    for way in (f"{pair[0].pk}/{pair[1].pk}", f"{pair[1].pk}/{outsider.pk}"):
        assert client.post(f"/account/staff/merge/{way}/", {"reason": "x"}).status_code == 404
    merge = merged(pair, now, by=chi)
    assert client.post(f"/account/staff/merges/{merge.pk}/undo/").status_code == 404
    assert AccountMerge.objects.standing().exists()


def test_the_same_number_is_said_and_never_shown(pair: tuple[User, User], chi: Any, now: Any, settings: Any) -> None:
    settings.PERSONAL_ID_KEYS = ["k"]
    User.objects.filter(pk=pair[1].pk).update(full_name="Đỗ Lan", birth_year=None)
    for user in pair:
        identities.note_personal_id(user=user, number="079180000001", by=None, now=now)
    client = Client()
    client.force_login(chi)
    page = client.get("/account/staff/duplicates/").content.decode()
    assert "Cùng số định danh" in page and "079180000001" not in page and digests("079180000001")[0] not in page


@pytest.mark.parametrize("many", [3, 30])
def test_the_list_costs_the_same(city: Any, chi: Any, many: int, django_assert_max_num_queries: Any) -> None:
    for number in range(many):
        for twin in "ab":
            world.join(world.make_user(f"nguoi{number}{twin}", f"Lê Văn {chr(65 + number)}", birth_year=1970), city.ward)
    chi = User.objects.get(pk=chi.pk)
    with django_assert_max_num_queries(8):
        assert len(duplicates.likely(chi)) == many


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command(pair: tuple[User, User], course: Any, now: Any, capsys: Any) -> None:
    finish(pair[1], course, now)
    with pytest.raises(CommandError, match="Say why"):
        call_command("merge_people", "lan", "lan.hai")
    with pytest.raises(CommandError, match="Nobody"):
        call_command("merge_people", "lan", "khong.co", reason="x")
    call_command("merge_people", "lan", str(pair[1].pk), reason="xác nhận qua điện thoại")
    assert "courses.Enrolment 1" in capsys.readouterr().out
    call_command("merge_people", "lan", "lan.hai", undo=True)
    with pytest.raises(CommandError, match="is not merged"):
        call_command("merge_people", "lan", "lan.hai", undo=True)
    assert Enrolment.objects.get().learner == pair[1] and timezone.now()
