from __future__ import annotations

import datetime as dt
import json
import logging
import time
from typing import Any

import pytest

from lrs import tasks
from lrs.actions import deliver, record, retry_refused
from lrs.forwarding import RemoteStore
from lrs.models import Statement
from tests.lrs.make import ours, posted


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)


@pytest.fixture
def send(outside: Any) -> RemoteStore:
    return RemoteStore(endpoint=outside.endpoint, user="kho", password="mật khẩu", timeout=0.5)


@pytest.fixture
def owed(db: None, now: dt.datetime) -> list[Statement]:
    """120 statements: two full batches and a rest."""
    record([ours(number, now + dt.timedelta(seconds=number)) for number in range(120)])
    return list(Statement.objects.order_by("seq"))


@pytest.fixture
def later(now: dt.datetime) -> dt.datetime:
    return now + dt.timedelta(hours=1)


def undelivered() -> int:
    return Statement.objects.filter(delivered_at__isnull=True).count()


def test_what_is_owed_is_delivered_in_order_and_batches_and_only_once(outside, send, owed, later):
    done = deliver(now=later, send=send)
    assert (done.delivered, done.refused, done.stopped) == (120, 0, "")
    assert outside.batches == [50, 50, 20]
    assert list(outside.kept) == [str(statement.statement_id) for statement in owed]
    assert outside.kept[str(owed[3].statement_id)] == json.loads(owed[3].document)
    assert deliver(now=later + dt.timedelta(hours=1), send=send).delivered == 0
    assert outside.batches == [50, 50, 20]


def test_the_request_is_what_an_lrs_expects(outside, send, owed, later):
    deliver(now=later, send=send)
    headers = outside.seen[0]
    assert headers["path"] == "/data/xAPI/statements"
    assert headers["content-type"] == "application/json" and headers["x-experience-api-version"] == "1.0.3"
    assert headers["authorization"].startswith("Basic ")


def test_an_answer_of_204_is_as_good_as_200(outside, send, owed, later):
    outside.answer = lambda batch: (204, "", {})
    assert deliver(now=later, send=send).delivered == 120


def test_a_poisoned_statement_is_set_aside_and_the_others_pass(outside, send, owed, later, caplog):
    """Fault drill F21."""
    poisoned = {str(owed[17].statement_id), str(owed[60].statement_id)}

    def answer(batch):
        if any(statement["id"] in poisoned for statement in batch):
            return 400, "statement.result.score is wrong", {}
        return outside.keep(batch)

    outside.answer = answer
    done = deliver(now=later, send=send)
    assert (done.delivered, done.refused) == (118, 2)
    refused = Statement.objects.exclude(refused="")
    assert {str(statement.statement_id) for statement in refused} == poisoned
    assert all("score is wrong" in statement.refused and not statement.delivered_at for statement in refused)
    assert len(outside.kept) == 118 and str(owed[17].statement_id) in caplog.text
    assert deliver(now=later + dt.timedelta(hours=1), send=send).delivered == 0
    outside.answer = outside.keep
    assert retry_refused(now=later) == 2
    assert deliver(now=later, send=send).delivered == 2
    assert undelivered() == 0


def test_a_store_that_refuses_everything_condemns_nothing(outside, send, owed, later):
    outside.answer = lambda batch: (400, "wrong endpoint", {})
    done = deliver(now=later, send=send)
    assert done.stopped and not Statement.objects.exclude(refused="").exists()
    assert undelivered() == 120


def test_a_store_in_trouble_is_waited_for_longer_and_longer_and_then_gets_everything_in_order(outside, send, owed, now):
    """Fault drill F19."""
    outside.answer = lambda batch: (503, "", {})
    moment, waits = now + dt.timedelta(hours=1), []
    for _time in range(8):
        assert deliver(now=moment, send=send).stopped.startswith("503")
        waiting = Statement.objects.filter(delivery_tries__gt=0).values_list("deliver_after", flat=True).distinct()
        (first,) = waiting
        waits.append((first - moment).total_seconds())
        record([ours(1000 + _time, moment)])  # work goes on meanwhile, but does not overtake
        assert deliver(now=first - dt.timedelta(seconds=1), send=send).delivered == 0
        moment = first
    assert 30 <= waits[0] <= 36 and waits[2] > waits[1] > waits[0]
    assert all(wait <= 900 * 1.2 for wait in waits) and waits[-1] >= 900
    assert len(outside.batches) == 8
    outside.answer = outside.keep
    assert deliver(now=moment, send=send).delivered == 128
    in_order = [str(one) for one in Statement.objects.order_by("seq").values_list("statement_id", flat=True)]
    assert list(outside.kept) == in_order


