"""The access matrix: every address × everybody × their own and another's, by real requests (security V1, V2, decision 6)."""

from __future__ import annotations

import datetime as dt
import io
import logging
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from http.cookies import SimpleCookie
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from certificates.actions import issue
from classes import actions, checkin, queries
from classes.actions import lists
from classes.models import ClassMember, ClassSession, TrainingClass
from classes.models.classes import ClassQuerySet
from classes.queries.lists import filter_of
from courses.actions import enrol
from courses.models import Enrolment
from lms import access
from lms.access import ANONYMOUS, EDITOR, LEARNER, MISSING, OWNER, ROLES, Route, routes, rule_for
from people.actions import activation, guardians
from people.actions.accounts import grant_role
from people.actions.identities import link
from people.actions.merging import merge_people
from people.actions.powers import ask_role
from people.actions.requests import file_request
from people.models import OpenedAccount
from people.oidc import Claims
from plans.actions import enter_measurement
from quizzes.actions import finish_attempt, keep_file, start_attempt
from quizzes.models import Accommodation, Media, Override, QuestionFile, QuestionVersion, Regrading
from reminders.actions import rehearse, stop_token
from reminders.judgement import DEFAULTS, Rule
from tests import world
from tests.classes import reorganising
from tests.classes.conftest import add, finish, open_class
from tests.people.test_rosters import applied, send
from tests.plans.conftest import plan  # noqa: F401
from tests.quizzes import by_hand

OWN, OTHER = "own", "other"
NO_SUCH = "to try this address give its parameter {name!r} a value in _things() in tests/lms/test_access.py"


@dataclass(frozen=True)
class City:
    people: dict[str, Any]
    # own or other → the route, or its namespace, or "" for all → parameter → value
    things: dict[str, dict[str, dict[str, Any]]]

    def values(self, whose: str, route: Route) -> dict[str, Any]:
        things, found = self.things[whose], {}
        for name in route.parameters:
            places = (things.get(place, {}) for place in (route.key, route.key.partition(":")[0], ""))
            found[name] = next((one[name] for one in places if name in one), None)
            assert found[name] is not None, f"{route.key}: {NO_SUCH.format(name=name)}"
        return found

    def is_the_same(self, route: Route) -> bool:
        return self.values(OWN, route) == self.values(OTHER, route)


@pytest.fixture(autouse=True)
def _quiet(caplog: Any) -> None:
    """A thousand refusals would bury the one line that matters."""
    caplog.set_level(logging.ERROR, logger="django.request")


@pytest.fixture
def everybody(city: SimpleNamespace, an: Any, binh: Any, chi: Any, dung: Any, outsider: Any, now: Any) -> dict[str, Any]:
    grant_role(user=dung, kind="owner", organisation=city.city, by=None, now=now)  # with his group in the CMS
    made = {
        kind: world.make_user(name, full_name, audience="cbccvc_nld")
        for kind, name, full_name in (
            ("editor", "em", "Đặng Ngọc Em"), ("auditor", "phuc", "Lý Văn Phúc"), ("support", "quy", "Hồ Thị Quý"),
        )
    }  # fmt: skip
    for kind, user in made.items():
        grant_role(user=user, kind=kind, organisation=city.city, by=None, now=now)
    for user in (an, binh, chi, dung, outsider, *made.values()):
        world.give_second_factor(user)
    people = {"learner": an, "teacher": binh, "officer": chi, "owner": dung, **made, "outsider": outsider}
    assert {ANONYMOUS, *people} == set(ROLES)
    return people


