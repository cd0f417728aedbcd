"""Organisations are renamed, moved, merged, split and closed with all that hangs on them, and each is taken back."""

from __future__ import annotations

import datetime as dt
import uuid
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classes import actions, queries
from classes.models import StaffRequirement, TrainingClass
from courses.actions import enrol
from people.models import (
    Membership,
    Organisation,
    OrganisationChange,
    OrganisationOperation,
    Role,
    StaffCategory,
)
from people.queries import home_organisations
from tests import world
from tests.classes.conftest import finish, open_class
from tests.classes.reorganising import DAY, assert_sound, do, merge, new, parent, people, refusals, snapshot, unit


def counted(roots, now):
    """The agencies as they stand at `now`."""
    actions.count_agencies(now=now)
    return queries.agency_table(roots, now=now)


@pytest.fixture
def wards(city, course, dung, chi, outsider, now, week) -> SimpleNamespace:
    """Two wards with people (one in both), an officer each, a class each, and one course required in both."""
    ha, tam, both = (world.make_user(name, f"Người {name.title()}") for name in ("ha", "tam", "both"))
    world.join(ha, city.ward)
    world.join(tam, city.other_ward)
    world.join(both, city.ward)
    world.join(both, city.other_ward)
    world.join(world.make_user("lan", "Ngô Thị Lan"), city.clinic)
    mai = world.make_teacher("mai", "Đỗ Thị Mai", city.ward)
    other_course = world.make_course("CD-U", "Khóa hai")
    first = open_class(mai, city.ward, now, "Lớp Bến Cỏ", "training")
    closed = open_class(mai, city.ward, now, "Lớp cũ", "training")
    actions.close_class(training_class=closed, now=now)
    for place, page, days in (
        (city.ward, course.page, 7), (city.ward, other_course.page, 9), (city.other_ward, course.page, 3),
    ):  # fmt: skip
        StaffRequirement.objects.create(
            organisation=place, course=page, due_at=now + dt.timedelta(days=days), set_by=dung, set_at=now
        )
    return SimpleNamespace(first=first, closed=closed, mai=mai, ha=ha, tam=tam, both=both, other_course=other_course)


# --- merging ------------------------------------------------------------------------------------------------------------


def test_a_merger_takes_people_roles_classes_requirements_and_sub_units_along(city, wards, dung, chi, course, now):
    operation = do(merge(["P-BC"], "P-AK"), dung, now)
    gone = unit("P-BC")
    assert (gone.valid_to, gone.successor) == (DAY, city.other_ward)
    assert people("P-BC") == set()
    assert people("P-AK") == {"ha", "tam", "both", "chi", "mai", "khanh"}
    ended = Membership.objects.get(user=wards.ha, organisation=city.ward)
    begun = Membership.objects.get(user=wards.ha, organisation=city.other_ward)
    assert ended.until == begun.since == DAY and begun.carried_since == ended.since
    assert Membership.objects.filter(user=wards.both, organisation=city.other_ward).count() == 1
    assert set(Role.objects.current().filter(organisation=city.other_ward).values_list("user__username", "kind")) == {
        ("chi", "officer"), ("khanh", "officer"), ("mai", "teacher"),
    }  # fmt: skip
    assert not Role.objects.current().filter(organisation=city.ward).exists()
    wards.first.refresh_from_db()
    wards.closed.refresh_from_db()
    assert (wards.first.organisation, wards.closed.organisation) == (city.other_ward, city.ward)
    asked = StaffRequirement.objects.current().filter(organisation=city.other_ward)
    assert sorted((row.course_id, (row.due_at - now).days) for row in asked) == [
        (course.page.pk, 3), (wards.other_course.page.pk, 9),
    ]  # fmt: skip
    assert not StaffRequirement.objects.current().filter(organisation=city.ward).exists()
    assert parent("TYT-BC") == "P-AK"
    assert operation.effect == {"units": 2, "people": 4, "roles": 2, "classes": 1, "requirements": 2}
    assert operation.reason == "QĐ 12/QĐ-UBND" and operation.done_by == dung
    assert_sound(now)


