"""The national sign-in, against a real provider on loopback: the way there and back, and everything that must not get in."""

from __future__ import annotations

import datetime as dt
import logging
import time
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from django.utils import timezone

from lrs.models import Statement
from people.actions import identities
from people.actions.accounts import grant_role
from people.actions.identity import tell_owed
from people.actions.privacy import erase_person
from people.models import AccountEvent, OpenedAccount, PersonalIdKey, User
from people.oidc import Claims
from people.personal_id import digests
from tests import world
from tests.people import provider as oidc

pytestmark = pytest.mark.django_db(transaction=False)

LOGIN, NUMBER = "/accounts/oidc/national/login/", oidc.AN["personal_id"]


@pytest.fixture
def provider(settings: Any) -> Iterator[oidc.Provider]:
    made = oidc.Provider()
    server = oidc.serve(made)
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = made.issuer, oidc.CLIENT, oidc.SECRET
    settings.OIDC_ACR_VALUES, settings.PERSONAL_ID_KEYS = ["loa2", "loa3"], ["khoa-moi"]
    yield made
    server.shutdown()
    server.server_close()


def come(client: Client, provider: oidc.Provider, **posted: str) -> Any:
    """There and back. The answer to the way back."""
    there = client.post(LOGIN, posted)
    assert there.status_code == 302, there.content.decode()
    return client.get(provider.authorise(there.url))


def sign_up(client: Client, **more: str) -> Any:
    assert client.post("/account/sign-up/", {"birth_year": "1956", "audience": "cong_dan"}).url == "/accounts/3rdparty/signup/"
    return client.post("/accounts/3rdparty/signup/", {"full_name": "Nguyễn Thị An", "consent_account": "on", **more})


def signed_in(client: Client) -> int | None:
    found = client.session.get("_auth_user_id")
    return int(found) if found else None


def linked(user: Any, **more: Any) -> SocialAccount:
    claims = Claims(subject="an-1", digests=digests(NUMBER))
    return identities.link(user=user, provider="national", claims=claims, now=timezone.now(), **more)


# --- the way there and back -------------------------------------------------------------------------------------------


def test_the_request_carries_pkce_state_nonce_and_acr(provider: oidc.Provider) -> None:
    client = Client()
    # What stands in the address changes nothing: a link could ask for less.
    come(client, provider)
    client.post(f"{LOGIN}?scope=email&auth_params=acr_values%3Dloa1%26prompt%3Dnone&process=redirect")
    there = client.post(f"{LOGIN}?scope=email&auth_params=acr_values%3Dloa1")
    provider.authorise(there.url)
    for asked in provider.asked:
        assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
        assert len(asked["state"]) >= 16 and len(asked["nonce"]) >= 32
        assert asked["acr_values"] == "loa2 loa3" and set(asked["scope"].split()) == {"openid", "profile"}
    assert len({asked["nonce"] for asked in provider.asked}) == 2
    assert provider.exchanged[0]["code_verifier"]


def test_somebody_new_says_her_year_consents_and_is_in(provider: oidc.Provider) -> None:
    client = Client()
    assert come(client, provider).url == "/account/sign-up/"
    assert 'value="1956"' in client.get("/account/sign-up/").content.decode()
    assert not User.objects.exists()
    assert sign_up(client).status_code == 302
    user = User.objects.get()
    assert signed_in(client) == user.pk
    assert (user.full_name, user.birth_year, user.email, user.has_usable_password()) == ("Nguyễn Thị An", 1956, "", False)
    assert user.consents.get().purpose == "account"  # type: ignore[attr-defined]
    again = Client()
    assert come(again, provider).url == "/learn/" and signed_in(again) == user.pk
    assert User.objects.count() == 1


def test_the_year_of_the_provider_is_the_one_that_counts(provider: oidc.Provider) -> None:
    provider.person["birthdate"] = "2015-01-01"
    client = Client()
    come(client, provider)
    page = sign_up(client)  # says 1956
    assert page.status_code == 200 and 'name="guardian_name"' in page.content.decode()
    assert not User.objects.exists()
    assert sign_up(client, guardian_name="Trần Thị Mẹ", consent_guardian="on").status_code == 302
    assert User.objects.get().birth_year == 2015


def test_a_decomposed_name_is_composed(provider: oidc.Provider) -> None:
    provider.person["name"] = unicodedata.normalize("NFD", "Nguyễn Thị  An")
    client = Client()
    come(client, provider)
    client.post("/account/sign-up/", {"birth_year": "1956", "audience": "cong_dan"})
    assert 'value="Nguyễn Thị An"' in client.get("/accounts/3rdparty/signup/").content.decode()