@pytest.mark.parametrize(("status", "retry_after"), [(429, "1200"), (503, "Mon, 23 Nov 2099 03:20:00 GMT")])
def test_retry_after_is_honoured(outside, send, owed, later, status, retry_after):
    outside.answer = lambda batch: (status, "", {"Retry-After": retry_after})
    deliver(now=later, send=send)
    assert Statement.objects.filter(deliver_after__gte=later + dt.timedelta(seconds=1200)).count() == 120
    assert not Statement.objects.filter(deliver_after__gt=later + dt.timedelta(days=1)).exists()


def test_a_store_that_does_not_answer_costs_a_time_out_and_nothing_is_lost(outside, send, owed, later):
    """Fault drill F20, with half a second for ten."""
    outside.answer = lambda batch: (time.sleep(2), outside.keep(batch))[1]
    began = time.monotonic()
    done = deliver(now=later, send=send)
    assert time.monotonic() - began < 1.5 and done.stopped.startswith("0")
    assert undelivered() == 120
    time.sleep(1.7)  # the store kept the first batch after all
    outside.answer = outside.keep
    assert deliver(now=later + dt.timedelta(hours=1), send=send).delivered == 120
    assert len(outside.kept) == 120


def test_a_store_that_is_not_there_is_waited_for(owed, later):
    send = RemoteStore(endpoint="http://127.0.0.1:9/xapi", user="a", password="b", timeout=0.5)
    assert deliver(now=later, send=send).stopped
    assert undelivered() == 120


@pytest.mark.parametrize("status", [401, 403, 404, 301])
def test_a_wrong_key_or_address_stops_with_an_error_and_drops_nothing(outside, send, owed, later, caplog, status):
    """Fault drill F23."""
    outside.answer = lambda batch: (status, "no", {"Location": "http://127.0.0.1:9/"})
    done = deliver(now=later, send=send)
    assert done.stopped.startswith(str(status)) and outside.batches == [50]
    assert any(record.levelno >= logging.ERROR for record in caplog.records)
    assert undelivered() == 120 and not Statement.objects.exclude(refused="").exists()


def test_what_the_store_has_already_counts_as_delivered(outside, send, owed, later):
    """Fault drill F22: stores exist that refuse a whole batch for one known id."""
    known = str(owed[5].statement_id)
    outside.kept[known] = {**json.loads(owed[5].document), "stored": "2026-11-23T00:00:00Z"}

    def answer(batch):
        return (409, "exists", {}) if any(statement["id"] in outside.kept for statement in batch) else outside.keep(batch)

    outside.answer = answer
    assert deliver(now=later, send=send).delivered == 120


def test_other_content_under_our_id_is_set_aside(outside, send, owed, later):
    stranger = owed[5]
    outside.kept[str(stranger.statement_id)] = posted(id=str(stranger.statement_id))

    def answer(batch):
        return (409, "exists", {}) if any(statement["id"] in outside.kept for statement in batch) else outside.keep(batch)

    outside.answer = answer
    done = deliver(now=later, send=send)
    assert (done.delivered, done.refused) == (119, 1)
    assert Statement.objects.exclude(refused="").get() == stranger


def test_a_sweep_killed_in_the_middle_leaves_its_statements_to_the_next_after_five_minutes(outside, send, owed, later):
    class Killed(BaseException):
        pass

    class Dying:
        def post(self, documents):
            if outside.kept:
                raise Killed
            return send.post(documents)

        def statement(self, statement_id):
            return None

    with pytest.raises(Killed):
        deliver(now=later, send=Dying())
    assert undelivered() == 70
    assert deliver(now=later + dt.timedelta(minutes=4), send=send).delivered == 0
    assert deliver(now=later + dt.timedelta(minutes=6), send=send).delivered == 70
    assert len(outside.kept) == 120


def test_two_sweeps_at_once_do_not_send_the_same(outside, send, owed, later):
    class Nosy:
        def post(self, documents):
            assert deliver(now=later, send=send).delivered == 0
            return send.post(documents)

        def statement(self, statement_id):
            return None

    assert deliver(now=later, send=Nosy()).delivered == 120
    assert outside.batches == [50, 50, 20]


def test_without_an_endpoint_the_task_does_nothing_at_all(owed, settings, django_assert_num_queries):
    settings.XAPI_FORWARD_ENDPOINT = ""
    with django_assert_num_queries(0):
        assert tasks.deliver() == 0
    assert not Statement.objects.filter(delivery_tries__gt=0).exists()


def test_the_task_delivers_to_the_endpoint_of_the_settings(outside, settings, db):
    record([ours(number, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) for number in range(3)])
    settings.XAPI_FORWARD_ENDPOINT, settings.XAPI_FORWARD_USER, settings.XAPI_FORWARD_PASSWORD = outside.endpoint, "a", "b"
    assert tasks.deliver() == 3
    assert len(outside.kept) == 3


def test_a_sweep_costs_few_queries(outside, send, owed, later, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):  # two savepoints' lines, who is held back, the claim, one a batch
        deliver(now=later, send=send)
