"""Sessions are set, moved and called off. Nobody and no room is in two places at once."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Max

from classes import queries
from classes.actions.classes import ClassClosed
from classes.actions.trail import note
from classes.models import ChangeSubject, ClassSession, ClassTeacher, TrainingClass
from classes.queries.sessions import Clash
from people.models import User
from people.text import fold, nfc


class SessionClash(Exception):
    """Trainer or place is taken at that time. `clashes` says by what."""

    def __init__(self, clashes: list[Clash]) -> None:
        super().__init__(len(clashes))
        self.clashes = clashes


class NotTrainer(Exception):
    """The person does not teach this class, or is no teacher of its organisation."""


@transaction.atomic
def add_session(
    *, key: uuid.UUID, training_class: TrainingClass, starts_at: dt.datetime, ends_at: dt.datetime, place: str, link: str,
    trainer: User | None, topic: str = "",
) -> ClassSession:  # fmt: skip
    """`key` becomes its id: sent twice, it is one session. Raises ClassClosed, NotTrainer, SessionClash."""
    locked = TrainingClass.objects.select_for_update().get(pk=training_class.pk)
    existing = ClassSession.objects.filter(pk=key, training_class=locked).first()
    if existing:
        return existing
    if locked.is_over:
        raise ClassClosed
    _check(locked, starts_at, ends_at, place, trainer, None)
    last = ClassSession.objects.filter(training_class=locked).aggregate(last=Max("number"))["last"] or 0
    return ClassSession.objects.create(
        pk=uuid.uuid4() if ClassSession.objects.filter(pk=key).exists() else key, training_class=locked, number=last + 1,
        starts_at=starts_at, ends_at=ends_at, place=nfc(place), place_folded=fold(place), link=link, trainer=trainer,
        topic=nfc(topic),
    )  # fmt: skip


@transaction.atomic
def change_session(
    *, session: ClassSession, starts_at: dt.datetime, ends_at: dt.datetime, place: str, link: str, trainer: User | None,
    topic: str, by: User, reason: str, now: dt.datetime,
) -> None:  # fmt: skip
    """Time and place leave a line in the trail. Raises ClassClosed (archived), NotTrainer, SessionClash."""
    locked = ClassSession.objects.select_for_update().get(pk=session.pk)
    whole = session.training_class
    if whole.archived_at or locked.cancelled_at:
        raise ClassClosed
    _check(whole, starts_at, ends_at, place, trainer, locked)
    was, becomes = queries.span(locked.starts_at, locked.ends_at), queries.span(starts_at, ends_at)
    note(whole, ChangeSubject.SESSION_TIME, was, becomes, by=by, now=now, reason=reason, session=locked)
    was, becomes = locked.place or locked.link, nfc(place) or link
    note(whole, ChangeSubject.SESSION_PLACE, was, becomes, by=by, now=now, reason=reason, session=locked)
    locked.starts_at, locked.ends_at, locked.link, locked.trainer = starts_at, ends_at, link, trainer
    locked.place, locked.place_folded, locked.topic = nfc(place), fold(place), nfc(topic)
    locked.save()


@transaction.atomic
def cancel_session(*, session: ClassSession, by: User, reason: str, now: dt.datetime) -> None:
    locked = ClassSession.objects.select_for_update().get(pk=session.pk)
    if locked.cancelled_at is None:
        locked.cancelled_at = now
        locked.save(update_fields=["cancelled_at"])
        subject = ChangeSubject.SESSION_STATE
        note(session.training_class, subject, "held", "cancelled", by=by, now=now, reason=reason, session=locked)


@transaction.atomic
def add_trainer(*, training_class: TrainingClass, account: str) -> User:
    """By user name or e-mail, only of a teacher of the class's organisation. Raises NotTrainer."""
    found = queries.teacher_of(training_class.organisation, nfc(account))
    if found is None:
        raise NotTrainer(account)
    ClassTeacher.objects.get_or_create(training_class=training_class, teacher=found)
    return found


def _check(
    training_class: TrainingClass, starts_at: dt.datetime, ends_at: dt.datetime, place: str, trainer: User | None,
    session: ClassSession | None,
) -> None:  # fmt: skip
    if trainer and not ClassTeacher.objects.filter(training_class=training_class, teacher=trainer).exists():
        raise NotTrainer(trainer.pk)
    clashes = queries.session_clashes(
        training_class, starts_at=starts_at, ends_at=ends_at, place=place, trainer=trainer, leaving_out=session
    )
    if clashes:
        raise SessionClash(clashes)
