"""Reads about certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from certificates.codes import read_code
from certificates.models import Certificate, CertificateTemplate
from certificates.paper import Facts
from people.models import Tier, User
from people.prepared import Prepared


def public_url(certificate: Certificate) -> str:
    """The address printed on the paper and in its QR code: where anybody can verify it."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/certificates/{certificate.code}/"


def default_template() -> CertificateTemplate | None:
    return CertificateTemplate.objects.filter(is_default=True).first()


_earned_by = Prepared(lambda learner: Certificate.objects.filter(enrolment__learner=learner).order_by("-issued_at"), learner=int)


def my_certificates(user: User) -> list[Certificate]:
    """The learner's own, newest first, those revoked too. One query."""
    return _earned_by(learner=user.pk)


def by_code(typed: str) -> Certificate | None:
    """The certificate meant by a typed or scanned code. At most one query."""
    code = read_code(typed)
    return Certificate.objects.select_related("enrolment__learner").filter(code=code).first() if code else None


def initials(full_name: str) -> str:
    """ "N. T. A." for Nguyễn Thị An: what strangers see of a minor's name."""
    return " ".join(f"{word[0].upper()}." for word in full_name.split())


@dataclass(frozen=True, kw_only=True)
class PublicPage:
    """What one reader may see of a certificate. `name` is initials where the reader may not know a minor's name."""

    certificate: Certificate
    name: str
    mine: bool
    may_open: bool  # the document itself: its owner, and officers over where it was earned
    url: str


def public_page(*, typed: str, viewer: Any) -> PublicPage | None:
    """None when no certificate has this code. At most four queries."""
    certificate = by_code(typed)
    if certificate is None:
        return None
    mine = viewer.is_authenticated and certificate.enrolment.learner_id == viewer.pk
    may_open = mine or Certificate.objects.visible_to(viewer).filter(pk=certificate.pk).exists()
    hidden = certificate.minor and not may_open
    return PublicPage(
        certificate=certificate,
        name=initials(certificate.full_name) if hidden else certificate.full_name,
        mine=mine,
        may_open=may_open,
        url=public_url(certificate),
    )


def facts(certificate: Certificate) -> Facts:
    """The frozen facts as they are drawn; days are those of Ho Chi Minh City."""
    return Facts(
        full_name=certificate.full_name,
        course_title=certificate.course_title,
        tier=str(Tier(certificate.tier).label),
        minutes=certificate.minutes,
        score=certificate.score,
        issued_on=timezone.localtime(certificate.issued_at).date(),
        completed_on=timezone.localtime(certificate.completed_at).date(),
        title=certificate.title,
        issuer=certificate.issuer,
        statement=certificate.statement,
        notice=certificate.notice,
        signatory_name=certificate.signatory_name,
        signatory_title=certificate.signatory_title,
        code=certificate.shown_code,
        url=public_url(certificate),
    )
