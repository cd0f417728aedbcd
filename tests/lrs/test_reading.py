from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
import random
import uuid
from typing import Any

import pytest
import tincan
from django.core.management import call_command
from django.utils import timezone

from lrs import vocabulary as v
from lrs.actions import record, revoke_credential, void
from lrs.models import Statement
from lrs.statements import Activity, activity_iri, build
from tests.lrs.make import ours, posted, uid

HOME = "https://hocai.example.gov.vn"


def agent(number: int) -> str:
    return json.dumps({"account": {"homePage": HOME, "name": str(uid(number))}})


@pytest.fixture
def ledger(db, now) -> list[Statement]:
    """About 200 statements over few actors, verbs, activities and registrations; every ninth is voided."""
    chance = random.Random(7)
    verbs = [v.COMPLETED, v.PASSED, v.ANSWERED, v.EXPERIENCED]
    made: dict[uuid.UUID, Statement] = {}
    for number in range(200):
        statement = build(
            actor_id=uid(chance.randint(1, 4)),
            verb=chance.choice(verbs),
            activity=Activity(iri=activity_iri("lesson", uid(chance.randint(1, 5))), type=v.LESSON),
            at=now + dt.timedelta(minutes=number),
            registration=uid(chance.randint(1, 3)),
            discriminator=number,
        )
        made[statement.statement_id] = statement
    record(made.values())
    for statement in list(made.values())[::9]:
        void(statement_id=statement.statement_id, actor_id=uid(99), now=now + dt.timedelta(hours=5))
    return list(Statement.objects.order_by("seq"))


def by_hand(rows: list[Statement], filters: dict[str, Any]) -> list[str]:
    """What the specification says, over the documents themselves."""
    found = []
    for row in rows:
        document = json.loads(row.document)
        stored = row.stored
        if row.voided_by:
            continue
        if "agent" in filters and document["actor"]["account"] != json.loads(filters["agent"])["account"]:
            continue
        if "verb" in filters and document["verb"]["id"] != filters["verb"]:
            continue
        if "activity" in filters and document["object"]["id"] != filters["activity"]:
            continue
        if "registration" in filters and document.get("context", {}).get("registration") != filters["registration"]:
            continue
        if "since" in filters and not stored > dt.datetime.fromisoformat(filters["since"]):
            continue
        if "until" in filters and not stored <= dt.datetime.fromisoformat(filters["until"]):
            continue
        found.append(document["id"])
    if filters.get("ascending") != "true":
        found.reverse()
    return found[: int(filters.get("limit", 100))]


def choices(now: dt.datetime) -> dict[str, list[str]]:
    return {
        "agent": [agent(1), agent(3), agent(77)],
        "verb": [v.COMPLETED.iri, v.VOIDED.iri, "http://example.com/no"],
        "activity": [activity_iri("lesson", uid(2)), "http://example.com/no"],
        "registration": [str(uid(1)), str(uid(9))],
        "since": [(now + dt.timedelta(minutes=100)).isoformat()],
        "until": [(now + dt.timedelta(minutes=60)).isoformat(), (now + dt.timedelta(minutes=150)).isoformat()],
        "limit": ["7", "500"],
        "ascending": ["true", "false"],
    }


def test_every_filter_and_every_pair_of_filters_equals_a_search_by_hand(ledger, reader, now):
    offered = choices(now)
    tried: list[dict[str, str]] = [{}]
    tried += [{name: value} for name, values in offered.items() for value in values]
    for one, other in itertools.combinations(offered, 2):
        tried += [{one: a, other: b} for a in offered[one] for b in offered[other]]
    tried.append({"agent": agent(1), "verb": v.PASSED.iri, "registration": str(uid(2)), "ascending": "true"})
    assert len(tried) > 100 and sum(bool(by_hand(ledger, filters)) for filters in tried) > 60
    for filters in tried:
        response = reader.get(**filters)
        assert response.status_code == 200, (filters, response.content)
        assert [statement["id"] for statement in response.json()["statements"]] == by_hand(ledger, filters), filters


