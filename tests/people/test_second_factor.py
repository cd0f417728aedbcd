"""The second factor of staff: what is shut without it, the way to it and back, and what is done when it is lost."""

from __future__ import annotations

import re
from smtplib import SMTPException
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import InvalidToken
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.actions.accounts import end_role, grant_role
from people.actions.identity import NotYourColleague, reseal_second_factors, reset_second_factor, tell_owed
from people.models import AccountEvent, User
from people.sealing import MARK, seal, unseal
from tests import world
from tests.people.test_log_in import PASSWORD, code_of, log_in

pytestmark = pytest.mark.django_db


def with_password_only(user: Any) -> Client:
    client = Client()
    world.force_login(client, user)
    return client


def secret_of(page: Any) -> str:
    return str(re.search(r'<code class="secret">(\w+)</code>', page.content.decode())[1])  # type: ignore[index]


class TestTheWayToIt:
    def test_a_teacher_is_told_why_sets_it_up_and_comes_back(self, binh: Any) -> None:
        client, _answer = log_in("binh")
        sent = client.get("/classes/new/?from=x")
        assert sent.url == "/account/second-factor/?next=%2Fclasses%2Fnew%2F%3Ffrom%3Dx"
        page = client.get(sent.url).content.decode()
        assert "Giáo viên" in page and "Vì sao?" in page
        asked = client.get("/accounts/2fa/totp/activate/")
        client.post(asked.url, {"password": PASSWORD})
        secret = secret_of(client.get("/accounts/2fa/totp/activate/"))
        codes = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}, follow=True)
        assert "Đã cất mã, tiếp tục" in codes.content.decode()
        assert client.get("/account/second-factor/").url == "/classes/new/?from=x"
        assert client.get("/classes/new/").status_code == 200
        assert "Đã cất mã" not in client.get("/accounts/2fa/recovery-codes/").content.decode()

    def test_the_next_log_in_asks_for_the_code_and_opens_everything(self, binh: Any) -> None:
        world.give_second_factor(binh)
        client, answer = log_in("binh", next="/classes/")
        assert answer.url.startswith("/accounts/2fa/authenticate/")
        secret = unseal(Authenticator.objects.get(user=binh, type="totp").data["secret"])
        assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).url == "/classes/"
        assert client.get("/classes/").status_code == 200

    def test_a_session_from_before_the_factor_gives_the_code_once(self, binh: Any) -> None:
        client = with_password_only(binh)
        world.give_second_factor(binh)
        sent = client.get("/classes/")
        assert sent.url == "/accounts/2fa/reauthenticate/?next=%2Fclasses%2F"
        secret = unseal(Authenticator.objects.get(user=binh, type="totp").data["secret"])
        assert client.post(sent.url, {"code": code_of(secret), "next": "/classes/"}).url == "/classes/"
        assert client.get("/classes/").status_code == 200

    @pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example", "javascript:alert(1)"])
    def test_the_way_back_never_leads_away(self, binh: Any, target: str) -> None:
        client = Client()
        client.force_login(binh)
        assert client.get("/account/second-factor/", {"next": target}).url == "/learn/"


class TestWithoutIt:
    @pytest.mark.parametrize("path", ["/learn/", "/account/", "/khoa-hoc/", "/classes/join/", "/accounts/2fa/", "/plans/"])
    def test_what_a_learner_sees_stays_open(self, binh: Any, course: Any, path: str) -> None:
        assert with_password_only(binh).get(path).status_code == 200

    @pytest.mark.parametrize("path", ["/classes/", "/plans/"])
    def test_a_learner_is_never_asked(self, an: Any, path: str) -> None:
        assert with_password_only(an).get(path).status_code == 200

    def test_who_posts_is_not_sent_back_to_a_form_that_is_gone(self, binh: Any) -> None:
        assert with_password_only(binh).post("/classes/new/", {"name": "10A1"}).url.endswith("?next=%2Flearn%2F")

    def test_a_superuser_and_a_member_of_a_cms_group_need_one_too(self, an: Any, city: Any, now: Any) -> None:
        root = world.make_user("root", "Quản Trị", is_superuser=True)
        grant_role(user=an, kind="editor", organisation=city.city, by=None, now=now)
        User.roles.field.model.objects.update(until=now)  # the group stays, as one given by hand would
        for user in (root, an):
            assert with_password_only(user).get("/cms/").url.startswith("/account/second-factor/")

    def test_taking_the_factor_away_counts_at_the_next_request(self, binh: Any) -> None:
        client = Client()
        client.force_login(binh)
        assert client.get("/classes/").status_code == 200
        Authenticator.objects.filter(user=binh).delete()
        assert client.get("/classes/").url.startswith("/account/second-factor/")

    def test_a_role_given_or_ended_counts_at_the_next_request(self, an: Any, city: Any, now: Any) -> None:
        client = with_password_only(an)
        assert client.get("/classes/").status_code == 200
        role = grant_role(user=an, kind="teacher", organisation=city.school, by=None, now=now)
        assert client.get("/classes/").status_code == 302
        end_role(role=role, by=None, now=now)
        assert client.get("/classes/").status_code == 200

    def test_another_persons_factor_is_none(self, binh: Any, chi: Any) -> None:
        client = Client()
        client.force_login(binh)
        Authenticator.objects.filter(user=binh).update(user=chi)
        assert client.get("/classes/").status_code == 302

    def test_demo_people_are_spared_only_where_demo_is_allowed(self, binh: Any, settings: Any) -> None:
        User.objects.update(is_demo=True)
        client = with_password_only(binh)
        assert client.get("/classes/").status_code == 200
        settings.DEMO_ALLOWED = False
        assert client.get("/classes/").status_code == 302