@pytest.mark.parametrize("name", [None, 7, "", "http://lừa.đảo", "<b>An</b>"])
def test_without_a_usable_name_she_writes_it(provider: oidc.Provider, name: Any) -> None:
    provider.person |= {"name": name, "birthdate": None, "personal_id": None}
    client = Client()
    assert come(client, provider).url == "/account/sign-up/"
    client.post("/account/sign-up/", {"birth_year": "1956", "audience": "cong_dan"})
    page = client.get("/accounts/3rdparty/signup/").content.decode()
    assert "lừa.đảo" not in page and "<b>An" not in page
    assert sign_up(client).status_code == 302 and User.objects.get().full_name == "Nguyễn Thị An"
    assert not PersonalIdKey.objects.exists()


def test_who_wanted_to_go_somewhere_gets_there(provider: oidc.Provider, an: Any) -> None:
    linked(an)
    assert come(Client(), provider, next="/classes/").url == "/classes/"
    assert come(Client(), provider, next="https://evil.example/").url == "/learn/"


def test_get_only_asks(provider: oidc.Provider) -> None:
    page = Client().get(LOGIN)
    assert page.status_code == 200 and "VNeID" in page.content.decode() and not provider.asked


def test_who_stops_there_is_told_so(provider: oidc.Provider) -> None:
    client = Client()
    there = client.post(LOGIN)
    state = provider.authorise(there.url).partition("state=")[2].partition("&")[0]
    answer = client.get(f"{LOGIN}callback/?error=access_denied&state={state}")
    assert answer.url == "/accounts/3rdparty/login/cancelled/"
    assert "Chưa có gì thay đổi" in client.get(answer.url).content.decode()


# --- what must not get in ---------------------------------------------------------------------------------------------


def _claims(**changed: Any) -> Any:
    return lambda claims: {name: value for name, value in {**claims, **changed}.items() if value is not None}


