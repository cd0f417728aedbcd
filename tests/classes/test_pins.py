"""Pupils sign in with class code, short name and PIN."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from classes import actions
from classes.models import ClassMember
from people.models import User
from tests.classes.conftest import add


@pytest.fixture
def pins(class_10a1):
    members = list(class_10a1.members.select_related("learner", "training_class").order_by("number"))
    return {slip.number: slip.pin for slip in actions.set_pins(training_class=class_10a1, members=members)}


def sign_in(client, training_class, name, pin):
    return client.post(reverse("classes:sign_in"), {"code": training_class.join_code.lower(), "name": name, "pin": pin})


def test_a_pin_is_kept_only_as_a_hash(class_10a1, pins):
    assert all(re.fullmatch(r"[0-9]{6}", pin) for pin in pins.values())
    kept = str(list(ClassMember.objects.values()))
    assert not any(pin in kept for pin in pins.values())


@pytest.mark.parametrize("name", ["Hân", "han", "Gia Hân", "lê  gia hân", "1", "01"])
def test_a_pupil_signs_in_by_code_name_and_pin(client, class_10a1, pins, name):
    answer = sign_in(client, class_10a1, name, pins[1])
    assert answer.url == reverse("learn")
    assert client.session["_auth_user_id"] == str(class_10a1.members.get(number=1).learner_id)
    assert client.session.get_expire_at_browser_close()


def test_whatever_is_wrong_the_answer_is_the_same(client, class_10a1, pins, binh, now):
    cases = [("Hân", pins[2]), ("Ân", pins[1]), ("", pins[1]), ("Gia", pins[1]), ("Nobody", pins[1])]
    for name, pin in cases[:1] + cases[3:]:
        assert "chưa khớp" in sign_in(client, class_10a1, name, pin).content.decode()
    actions.remove_member(member=class_10a1.members.get(number=2), now=now)
    assert "chưa khớp" in sign_in(client, class_10a1, "Khôi", pins[2]).content.decode()
    User.objects.filter(pk=class_10a1.members.get(number=3).learner_id).update(email="anh@example.com")
    assert "chưa khớp" in sign_in(client, class_10a1, "Ánh", pins[3]).content.decode()
    actions.close_class(training_class=class_10a1, now=now)
    assert "chưa khớp" in sign_in(client, class_10a1, "Hân", pins[1]).content.decode()
    assert "_auth_user_id" not in client.session


def test_two_of_one_name_are_told_apart_by_their_pins(client, class_10a1, now):
    add(class_10a1, "Vũ Gia Hân", now)
    members = list(class_10a1.members.select_related("learner", "training_class").order_by("number"))
    made = {slip.number: slip.pin for slip in actions.set_pins(training_class=class_10a1, members=members)}
    sign_in(client, class_10a1, "Hân", made[4])
    assert client.session["_auth_user_id"] == str(members[3].learner_id)


def test_guessing_ends_for_this_pupil_and_not_for_the_others(client, class_10a1, pins):
    for _turn in range(8):
        assert sign_in(client, class_10a1, "Hân", "x").status_code == 200
    assert sign_in(client, class_10a1, "Hân", pins[1]).status_code == 429
    assert sign_in(client, class_10a1, "Khôi", pins[2]).status_code == 302


def test_only_the_teacher_makes_slips_and_only_for_accounts_of_the_class(client, class_10a1, an, outsider, chi, binh, now):
    urls = [reverse("classes:pins", args=[class_10a1.pk]), reverse("classes:pin", args=[class_10a1.pk, 1])]
    for stranger in (an, outsider, chi, class_10a1.members.get(number=1).learner):
        client.force_login(stranger)
        assert [client.post(url).status_code for url in urls] == [404, 404]
    actions.join(learner=an, code=class_10a1.join_code, now=now)
    client.force_login(binh)
    answer = client.post(urls[0])
    page = answer.content.decode()
    assert len(re.findall(r"<dd><code>[0-9]{6}</code>", page)) == 3 and "no-store" in answer["Cache-Control"]
    assert client.post(reverse("classes:pin", args=[class_10a1.pk, 4])).status_code == 404
    pin = re.search(r"<dd><code>([0-9]{6})</code>", client.post(urls[1]).content.decode()).group(1)
    client.logout()
    assert sign_in(client, class_10a1, "Hân", pin).status_code == 302
