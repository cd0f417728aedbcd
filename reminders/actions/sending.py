"""The queue before the mail server: each letter is claimed first and sent at most once, and says what became of it."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from classes.actions.messages import MOST_TRIES, STUCK, wait_after
from people.models import Restriction
from reminders import queries
from reminders.actions.phones import forget_phones
from reminders.actions.stops import stop_token
from reminders.channels import Channel, Message, Refused
from reminders.judgement import Fact, Policy, Rule, holds
from reminders.models import Notice, Round, State
from reminders.wording import Figures, letter, text

log = logging.getLogger(__name__)

BATCH = 100
# A gateway that did not answer is asked again after this long.
WAIT = dt.timedelta(minutes=5)
KEPT = dt.timedelta(days=730)


def deliver(*, channel: Channel, now: dt.datetime, more: Callable[[], bool], phone: Channel | None = None) -> int:
    """Send what is owed and return how many went. Outside the sending hours nothing goes.

    By `phone` to those who gave a number, by e-mail to all others and where a number does not take it. What a letter says is
    read again now: what was done, stopped or switched off meanwhile is left out, and a letter of which nothing remains is
    dropped. When the mail server does not answer, the rest waits for the next sweep; of phones, for the next but four.
    """
    Notice.objects.filter(state=State.SENDING, send_after__lte=now).update(state=State.UNSURE)
    hours = queries.hours()
    if not hours.open_at(now):
        Notice.objects.filter(state=State.OWED, send_after__lte=now).update(send_after=hours.next_open(now))
        return 0
    sent = 0
    with channel, phone or nullcontext() as phone:
        ways = _Ways(channel, phone, now)
        while more():
            owed = list(
                Notice.objects.filter(state=State.OWED, send_after__lte=now).select_related("person")
                .prefetch_related("reminders").order_by("send_after", "pk")[:BATCH]
            )  # fmt: skip
            if not owed:
                break
            sent += _batch(owed, ways, now)
            if ways.mail_down:
                break
    return sent


@dataclass
class _Ways:
    """The ways out, and which of them did not answer in this sweep."""

    mail: Channel
    phone: Channel | None
    now: dt.datetime
    mail_down: bool = False
    phone_down: bool = False


def _batch(owed: list[Notice], ways: _Ways, now: dt.datetime) -> int:
    """How many went."""
    policies = queries.policies_on()
    people = {notice.person_id for notice in owed}
    facts = queries.facts_of(people, policies=policies, now=now, sending=True)
    stopped = queries.stopped_by(people)
    held_back = set(Restriction.objects.current().filter(person__in=people).values_list("person_id", flat=True))
    numbers = queries.phones_of(people) if ways.phone else {}
    sent = 0
    for notice in owed:
        person = notice.person
        if person.pk in numbers and ways.phone_down:
            Notice.objects.filter(pk=notice.pk, state=State.OWED).update(send_after=now + WAIT)
            continue
        claimed = Notice.objects.filter(pk=notice.pk, state=State.OWED)
        if not claimed.update(state=State.SENDING, send_after=now + STUCK, tries=F("tries") + 1):
            continue
        left = _left(notice, facts.get(person.pk, []), policies, stopped.get(person.pk, set()), now)
        if not left or not person.is_active or person.pk in held_back or not (person.email or person.pk in numbers):
            _settle(notice, State.DROPPED)
            continue
        sent += _send(notice, left, numbers.get(person.pk, ""), ways)
        if ways.mail_down:
            break
    return sent


def _send(notice: Notice, facts: list[Fact], number: str, ways: _Ways) -> bool:
    """Whether it went. What becomes of it is written down in any case."""
    figures = None
    if any(fact.rule == Rule.DIGEST for fact in facts):
        figures = queries.figures_of(notice.person, ways.now)
        facts = facts if figures else [fact for fact in facts if fact.rule != Rule.DIGEST]
    if not facts:
        _settle(notice, State.DROPPED)
        return False
    problem = ""
    if number and ways.phone:
        try:
            ways.phone.send(_text(notice, facts, figures, number))
        except Refused as error:
            problem = str(error)[:80]  # then by e-mail
        except OSError as error:
            ways.phone_down = True
            _put_off(notice, error, ways.now)
            return False
        else:
            _settle(notice, State.SENT, sent_at=ways.now, problem="", by_phone=True)
            return True
    if not notice.person.email:
        _settle(notice, State.FAILED, problem=problem)
        return False
    try:
        ways.mail.send(_letter(notice, facts, figures, ways.now))
    except Refused as error:
        _settle(notice, State.FAILED, problem=str(error)[:80])
        return False
    except OSError as error:
        ways.mail_down = True
        _put_off(notice, error, ways.now)
        return False
    _settle(notice, State.SENT, sent_at=ways.now, problem="")
    return True


def _put_off(notice: Notice, error: OSError, now: dt.datetime) -> None:
    log.warning("notice %s waits: %s", notice.pk, type(error).__name__)
    tries = notice.tries + 1
    state = State.FAILED if tries >= MOST_TRIES else State.OWED
    _settle(notice, state, problem=type(error).__name__, send_after=now + wait_after(tries))


def _left(
    notice: Notice, facts: list[Fact], policies: dict[Rule, Policy], stopped: set[Rule], now: dt.datetime
) -> list[Fact]:
    """What the letter was to tell and is still so."""
    meant = {(one.rule, one.topic) for one in notice.reminders.all()}
    return [
        fact for fact in facts
        if (fact.rule.value, fact.topic) in meant and fact.rule in policies
        and holds(fact, policies[fact.rule], now, sending=True) and (fact.required or fact.rule not in stopped)
    ]  # fmt: skip


def _text(notice: Notice, facts: list[Fact], figures: Figures | None, number: str) -> Message:
    site = settings.PUBLIC_URL.rstrip("/")
    made = text(name=notice.person.get_short_name(), facts=facts, figures=figures, site=site)
    return Message(key=f"reminder-{notice.pk}", address=number, subject="", body=made.body, fields=made.fields)


def _letter(notice: Notice, facts: list[Fact], figures: Figures | None, now: dt.datetime) -> Message:
    person, site = notice.person, settings.PUBLIC_URL.rstrip("/")
    free = {fact.rule for fact in facts if not fact.required}
    stop_url = f"{site}{reverse('reminders:stop', args=[stop_token(person, free)])}" if free else ""
    made = letter(name=person.get_short_name(), facts=facts, figures=figures, site=site, stop_url=stop_url, now=now)
    # RFC 8058: the mail program shows its own button, which posts without opening the page.
    headers = {"List-Unsubscribe": f"<{stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if free else {}
    return Message(
        key=f"reminder-{notice.pk}", address=person.email, subject=made.subject, body=made.body, headers=headers
    )


def _settle(notice: Notice, state: str, **fields: object) -> None:
    Notice.objects.filter(pk=notice.pk).update(state=state, **fields)


def forget(*, now: dt.datetime) -> int:
    """Rehearsals after a week, letters after two years: by then judgement tells nothing of them again. And numbers of phones."""
    gone = forget_phones(now=now)
    gone += Round.objects.filter(started_at__lt=now - dt.timedelta(days=7)).exclude(rehearses="").delete()[0]
    before = timezone.localdate(now) - KEPT
    while old := list(Notice.objects.filter(day__lt=before).order_by("day").values_list("pk", flat=True)[:1000]):
        gone += Notice.objects.filter(pk__in=old).delete()[0]
    return gone
