"""Who exists and who belongs where: users, the tree of organisations, memberships, roles, consents."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from people.prepared import prepared
from people.text import fold, nfc


class Audience(models.TextChoices):
    """For whom a course is made and as what a person learns (domain/audiences.csv)."""

    PUBLIC = "cong_dan", _("Người dân")
    STAFF = "cbccvc_nld", _("Cán bộ, công chức, viên chức, người lao động")
    PUPIL = "hs_pt", _("Học sinh")
    TEACHER = "giao_vien", _("Giáo viên")


class Tier(models.TextChoices):
    """The first three bands of Thông tư 02/2025/TT-BGDĐT."""

    BASIC = "co_ban", _("Cơ bản")
    INTERMEDIATE = "trung_cap", _("Trung cấp")
    ADVANCED = "nang_cao", _("Nâng cao")


class FoldedField(models.CharField):
    """What stands in the fields `of`, as it is searched for: no marks, lower case. Written with the row, as auto_now is."""

    def __init__(self, *args: Any, of: tuple[str, ...] = (), **options: Any) -> None:
        self.of = tuple(of)
        super().__init__(*args, **{"editable": False, "default": "", **options})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = fold(" ".join(str(getattr(model_instance, name)) for name in self.of))[: self.max_length]
        setattr(model_instance, self.attname, value)
        return value


class OrganisationQuerySet(MP_NodeQuerySet):
    def current(self, today: dt.date) -> OrganisationQuerySet:
        """Organisations that exist on the day `today`."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=today), Q(valid_to__isnull=True) | Q(valid_to__gt=today)
        )

    def below(self, roots: list[Organisation]) -> OrganisationQuerySet:
        """The given organisations and everything under them."""
        if not roots:
            return self.none()
        condition = Q()
        for root in roots:
            condition |= Q(path__startswith=root.path)
        return self.filter(condition)

    def called(self, words: str) -> OrganisationQuerySet:
        """Whose code or name, now or before it was renamed, holds every one of `words`, marks or not."""
        now, before = Q(), Q(changes__operation__undone_at__isnull=True)
        for word in fold(words).split():
            now &= Q(folded__contains=word)
            before &= Q(changes__former_folded__contains=word)
        # By key: a row of this table once, however often it was renamed.
        return self.filter(now | Q(pk__in=self.model.objects.filter(before).order_by().values("pk")))

    def held_by(self, user: Any, kinds: Iterable[str]) -> OrganisationQuerySet:
        """In which `user` (or whose id it is) holds one of these roles now, without what is below."""
        held = Role.objects.current().filter(user=user, kind__in=list(kinds))
        return self.filter(pk__in=held.values("organisation_id"))

    def visible_to(self, user: Any) -> OrganisationQuerySet:
        """Where `user` holds a role that oversees people (officer, owner, auditor)."""
        return self.below(overseen_roots(user))


