"""Issuing, drawing and revoking certificates. What is owed is found by looking, never by being told."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
from pathlib import Path
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.utils import timezone

from certificates import codes, pdf, queries, statements
from certificates.models import Certificate, pdf_path
from courses.models import Enrolment
from courses.queries import course_outline, standing
from lrs.actions import record, void
from people.models import User
from people.queries import role_kinds
from people.text import nfc

log = logging.getLogger(__name__)


class NotCompleted(Exception):
    """The course is not complete, so nothing is confirmed yet. `missing` are the titles of what is left."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class NoTemplate(Exception):
    """No template is marked as the default one."""


class Revoked(Exception):
    """A revoked certificate has no document any more."""


class NotAllowed(Exception):
    """Only the owner of the programme revokes."""


class ReasonMissing(Exception):
    """Who holds the paper is owed a reason."""


@transaction.atomic
def issue(*, enrolment: Enrolment, now: dt.datetime) -> Certificate:
    """The certificate of a completed enrolment, made if there is none. Raises NotCompleted, NoTemplate."""
    existing = Certificate.objects.filter(enrolment=enrolment).first()
    if existing:
        return existing
    if enrolment.completed_at is None:
        raise NotCompleted([part.title for part in standing(enrolment).missing])
    template = queries.default_template()
    if template is None:
        raise NoTemplate
    learner, course = enrolment.learner, enrolment.course
    # Unique on the enrolment: of two issuing at once the second gets the first one's.
    certificate, made = Certificate.objects.get_or_create(
        enrolment=enrolment,
        defaults={
            "code": codes.new_code(),
            "full_name": nfc(learner.full_name),
            "minor": learner.is_minor(timezone.localtime(now).date()),
            "course_code": course.code,
            "course_title": nfc(course.title),
            "audience": enrolment.audience,
            "tier": enrolment.tier,
            "minutes": _minutes(enrolment),
            "score": enrolment.score,
            "completed_at": enrolment.completed_at,
            "issued_at": now,
            "title": template.title,
            "issuer": template.issuer,
            "statement": template.statement,
            "notice": template.notice,
            "signatory_name": template.signatory_name,
            "signatory_title": template.signatory_title,
        },
    )
    if made:
        record([statements.earned(certificate, location=queries.public_url(certificate))])
    return certificate


def _minutes(enrolment: Enrolment) -> int:
    """The length of the parts the learner was held to; parts unpublished since are not counted."""
    pinned = {part["key"] for part in enrolment.outline.parts}
    return sum(part.minutes for part in course_outline(enrolment.course).parts if str(part.key) in pinned)


def issue_owed(*, now: dt.datetime, limit: int = 500) -> int:
    """Issue what completed enrolments are owed, oldest first. Returns how many; one that fails does not stop the others."""
    owed = (
        Enrolment.objects.completed()
        .filter(certificate__isnull=True)
        .select_related("learner", "course", "outline")
        .order_by("completed_at")[:limit]
    )
    issued = 0
    for enrolment in owed:
        try:
            issue(enrolment=enrolment, now=now)
            issued += 1
        except NoTemplate:
            log.error("no default certificate template: nothing is issued until one is marked as default")
            break
        except Exception:
            log.exception("enrolment %s is owed a certificate that could not be issued", enrolment.pk)
    return issued


def render(*, certificate: Certificate) -> Certificate:
    """Draw and keep the document of a certificate, once. Raises Revoked.

    Killed at any point, the next call ends with the same one file: the bytes depend on nothing but the frozen
    facts, and a file appears under its name only when it is whole.
    """
    if not certificate.valid:
        raise Revoked
    if certificate.pdf.name and certificate.pdf.storage.exists(certificate.pdf.name):
        return certificate
    content = pdf.draw(queries.facts(certificate))
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        # One at a time for a certificate, so that two never write the same file.
        locked = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
        if locked.full_name != certificate.full_name:
            # Erased while it was drawn: it stays owed, and is drawn without the name.
            return locked
        name = pdf_path(locked, "")
        _keep(locked.pdf.storage, name, content, digest)
        locked.pdf.name = name
        locked.pdf_sha256 = digest
        locked.save(update_fields=["pdf", "pdf_sha256"])
    return locked


def _keep(storage: Storage, name: str, content: bytes, digest: str) -> None:
    if storage.exists(name):
        with storage.open(name) as kept:
            if hashlib.sha256(kept.read()).hexdigest() == digest:
                return
        storage.delete(name)
    try:
        target = Path(storage.path(name))
    except NotImplementedError:  # object stores show a file only when it is whole
        storage.save(name, ContentFile(content))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)


def render_owed(*, limit: int = 200) -> int:
    """Draw what is issued and has no document yet. Returns how many; one that fails does not stop the others."""
    drawn = 0
    for certificate in Certificate.objects.unrendered().order_by("issued_at")[:limit]:
        try:
            render(certificate=certificate)
            drawn += 1
        except Revoked:
            continue
        except Exception:
            log.exception("certificate %s could not be drawn", certificate.pk)
    return drawn


@transaction.atomic
def revoke(*, certificate: Certificate, reason: str, by: User, now: dt.datetime) -> Certificate:
    """Withdraw a certificate for good; its page says so from now on. The first time and reason stay.

    Its `earned` statement is voided. Raises NotAllowed, ReasonMissing.
    """
    if "owner" not in role_kinds(by):
        raise NotAllowed
    said = nfc(reason)
    if not said:
        raise ReasonMissing
    locked = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
    if not locked.valid:
        return locked
    locked.revoked_at, locked.revoked_reason, locked.revoked_by = now, said, by
    locked.save(update_fields=["revoked_at", "revoked_reason", "revoked_by"])
    void(statement_id=_earned_id(locked), actor_id=by.actor_id, now=now)
    return locked


def _earned_id(certificate: Certificate) -> UUID:
    return statements.earned(certificate, location=queries.public_url(certificate)).statement_id