class TestGuarded:
    @pytest.mark.parametrize(
        "path", ["totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "recovery-codes/download/"]
    )
    def test_a_session_from_before_the_factor_cannot_touch_it_with_the_password(self, an: Any, path: str) -> None:
        client, _answer = log_in("an")
        world.give_second_factor(an)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        for ask in (client.get, client.post):
            assert ask(f"/accounts/2fa/{path}").url.startswith("/accounts/2fa/reauthenticate/")
        assert Authenticator.objects.filter(user=an).count() == 2


@pytest.mark.parametrize("path", ["/classes/", "/agencies/", "/agencies/P-AK/", "/agencies/P-AK/people.csv", "/plans/"])
def test_the_check_costs_at_most_one_query(outsider: Any, settings: Any, path: str) -> None:
    client = Client()
    client.force_login(outsider)
    counts = {}
    for checked in (True, False):
        if not checked:
            settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != "lms.middleware.SecondFactor"]
            client.handler.load_middleware()
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counts[checked] = len(queries)
    assert counts[True] - counts[False] <= 1, counts


class TestSealed:
    def test_nothing_in_the_database_opens_a_door(self, an: Any) -> None:
        world.give_second_factor(an)
        kept = {one.type: one for one in Authenticator.objects.filter(user=an)}
        secret = unseal(kept["totp"].data["secret"])
        assert len(secret) >= 32 and kept["totp"].data["secret"].startswith(MARK)
        everything = str([one.data for one in kept.values()])
        assert secret not in everything
        assert not [code for code in kept["recovery_codes"].wrap().get_unused_codes() if code in everything]
        assert kept["totp"].wrap().validate_code(code_of(secret))

    def test_the_key_can_be_changed_without_anybody_noticing(self, an: Any, settings: Any) -> None:
        settings.SECOND_FACTOR_KEYS = ["cu"]
        world.give_second_factor(an)
        settings.SECOND_FACTOR_KEYS = ["moi", "cu"]
        before = unseal(Authenticator.objects.get(type="totp").data["secret"])
        assert reseal_second_factors() == reseal_second_factors() == 2
        settings.SECOND_FACTOR_KEYS = ["moi"]
        assert unseal(Authenticator.objects.get(type="totp").data["secret"]) == before
        assert len(Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()) == 10
        settings.SECOND_FACTOR_KEYS = ["khac"]
        with pytest.raises(InvalidToken):
            unseal(Authenticator.objects.get(type="totp").data["secret"])

    def test_what_was_kept_before_there_was_a_seal_still_opens_and_is_sealed(self, an: Any) -> None:
        Authenticator.objects.create(user=an, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
        assert TOTP(Authenticator.objects.get()).validate_code(code_of("JBSWY3DPEHPK3PXP"))
        call_command("reseal_second_factors")
        assert unseal(Authenticator.objects.get().data["secret"]) == "JBSWY3DPEHPK3PXP"
        assert "JBSWY" not in str(Authenticator.objects.get().data)

    def test_the_session_key_of_the_site_is_not_the_key_itself(self, settings: Any) -> None:
        settings.SECRET_KEY_FALLBACKS = []
        sealed = seal("x")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "moi", [settings.SECRET_KEY]
        assert unseal(sealed) == "x"


class TestLost:
    @pytest.fixture
    def lost(self, binh: Any) -> Any:
        world.give_second_factor(binh)
        return binh

    def test_an_owner_takes_it_away_which_is_kept_and_told_once(self, dung: Any, lost: Any, now: Any) -> None:
        event = reset_second_factor(user=lost, by=dung, reason="  Mất điện thoại ", now=now)
        assert event is not None and (event.by, event.user, event.reason, event.at) == (dung, lost, "Mất điện thoại", now)
        assert not Authenticator.objects.filter(user=lost).exists()
        assert reset_second_factor(user=lost, by=dung, reason="lại", now=now) is None
        assert tell_owed(now=now) == 1 and tell_owed(now=now) == 0
        letter = mail.outbox[-1]
        assert letter.to == ["binh@example.com"] and len(mail.outbox) == 1
        assert "Phạm Quốc Dũng" in letter.body and "Mất điện thoại" in letter.body and "09:00 23/11/2026" in letter.body

    def test_nobody_else_may(self, lost: Any, an: Any, chi: Any, dung: Any, outsider: Any, city: Any, now: Any) -> None:
        head = world.make_owner("hieu", "Lý Văn Hiếu", city.school)
        world.grant(lost, "teacher", city.other_school)
        root = world.make_user("root", "Quản Trị", is_superuser=True)
        world.grant(root, "teacher", city.school)
        for_her = [(lost, by) for by in (an, chi, outsider, head, lost)]
        for user, by in (*for_her, (dung, dung), (root, dung), (an, dung)):
            with pytest.raises(NotYourColleague):
                reset_second_factor(user=user, by=by, reason="x", now=now)
        assert Authenticator.objects.filter(user=lost).count() == 2 and not AccountEvent.objects.exists()

    def test_a_dead_mail_server_loses_no_letter(self, dung: Any, lost: Any, now: Any, monkeypatch: Any) -> None:
        reset_second_factor(user=lost, by=dung, reason="Mất điện thoại", now=now)
        with monkeypatch.context() as broken:
            broken.setattr("people.actions.identity.send_mail", lambda *a, **k: (_ for _ in ()).throw(SMTPException()))
            assert tell_owed(now=now) == 0
        assert tell_owed(now=now) == 1

    def test_the_last_resort_is_a_command(self, dung: Any, now: Any) -> None:
        world.give_second_factor(dung)
        call_command("reset_second_factor", "DUNG", reason="Biên bản 12/BB")
        assert AccountEvent.objects.get().by is None and not Authenticator.objects.exists()
        for name, why in (("ai", "x"), ("dung", " ")):
            with pytest.raises(CommandError):
                call_command("reset_second_factor", name, reason=why)

    def test_by_the_page(self, dung: Any, lost: Any) -> None:
        client = Client()
        client.force_login(dung)
        listed = client.get("/account/staff/").content.decode()
        assert "Trần Văn Bình" in listed and f"/account/staff/{lost.pk}/reset-second-factor/" in listed
        assert client.post(f"/account/staff/{lost.pk}/reset-second-factor/", {"reason": " "}).status_code == 200
        assert client.post(f"/account/staff/{lost.pk}/reset-second-factor/", {"reason": "Mất máy"}).url == "/account/staff/"
        assert not Authenticator.objects.filter(user=lost).exists()


class TestPowers:
    def see(self, user: Any, query: str = "") -> str:
        client = Client()
        client.force_login(user)
        answer = client.get(f"/account/staff/{query}")
        return str(answer.content.decode()) if answer.status_code == 200 else ""

    def test_each_sees_his_part_of_the_city(self, binh: Any, chi: Any, dung: Any, outsider: Any, an: Any) -> None:
        names = {"Trần Văn Bình", "Lê Thị Chi", "Phạm Quốc Dũng", "Vũ Minh Khánh"}
        shown = {user.username: {name for name in names if f'row">{name}' in self.see(user)} for user in (chi, dung, outsider)}
        assert shown == {"chi": {"Lê Thị Chi"}, "dung": names, "khanh": {"Vũ Minh Khánh"}}
        assert self.see(binh) == self.see(an) == ""

    def test_by_kind_with_who_gave_it(self, dung: Any, an: Any, city: Any, now: Any) -> None:
        grant_role(user=an, kind="support", organisation=city.ward, by=dung, now=now)
        page = self.see(dung, "?kind=support")
        assert "Nguyễn Thị An" in page and "23/11/2026" in page and 'row">Phạm' not in page
        assert 'row">Phạm' in self.see(dung, "?kind=vua")

    @pytest.mark.parametrize("size", [3, 30])
    def test_takes_as_many_queries_for_30_as_for_3(
        self, dung: Any, city: Any, size: int, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(size):
            world.make_teacher(f"gv{number}", f"Giáo Viên {chr(65 + number)}", city.school)
        client = Client()
        client.force_login(dung)
        client.get("/account/staff/")
        with django_assert_max_num_queries(9):
            assert client.get("/account/staff/").status_code == 200
