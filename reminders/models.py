"""What is told of its own accord: the rules, the rounds, the letters, and who does not want which."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from reminders.judgement import ALWAYS, Policy, Rule
from reminders.wording import NAMES

# Of those that are always on nobody sets or stops anything.
_RULES = [rule.value for rule in Rule if rule not in ALWAYS]
_CHOICES = [(rule.value, NAMES[rule]) for rule in Rule]
_SET_CHOICES = [(rule, NAMES[Rule(rule)]) for rule in _RULES]


class RuleSetting(models.Model):
    """How a rule is set. Off while `on_since` is empty; what has no row is off and as judgement.DEFAULTS says."""

    rule = models.CharField(max_length=20, primary_key=True, choices=_SET_CHOICES)
    on_since = models.DateTimeField(null=True, blank=True)
    # Days, days, times: judgement.Policy.
    ahead = models.PositiveSmallIntegerField()
    every = models.PositiveSmallIntegerField()
    most = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="reminder_rule_is_known", condition=Q(rule__in=_RULES))]

    def __str__(self) -> str:
        return self.rule

    @property
    def policy(self) -> Policy:
        return Policy(ahead=self.ahead, every=self.every, most=self.most)


class SendingHours(models.Model):
    """One row at most, of the whole city's time."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    opens = models.TimeField()
    closes = models.TimeField()
    a_day = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="sending_hours_once", condition=Q(id=1)),
            models.CheckConstraint(name="sending_hours_last", condition=Q(opens__lt=F("closes"))),
            models.CheckConstraint(name="sending_hours_let_something_through", condition=Q(a_day__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M} to {self.closes:%H:%M}"


class RuleChange(models.Model):
    """Who changed what. `rule` empty: the hours. Never edited."""

    rule = models.CharField(max_length=20, blank=True)
    before = models.JSONField()
    after = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.rule or 'hours'} {self.at:%Y-%m-%d}"


class Round(models.Model):
    """One walk through everybody, in batches, gone on with by `cursor` (the last key done) after a kill.

    A rehearsal (`rehearses` a rule) writes no letters. `policies` is frozen at the start, so that a change in the middle does not
    treat half the city otherwise. `tally` holds numbers, never names.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField()
    rehearses = models.CharField(max_length=20, blank=True)
    policies = models.JSONField()
    cursor = models.BigIntegerField(default=0)
    people = models.PositiveIntegerField(default=0)
    tally = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day"], condition=Q(rehearses=""), name="reminder_round_once_a_day")]

    def __str__(self) -> str:
        return f"{self.rehearses or 'all'} {self.day:%Y-%m-%d}"

    @property
    def percent(self) -> int:
        looked_at = self.tally.get("people", 0)
        return 100 if self.finished_at else min(99, 100 * looked_at // max(1, self.people))


class State(models.TextChoices):
    OWED = "owed", _("Chờ gửi")
    SENDING = "sending", _("Đang gửi")
    SENT = "sent", _("Đã gửi")
    UNSURE = "unsure", _("Không rõ đã gửi chưa")
    FAILED = "failed", _("Không gửi được")
    DROPPED = "dropped", _("Thôi, không cần nữa")


class Notice(models.Model):
    """One letter. What it says is read when it is sent, so that nobody is reminded of what she did meanwhile.

    `number` counts the letters of the day: two workers cannot both send the last one a person may get.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    day = models.DateField()
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OWED)
    send_after = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=80, blank=True)
    # By phone rather than by e-mail; said when it goes.
    by_phone = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "day", "number"], name="notice_number_once_a_day")]
        indexes = [
            models.Index(fields=["send_after"], condition=Q(state__in=["owed", "sending"]), name="notice_to_be_sent"),
            models.Index(fields=["day"], name="notice_day"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.day:%Y-%m-%d} #{self.number}"


class Reminder(models.Model):
    """One thing told to one person in one period, once: judgement says what a topic and a period are."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="reminders")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    rule = models.CharField(max_length=20, choices=_CHOICES)
    topic = models.CharField(max_length=60)
    period = models.CharField(max_length=20)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "rule", "topic", "period"], name="reminded_once_a_period")]

    def __str__(self) -> str:
        return f"{self.rule} {self.topic} {self.period}"


class Phone(models.Model):
    """A number to which reminders go instead of by e-mail, once its owner has typed the code sent to it.

    Her consent stands in people.Consent; without it nothing is sent, and the row goes. Two people may share a phone.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # Empty: taken away; what is left counts the codes of the day.
    number = models.CharField(max_length=16, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    # The hash of the code that was sent last, while it is good; tries at it.
    code = models.CharField(max_length=128, blank=True)
    code_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # Codes are counted by day, so that nobody makes the city send messages to strangers.
    sent_on = models.DateField(null=True)
    sent = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.person_id}"


class GatewayToken(models.Model):
    """Zalo's tokens, sealed. One row at most; changed by one worker at a time."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    access = models.TextField(blank=True)
    refresh = models.TextField()
    # The digest of the token in the settings from which these followed: another one there begins anew.
    began_with = models.CharField(max_length=64)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="gateway_token_once", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"kept {self.kept_at:%Y-%m-%d %H:%M}"


class Stop(models.Model):
    """A person who does not want letters of a rule. What an agency requires is told all the same."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    rule = models.CharField(max_length=20, choices=_SET_CHOICES)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "rule"], name="stopped_once"),
            models.CheckConstraint(name="stopped_rule_is_known", condition=Q(rule__in=_RULES)),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.rule}"