@pytest.fixture
def matrix(everybody: dict[str, Any], city: SimpleNamespace, course: Any, plan: Any, now: Any) -> City:  # noqa: F811
    both = {OWN: ("learner", "teacher", "officer", city.school, city.ward),
            OTHER: ("outsider", "outsider", "outsider", city.other_school, city.other_ward)}  # fmt: skip
    things = {whose: _things(*(everybody[one] for one in parts[:3]), *parts[3:], course, now) for whose, parts in both.items()}
    number, owner = _behind_a_password(course), everybody["owner"]
    hieu = world.make_owner("hieu", "Lý Văn Hiếu", city.city)
    asked = ask_role(user=everybody["learner"], kind="auditor", organisation=city.ward, by=hieu, reason="Quyết định", now=now)
    period = plan.periods.get(code="2026-Q4")
    for (whose, parts), sender, code in zip(both.items(), (owner, hieu), ("TG-0502", "TG-0701"), strict=True):
        one, indicator = things[whose], plan.targets.get(indicator__code=code).indicator
        indicator.lead_agencies.set([parts[-1]])
        measured = enter_measurement(
            indicator=indicator, period=period, value=Decimal(1), by=hieu, evidence="Biên bản", now=now,
            evidence_file=ContentFile(b"%PDF-1.4", "bien-ban.pdf"),
        )  # fmt: skip
        table = [["Mã", "Tên", "Loại", "Thuộc"], ["P-MOI", "Phường Mới", "ward", "UBND-TP"]]
        file = actions.keep_file(key=uuid.uuid4(), name="co-quan.csv", table=table, by=sender, now=timezone.now())
        one["plans"] = {"code": plan.code, "indicator": code, "period": period.code, "pk": measured.pk}
        one["agencies:import_preview"] = one["agencies:import_errors"] = {"pk": file.pk}
        one["staff_decide"] = {"pk": asked.pk}
        writer = everybody["editor"] if whose == OWN else hieu
        made = QuestionFile(id=uuid.uuid4(), name="cau-hoi.gift", path="Chung", sent_by=writer, sent_at=timezone.now())
        made.file.save("cau-hoi.bin", ContentFile(b"::A:: Co khong? {T}"))
        one["quizzes:bank_file"] = {"pk": made.pk}
        one["reminders"]["pk"] = rehearse(rule=Rule.OVERDUE, policy=DEFAULTS[Rule.OVERDUE], by=owner, now=timezone.now()).pk
        one[""] |= {"restriction_id": number, "page_view_restriction_id": number}
    return City(people=everybody, things=things)


def _behind_a_password(course: Any) -> int:
    """A document anybody may read, and a page and a collection that ask everybody for a password. Their one number."""
    folder = Collection.get_first_root_node().add_child(name="Riêng")
    Document.objects.create(title="Sổ tay", file=ContentFile(b"%PDF-1.4", "so-tay.pdf"))
    page = world.make_lesson(course.page, 9)
    first = CollectionViewRestriction.objects.create(collection=folder, restriction_type="password", password="mo")
    return PageViewRestriction.objects.create(pk=first.pk, page=page, restriction_type="password", password="mo").pk


def _things(learner: Any, teacher: Any, officer: Any, school: Any, ward: Any, course: Any, now: Any) -> dict[str, dict[str, Any]]:
    """What there is to be asked for, of one side of the city."""
    klass: TrainingClass = open_class(teacher, school, now)
    add(klass, "Lê Gia Hân", now)
    due = timezone.now() + dt.timedelta(days=9)
    given = actions.assign(training_class=klass, teacher=teacher, course=course.page, part=None, due_at=due, now=now)
    proved = _outside(teacher, officer, klass, ward, course, now)
    needed = actions.require_course(organisation=ward, course=course.page, due_at=due, officer=officer, now=now)
    enrol(learner=learner, course=course.page, now=now)  # before she comes into a class, so it belongs to no place
    agency = _of_the_agency(learner, officer, ward, course, now)
    enrolment = Enrolment.objects.get(pk=finish(learner, course, now).pk)
    attempt = start_attempt(enrolment=enrolment, quiz=course.quiz, now=now, seed=1)
    certificate = issue(enrolment=enrolment, now=now)
    wanted = file_request(person=learner, kind="see", words="", now=now)
    twins = [world.make_user(f"{name}-{officer.username}", "Đỗ Thị Lan", birth_year=1980) for name in ("a", "b", "c", "d")]
    for one in twins:
        world.join(one, ward)
    joined = merge_people(kept=twins[2], closed=twins[3], reason="Chị Lan xác nhận", by=None, now=timezone.now())
    identity = link(user=learner, provider="national", claims=Claims(subject=learner.username), now=now)
    return {
        "": {
            "purpose": "research", "extension": "csv", "page_id": course.page.pk, "path": "cd-t", "key": "x", "uidb36": "1",
            "provider_id": "national", "enrolment_id": enrolment.pk, "attempt_id": attempt.pk,
        },
        "courses:answer": {"page_id": course.lessons[0].pk}, "courses:opened": {"page_id": course.lessons[0].pk},
        "courses:done": {"page_id": course.lessons[0].pk}, "quizzes:start": {"page_id": course.quiz.pk},
        "quizzes:media": {"name": _picture_in(attempt)}, **_other_terms(course.quiz, teacher, officer, school, ward, now),
        **_to_mark(learner, school, now),
        "certificates": {"code": certificate.code},
        "classes": {"pk": klass.pk, "number": 1, "assignment": given.pk} | _in_the_room(klass, teacher, now),
        **agency, **proved, "agencies:withdraw": {"pk": needed.pk}, **_of_her_own(officer, ward, now),
        "reminders": {"rule": "overdue", "token": stop_token(learner, [Rule.OVERDUE])},
        "staff_reset_second_factor": {"pk": teacher.pk}, "staff_end": {"pk": officer.roles.get(kind="officer").pk},
        "view_as": {"pk": learner.pk}, "guardian": {"token": _guardians_token(klass, teacher)},
        "staff_merge": {"kept": twins[0].pk, "closed": twins[1].pk}, "staff_unmerge": {"pk": joined.pk},
        "unlink_identity": {"pk": identity.pk}, "cancel_request": {"pk": wanted.pk}, "handle_request": {"pk": wanted.pk},
        "mfa_edit_webauthn": {"pk": 1}, "mfa_remove_webauthn": {"pk": 1},
    }  # fmt: skip