LIES = {
    "another nonce": {"twist": _claims(nonce="khac")},
    "no nonce": {"twist": _claims(nonce=None)},
    "another audience": {"twist": _claims(aud="khac")},
    "two audiences, not said for whom": {"twist": _claims(aud=[oidc.CLIENT, "khac"])},
    "for another party": {"twist": _claims(azp="khac")},
    "expired": {"twist": _claims(exp=int(time.time()) - 600)},
    "never expires": {"twist": _claims(exp=None)},
    "from tomorrow": {"twist": _claims(nbf=int(time.time()) + 86_400)},
    "another issuer": {"twist": _claims(iss="https://khac.example")},
    "no subject": {"twist": _claims(sub=None)},
    "an empty subject": {"twist": _claims(sub="")},
    "a number as subject": {"twist": _claims(sub=7)},
    "an endless subject": {"twist": _claims(sub="x" * 5000), "userinfo": {"sub": "x" * 5000}},
    "unsigned": {"algorithm": "none"},
    "signed by somebody else": {"key": oidc.ANOTHER_KEY},
    "signed with our own secret": {"key": oidc.SECRET * 4, "algorithm": "HS256"},
    "userinfo of somebody else": {"userinfo": {**oidc.AN, "sub": "binh-1"}},
    "userinfo that is a list": {"userinfo": []},
    "issuer swapped in the description": {"discovered": {"issuer": "https://khac.example"}},
    "no keys": {"discovered": {"jwks_uri": None}},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_lets_nobody_in(provider: oidc.Provider, an: Any, lie: str) -> None:
    linked(an)
    assert signed_in_after(provider) == an.pk  # the same way, told truly, leads in
    for name, value in LIES[lie].items():
        setattr(provider, name, value)
    client = Client()
    there = client.post(LOGIN)
    answer = client.get(provider.authorise(there.url)) if there.status_code == 302 else there
    assert answer.status_code == 403 and "không khớp" in answer.content.decode()
    assert signed_in(client) is None and "socialaccount_sociallogin" not in client.session


def signed_in_after(provider: oidc.Provider) -> int | None:
    client = Client()
    come(client, provider)
    return signed_in(client)


@pytest.mark.parametrize("acr", ["loa1", "", None, ["loa2"]])
def test_too_low_a_level_is_refused_with_a_way_out(provider: oidc.Provider, an: Any, acr: Any) -> None:
    linked(an)
    provider.person["acr"] = acr
    provider.userinfo = {**oidc.AN, "acr": "loa3"}  # said without a signature: counts for nothing
    client = Client()
    answer = come(client, provider)
    assert answer.status_code == 403 and "mức xác thực thấp hơn" in answer.content.decode()
    assert signed_in(client) is None


def test_a_state_serves_once_and_in_one_browser(provider: oidc.Provider, an: Any) -> None:
    linked(an)
    client = Client()
    back = provider.authorise(client.post(LOGIN).url)
    assert Client().get(back).status_code == 400  # another browser: somebody was sent a link
    assert client.get(back).status_code == 302 and signed_in(client) == an.pk
    assert client.get(back).status_code == 400
    assert Client().get(f"{LOGIN}callback/").status_code == 400
    assert Client().get(f"{LOGIN}callback/?code=x&state=y").status_code == 400


def test_a_code_without_its_verifier_is_worth_nothing(provider: oidc.Provider, an: Any) -> None:
    """Stolen on the way back and brought with one's own state, it does not fit one's own verifier."""
    linked(an)
    victim, thief = Client(), Client()
    stolen = provider.authorise(victim.post(LOGIN).url).partition("code=")[2].partition("&")[0]
    own = provider.authorise(thief.post(LOGIN).url)
    mixed = own.replace(own.partition("code=")[2].partition("&")[0], stolen)
    assert thief.get(mixed).status_code == 403 and signed_in(thief) is None


def test_another_issuer_in_the_way_back(provider: oidc.Provider) -> None:
    client = Client()
    back = provider.authorise(client.post(LOGIN).url).partition("&iss=")[0]
    assert client.get(f"{back}&iss=https%3A%2F%2Fkhac.example").status_code == 403


def test_the_provider_is_down(provider: oidc.Provider, settings: Any) -> None:
    client = Client()
    back = provider.authorise(client.post(LOGIN).url)
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT, provider.slow = 0.2, 1.0
    began = time.monotonic()
    for answer in (client.post(LOGIN), client.get(back)):
        assert answer.status_code == 503 and "đang không trả lời" in answer.content.decode()
    assert time.monotonic() - began < 2
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    assert Client().post(LOGIN).status_code == 503


def test_where_none_is_set_up_there_is_no_button_and_no_page(settings: Any) -> None:
    assert settings.OIDC_ISSUER == ""
    assert "oidc" not in Client().get("/accounts/login/").content.decode()
    pages = [f"/accounts/3rdparty/{page}" for page in ("", "signup/", "login/cancelled/", "merged/")]
    for path in (LOGIN, f"{LOGIN}callback/", *pages):
        assert Client().get(path).status_code == 404, path


def test_the_button_is_there_and_the_policy_lets_its_form_go(provider: oidc.Provider) -> None:
    page = Client().get("/accounts/login/?next=/classes/").content.decode()
    assert f'action="{LOGIN}"' in page and "Đăng nhập bằng VNeID" in page
    assert Client().get("/accounts/oidc/khac/login/").status_code == 404


# --- whose account it is ----------------------------------------------------------------------------------------------


def test_an_address_takes_no_account_over(provider: oidc.Provider, an: Any) -> None:
    EmailAddress.objects.create(user=an, email=an.email, verified=True, primary=True)
    provider.person |= {"email": an.email, "email_verified": True, "sub": "ke-khac", "personal_id": "001099000001"}
    client = Client()
    assert come(client, provider).url == "/account/sign-up/" and signed_in(client) is None
    sign_up(client)
    assert signed_in(client) != an.pk and User.objects.exclude(pk=an.pk).get().email == ""
    assert not SocialAccount.objects.filter(user=an).exists()


def waiting(city: Any, now: Any, **fields: Any) -> User:
    """An account opened by the ward that nobody has taken over, with the number the ward wrote."""
    user = world.make_user("an.roster", fields.pop("full_name", "Nguyễn Thị An"), birth_year=fields.pop("birth_year", 1956))
    user.set_unusable_password()
    user.save()
    world.join(user, city.ward)
    OpenedAccount.objects.create(user=user, organisation=city.ward, basis="duty", opened_at=now, **fields)
    assert identities.note_personal_id(user=user, number="079 156 000 123", by=None, now=now)
    return user


def test_the_account_her_agency_opened_is_hers(provider: oidc.Provider, city: Any, now: Any) -> None:
    user = waiting(city, now)
    client = Client()
    assert come(client, provider).url == "/learn/" and signed_in(client) == user.pk
    assert OpenedAccount.objects.get().activated_at is not None
    key = PersonalIdKey.objects.get()
    assert key.proven and key.user == user
    tell_owed(now=timezone.now())
    assert mail.outbox[-1].to == [user.email] and "thêm một cách đăng nhập" in mail.outbox[-1].subject


@pytest.mark.parametrize(
    "odd",
    [{"full_name": "Trần Thị An"}, {"birth_year": 1957}, {"activated_at": dt.datetime(2026, 11, 1, tzinfo=dt.UTC)}],
    ids=["another name", "another year", "taken over already"],
)
def test_a_number_somebody_wrote_opens_nothing_else(provider: oidc.Provider, city: Any, now: Any, odd: dict[str, Any]) -> None:
    """An officer who writes her own number beside somebody's name, or mistypes one."""
    waiting(city, now, **odd)
    client = Client()
    assert come(client, provider).url == "/account/sign-up/" and signed_in(client) is None
    assert not SocialAccount.objects.exists()


def test_nor_one_that_holds_power(provider: oidc.Provider, city: Any, now: Any) -> None:
    grant_role(user=waiting(city, now), kind="teacher", organisation=city.school, by=None, now=now)
    assert signed_in_after(provider) is None


def test_a_new_subject_with_the_number_she_proved_is_she(provider: oidc.Provider, an: Any) -> None:
    linked(an)
    provider.person["sub"] = "an-2"
    assert signed_in_after(provider) == an.pk
    assert SocialAccount.objects.filter(user=an).count() == 2


def test_a_new_key_renews_at_the_next_sign_in(provider: oidc.Provider, an: Any, settings: Any) -> None:
    linked(an)
    old = PersonalIdKey.objects.get().digest
    settings.PERSONAL_ID_KEYS = ["khoa-nam-sau", "khoa-moi"]
    assert signed_in_after(provider) == an.pk
    assert PersonalIdKey.objects.get().digest == digests(NUMBER)[0] != old
    settings.PERSONAL_ID_KEYS = []
    assert digests(NUMBER) == () and signed_in_after(provider) == an.pk


@pytest.mark.parametrize("number", ["", "12", "07915600012x", "079156000123456", None, True, [], "٠٧٩١٥٦٠٠٠١٢٣"])
def test_what_is_no_number_has_no_digest(settings: Any, number: Any) -> None:
    settings.PERSONAL_ID_KEYS = ["k"]
    assert digests(number) == ()


def test_the_number_is_nowhere(provider: oidc.Provider, city: Any, now: Any, caplog: Any) -> None:
    from django.contrib.sessions.models import Session
    from django.core import serializers

    caplog.set_level(logging.DEBUG)
    come(Client(), provider)  # half way: what the session holds
    provider.twist = _claims(aud="khac")
    come(Client(), provider)
    provider.twist = lambda claims: claims
    user = waiting(city, now)
    client = Client()
    come(client, provider)
    everything = serializers.serialize("json", [*User.objects.all(), *SocialAccount.objects.all(), *PersonalIdKey.objects.all(),
                                                *AccountEvent.objects.all(), *Statement.objects.all()])  # fmt: skip
    everything += "".join(str(one.get_decoded()) for one in Session.objects.all()) + caplog.text
    everything += client.get("/account/data.json").content.decode() + client.get("/account/data/").content.decode()
    everything += client.get("/account/ways-in/").content.decode()
    assert NUMBER not in everything and NUMBER[-6:] not in everything
    assert PersonalIdKey.objects.get(user=user).digest not in client.get("/account/data.json").content.decode()
    assert SocialAccount.objects.get().extra_data == {}


# --- linking and unlinking --------------------------------------------------------------------------------------------


def test_linking_from_the_page_of_ways_in(provider: oidc.Provider, an: Any) -> None:
    client = Client()
    client.login(username="an", password="mat-khau-thu-1")
    client.force_login(an)
    there = client.post(LOGIN, {"process": "connect"})
    assert there.url.startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": "mat-khau-thu-1"})
    answer = come(client, provider, process="connect")
    assert answer.url == "/account/ways-in/" and SocialAccount.objects.get().user == an
    page = client.get("/account/ways-in/").content.decode()
    assert "Đã nối" in page and "Gỡ" in page
    assert AccountEvent.objects.get().kind == "identity_linked"


def test_linking_brings_nobody_elses_identity(provider: oidc.Provider, an: Any) -> None:
    linked(an)
    second, client = world.make_user("hai", "Lê Văn Hai"), Client()
    client.force_login(second)
    client.post("/accounts/reauthenticate/", {"password": "mat-khau-thu-1"})
    answer = come(client, provider, process="connect")
    assert answer.url == "/account/ways-in/" and "tài khoản khác" in client.get(answer.url).content.decode()
    assert SocialAccount.objects.get().user == an and PersonalIdKey.objects.get().user == an


def test_who_signed_in_meanwhile_is_not_linked(provider: oidc.Provider, an: Any, city: Any) -> None:
    client, second = Client(), world.make_user("hai", "Lê Văn Hai")
    client.force_login(an)
    client.post("/accounts/reauthenticate/", {"password": "mat-khau-thu-1"})
    back = provider.authorise(client.post(LOGIN, {"process": "connect"}).url)
    key = client.session.session_key
    client.force_login(second)
    assert client.session.session_key != key
    assert client.get(back).status_code in {302, 400}
    assert not SocialAccount.objects.exists()


def test_unlinking_ends_other_sessions_tells_and_does_not_link_again(provider: oidc.Provider, an: Any) -> None:
    linked(an)
    elsewhere, client = Client(), Client()
    come(elsewhere, provider)
    assert elsewhere.get("/account/").status_code == 200
    client.force_login(an)
    identity = SocialAccount.objects.get()
    assert client.post(f"/account/ways-in/{identity.pk}/unlink/").url == "/account/ways-in/"
    assert client.post(f"/account/ways-in/{identity.pk}/unlink/").status_code == 404
    assert elsewhere.get("/account/").status_code == 302
    assert not PersonalIdKey.objects.exists()
    assert signed_in_after(provider) is None
    assert set(AccountEvent.objects.values_list("kind", flat=True)) == {"identity_linked", "identity_unlinked"}


def test_the_last_way_in_stays(provider: oidc.Provider) -> None:
    client = Client()
    come(client, provider)
    sign_up(client)
    identity = SocialAccount.objects.get()
    page = client.get("/account/ways-in/").content.decode()
    assert "Cách duy nhất" in page and "/unlink/" not in page
    client.post(f"/account/ways-in/{identity.pk}/unlink/")
    assert SocialAccount.objects.filter(pk=identity.pk).exists()
    with pytest.raises(identities.LastWayIn):
        identities.unlink(user=identity.user, identity=identity, session_key="", now=timezone.now())


def test_nobody_unlinks_anothers(provider: oidc.Provider, an: Any, outsider: Any) -> None:
    identity = linked(an)
    client = Client()
    client.force_login(outsider)
    assert client.post(f"/account/ways-in/{identity.pk}/unlink/").status_code == 404
    assert SocialAccount.objects.exists()


def test_linked_twice_the_first_one_stands(an: Any, outsider: Any, settings: Any) -> None:
    settings.PERSONAL_ID_KEYS = ["k"]
    assert linked(an).pk == linked(an).pk and AccountEvent.objects.count() == 1
    with pytest.raises(identities.BelongsToAnother):
        linked(outsider)


def test_erased_the_identity_is_gone(provider: oidc.Provider, an: Any, now: Any) -> None:
    linked(an)
    erase_person(user=an, reason="yêu cầu", by=None, now=now)
    assert not SocialAccount.objects.exists() and not PersonalIdKey.objects.exists()
    assert signed_in_after(provider) is None


# --- two factors ------------------------------------------------------------------------------------------------------


def test_staff_need_their_factor_unless_the_level_counts_as_two(provider: oidc.Provider, chi: Any, settings: Any) -> None:
    linked(chi)
    client = Client()
    come(client, provider)
    assert signed_in(client) == chi.pk
    assert client.get("/agencies/").url.startswith("/account/second-factor/")
    settings.OIDC_ACR_TWO_FACTORS = ["loa3"]
    assert client.get("/agencies/").status_code == 302  # it was loa2
    provider.person["acr"] = "loa3"
    surer = Client()
    come(surer, provider)
    assert surer.get("/agencies/").status_code == 200


def test_who_has_a_factor_is_asked_for_it(provider: oidc.Provider, an: Any) -> None:
    linked(an)
    world.give_second_factor(an)
    client = Client()
    assert come(client, provider).url == "/accounts/2fa/authenticate/" and signed_in(client) is None


def test_no_query_of_the_log_in_page_goes_to_the_provider_or_the_table_of_apps(
    provider: oidc.Provider, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        Client().get("/accounts/login/")
