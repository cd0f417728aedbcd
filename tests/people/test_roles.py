"""Who may give power to whom, and what follows in the CMS."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from wagtail.models import GroupPagePermission

from people.actions.accounts import EDITORS, MODERATORS, RoleRefused, end_role, ensure_groups, grant_role
from people.models import Role
from people.queries import role_kinds
from tests import world

pytestmark = pytest.mark.django_db


def groups(user: Any) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


@pytest.mark.parametrize("kind", ["teacher", "officer", "editor", "support"])
def test_the_owner_grants_what_takes_one_below_the_city(dung: Any, an: Any, city: Any, now: Any, kind: str) -> None:
    role = grant_role(user=an, kind=kind, organisation=city.clinic, by=dung, now=now)
    assert (role.granted_by, role.since, role.until) == (dung, now, None)
    assert role_kinds(an) == {kind}


@pytest.mark.parametrize("kind", ["teacher", "officer"])
def test_an_officer_grants_teacher_and_officer_below_her(chi: Any, an: Any, city: Any, now: Any, kind: str) -> None:
    assert grant_role(user=an, kind=kind, organisation=city.clinic, by=chi, now=now)


@pytest.mark.parametrize("kind", ["editor", "owner", "auditor", "support"])
def test_an_officer_grants_nothing_above_her(chi: Any, an: Any, city: Any, now: Any, kind: str) -> None:
    for who in (an, chi):
        with pytest.raises(RoleRefused):
            grant_role(user=who, kind=kind, organisation=city.ward, by=chi, now=now)


@pytest.mark.parametrize("place", ["city", "other_ward", "school"])
def test_an_officer_grants_nothing_beside_or_above_her_place(chi: Any, an: Any, city: Any, now: Any, place: str) -> None:
    with pytest.raises(RoleRefused):
        grant_role(user=an, kind="teacher", organisation=getattr(city, place), by=chi, now=now)


def test_teachers_editors_learners_and_outsiders_grant_nothing(binh: Any, an: Any, outsider: Any, city: Any, now: Any) -> None:
    editor = world.make_user("bien", "Lý Biên")
    world.grant(editor, "editor", city.city)
    for by in (binh, an, outsider, editor):
        with pytest.raises(RoleRefused):
            grant_role(user=an, kind="teacher", organisation=city.school, by=by, now=now)
    assert not an.roles.exists()


def test_a_role_that_ended_gives_no_power_any_more(chi: Any, dung: Any, an: Any, city: Any, now: Any) -> None:
    end_role(role=chi.roles.get(), by=dung, now=now)
    with pytest.raises(RoleRefused):
        grant_role(user=an, kind="teacher", organisation=city.ward, by=chi, now=now)


def test_granted_twice_is_granted_once(dung: Any, an: Any, city: Any, now: Any) -> None:
    first = grant_role(user=an, kind="editor", organisation=city.dept, by=dung, now=now)
    again = grant_role(user=an, kind="editor", organisation=city.dept, by=dung, now=now.replace(hour=12))
    assert first.pk == again.pk
    assert again.since == now


def test_ended_twice_ends_once_and_is_not_deleted(dung: Any, an: Any, city: Any, now: Any) -> None:
    role = grant_role(user=an, kind="teacher", organisation=city.school, by=dung, now=now)
    end_role(role=role, by=dung, now=now)
    end_role(role=role, by=dung, now=now.replace(hour=12))
    assert Role.objects.get(pk=role.pk).until == now
    assert role_kinds(an) == set()


def test_who_may_not_grant_may_not_end(chi: Any, dung: Any, outsider: Any, now: Any) -> None:
    for role, by in ((dung.roles.get(), chi), (chi.roles.get(), outsider)):
        with pytest.raises(RoleRefused):
            end_role(role=role, by=by, now=now)


def test_an_unknown_kind_is_an_error(dung: Any, an: Any, city: Any, now: Any) -> None:
    with pytest.raises(ValueError, match="emperor"):
        grant_role(user=an, kind="emperor", organisation=city.city, by=dung, now=now)


def test_cms_groups_follow_the_roles(an: Any, city: Any, now: Any) -> None:
    editor = grant_role(user=an, kind="editor", organisation=city.city, by=None, now=now)
    second = grant_role(user=an, kind="editor", organisation=city.ward, by=None, now=now)
    owner = grant_role(user=an, kind="owner", organisation=city.city, by=None, now=now)
    assert groups(an) == {EDITORS, MODERATORS}
    end_role(role=editor, by=None, now=now)
    assert groups(an) == {EDITORS, MODERATORS}
    end_role(role=second, by=None, now=now)
    assert groups(an) == {MODERATORS}
    end_role(role=owner, by=None, now=now)
    assert groups(an) == set()


def test_a_teacher_gets_no_cms_group_and_keeps_groups_of_others(an: Any, city: Any, now: Any) -> None:
    other = Group.objects.create(name="Khác")
    an.groups.add(other)
    role = grant_role(user=an, kind="teacher", organisation=city.school, by=None, now=now)
    end_role(role=role, by=None, now=now)
    assert groups(an) == {"Khác"}
    assert not Group.objects.filter(name=EDITORS).exists()


def test_the_groups_give_pages_and_pictures_and_nothing_of_ours() -> None:
    made = ensure_groups()
    assert ensure_groups() == made
    kinds = {
        name: set(GroupPagePermission.objects.filter(group=group).values_list("permission__codename", flat=True))
        for name, group in made.items()
    }
    assert kinds[EDITORS] == {"add_page", "change_page"}
    assert "publish_page" in kinds[MODERATORS]
    everything = Permission.objects.filter(group__in=made.values()).values_list("content_type__app_label", "codename")
    assert set(everything) == {("wagtailadmin", "access_admin")}


@pytest.fixture
def editor(an: Any, city: Any, now: Any) -> Any:
    grant_role(user=an, kind="editor", organisation=city.city, by=None, now=now)
    return an


@pytest.fixture
def owner(dung: Any, city: Any, now: Any) -> Any:
    grant_role(user=dung, kind="owner", organisation=city.city, by=None, now=now)
    return dung


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_an_editor_writes_and_sends_for_approval_but_does_not_publish(editor: Any, owner: Any, course: Any) -> None:
    rights = course.lessons[0].permissions_for_user(editor)
    assert rights.can_edit() and rights.can_submit_for_moderation() and not rights.can_publish()
    assert course.lessons[0].permissions_for_user(owner).can_publish()
    page = course.page.pk
    assert as_user(editor).get(f"/cms/pages/{page}/edit/").status_code == 200


def test_what_an_editor_sends_waits_for_an_owner(editor: Any, owner: Any, course: Any) -> None:
    lesson = course.lessons[0]
    lesson.save_revision(user=editor)
    workflow = lesson.get_workflow()
    assert workflow is not None
    state = workflow.start(lesson, editor)
    task = state.current_task_state.task.specific
    assert task.user_can_access_editor(lesson, owner)
    assert "approve" in {name for name, *_rest in task.get_actions(lesson, owner)}
    assert "approve" not in {name for name, *_rest in task.get_actions(lesson, editor)}


@pytest.mark.parametrize("path", ["users/", "users/new/", "groups/", "groups/new/"])
@pytest.mark.parametrize("who", ["editor", "owner"])
def test_neither_editor_nor_owner_reaches_users_and_groups(request: Any, who: str, path: str) -> None:
    user = request.getfixturevalue(who)
    response = as_user(user).get(f"/cms/{path}")
    assert response.status_code in {302, 403}
    assert "/cms/users" not in as_user(user).get("/cms/").content.decode()


def test_even_a_group_that_was_given_the_permission_may_not_make_a_superuser(editor: Any) -> None:
    """Wagtail holds that who edits users may become superuser; so the permission alone must not be enough (V32)."""
    group = Group.objects.get(name=EDITORS)
    group.permissions.add(*Permission.objects.filter(codename__in=["add_user", "change_user", "delete_user"]))
    client = as_user(editor)
    for path in ("users/new/", f"users/edit/{editor.pk}/"):
        answer = client.post(f"/cms/{path}", {"username": "an", "email": "an@example.com", "is_superuser": "on"})
        assert answer.status_code in {302, 403}
    editor.refresh_from_db()
    assert not editor.is_superuser


@pytest.mark.parametrize("who", ["an", "binh", "chi", "outsider"])
def test_without_a_role_for_it_nobody_enters_the_cms(request: Any, who: str) -> None:
    assert as_user(request.getfixturevalue(who)).get("/cms/").status_code == 404


def test_the_superuser_sees_the_list_of_users() -> None:
    root = world.make_user("root", "Quản Trị", is_superuser=True)
    assert as_user(root).get("/cms/users/").status_code == 200