def test_officer_screens_are_right_after_a_merger(city, wards, dung, course, now):
    finish(wards.ha, course, now)
    finish(wards.both, course, now)
    before = counted([city.city], now=now).total
    do(merge(["P-BC"], "P-AK"), dung, now)
    shown = counted([Organisation.objects.get(code="UBND-TP")], now=now)
    assert shown.total == before
    rows = {row.organisation.code: row.counts for row in shown.rows}
    assert "P-BC" not in rows  # ended and empty
    assert (rows["P-AK"].staff, rows["P-AK"].completed) == (7, 2)
    assert wards.both.full_name in [line.name for line in queries.people(unit("P-AK"), now=now).lines]
    later = now + dt.timedelta(days=4)
    assert counted([unit("P-AK")], now=later).total.overdue == 5  # all but those who have finished


def test_history_is_counted_both_ways(city, wards, dung, course, now):
    finish(wards.ha, course, now)
    enrol(learner=wards.tam, course=course.page, now=now)
    do(merge(["P-BC"], "P-AK"), dung, now)
    old, new_one = unit("P-BC"), unit("P-AK")
    then, today = queries.counted_both_ways(old), queries.counted_both_ways(new_one)
    assert (then.then_people, then.then_completed, then.now_people) == (1, 1, 0)
    assert (today.then_people, today.then_completed) == (1, 0)
    assert (today.now_people, today.now_participations, today.now_completed) == (2, 2, 1)


def test_a_branch_moved_away_does_not_take_its_past_along(city, wards, dung, course, now):
    lan = Membership.objects.get(organisation=city.clinic, until=None).user
    day = dt.datetime.combine(DAY, dt.time(12), tzinfo=now.tzinfo)
    enrol(learner=lan, course=course.page, now=day - dt.timedelta(days=30))
    first = do(merge(["P-BC"], "P-AK"), dung, now)
    enrol(learner=lan, course=wards.other_course.page, now=now)

    def then(code):
        return queries.counted_both_ways(unit(code)).then_participations

    assert (then("P-BC"), then("P-AK"), then("TYT-BC"), then("UBND-TP")) == (1, 1, 2, 2)
    second = do(queries.Move(code="TYT-BC", parent="SNV", on=now.date()), dung, now + dt.timedelta(hours=1))
    assert (then("P-BC"), then("P-AK"), then("SNV"), then("UBND-TP")) == (1, 0, 1, 2)
    actions.undo_operation(operation=second, by=dung, now=now)
    actions.undo_operation(operation=first, by=dung, now=now)
    assert (then("P-BC"), then("P-AK")) == (2, 0)


def test_home_stays_home_through_a_merger(city, wards, dung, now):
    beside = Membership.objects.create(user=wards.ha, organisation=city.dept, category="cong_chuc", since=dt.date(2026, 3, 1))
    assert home_organisations(wards.ha)[0] == city.ward and beside.pk
    do(merge(["P-BC"], "P-AK"), dung, now)
    assert home_organisations(wards.ha)[0] == city.other_ward


def test_two_wards_become_a_new_one(city, wards, dung, now):
    made = new("P-MOI", "Ủy ban nhân dân phường Sao Mai")
    do(merge(["P-BC", "P-AK"], "P-MOI", new=made), dung, now)
    assert people("P-MOI") == {"ha", "tam", "both", "chi", "mai", "khanh"}
    assert {unit("P-BC").successor.code, unit("P-AK").successor.code} == {"P-MOI"}
    assert StaffRequirement.objects.current().filter(organisation__code="P-MOI").count() == 2
    assert parent("P-MOI") == "UBND-TP" and parent("TYT-BC") == "P-MOI"
    assert_sound(now)


def test_the_other_choices_end_roles_leave_classes_and_withdraw_requirements(city, wards, dung, now):
    do(merge(["P-BC"], "P-AK", roles="end", classes="stay", requirements="withdraw"), dung, now)
    assert not Role.objects.current().filter(user__username="chi").exists()
    wards.first.refresh_from_db()
    assert wards.first.organisation == city.ward
    assert TrainingClass.objects.taught_by(wards.mai).filter(pk=wards.first.pk).exists()
    assert StaffRequirement.objects.current().filter(organisation=city.other_ward).count() == 1