def _other_terms(quiz: Any, teacher: Any, officer: Any, school: Any, ward: Any, now: Any) -> dict[str, Any]:
    """Of somebody who belongs to the school and to the ward."""
    user = world.make_user(f"them-gio-{ward.pk}", "Trịnh Văn Thêm")
    world.join(user, ward)
    world.join(user, school, "hoc_sinh")
    by = Override(quiz=quiz, learner=user, minutes=9, reason="Mất điện", author=officer, created_at=now)
    by.save()
    more = Accommodation.objects.create(learner=user, reason="Quyết định", author=teacher, created_at=now)
    return {
        "quizzes:terms": {"page_id": quiz.pk}, "quizzes:bank_figures": {"page_id": quiz.pk},
        "quizzes:bank_question": {"code": "cd-t-01"}, "quizzes:bank_retire": {"code": "cd-t-01"},
        "quizzes:withdraw_override": {"pk": by.pk},
        "quizzes:withdraw_accommodation": {"pk": more.pk},
    }  # fmt: skip


def _picture_in(attempt: Any) -> str:
    """Of a question that this attempt served, and no other."""
    picture = Media(name=f"{attempt.pk.hex * 2}.png", size=1, added_at=attempt.started_at)
    picture.file.save(f"quizzes/{picture.name}", ContentFile(b"x"))
    # A version of its own: both attempts draw from the same bank.
    slot = attempt.slots.first()
    number = QuestionVersion.objects.filter(question=slot.version.question).count() + 1
    content = {"kind": slot.version.kind, "stem": slot.version.stem, "body": slot.version.body}
    slot.version = slot.version.question.versions.create(number=number, created_at=attempt.started_at, **content)
    slot.save()
    picture.versions.add(slot.version)
    return picture.name


def _to_mark(learner: Any, school: Any, now: Any) -> dict[str, dict[str, Any]]:
    """An essay and a file that were handed in, in a class of the school, and wait for somebody to mark them."""
    course = world.make_course(f"CT-{school.pk}", "Khóa có bài tự luận")
    quiz = by_hand.set_up(course.quiz, by_hand.ESSAY, by_hand.FILES, now=now)
    enrolment = enrol(learner=learner, course=course.page, now=now)
    Enrolment.objects.filter(pk=enrolment.pk).update(source="class", organisation=school)
    attempt = start_attempt(enrolment=enrolment, quiz=quiz, now=now, seed=1)
    sent = keep_file(
        attempt=attempt, position=by_hand.slot(attempt, "nop-tep").position, name="bai.pdf", file=io.BytesIO(by_hand.PDF),
        size=len(by_hand.PDF), now=now,
    )  # fmt: skip
    by_hand.answer(attempt, "nop-tep", {"files": [str(sent.pk)]}, now)
    by_hand.answer(attempt, "tu-luan", {"text": "Bài viết."}, now)
    finish_attempt(attempt=attempt, now=now)
    essay = by_hand.slot(attempt, "tu-luan")
    decided = Regrading.objects.create(quiz=quiz, by=learner, made_at=now, plan=f"{school.pk:064}", reason="Đáp án sai")
    flagged = decided.attempts.create(attempt=attempt, flag="pass", done_at=now)
    return {
        "quizzes:answer_file": {"file_id": sent.pk}, "quizzes:mark": {"slot_id": essay.pk}, "quizzes:look": {"pk": flagged.pk},
        "quizzes:pile": {"quiz_id": quiz.pk, "question_id": essay.version.question_id}, "quizzes:regrade": {"quiz_id": quiz.pk},
    }  # fmt: skip


