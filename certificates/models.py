"""Proof: what a certificate says is frozen on the day it is issued."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certificates.codes import grouped
from courses.models import Enrolment
from people.models import Audience, Tier


def private_storage() -> Storage:
    return storages["private"]


def pdf_path(certificate: Certificate, filename: str) -> str:
    return str(PurePath("certificates", certificate.code[:2], f"{certificate.code}.pdf"))


class CertificateTemplate(models.Model):
    """Wording and issuer. An authorised institution may set its own title; ours must not say "chứng chỉ" (dossier B6)."""

    name = models.CharField(_("tên mẫu"), max_length=120, unique=True)
    title = models.CharField(_("tiêu đề"), max_length=160, default="Xác nhận hoàn thành khóa học trực tuyến")
    issuer = models.CharField(_("đơn vị cấp"), max_length=200)
    statement = models.TextField(_("lời xác nhận"), default="đã hoàn thành khóa học")
    notice = models.TextField(_("dòng lưu ý"))
    signatory_name = models.CharField(_("người ký"), max_length=120, blank=True)
    signatory_title = models.CharField(_("chức vụ người ký"), max_length=160, blank=True)
    is_default = models.BooleanField(_("mẫu mặc định"), default=False)

    class Meta:
        verbose_name = _("mẫu giấy xác nhận")
        verbose_name_plural = _("mẫu giấy xác nhận")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="certificate_template_one_default"
            )
        ]

    def __str__(self) -> str:
        return self.name


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def visible_to(self, user: Any) -> CertificateQuerySet:
        """The paper with the full name: one's own, and those earned under an organisation one oversees."""
        return self.filter(enrolment__in=Enrolment.objects.visible_to(user)) if user.is_authenticated else self.none()

    def unrendered(self) -> CertificateQuerySet:
        return self.filter(pdf="", revoked_at__isnull=True)


class Certificate(models.Model):
    """Issued once per completed enrolment. `code` is random (140 bit), so certificates cannot be walked through."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=32, unique=True, editable=False)
    enrolment = models.OneToOneField(Enrolment, models.PROTECT, related_name="certificate")

    # Frozen at issue.
    full_name = models.CharField(max_length=120)
    # A minor's certificate shows initials on the public page, not the name.
    minor = models.BooleanField(default=False)
    course_code = models.CharField(max_length=40)
    course_title = models.CharField(max_length=255)
    audience = models.CharField(max_length=20, choices=Audience.choices)
    tier = models.CharField(max_length=20, choices=Tier.choices)
    minutes = models.PositiveIntegerField()
    score = models.DecimalField(max_digits=4, decimal_places=2, null=True, help_text="Scale of 10.")
    completed_at = models.DateTimeField()
    issued_at = models.DateTimeField()
    title = models.CharField(max_length=160)
    issuer = models.CharField(max_length=200)
    statement = models.TextField()
    notice = models.TextField()
    signatory_name = models.CharField(max_length=120, blank=True)
    signatory_title = models.CharField(max_length=160, blank=True)

    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.TextField(blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    pdf = models.FileField(upload_to=pdf_path, storage=private_storage, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("giấy xác nhận")
        verbose_name_plural = _("giấy xác nhận")

    def __str__(self) -> str:
        return self.code

    @property
    def shown_code(self) -> str:
        return grouped(self.code)

    @property
    def valid(self) -> bool:
        return self.revoked_at is None