def test_the_preview_says_what_would_happen_and_writes_nothing(city, wards, now):
    before = snapshot()
    plan = queries.plan_for(merge(["P-BC"], "P-AK"), today=now.date())
    lines = [(effect.what, effect.count) for effect in plan.effects]
    assert lines == [
        ("người", 4), ("vai trò", 2), ("lớp đang mở", 1), ("khóa bắt buộc", 2), ("đơn vị trực thuộc", 1), ("người", 7),
    ]  # fmt: skip
    assert "1 người đã có ở đó, không đếm hai lần" in plan.effects[0].fate
    assert "giữ hạn của nơi nhận" in plan.effects[3].fate
    assert snapshot() == before and not OrganisationOperation.objects.exists()


# --- taking back --------------------------------------------------------------------------------------------------------


def ways(wards):
    parts = (new("P-B1", "Phường Bến Một"), new("P-B2", "Phường Bến Hai"))
    return {
        "rename": queries.Rename(code="P-BC", name="Ủy ban nhân dân phường Bến Lau", short_name="P. Bến Lau", on=DAY),
        "move": queries.Move(code="P-BC", parent="SNV", on=DAY),
        "merge": merge(["P-BC"], "P-AK"),
        "merge new": merge(["P-BC", "P-AK"], "P-MOI", new=new("P-MOI", "Phường Sao Mai")),
        "merge, classes stay": merge(["P-BC"], "P-AK", classes="stay", roles="end", requirements="withdraw"),
        "split": queries.Split(source="P-BC", parts=parts, keeps=False, default="P-B1", on=DAY, people={wards.ha.pk: "P-B2"}),
        "split off": queries.Split(
            source="P-BC", parts=parts[:1], keeps=True, default="P-BC", on=DAY, children={"TYT-BC": "P-B1"}
        ),
        "close": queries.Close(code="P-BC", on=DAY, classes="end"),
        "close, received": queries.Close(code="P-BC", receiver="SNV", on=DAY, classes="stay"),
    }  # fmt: skip


WAYS = ("rename", "move", "merge", "merge new", "merge, classes stay", "split", "split off", "close", "close, received")


@pytest.mark.parametrize("way", WAYS)
def test_each_is_undone_as_if_it_had_not_been(way, city, wards, dung, now):
    before = snapshot()
    operation = do(ways(wards)[way], dung, now)
    assert snapshot() != before
    assert_sound(now)
    assert queries.undo_verdict(operation, now=now).possible
    actions.undo_operation(operation=operation, by=dung, now=now)
    assert snapshot() == before
    assert_sound(now)
    operation.refresh_from_db()
    assert (operation.undone_by, operation.undone_at) == (dung, now)
    again = actions.undo_operation(operation=operation, by=dung, now=now + dt.timedelta(hours=1))
    assert again.undone_at == now


@pytest.mark.parametrize("way", WAYS)
def test_pressed_twice_it_is_done_once(way, city, wards, dung, now):
    wanted, key = ways(wards)[way], uuid.uuid4()
    plan = queries.plan_for(wanted, today=now.date())
    one = [actions.reorganise(key=key, wanted=wanted, seen=plan.seen, reason="x", by=dung, now=now) for _twice in "ab"]
    assert one[0] == one[1] and OrganisationOperation.objects.count() == 1
    assert OrganisationChange.objects.filter(operation=one[0]).count() >= 1


def test_an_undo_waits_for_what_was_done_later(city, wards, dung, now):
    first = do(merge(["P-BC"], "P-AK"), dung, now)
    second = do(queries.Rename(code="P-AK", name="Phường Khác", short_name="", on=DAY), dung, now + dt.timedelta(hours=1))
    verdict = queries.undo_verdict(first, now=now)
    assert not verdict.possible and verdict.behind == (second,)
    with pytest.raises(actions.UndoRefused, match="việc mới nhất trước"):
        actions.undo_operation(operation=first, by=dung, now=now)
    actions.undo_operation(operation=second, by=dung, now=now)
    actions.undo_operation(operation=first, by=dung, now=now)
    assert people("P-BC") == {"ha", "both", "chi", "mai"}