def _guardians_token(klass: TrainingClass, teacher: Any) -> str:
    child = ClassMember.objects.select_related("learner").get(training_class=klass, number=1).learner
    asked = guardians.ask_guardian(child=child, address="me@example.com", by=teacher, now=timezone.now())
    return guardians.token_of(asked)


def _outside(teacher: Any, officer: Any, klass: TrainingClass, ward: Any, course: Any, now: Any) -> dict[str, dict[str, Any]]:
    """Something recognised in the ward, with evidence and by a list, and something by the teacher for one of her class."""
    user = world.make_user(f"noi-khac-{ward.pk}", "Tạ Văn Nơi")
    world.join(user, ward)
    made = actions.record_outside(
        organisation=ward, learner=user, course=course.page, kind="elsewhere", completed_on=now.date(), issuer="Học viện",
        by=officer, now=now, file=(io.BytesIO(b"%PDF-1.4"), 8),
    )  # fmt: skip
    table = [["", "Thư điện tử", "Mã khóa", "Ngày hoàn thành", "Nơi cấp"], ["2", user.email, "CD-T", "01/02/2026", "Học viện"]]
    key = uuid.uuid4()
    actions.keep_completions(key=key, organisation=ward, name="ds.csv", table=table, by=officer, now=timezone.now())
    waived = actions.waive_in_class(
        member=klass.members.get(number=1), course=course.page, reason="Đã dạy", by=teacher, now=now
    )  # fmt: skip
    return {
        **{f"agencies:outside_{name}": {"pk": made.pk} for name in ("withdraw", "evidence")},
        **{f"agencies:completion_{name}": {"pk": key} for name in ("list", "errors", "undo")},
        "classes:unwaive": {"outside": waived.pk},
    }


def _of_her_own(officer: Any, ward: Any, now: Any) -> dict[str, Any]:
    """A list and a view of the officer's."""
    wanted = lists.ask_for_list(owner=officer, unit=ward, wanted=filter_of(""), extension="csv", now=now)
    lists.work_lists(now=timezone.now(), more=lambda: True)
    view = lists.keep_view(owner=officer, name="Quá hạn", query="sort=overdue", now=now)
    one = {"pk": wanted.pk}
    return {
        "agencies:list_progress": one, "agencies:list_file": one, "agencies:list_drop": one,
        "agencies:change_view": {"pk": view.pk},
    }  # fmt: skip


def _in_the_room(klass: TrainingClass, teacher: Any, now: Any) -> dict[str, Any]:
    """A session of the class that runs now, a stranger at its door, its paper; a group; somebody who asked for a place."""
    begins = timezone.now() - dt.timedelta(minutes=5)
    made = actions.add_session(
        key=uuid.uuid4(), training_class=klass, starts_at=begins, ends_at=begins + dt.timedelta(hours=3), place="Phòng 1",
        link="", trainer=teacher,
    )  # fmt: skip
    session = ClassSession.objects.select_related("training_class").get(pk=made.pk)
    stranger = world.make_user(f"la-{teacher.username}", "Đỗ Thị Lạ")
    knock = actions.check_in(session=session, learner=stranger, at=timezone.now(), how="code")
    paper = b"%PDF-1.4"
    kept = actions.attach_paper(session=session, file=io.BytesIO(paper), size=len(paper), by=teacher, now=now)
    members = list(ClassMember.objects.filter(training_class=klass))
    group = actions.set_group(training_class=klass, group=None, name="Tổ 1", members=members, now=now)
    wish = actions.ask_to_join(learner=stranger, code=klass.join_code, now=now)
    return {
        "token": checkin.token(session.pk, timezone.now()), "knock": knock.pk, "paper": kept.pk, "group": group.pk,
        "nomination": wish.pk,
    }  # fmt: skip


