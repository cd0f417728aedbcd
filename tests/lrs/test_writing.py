from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from lrs import vocabulary as v
from lrs.actions import record
from lrs.models import Statement
from tests.lrs.make import ours, posted, uid

ID = "7a1f6f0e-6f0b-4f0a-9a55-2d1f7b2f2c11"


def voiding(target: str) -> dict[str, Any]:
    return posted(verb={"id": v.VOIDED.iri}, object={"objectType": "StatementRef", "id": target})


def test_a_posted_statement_is_kept_and_read_again_as_it_was(writer, reader):
    value = posted(id=ID, context={"registration": str(uid(5))}, result={"score": {"scaled": 0.9}})
    response = writer.post(value)
    assert response.status_code == 200 and response.json() == [ID]
    answer = reader.get(statementId=ID).json()
    assert {name: answer[name] for name in value} == value
    row = Statement.objects.get()
    assert (row.actor, row.verb, row.activity) == (
        "https://tool.example|nguoi-hoc-1", value["verb"]["id"], "https://tool.example/lab/1",
    )  # fmt: skip
    assert row.registration == uid(5) and row.timestamp.isoformat() == "2026-11-23T02:00:00.123456+00:00"


def test_authority_stored_and_version_are_the_stores_own(writer, reader):
    forged = {"objectType": "Agent", "account": {"homePage": "https://hocai.example.gov.vn", "name": "platform"}}
    writer.post(posted(id=ID, authority=forged, stored="1999-01-01T00:00:00Z"))
    answer = reader.get(statementId=ID)
    value = answer.json()
    assert value["authority"]["account"]["name"] == f"credential:{writer.credential.key}"
    assert not value["stored"].startswith("1999") and value["version"] == "1.0.0"
    for name in ('"authority"', '"stored"', '"version"'):
        assert answer.content.decode().count(name) == 1


def test_a_statement_without_id_and_time_gets_both(writer, reader):
    value = posted()
    del value["timestamp"]
    (made,) = writer.post(value).json()
    assert reader.get(statementId=made).json()["timestamp"]


def test_a_batch_is_kept_in_order_and_wholly_or_not_at_all(writer, reader):
    ids = writer.post([posted(object={"id": f"https://tool.example/{number}"}) for number in range(5)]).json()
    assert [statement["id"] for statement in reader.get(ascending="true").json()["statements"]] == ids
    assert writer.post([posted(), posted(verb={"id": "nope"})]).status_code == 400
    assert Statement.objects.count() == 5


def test_the_same_again_is_fine_and_other_content_is_a_conflict(writer):
    assert writer.post(posted(id=ID)).status_code == 200
    assert writer.post([posted(id=ID), posted()]).status_code == 200  # a retry must not block the rest of its batch
    assert writer.put(posted(id=ID.upper()), statementId=ID).status_code == 204
    later = posted(id=ID, timestamp="2026-11-23T02:00:00.123456Z")  # the same moment, written otherwise
    assert writer.post(later).status_code == 200
    assert writer.post(posted(id=ID, verb={"id": v.PASSED.iri})).status_code == 409
    assert writer.put(posted(timestamp="2026-11-24T09:00:00Z"), statementId=ID).status_code == 409
    assert json.loads(Statement.objects.get(statement_id=ID).document)["verb"]["id"] == v.COMPLETED.iri


def test_a_statement_of_ours_cannot_be_overwritten(writer, now):
    record([ours(1, now)])
    row = Statement.objects.get()
    assert writer.post(posted(id=str(row.statement_id))).status_code == 409
    assert writer.post(json.loads(row.document)).status_code == 200  # what it read from us, sent back
    assert Statement.objects.get().document == row.document


def test_the_same_id_twice_in_a_batch_is_400(writer):
    assert writer.post([posted(id=ID), posted(id=ID.upper())]).status_code == 400
    assert not Statement.objects.exists()


def test_put_needs_its_id_and_one_statement(writer):
    assert writer.put(posted()).status_code == 400
    assert writer.put(posted(), statementId="x").status_code == 400
    assert writer.put(posted(id=str(uuid.uuid4())), statementId=ID).status_code == 400
    assert writer.put([posted()], statementId=ID).status_code == 400
    assert writer.put(posted(), statementId=ID).status_code == 204
    assert str(Statement.objects.get().statement_id) == ID


def test_a_reading_key_cannot_write_and_nobody_writes_without_a_key(reader, client):
    assert reader.post(posted()).status_code == 403
    assert reader.put(posted(), statementId=ID).status_code == 403
    version = {"X-Experience-API-Version": "1.0.3"}
    assert client.post("/xapi/statements", "{}", content_type="application/json", headers=version).status_code == 401
    assert not Statement.objects.exists()


def test_a_key_that_may_not_read_reads_nothing(writer):
    writer.credential.may_read = False
    writer.credential.save()
    assert writer.get().status_code == 403 and writer.post(posted()).status_code == 200


