"""My account: what I see and change, and that nobody else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from people.models import Consent, User
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(an: Any, client: Client) -> Client:
    client.force_login(an)
    return client


@pytest.mark.parametrize(
    ("path", "method"), [("", "get"), ("data.json", "get"), ("name/", "post"), ("consents/research/", "post")]
)
def test_strangers_are_sent_to_log_in(client: Client, path: str, method: str) -> None:
    assert getattr(client, method)(f"/account/{path}").url.startswith("/accounts/login/?next=/account/")


@pytest.mark.parametrize("path", ["name/", "consents/research/"])
def test_nothing_changes_by_a_get(mine: Client, path: str) -> None:
    assert mine.get(f"/account/{path}").status_code == 405


def test_the_page_shows_what_is_kept(mine: Client, an: Any, city: Any, now: Any) -> None:
    world.join(an, city.ward)
    world.grant(an, "teacher", city.school)
    Consent.objects.create(user=an, purpose="account", version="1", given_at=now, channel="web")
    page = mine.get("/account/").content.decode()
    for words in ("Nguyễn Thị An", "an@example.com", "1956", "Người dân", city.ward.name, city.school.name, "23/11/2026"):
        assert words in page
    assert "1.956" not in page


@pytest.mark.parametrize("count", [3, 30])
def test_the_page_takes_as_many_queries_for_30_rows_as_for_3(
    mine: Client, an: Any, city: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        world.grant(an, "teacher", city.school.add_sibling(code=f"T{number}", name=f"Trường {number}", kind="school"))
    mine.get("/account/")
    with django_assert_max_num_queries(9):
        mine.get("/account/")


def test_the_name_is_changed(mine: Client, an: Any) -> None:
    assert mine.post("/account/name/", {"full_name": "  Trần Thị  Ánh "}).url == "/account/"
    an.refresh_from_db()
    assert (an.full_name, an.name_folded) == ("Trần Thị Ánh", "tran thi anh")


def test_a_wrong_name_is_explained_and_changes_nothing(mine: Client, an: Any) -> None:
    answer = mine.post("/account/name/", {"full_name": "An007"})
    assert answer.status_code == 200
    assert 'href="#id_full_name"' in answer.content.decode()
    assert User.objects.get(pk=an.pk).full_name == "Nguyễn Thị An"


def test_other_fields_sent_along_change_nothing(mine: Client, an: Any) -> None:
    mine.post(
        "/account/name/",
        {"full_name": "Trần Ánh", "birth_year": "2000", "is_superuser": "1", "email": "x@y.vn", "id": "7", "user_id": "7"},
    )
    fresh = User.objects.get(pk=an.pk)
    assert (fresh.birth_year, fresh.is_superuser, fresh.email) == (1956, False, "an@example.com")


def test_the_optional_consent_is_given_and_withdrawn(mine: Client, an: Any) -> None:
    mine.post("/account/consents/research/", {"answer": "give"})
    assert an.consents.get().withdrawn_at is None
    assert "Rút đồng ý" in mine.get("/account/").content.decode()
    mine.post("/account/consents/research/", {"answer": "withdraw"})
    assert an.consents.get().withdrawn_at is not None


def test_the_binding_consent_stays_and_the_page_says_why(mine: Client, an: Any, now: Any) -> None:
    Consent.objects.create(user=an, purpose="account", version="1", given_at=now, channel="web")
    page = mine.post("/account/consents/account/", {"answer": "withdraw"}, follow=True).content.decode()
    assert "yêu cầu xóa tài khoản" in page
    assert an.consents.get().withdrawn_at is None


def test_an_unknown_purpose_is_not_found(mine: Client) -> None:
    assert mine.post("/account/consents/ads/", {"answer": "give"}).status_code == 404


def test_the_copy_of_my_data_is_mine_alone_and_is_not_kept_by_browsers(mine: Client, an: Any, outsider: Any, now: Any) -> None:
    Consent.objects.create(user=outsider, purpose="research", version="1", given_at=now, channel="web")
    answer = mine.get("/account/data.json")
    copy = json.loads(answer.content)
    assert copy["account"]["full_name"] == "Nguyễn Thị An"
    assert "Nguyễn Thị An" in answer.content.decode()
    assert copy["consents"] == [] and copy["roles"] == []
    assert "no-store" in answer["Cache-Control"] and "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("path", ["/account/", "/accounts/login/", "/account/sign-up/"])
def test_personal_pages_are_not_kept_by_browsers(client: Client, an: Any, path: str) -> None:
    if path == "/account/":
        client.force_login(an)
    assert "no-store" in client.get(path)["Cache-Control"]


def test_a_name_cannot_carry_markup_into_the_page(mine: Client, an: Any) -> None:
    User.objects.filter(pk=an.pk).update(full_name="<script>window.__x=1</script>")
    assert "<script>window.__x" not in mine.get("/account/").content.decode()