def test_an_undo_is_refused_when_somebody_has_left_since_or_it_is_too_long_ago(city, wards, dung, now):
    operation = do(merge(["P-BC"], "P-AK"), dung, now)
    assert not queries.undo_verdict(operation, now=now + dt.timedelta(days=31)).possible
    Membership.objects.current().filter(user=wards.ha).update(until=now.date())
    assert "1 người đã rời" in " ".join(queries.undo_verdict(operation, now=now).reasons)


def test_an_undo_is_refused_when_something_was_built_in_a_new_unit(city, wards, dung, course, now):
    operation = do(ways(wards)["split"], dung, now)
    assert queries.undo_verdict(operation, now=now).possible
    world.join(world.make_user("moi", "Người Mới"), unit("P-B1"))
    assert "1 thứ gắn vào" in " ".join(queries.undo_verdict(operation, now=now).reasons)
    with pytest.raises(actions.UndoRefused):
        actions.undo_operation(operation=operation, by=dung, now=now)


def test_a_right_taken_away_since_is_not_given_back_by_an_undo(city, wards, dung, chi, now):
    operation = do(merge(["P-BC"], "P-AK"), dung, now)
    Role.objects.current().filter(user=chi).update(until=now)
    actions.undo_operation(operation=operation, by=dung, now=now)
    assert not Role.objects.current().filter(user=chi).exists()


# --- splitting, moving, renaming, closing -------------------------------------------------------------------------------


def test_a_ward_is_split_and_each_part_gets_what_was_chosen(city, wards, dung, chi, course, now):
    parts = (new("P-B1", "Phường Bến Một"), new("P-B2", "Phường Bến Hai"))
    officer = Role.objects.get(user=chi)
    do(
        queries.Split(
            source="P-BC", parts=parts, keeps=False, default="P-B1", on=DAY, people={wards.ha.pk: "P-B2"},
            children={"TYT-BC": "P-B2"}, classes={wards.first.pk: "P-B2"}, roles={officer.pk: "all"},
        ),
        dung, now,
    )  # fmt: skip
    assert people("P-B1") == {"both", "chi", "mai"} and people("P-B2") == {"ha"}
    assert parent("TYT-BC") == "P-B2" and unit("P-BC").valid_to == DAY and unit("P-BC").successor.code == "P-B1"
    wards.first.refresh_from_db()
    assert wards.first.organisation.code == "P-B2"
    held = set(Role.objects.current().values_list("user__username", "organisation__code"))
    assert {("chi", "P-B1"), ("chi", "P-B2"), ("mai", "P-B2")} <= held
    required = StaffRequirement.objects.current().filter(organisation__code__in=["P-B1", "P-B2"])
    assert required.count() == 4
    assert_sound(now)


def test_a_part_is_split_off_and_the_rest_goes_on(city, wards, dung, now):
    wanted = queries.Split(
        source="P-BC", parts=(new("P-B1", "Phường Bến Một"),), keeps=True, default="P-BC", on=DAY, people={wards.ha.pk: "P-B1"},
    )  # fmt: skip
    do(wanted, dung, now)
    assert people("P-B1") == {"ha"} and people("P-BC") == {"both", "chi", "mai"}
    assert unit("P-BC").valid_to is None
    assert StaffRequirement.objects.current().filter(organisation=city.ward).count() == 2
    assert StaffRequirement.objects.current().filter(organisation__code="P-B1").count() == 2


def test_a_unit_moves_with_its_branch_and_the_screens_follow(city, wards, dung, course, now):
    actions.require_course(
        organisation=city.dept, course=wards.other_course.page, due_at=now + dt.timedelta(days=2), officer=dung, now=now
    )
    do(queries.Move(code="TYT-BC", parent="SNV", on=DAY), dung, now)
    assert parent("TYT-BC") == "SNV" and people("TYT-BC") == {"lan"}
    rows = {row.organisation.code: row.counts.staff for row in counted([city.city], now=now).rows}
    assert rows["SNV"] == 1 and rows["P-BC"] == 4
    later = now + dt.timedelta(days=3)
    assert counted([unit("SNV")], now=later).total.overdue == 1
    assert_sound(now)


