"""Opening an account, names, consents: the rules, the refusals, what happens the second time."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress

from people.actions import accounts
from people.consents import current_texts
from people.models import Consent, User
from people.queries import addresses, belongs_to_another, consent_states, personal_data
from people.text import is_person_name, is_username
from tests import world

pytestmark = pytest.mark.django_db


def details(now: Any, **changes: Any) -> dict[str, Any]:
    return {
        "full_name": "Nguyễn Thị Sáu", "username": "sau58", "email": "", "password": "mot cau de nho", "birth_year": 1958,
        "audience": "cong_dan", "consents": {"account": ""}, "channel": "web", "now": now, **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị An", "Lê Ô", "H'Hen Niê", "Y’Đôn Bkrông", "Nguyễn Phúc Bảo-Long", "Trần Văn B.", "O'Brien", "Ly"]
)
def test_a_name_of_letters_is_a_name(name: str) -> None:
    assert is_person_name(name)


@pytest.mark.parametrize("name", ["A", "", "An1", "http://x.vn", "An; DROP", "<b>An</b>", "...", "An\nBcc", "a" * 121, "An@x"])
def test_what_has_digits_links_or_markup_is_no_name(name: str) -> None:
    assert not is_person_name(name)


@pytest.mark.parametrize(
    ("name", "right"),
    [("an.58", True), ("a_b-c", True),
     ("ab", False), ("An", False), ("an@x.vn", False),
     ("a" * 31, False), ("án1", False)],
)  # fmt: skip
def test_a_username_is_plain_and_no_address(name: str, right: bool) -> None:
    assert is_username(name) is right


def test_an_account_is_opened_with_its_consents_of_the_version_shown(now: Any) -> None:
    user = accounts.register_account(**details(now, consents={"account": "", "research": ""}, email="Sau@Example.com"))
    assert (user.username, user.email, user.name_folded) == ("sau58", "", "nguyen thi sau")
    assert user.check_password("mot cau de nho")
    assert addresses(user) == ("", "sau@example.com")
    kept = {c.purpose: c for c in user.consents.all()}
    assert set(kept) == {"account", "research"}
    assert all(
        c.version == current_texts()[c.purpose].version and c.given_at == now and c.channel == "web" for c in kept.values()
    )


def test_a_decomposed_name_is_kept_composed(now: Any) -> None:
    assert accounts.register_account(**details(now, full_name=" Lê\u0323  An ")).full_name == "Lệ An"


def test_without_the_account_consent_nothing_is_made(now: Any) -> None:
    with pytest.raises(accounts.ConsentMissing):
        accounts.register_account(**details(now, consents={"research": ""}))
    assert not User.objects.exists()


@pytest.mark.parametrize(("year", "needed"), [(2010, False), (2011, True), (2024, True)])
def test_under_sixteen_a_guardian_agrees_by_name(now: Any, year: int, needed: bool) -> None:
    given = details(now, birth_year=year)
    if not needed:
        assert accounts.register_account(**given)
        return
    with pytest.raises(accounts.ConsentMissing):
        accounts.register_account(**given)
    with pytest.raises(accounts.ConsentMissing):
        accounts.register_account(**{**given, "consents": {"account": "", "guardian": ""}})
    user = accounts.register_account(**{**given, "consents": {"account": "", "guardian": "Nguyễn Văn Cha"}})
    assert user.consents.get(purpose="guardian").given_by == "Nguyễn Văn Cha"


def test_neither_address_nor_username_is_refused_and_so_is_a_bad_username(now: Any) -> None:
    for username in ("", "x", "có dấu"):
        with pytest.raises(accounts.IdentifierRefused):
            accounts.register_account(**details(now, username=username))


def test_a_taken_username_is_refused_in_any_case_and_leaves_no_half_account(now: Any) -> None:
    accounts.register_account(**details(now))
    with pytest.raises(accounts.UsernameTaken):
        accounts.register_account(**details(now, username="SAU58", email="khac@example.com"))
    assert User.objects.count() == 1
    assert not EmailAddress.objects.exists()
    assert Consent.objects.count() == 1


def test_a_made_up_username_tells_nothing_about_the_address(now: Any) -> None:
    user = accounts.register_account(**details(now, username="", email="bi.mat@example.com", full_name="Trần Đạo"))
    assert user.username.startswith("dao.")
    assert is_username(user.username)


def test_an_address_somebody_else_has_is_taken_like_any_other_and_belongs_to_the_other(now: Any, an: Any) -> None:
    user = accounts.register_account(**details(now, email="an@example.com"))
    assert user.email == ""
    assert belongs_to_another(EmailAddress.objects.get(user=user))
    free = accounts.register_account(**details(now, username="tu58", email="tu@example.com"))
    assert not belongs_to_another(EmailAddress.objects.get(user=free))


def test_accounts_made_by_hand_are_kept_in_lower_case() -> None:
    user = User.objects.create_user(username=" BINH.Tran ", email="Binh@Example.COM", password="x", full_name="Trần Bình")
    assert (user.username, user.email) == ("binh.tran", "binh@example.com")


def test_a_name_is_changed_with_what_it_is_searched_by(an: Any, now: Any) -> None:
    accounts.change_name(user=an, full_name="Đỗ Thị  Ánh", now=now)
    an.refresh_from_db()
    assert (an.full_name, an.name_folded) == ("Đỗ Thị Ánh", "do thi anh")
    with pytest.raises(accounts.NameRefused):
        accounts.change_name(user=an, full_name="007", now=now)


def test_a_consent_given_twice_stands_once_and_may_be_withdrawn_and_given_again(an: Any, now: Any) -> None:
    for _time in range(2):
        accounts.answer_consent(user=an, purpose="research", agreed=True, channel="web", now=now)
    assert an.consents.count() == 1
    later = now.replace(hour=10)
    for _time in range(2):
        accounts.answer_consent(user=an, purpose="research", agreed=False, channel="web", now=later)
    assert an.consents.get().withdrawn_at == later
    accounts.answer_consent(user=an, purpose="research", agreed=True, channel="web", now=now.replace(hour=11))
    assert an.consents.count() == 2
    state = {s.text.purpose: s for s in consent_states(an, now.date())}["research"]
    assert state.standing and not state.outdated


@pytest.mark.parametrize("purpose", ["account", "guardian"])
def test_what_the_account_rests_on_is_not_withdrawn_alone(an: Any, now: Any, purpose: str) -> None:
    with pytest.raises(accounts.ConsentBinding):
        accounts.answer_consent(user=an, purpose=purpose, agreed=False, channel="web", now=now)


def test_an_older_version_is_shown_as_outdated(an: Any, now: Any) -> None:
    Consent.objects.create(user=an, purpose="research", version="0", given_at=now, channel="web")
    state = {s.text.purpose: s for s in consent_states(an, now.date())}["research"]
    assert state.standing and state.outdated


def test_a_guardian_is_asked_about_for_children_only(an: Any, now: Any) -> None:
    child = world.make_user("be", "Nguyễn Bé", birth_year=2015, audience="hs_pt")
    assert "guardian" not in {s.text.purpose for s in consent_states(an, now.date())}
    assert "guardian" in {s.text.purpose for s in consent_states(child, now.date())}


@pytest.mark.parametrize("count", [3, 30])
def test_the_copy_of_ones_data_takes_as_many_queries_for_30_rows_as_for_3(
    an: Any, city: Any, now: Any, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        Consent.objects.create(user=an, purpose="research", version=str(number), given_at=now, withdrawn_at=now, channel="web")
    world.join(an, city.ward)
    world.grant(an, "teacher", city.school)
    with django_assert_num_queries(8):
        copy = personal_data(an)
    assert len(copy["consents"]) == count
    assert copy["memberships"][0]["organisation"] == city.ward.name
    assert "password" not in str(copy)