@pytest.mark.parametrize(
    "filters", [{}, {"ascending": "true"}, {"verb": v.COMPLETED.iri}, {"agent": agent(2), "ascending": "true"}]
)
def test_following_more_to_the_end_gives_everything_once_and_in_order(ledger, reader, filters):
    response, found = reader.get(limit=9, **filters), []
    while True:
        page = response.json()
        found += [statement["id"] for statement in page["statements"]]
        if not page["more"]:
            break
        response = reader.get(page["more"])
    assert found == by_hand(ledger, {**filters, "limit": 1000})


def test_new_statements_do_not_shift_the_pages(ledger, reader, now):
    page = reader.get(limit=10).json()
    record([ours(900, now), ours(901, now)])
    following = reader.get(page["more"]).json()["statements"]
    assert [statement["id"] for statement in following] == by_hand(ledger, {"limit": 1000})[10:20]


def test_a_page_costs_two_queries_whether_short_or_long(ledger, reader, django_assert_num_queries):
    for limit in (3, 100):
        with django_assert_num_queries(2):
            reader.get(limit=limit, agent=agent(1), verb=v.COMPLETED.iri)


def test_more_belongs_to_the_key_that_asked(ledger, reader, other_writer):
    more = reader.get(limit=5).json()["more"]
    assert other_writer.get(more).status_code == 403
    assert reader.get(more[:-1] + ("a" if more[-1] != "a" else "b")).status_code == 400


def test_what_is_answered_is_the_kept_document_with_stored_and_authority(reader, now):
    record([ours(1, now)])
    row = Statement.objects.get()
    response = reader.get(statementId=row.statement_id)
    assert response["Content-Type"] == "application/json"
    assert response.content.decode().startswith(row.document[:-1])
    value = response.json()
    assert value.pop("stored") == "2026-11-23T02:00:00.000000Z"
    assert value.pop("authority") == {"objectType": "Agent", "account": {"homePage": HOME, "name": "platform"}}
    assert value == json.loads(row.document)


def test_a_tincan_client_understands_the_answer(reader, now):
    record([ours(1, now), ours(2, now)])
    result = tincan.StatementsResult.from_json(reader.get(limit=1).content.decode())
    assert len(result.statements) == 1 and result.more.startswith("/xapi/statements?more=")
    assert result.statements[0].actor.account.home_page == HOME


def test_a_voided_statement_is_found_only_as_voided(reader, now):
    record([ours(1, now)])
    one = Statement.objects.get().statement_id
    assert reader.get(voidedStatementId=one).status_code == 404
    void(statement_id=one, actor_id=uid(9), now=now)
    assert reader.get(statementId=one).status_code == 404
    assert reader.get(voidedStatementId=one).json()["id"] == str(one)
    assert [statement["verb"]["id"] for statement in reader.get().json()["statements"]] == [v.VOIDED.iri]


def test_voiding_is_done_once_and_cannot_be_undone(reader, now):
    record([ours(1, now)])
    one = Statement.objects.get().statement_id
    for _time in range(2):
        void(statement_id=one, actor_id=uid(9), now=now)
    voiding = Statement.objects.get(verb=v.VOIDED.iri)
    void(statement_id=voiding.statement_id, actor_id=uid(9), now=now)
    voiding.refresh_from_db()
    assert voiding.voided_by is None


@pytest.mark.parametrize(
    "parameters",
    [
        {"statementId": "nope"},
        {"statementId": str(uuid.uuid4()), "verb": v.PASSED.iri},
        {"statementId": str(uuid.uuid4()), "voidedStatementId": str(uuid.uuid4())},
        {"agent": "{"},
        {"agent": "[]"},
        {"agent": '{"name":"x"}'},
        {"agent": '{"mbox":"nope"}'},
        {"verb": "no iri"},
        {"activity": ""},
        {"registration": "1"},
        {"since": "yesterday"},
        {"since": "2026-11-23T09:00:00"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"ascending": "yes"},
        {"colour": "green"},
        {"more": "made-up"},
        {"attachments": "true"},
        {"format": "canonical"},
        {"related_agents": "true"},
    ],
)
def test_a_request_that_cannot_be_understood_is_400_with_a_reason(reader, parameters):
    response = reader.get(**parameters)
    assert response.status_code == 400 and response.json()["error"]