AGENT = {"mbox": "mailto:a@example.com"}
PLACE = {"id": "https://a.example"}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "1"},
        {"id": None},
        {"actor": None},
        {"actor": {}},
        {"actor": {"name": "An"}},
        {"actor": {**AGENT, "openid": "https://a.example"}},
        {"actor": {**AGENT, "member": []}},
        {"actor": {"mbox": "a@example.com"}},
        {"actor": {"mbox_sha1sum": "xyz"}},
        {"actor": {"account": {"homePage": "https://a.example"}}},
        {"actor": {"account": {"homePage": "no", "name": "x"}}},
        {"actor": {"account": {"homePage": "https://a.example", "name": "x" * 300}}},
        {"actor": {"objectType": "Group"}},
        {"actor": {"objectType": "Person", **AGENT}},
        {"verb": "http://adlnet.gov/expapi/verbs/completed"},
        {"verb": {"id": "completed"}},
        {"verb": {"id": v.PASSED.iri, "display": "x"}},
        {"object": {}},
        {"object": []},
        {"object": {"id": "lab 1"}},
        {"object": {"id": "https://a.example", "definition": {"colour": "green"}}},
        {"object": {"objectType": "StatementRef", "id": "x"}},
        {"object": {"objectType": "Thing", "id": "https://a.example"}},
        {"verb": {"id": v.VOIDED.iri}},
        {"result": {"success": "true"}},
        {"result": {"score": {"scaled": 7}}},
        {"result": {"score": {"raw": 11, "max": 10}}},
        {"result": {"score": {"raw": True}}},
        {"result": {"duration": "two minutes"}},
        {"result": {"duration": "P"}},
        {"result": {"extensions": {"no iri": 1}}},
        {"result": {"response": None}},
        {"context": {"registration": "x"}},
        {"context": {"instructor": {}}},
        {"context": {"team": AGENT}},
        {"context": {"contextActivities": {"friend": []}}},
        {"context": {"contextActivities": {"parent": [{"id": "x"}]}}},
        {"context": {"contextAgents": [{"objectType": "contextAgent"}]}},
        {"timestamp": "23/11/2026"},
        {"timestamp": "2026-11-23"},
        {"timestamp": 5},
        {"version": "0.9"},
        {"attachments": []},
        {"colour": "green"},
    ],
)
def test_what_is_no_statement_is_refused_with_its_reason(writer, changes):
    response = writer.post(posted(**changes))
    assert response.status_code == 400 and response.json()["error"]
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": {"objectType": "Group", "member": [AGENT]}},
        {"actor": {"objectType": "Group", "openid": "https://a.example/team"}},
        {"actor": {"mbox_sha1sum": "A" * 40, "name": "An"}},
        {"verb": {"id": v.PASSED.iri, "display": {"zh-Hans-CN": "通过"}}},
        {"object": {"objectType": "SubStatement", "actor": AGENT, "verb": {"id": v.PASSED.iri}, "object": PLACE}},
        {"object": {"objectType": "StatementRef", "id": ID}},
        {"result": {"duration": "P1Y2M3DT4H5M6.7S", "score": {"min": 0, "raw": 0, "max": 10}}},
        {"result": {"extensions": {"https://a.example/x": None}}},
        {"context": {"contextActivities": {"parent": {"id": "https://a.example"}}, "language": "vi"}},
        {"context": {"contextAgents": [{"objectType": "contextAgent", "agent": AGENT}]}, "version": "2.0.0"},
        {"id": "01928f3c-7b6a-7c00-8a3b-1d2e3f4a5b6c"},
    ],
)
def test_less_usual_statements_are_statements_too(writer, reader, changes):
    response = writer.post(posted(**changes))
    assert response.status_code == 200, response.content
    answer = reader.get(statementId=response.json()[0]).json()
    for name, value in changes.items():
        assert answer[name] == value


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"5", b'{"a":NaN}', b'"\\ud800"', b'{"verb":{"id":"\\ud800:x"}}', b"[" * 100_000, b"\xff\xfe",
        b'{"id":1,"id":2}',
    ],
)
def test_a_body_that_is_no_json_of_ours_is_400(writer, body):
    assert writer.post(body).status_code == 400


def test_other_kinds_of_body_are_400(writer):
    response = writer.client.post("/xapi/statements", {"content": "{}"}, headers=writer.headers)
    assert response.status_code == 400


def test_a_body_past_the_limit_is_413(writer, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert writer.post([posted(), posted(), posted(), posted()]).status_code == 413


def test_a_tool_voids_what_it_posted(writer, reader):
    (target,) = writer.post(posted()).json()
    assert writer.post(voiding(target)).status_code == 200
    assert reader.get(statementId=target).status_code == 404
    assert reader.get(voidedStatementId=target).status_code == 200


def test_a_voiding_that_comes_first_waits_for_its_statement(writer, other_writer, reader):
    assert writer.post(voiding(ID)).status_code == 200
    writer.post(posted(id=ID))
    assert reader.get(voidedStatementId=ID).status_code == 200
    another = str(uuid.uuid4())
    other_writer.post(voiding(another))
    writer.post(posted(id=another))
    assert reader.get(statementId=another).status_code == 200


def test_nobody_voids_what_another_posted_or_what_is_ours(writer, other_writer, now):
    (target,) = writer.post(posted()).json()
    assert other_writer.post(voiding(target)).status_code == 403
    record([ours(1, now)])
    one = Statement.objects.get(verb=v.COMPLETED.iri, actor__startswith="https://hocai").statement_id
    assert writer.post(voiding(str(one))).status_code == 403
    assert not Statement.objects.filter(voided_by__isnull=False).exists()
    assert not Statement.objects.filter(verb=v.VOIDED.iri).exists()


def test_a_voiding_statement_cannot_be_voided(writer):
    (target,) = writer.post(posted()).json()
    (first,) = writer.post(voiding(target)).json()
    assert writer.post(voiding(first)).status_code == 400