def _of_the_agency(learner: Any, officer: Any, ward: Any, course: Any, now: Any) -> dict[str, dict[str, Any]]:
    """A class of the ward to which agencies send people, with a letter to the learner; lists of people; a new name."""
    trainer = world.make_teacher(f"day-{ward.pk}", "Ngô Minh Thư", ward)
    klass = open_class(trainer, ward, now, kind="training")
    due = timezone.now() + dt.timedelta(days=9)
    given = actions.assign(training_class=klass, teacher=trainer, course=course.page, part=None, due_at=due, now=now)
    member = actions.join(learner=learner, code=klass.join_code, now=now)
    message = actions.write_to_behind(
        key=uuid.uuid4(), assignment=given, members={member.number}, subject="Còn bài", text="Cố lên.", by=trainer, now=now
    )
    actions.change_rules(training_class=klass, capacity=None, by_nomination=True, attendance_needed=None, by=trainer, now=now)
    asking = world.make_user(f"can-bo-{ward.pk}", "Cao Thị Bộ")
    world.join(asking, ward)
    wish = actions.ask_to_join(learner=asking, code=klass.join_code, now=now)
    renaming = queries.Rename(code=ward.code, name=f"{ward.name} mới", short_name="", on=now.date())
    renamed = reorganising.do(renaming, officer, timezone.now())
    roster = send(ward, "B1;Nguyễn Văn Hai;1980;;;;công chức\n;;1980;;;;công chức\n", officer, now)
    token = _activation_token(learner, officer, ward, now)
    return {
        "classes:nominate": {"pk": klass.pk}, "classes:refuse": {"pk": klass.pk, "nomination": wish.pk},
        "classes:letter_read": {"letter": message.letters.get().pk},
        "agencies": {"code": ward.code, "pk": roster.pk, "kind": "staff"},
        "agencies:operation": {"pk": renamed.pk}, "agencies:undo": {"pk": renamed.pk},
        "account_activate_link": {"token": token}, "account_activate_join": {"token": token},
    }  # fmt: skip


def _activation_token(learner: Any, officer: Any, ward: Any, now: Any) -> str:
    """Of a letter to an address that the learner has proved."""
    address, tokens = f"ca-nhan-{learner.username}@example.com", []
    applied(send(ward, f"A1;Nguyễn Văn Một;1980;{address};;;công chức\n", officer, now), officer, now)
    EmailAddress.objects.create(user=learner, email=address, verified=True, primary=False)
    assert OpenedAccount.objects.filter(address=address, letter_owed=True).exists()
    activation.send_letters(now=timezone.now(), send=lambda _opened, token: tokens.append(token))
    return tokens[0]


def address(route: Route, values: dict[str, Any]) -> str:
    if route.path.startswith("cms/") or not route.name:
        bare = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values.get(found[1], 1)), route.path)
        return "/" + re.sub(r"\(\?P<?|[\^$\\()+*?\[\]]", "", bare)
    if route.name == "wagtail_serve":
        return "/"
    if route.name == "wagtaildocs_serve":
        return Document.objects.get().url
    return reverse(route.name, kwargs=values)


# What must be posted to be understood at all, where an empty form is refused to everybody.
POSTED: dict[str, dict[str, Any]] = {
    "courses:answer": {"data": {"question": "q1"}},
    "quizzes:save": {"data": {"position": 1, "sequence": 1, "fields": {}}, "content_type": "application/json"},
}
SENT = {"X-Experience-API-Version": "1.0.3"}


def let_in(client: Client, url: str, posted: dict[str, Any] | None = None) -> bool:
    """Whether GET or POST gets further than the door. What it changes is undone."""
    for method, given in (("get", {}), ("post", posted or {})):
        kept = client.cookies.output(header="", sep=";")
        with transaction.atomic():
            answer = getattr(client, method)(url, headers=SENT, **given)
            transaction.set_rollback(True)
        client.cookies = SimpleCookie(kept)
        assert answer.status_code < 500, f"{url}: {answer.status_code}"
        if not turned_away(url, answer):
            return True
    return False


def turned_away(url: str, answer: Any) -> bool:
    if answer.status_code == 302:
        return answer.url.partition("?")[0] in set(map(reverse, DOORS)) - {url}
    return answer.status_code in {401, 403, 404, 405}


DOORS = ["account_login", "account_request_login_code", "account_reset_password", "second_factor", "mfa_reauthenticate"]