def test_a_plus_sign_sent_unescaped_is_still_a_time_zone(reader, now):
    record([ours(1, now)])
    response = reader.get("/xapi/statements?until=2026-11-23T09:00:00+07:00")
    assert len(response.json()["statements"]) == 1


def test_limit_zero_gives_as_many_as_the_store_gives(ledger, reader):
    assert len(reader.get(limit=0).json()["statements"]) == len(by_hand(ledger, {"limit": 1000}))


def test_the_agent_is_found_as_actor_and_as_object(writer, reader):
    person = {"mbox": "mailto:a@example.com"}
    writer.post([posted(actor=person), posted(object={"objectType": "Agent", **person}), posted()])
    assert len(reader.get(agent=json.dumps(person)).json()["statements"]) == 2


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0", "1.0"])
def test_the_version_of_the_request_is_answered(reader, version):
    response = reader.get(headers={"X-Experience-API-Version": version})
    assert response.status_code == 200 and response["X-Experience-API-Version"] == version


@pytest.mark.parametrize("version", ["", "0.95", "1.1", "3.0", "latest"])
def test_a_missing_or_strange_version_is_400(reader, version):
    response = reader.get(headers={"X-Experience-API-Version": version})
    assert response.status_code == 400 and response["X-Experience-API-Version"]


def test_consistent_through_lies_shortly_before_now(reader):
    moment = dt.datetime.fromisoformat(reader.get()["X-Experience-API-Consistent-Through"])
    assert dt.timedelta(0) < timezone.now() - moment < dt.timedelta(minutes=1)


def test_without_a_good_key_there_is_nothing(client, reader, now, an):
    address = "/xapi/statements"
    client.force_login(an)  # a session means nothing here
    version = {"X-Experience-API-Version": "1.0.3"}
    assert client.get(address, headers=version).status_code == 401
    for header in ("Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer x", "Basic /w==", "Basic AGE6Yg=="):
        response = client.get(address, headers={**version, "Authorization": header})
        assert response.status_code == 401 and response["WWW-Authenticate"].startswith("Basic")
    reader.headers["Authorization"] = reader.headers["Authorization"][:-4] + "AAA="
    assert reader.get().status_code == 401


def test_a_revoked_key_opens_nothing(reader, now):
    assert reader.get().status_code == 200
    for _time in range(2):
        revoke_credential(credential=reader.credential, now=now)
    assert reader.get().status_code == 401


def test_about_is_open_and_tells_an_old_client_only_what_it_knows(client, db):
    assert client.get("/xapi/about").json()["version"] == ["2.0.0", "1.0.3"]
    old = client.get("/xapi/about", headers={"X-Experience-API-Version": "1.0.3"})
    assert tincan.About.from_json(old.content.decode()).version == ["1.0.3"]


def test_other_methods_are_405(writer):
    response = writer.client.delete("/xapi/statements", headers=writer.headers)
    assert response.status_code == 405 and "POST" in response["Allow"]


def test_the_command_prints_a_key_that_works(client, db, capsys):
    call_command("xapi_key", "--label", "Kho dữ liệu")
    lines = capsys.readouterr().out.splitlines()
    key, secret = (line.split()[1] for line in lines)
    token = base64.b64encode(f"{key}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "X-Experience-API-Version": "2.0.0"}
    assert client.get("/xapi/statements", headers=headers).status_code == 200
    assert client.post("/xapi/statements", "{}", content_type="application/json", headers=headers).status_code == 403
    call_command("xapi_key", "--revoke", key)
    assert client.get("/xapi/statements", headers=headers).status_code == 401