class OrganisationManager(MP_NodeManager.from_queryset(OrganisationQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> OrganisationQuerySet:
        """treebeard's own names its own queryset, which knows no `below`."""
        return OrganisationQuerySet(self.model, using=self._db).order_by("path")


class Organisation(MP_Node):
    """An agency, ward, school or enterprise. Merging and closing set `valid_to` and `successor`, never delete."""

    code = models.CharField(_("mã"), max_length=40, unique=True)
    name = models.CharField(_("tên"), max_length=255)
    short_name = models.CharField(_("tên ngắn"), max_length=80, blank=True)
    kind = models.CharField(_("loại"), max_length=40)
    valid_from = models.DateField(_("có từ"), null=True, blank=True)
    valid_to = models.DateField(_("hết từ"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="predecessors", verbose_name=_("đơn vị kế thừa")
    )
    note = models.TextField(_("ghi chú"), blank=True)
    staff_declared = models.PositiveIntegerField(
        _("biên chế do cơ quan khai"), null=True, blank=True, help_text=_("Mẫu số khi chưa nhập danh sách.")
    )

    folded = FoldedField(max_length=400, of=("name", "short_name", "code"))

    node_order_by: list[str] = []
    objects = OrganisationManager()

    class Meta:
        verbose_name = _("cơ quan, đơn vị")
        verbose_name_plural = _("cơ quan, đơn vị")
        constraints = [
            models.CheckConstraint(
                name="organisation_ends_after_it_starts",
                condition=Q(valid_to__isnull=True) | Q(valid_from__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return self.short_name or self.name


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, viewer: User) -> UserQuerySet:
        """The one gate for people: oneself, and current members of the organisations one oversees.

        Self-registered public accounts belong to no organisation, so no officer sees them.
        Pupils of a class are reached through the class, never through this gate.
        """
        if not viewer.is_authenticated:
            return self.none()
        roots = overseen_roots(viewer)
        own = Q(pk=viewer.pk)
        if not roots:
            return self.filter(own)
        members = Membership.objects.current().filter(organisation__in=Organisation.objects.below(roots))
        return self.filter(own | Q(pk__in=members.values("user_id")))


class PeopleManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """In lower case as a whole: log-in and the uniqueness of addresses compare them so."""
        return nfc(email or "").lower()


class User(AbstractUser):
    """A person who signs in. One name field, because a Vietnamese name is not first and last."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    full_name = models.CharField(_("họ và tên"), max_length=120)
    name_folded = models.CharField(max_length=120, editable=False, db_index=True, default="")
    email = models.EmailField(_("e-mail"), blank=True)
    birth_year = models.PositiveSmallIntegerField(_("năm sinh"), null=True, blank=True)
    audience = models.CharField(_("đối tượng"), max_length=20, choices=Audience.choices, default=Audience.PUBLIC)
    # The opaque name by which learning records know this person; deleting it from here makes them anonymous.
    actor_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = PeopleManager()
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("người dùng")
        verbose_name_plural = _("người dùng")
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="user_email_unique"),
            models.UniqueConstraint(Lower("username"), name="user_username_unique_any_case"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return nfc(username).lower()

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        """The given name: the last word of a Vietnamese name ("Nguyễn Thị An" is called An)."""
        return self.full_name.split()[-1] if self.full_name.split() else self.username

    def clean(self) -> None:
        super().clean()
        self.name_folded = fold(self.full_name)[:120]

    def is_minor(self, today: dt.date) -> bool:
        """Under 16 (Luật Trẻ em 2016, Điều 1), by year alone: unknown counts as a minor for pupils only."""
        if self.birth_year is None:
            return self.audience == Audience.PUPIL
        return today.year - self.birth_year < 16


class StaffCategory(models.TextChoices):
    """The four legal groups, kept apart, and who else belongs to an organisation (glossary: CBCCVC-NLĐ)."""

    OFFICIAL = "can_bo", _("Cán bộ")
    CIVIL_SERVANT = "cong_chuc", _("Công chức")
    PUBLIC_EMPLOYEE = "vien_chuc", _("Viên chức")
    WORKER = "nguoi_lao_dong", _("Người lao động")
    PUPIL = "hoc_sinh", _("Học sinh")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> MembershipQuerySet:
        return self.filter(until__isnull=True)

    def staff(self) -> MembershipQuerySet:
        return self.exclude(category=StaffCategory.PUPIL)


class Membership(models.Model):
    """A person works or studies in an organisation from `since` until `until` (open while empty)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    category = models.CharField(max_length=20, choices=StaffCategory.choices)
    # The number by which the organisation itself knows the person. Not unique: two agencies that merge keep theirs.
    code = models.CharField(_("mã số"), max_length=40, blank=True, db_index=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    # Since when she has been in what became this organisation, where a merger or a split brought her here.
    carried_since = models.DateField(null=True, blank=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"], condition=Q(until__isnull=True), name="membership_once_at_a_time"
            ),
            models.CheckConstraint(
                name="membership_ends_after_it_starts",
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.organisation_id}"


class RoleKind(models.TextChoices):
    TEACHER = "teacher", _("Giáo viên")
    OFFICER = "officer", _("Cán bộ theo dõi")
    EDITOR = "editor", _("Biên tập viên")
    OWNER = "owner", _("Chủ trì chương trình")
    AUDITOR = "auditor", _("Kiểm tra")
    SUPPORT = "support", _("Hỗ trợ")


OVERSEEING = [RoleKind.OFFICER, RoleKind.OWNER, RoleKind.AUDITOR]


class RoleQuerySet(models.QuerySet["Role"]):
    def current(self) -> RoleQuerySet:
        return self.filter(until__isnull=True)


class Role(models.Model):
    """A role is held in an organisation and reaches its sub-tree. It ends, it is never deleted."""

    user = models.ForeignKey(User, models.CASCADE, related_name="roles")
    kind = models.CharField(max_length=20, choices=RoleKind.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="roles")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = RoleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "organisation"], condition=Q(until__isnull=True), name="role_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} @ {self.organisation_id}"


class ConsentPurpose(models.TextChoices):
    ACCOUNT = "account", _("Giữ tài khoản và kết quả học")
    RESEARCH = "research", _("Cải tiến bài học")
    PHONE = "phone", _("Nhắn tin qua điện thoại")
    GUARDIAN = "guardian", _("Cha, mẹ hoặc người giám hộ đồng ý")
    CHILD = "child", _("Em đồng ý")


class Consent(models.Model):
    """What a person agreed to, by text version (Luật 91/2025/QH15, Điều 9: per purpose, provable, withdrawable)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=20, choices=ConsentPurpose.choices)
    version = models.CharField(max_length=20)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    channel = models.CharField(max_length=40)
    # For a guardian's consent: the name typed by the guardian.
    given_by = models.CharField(max_length=120, blank=True)
    # For a consent on paper: the day under the signature, and who of the school saw the paper.
    signed_on = models.DateField(null=True, blank=True)
    seen_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose", "version"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_once_per_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"


@prepared(user=int)
def _overseen(user: int) -> QuerySet[Organisation]:
    return Organisation.objects.held_by(user, OVERSEEING).order_by("path")


def holds_over_all(user: Any, kinds: Iterable[str]) -> bool:
    """Whether `user` holds one of these roles at the top of the tree. One query."""
    return user.is_authenticated and Organisation.objects.held_by(user, kinds).filter(depth=1).exists()


def overseen_roots(user: Any) -> list[Organisation]:
    """The organisations in which `user` holds an overseeing role now. One query, kept on the user object."""
    if not user.is_authenticated:
        return []
    if not hasattr(user, "_overseen_roots"):
        user._overseen_roots = _overseen(user=user.pk)
    return list(user._overseen_roots)