def test_a_move_says_what_is_required_from_above_before_and_after(city, wards, dung, now):
    plan = queries.plan_for(queries.Move(code="TYT-BC", parent="P-AK", on=DAY), today=now.date())
    lines = {effect.what: effect.count for effect in plan.effects}
    assert (lines["khóa bắt buộc từ cấp trên"], lines["khóa bắt buộc từ cấp trên mới"]) == (2, 1)


def test_a_renamed_unit_is_found_by_its_former_name(city, dung, chi, now):
    operation = do(queries.Rename(code="P-BC", name="Phường Rạch Lau", short_name="", on=DAY), chi, now)
    for words in ("ben co", "rạch LAU", "rach lau", "p-bc"):
        assert list(Organisation.objects.called(words)) [:1] == [city.ward], words
    rows, _page = queries.tree_page(dung, words="bến cỏ", ended=False, page=1, today=now.date())
    assert [(row.unit.code, row.former) for row in rows if row.unit.code == "P-BC"] == [
        ("P-BC", "Ủy ban nhân dân phường Bến Cỏ")
    ]
    actions.undo_operation(operation=operation, by=chi, now=now)
    assert not Organisation.objects.called("rach lau").exists()


def test_a_unit_closes_with_an_open_class(city, wards, dung, now):
    plan = queries.plan_for(queries.Close(code="P-BC", on=DAY), today=now.date())
    assert [(one.what, one.count, one.fate) for one in plan.effects if "lớp" in one.what] == [
        ("lớp đang mở", 1, "ở lại đơn vị cũ cho đến khi đóng")
    ]
    do(queries.Close(code="P-BC", on=DAY), dung, now)
    assert people("P-BC") == set() and parent("TYT-BC") == "UBND-TP"
    assert TrainingClass.objects.open().taught_by(wards.mai).count() == 1  # her right stays as long as the class
    assert not Role.objects.current().filter(user__username="chi").exists()
    assert not StaffRequirement.objects.current().filter(organisation=city.ward).exists()
    assert_sound(now)


# --- refusals -----------------------------------------------------------------------------------------------------------


def test_what_cannot_be_is_refused_in_words(city, wards, dung, now):
    assert "phía trước" in refusals(merge(["P-BC"], "P-AK", on=now.date() + dt.timedelta(days=1)), now)
    assert "trực thuộc" in refusals(merge(["P-BC"], "TYT-BC"), now)
    assert "ít nhất hai" in refusals(merge(["P-BC"], "P-BC"), now)
    assert "đã có" in refusals(merge(["P-BC", "P-AK"], "SNV", new=new("SNV", "Trùng")), now)
    assert "nằm trong" in refusals(queries.Move(code="P-BC", parent="TYT-BC", on=DAY), now)
    assert "rồi" in refusals(queries.Move(code="TYT-BC", parent="P-BC", on=DAY), now)
    assert "giống hệt" in refusals(queries.Rename(code="P-BC", name=city.ward.name, short_name="", on=DAY), now)
    inside = queries.Split(source="UBND-TP", parts=(new("P-B1", "Một", "SNV"),), keeps=True, default="P-B1", on=DAY)
    assert "bên dưới đơn vị được chia" in refusals(inside, now)
    assert "không có cấp trên nhận" in refusals(queries.Close(code="UBND-TP", on=DAY), now)
    do(merge(["P-BC"], "P-AK"), dung, now)
    assert "hết hoạt động" in refusals(merge(["P-BC"], "SNV"), now)
    with pytest.raises(actions.PlanRefused, match="hết hoạt động"):
        do(queries.Close(code="P-BC", on=DAY), dung, now)


def test_a_change_between_preview_and_confirmation_is_refused(city, wards, dung, now):
    wanted = merge(["P-BC"], "P-AK")
    plan = queries.plan_for(wanted, today=now.date())
    world.join(world.make_user("moi", "Người Mới"), city.ward)
    with pytest.raises(actions.PlanChanged):
        actions.reorganise(key=uuid.uuid4(), wanted=wanted, seen=plan.seen, reason="x", by=dung, now=now)
    assert unit("P-BC").valid_to is None


