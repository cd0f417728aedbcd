"""Taking over an account that an organisation opened: by paper, by letter, or into an account one has."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pypdf import PdfReader

from people import slips
from people.actions import activation
from people.models import Membership, OpenedAccount, Role, User
from people.queries.rosters import waiting, waiting_page
from people.tasks import send_activations
from tests import world
from tests.people.test_rosters import applied, send

pytestmark = pytest.mark.django_db

PASSWORD = "mat-khau-moi-1"
FRAME = slips.Frame(
    organisation="Ủy ban nhân dân phường Bến Cỏ", address="https://hoc.example.vn/account/activate/",
    good_until=dt.date(2027, 1, 22), pupils=False,
)  # fmt: skip


@pytest.fixture
def mot(city: Any, chi: Any, now: Any) -> OpenedAccount:
    """Opened by the list of Chi, with an address."""
    applied(send(city.ward, "A1;Nguyễn Văn Một;1980;mot@example.vn;;TYT-BC;CC\n", chi, now), chi, now)
    return OpenedAccount.objects.get()


def paper(city: Any, opened: OpenedAccount, now: Any) -> slips.Paper:
    return activation.issue_slips(opened=[opened], organisation=city.ward, now=now)[0]


def link() -> str:
    """Send what is owed; the link of the last letter."""
    send_activations()
    found = re.search(r"https?://\S+?(/account/activate/\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


def test_a_paper_opens_the_account_once(city: Any, mot: OpenedAccount, client: Client, now: Any) -> None:
    one = paper(city, mot, now)
    data = {"username": one.username.upper(), "code": one.code.replace("-", " ").upper(), "password": PASSWORD}
    assert client.post("/account/activate/", data).status_code == 302
    assert client.login(username=one.username, password=PASSWORD) or User.objects.get(pk=mot.user_id).check_password(PASSWORD)
    mot.refresh_from_db()
    assert (mot.digest, mot.activated_at is None) == ("", False)
    assert not waiting(city.ward).exists()
    # A paper proves no address.
    assert User.objects.get(pk=mot.user_id).email == ""
    assert "Tên và mã chưa khớp" in client.post("/account/activate/", data).content.decode()


def test_a_new_paper_ends_the_old_one_and_a_code_ends_after_sixty_days(city: Any, mot: OpenedAccount, now: Any) -> None:
    old, new = paper(city, mot, now), paper(city, mot, now)
    with pytest.raises(activation.WrongCode):
        activation.find(code=old.code, username=old.username, channel="slip", now=now)
    assert activation.find(code=new.code, username=new.username, channel="slip", now=now)
    with pytest.raises(activation.WrongCode):
        activation.find(code=new.code, username="somebody", channel="slip", now=now)
    with pytest.raises(activation.WrongCode):
        activation.find(code=new.code, username=new.username, channel="slip", now=now + dt.timedelta(days=61))
    assert new.code not in str(OpenedAccount.objects.values())


def test_guessing_is_slowed_down(client: Client, city: Any, mot: OpenedAccount, now: Any) -> None:
    one = paper(city, mot, now)
    for _try in range(10):
        client.post("/account/activate/", {"username": one.username, "code": "aaaa-bbbb-cccc", "password": PASSWORD})
    client.post("/account/activate/", {"username": one.username, "code": one.code, "password": PASSWORD})
    mot.refresh_from_db()
    assert mot.activated_at is None


def test_a_weak_password_is_refused(client: Client, city: Any, mot: OpenedAccount, now: Any) -> None:
    one = paper(city, mot, now)
    client.post("/account/activate/", {"username": one.username, "code": one.code, "password": "12345678"})
    mot.refresh_from_db()
    assert mot.activated_at is None


def test_a_letter_opens_the_account_and_proves_the_address(client: Client, mot: OpenedAccount, now: Any) -> None:
    address = link()
    assert len(mail.outbox) == 1
    assert mail.outbox[0].to == ["mot@example.vn"]
    assert send_activations() == 0
    page = client.get(address).content.decode()
    assert "Nguyễn Văn Một" in page
    assert "Điều 19" in page
    assert OpenedAccount.objects.get().activated_at is None  # looking changes nothing
    assert client.post(address, {"password": PASSWORD}).status_code == 302
    user = User.objects.get(pk=mot.user_id)
    assert (user.email, user.check_password(PASSWORD)) == ("mot@example.vn", True)
    assert EmailAddress.objects.get(user=user).verified
    assert client.get(address).status_code == 404


def test_a_dead_mail_server_loses_no_letter(mot: OpenedAccount, now: Any) -> None:
    def dead(_opened: OpenedAccount, _token: str) -> None:
        raise ConnectionRefusedError

    assert activation.send_letters(now=now, send=dead) == 0
    assert OpenedAccount.objects.get().letter_owed
    assert send_activations() == 1


@pytest.fixture
def lan(city: Any) -> User:
    """Works for another ward and owns the address of the list."""
    user = world.make_user("lan", "Ngô Thị Lan")
    world.join(user, city.other_ward)
    User.objects.filter(pk=user.pk).update(email="mot@example.vn")
    EmailAddress.objects.create(user=user, email="mot@example.vn", verified=True, primary=True)
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("stays", [False, True])
def test_who_has_an_account_is_transferred_by_her_own_word(
    lan: User, mot: OpenedAccount, client: Client, city: Any, now: Any, stays: bool
) -> None:
    address = link()
    assert "Nối vào tài khoản của tôi" not in client.get(address).content.decode()
    client.force_login(lan)
    assert "Nối vào tài khoản của tôi" in client.get(address).content.decode()
    assert client.post(f"{address}join/", {"stays": "on"} if stays else {}).status_code == 302
    places = {one.organisation for one in Membership.objects.current().filter(user=lan)}
    assert places == ({city.clinic, city.other_ward} if stays else {city.clinic})
    empty = User.objects.get(pk=mot.user_id)
    assert not empty.is_active
    assert not Membership.objects.current().filter(user=empty).exists()
    assert not waiting(city.ward).exists()


def test_nobody_else_may_join(lan: User, mot: OpenedAccount, client: Client, an: Any, now: Any) -> None:
    address = link()
    client.force_login(an)
    assert client.post(f"{address}join/").status_code == 404
    assert Membership.objects.current().get(user_id=mot.user_id)


def test_a_role_moves_along(lan: User, city: Any, dung: Any, client: Client, now: Any) -> None:
    applied(send(city.school, "GV1;Ngô Thị Lan;1980;mot@example.vn;;;\n", dung, now, kind="teachers"), dung, now)
    # Dũng sees the whole city, so the list met Lan herself and opened nothing.
    assert not OpenedAccount.objects.exists()
    assert Role.objects.current().filter(user=lan, kind="teacher", organisation=city.school).exists()


def test_the_account_page_says_on_what_the_data_rest(mot: OpenedAccount, client: Client) -> None:
    client.force_login(mot.user)
    page = client.get("/account/").content.decode()
    assert "Luật 91/2025/QH15, Điều 19" in page
    assert "Ủy ban nhân dân phường Bến Cỏ" in page
    kept = client.get("/account/data.json").json()
    assert kept["opened_by_organisation"][0]["legal_basis"] == "duty"
    assert kept["memberships"][0]["number"] == "A1"


@pytest.mark.parametrize("draw", [slips.draw_slips, slips.draw_letters])
def test_papers_hold_every_person_in_composed_letters(draw: Any) -> None:
    papers = [
        slips.Paper(name=f"Nguyễn Thị Ánh Tuyết {chr(65 + place)}", username=f"tuyet.{place}", code=f"m7kp-42xh-9q{place:02}",
                    unit="Trạm y tế phường Bến Cỏ " * 3, number=f"NV{place}")
        for place in range(12)
    ]  # fmt: skip
    reader = PdfReader(io.BytesIO(draw(papers, FRAME)))
    assert len(reader.pages) == (2 if draw is slips.draw_slips else 12)
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for one in papers:
        assert one.code in text
        assert one.username in text
        assert one.name in text


@pytest.mark.parametrize("count", [3, 30])
def test_who_waits_takes_the_same_queries_for_30_as_for_3(
    city: Any, chi: Any, now: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    lines = "".join(f"A{place};Nguyễn Văn {chr(65 + place)}x;1980;;;;CC\n" for place in range(min(count, 26)))
    applied(send(city.ward, lines, chi, now), chi, now)
    with django_assert_max_num_queries(3):
        _page, shown = waiting_page(city.ward)
        assert len(shown) == min(count, 26)
