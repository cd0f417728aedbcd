"""What becomes of a certificate, as xAPI statements."""

from __future__ import annotations

from certificates.models import Certificate
from courses.statements import course_activity
from lrs import vocabulary as v
from lrs.models import Statement
from lrs.statements import Activity, activity_iri, build


def earned(certificate: Certificate, *, location: str) -> Statement:
    """`location` is the public page on which the certificate is verified."""
    enrolment = certificate.enrolment
    return build(
        actor_id=enrolment.learner.actor_id,
        verb=v.EARNED,
        activity=Activity(
            iri=activity_iri("certificate", certificate.pk), type=v.CERTIFICATE, name=certificate.title
        ),
        at=certificate.issued_at,
        registration=enrolment.pk,
        parent=course_activity(enrolment.course),
        extensions={v.CERTIFICATE_LOCATION: location},
    )