def asked(route: Route, city: City) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Whose, the address, and who may."""
    rule = rule_for(route.key, route.path)
    assert rule is not None, MISSING.format(key=route.key, path=route.path)
    yield OWN, address(route, city.values(OWN, route)), rule.own
    if not city.is_the_same(route):
        yield OTHER, address(route, city.values(OTHER, route)), rule.other


def test_every_address_has_a_rule() -> None:
    missing = [MISSING.format(key=one.key, path=one.path) for one in routes() if rule_for(one.key, one.path) is None]
    assert missing == [], "\n".join(missing)


def test_no_rule_outlives_its_address() -> None:
    assert set(access.RULES) - {one.key for one in routes()} == set()


def tried(city: City, some: list[Route]) -> dict[tuple[str, str, str], str]:
    """Route, whose and role → what is wrong there, "" where nothing is."""
    clients = {role: Client() for role in ROLES}
    for role, user in city.people.items():
        clients[role].force_login(user)
    found = {}
    for route in some:
        for whose, url, may in asked(route, city):
            for role, client in clients.items():
                wrong = let_in(client, url, POSTED.get(route.key)) != (role in may)
                found[route.key, whose, role] = ("is shut out" if role in may else "GETS IN") if wrong else ""
    return found


def in_the_editors_tree(route: Route) -> bool:
    return route.path.startswith("cms/") and route.key not in access.RULES


def test_nobody_is_let_in_but_who_may(matrix: City) -> None:
    found = tried(matrix, [one for one in routes() if not in_the_editors_tree(one)])
    assert {cell: wrong for cell, wrong in found.items() if wrong} == {}
    assert len(found) > 2000


def test_without_a_second_factor_no_screen_of_staff_opens(matrix: City) -> None:
    """A password alone, whatever the role (security V28)."""
    Authenticator.objects.all().delete()
    screens = [one for one in routes() if rule_for(one.key, one.path).staff and not in_the_editors_tree(one)]  # type: ignore[union-attr]
    opened = []
    for role, user in matrix.people.items():
        client = Client()
        world.force_login(client, user)
        for route in screens:
            for url in {address(route, matrix.values(whose, route)) for whose in (OWN, OTHER)}:
                if role != LEARNER and let_in(client, url):
                    opened.append((role, url))
    assert opened == [] and len(screens) > 80


def test_a_planted_leak_is_found(matrix: City, monkeypatch: Any) -> None:
    """A search that cannot find a hole proves nothing."""
    monkeypatch.setattr(ClassQuerySet, "taught_by", lambda self, user: self)
    found = tried(matrix, [one for one in routes() if one.key == "classes:detail"])
    assert found["classes:detail", OTHER, "teacher"] == found["classes:detail", OWN, "learner"] == "GETS IN"


def test_the_editors_tree_is_shut_for_all_others(matrix: City) -> None:
    """Each of Wagtail's own addresses, two hundred and more, by whoever is no editor; and editors do get in."""
    tree = [one for one in routes() if in_the_editors_tree(one)]
    assert len(tree) >= 200
    for place, role in enumerate(sorted(set(ROLES) - {EDITOR, OWNER})):
        client = Client()
        if role != ANONYMOUS:
            client.force_login(matrix.people[role])
        # Each role its share of the tree, and everybody its front.
        share = [one for number, one in enumerate(tree) if number % 7 == place] + tree[:3]
        assert [one.path for one in share if let_in(client, address(one, {}))] == []
    for role in (EDITOR, OWNER):
        client = Client()
        client.force_login(matrix.people[role])
        assert client.get("/cms/").status_code == client.get("/cms/pages/").status_code == 200


def test_the_command_prints_the_matrix_and_stops_at_a_missing_rule(monkeypatch: Any) -> None:
    out = StringIO()
    call_command("access_matrix", stdout=out)
    lines = {line.split()[0]: line.split()[1:] for line in out.getvalue().splitlines()[2:]}
    assert lines["classes:detail"][:9] == ["·", "·", "o", "·", "·", "·", "·", "·", "x"]
    assert lines["cms/…"][:9] == ["·", "·", "·", "·", "+", "+", "·", "·", "·"]
    monkeypatch.delitem(access.RULES, "classes:detail")
    with pytest.raises(CommandError, match='"classes:detail": SIGNED_IN'):
        call_command("access_matrix", stdout=StringIO())