def test_only_an_owner_over_all_that_is_touched_may(city, wards, dung, chi, outsider, now):
    ward_owner = world.make_owner("son", "Đinh Văn Sơn", city.ward)
    for who in (chi, outsider, ward_owner, wards.mai):
        with pytest.raises(actions.NotInCharge):
            do(merge(["P-BC"], "P-AK"), who, now)
    with pytest.raises(actions.NotInCharge):
        do(queries.Rename(code="P-BC", name="Phường Của Tôi", short_name="", on=DAY), outsider, now)
    operation = do(queries.Rename(code="P-BC", name="Phường Của Tôi", short_name="", on=DAY), chi, now)
    with pytest.raises(actions.NotInCharge):
        actions.undo_operation(operation=operation, by=outsider, now=now)
    actions.undo_operation(operation=operation, by=chi, now=now)
    with pytest.raises(actions.NotInCharge):  # nor is he told that it is done
        actions.undo_operation(operation=operation, by=outsider, now=now)
    moved = do(queries.Move(code="TYT-BC", parent="P-AK", on=DAY), dung, now)
    with pytest.raises(actions.NotInCharge):
        actions.undo_operation(operation=moved, by=chi, now=now)


def test_a_pupil_in_one_and_staff_in_the_other_stays_staff(city, wards, dung, now):
    world.join(wards.tam, city.ward, StaffCategory.PUPIL)
    do(merge(["P-BC", "P-AK"], "P-MOI", new=new("P-MOI", "Phường Sao Mai")), dung, now)
    assert Membership.objects.current().get(user=wards.tam).category == StaffCategory.CIVIL_SERVANT


def test_a_merger_takes_as_many_queries_for_three_people_as_for_sixty(city, wards, dung, now, django_assert_max_num_queries):
    for number in range(60):
        world.join(world.make_user(f"n{number}", f"Người Số {number}"), city.ward)
    with django_assert_max_num_queries(95):
        do(merge(["P-BC"], "P-AK"), dung, now)
    with django_assert_max_num_queries(80):
        actions.undo_operation(operation=OrganisationOperation.objects.get(), by=dung, now=now)


# --- any sequence -------------------------------------------------------------------------------------------------------

KINDS = ["move", "merge", "merge new", "split", "close", "undo", "rename"]
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=8)


@given(steps=STEPS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_operations_keeps_the_tree_sound(steps, transactional_state, now):
    dung, wards = transactional_state.dung, transactional_state.wards
    with transactional_state.rolled_back():
        for number, (what, one, two) in enumerate(steps):
            _step(what, one, two, number, dung, wards, now + dt.timedelta(minutes=number))
            assert_sound(now)
            open_ones = Membership.objects.current().values_list("user_id", "organisation_id")
            assert len(open_ones) == len(set(open_ones))


def _step(what, one, two, number, dung, wards, now):
    codes = list(Organisation.objects.order_by("pk").values_list("code", flat=True))
    first, second = codes[one % len(codes)], codes[two % len(codes)]
    parts = (new(f"N{number}A", f"Phần {number} A", "SNV"), new(f"N{number}B", f"Phần {number} B", "SNV"))
    wanted = {
        "move": queries.Move(code=first, parent=second, on=DAY),
        "merge": merge([first], second),
        "merge new": merge([first, second], f"N{number}", new=new(f"N{number}", f"Mới {number}")),
        "split": queries.Split(
            source=first, parts=parts, keeps=bool(two % 2), default=parts[0].code, on=DAY, people={wards.ha.pk: parts[1].code},
        ),
        "close": queries.Close(code=first, receiver=second if two % 2 else "", on=DAY),
        "rename": queries.Rename(code=first, name=f"Tên {number}", short_name="", on=DAY),
    }.get(what)  # fmt: skip
    if wanted is not None:
        try:
            do(wanted, dung, now)
        except (actions.PlanRefused, actions.NotInCharge):
            return
        return
    last = OrganisationOperation.objects.standing().order_by("-done_at").first()
    if last:
        try:
            actions.undo_operation(operation=last, by=dung, now=now)
        except (actions.UndoRefused, actions.NotInCharge):
            return


@pytest.fixture
def transactional_state(city, wards, dung):
    """The little city, to which each example comes back."""
    from contextlib import contextmanager

    from django.db import transaction

    @contextmanager
    def rolled_back():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return SimpleNamespace(dung=dung, wards=wards, rolled_back=rolled_back)
