"""What is taught (a tree of pages) and how far each learner is (rows)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import LESSON_BLOCKS
from pages.models import BasePage
from people.models import Audience, Organisation, Tier, overseen_roots

# --- what is taught -------------------------------------------------------------------------------------------------


class CourseIndexPage(BasePage):
    """The catalogue."""

    lead = models.TextField(_("lời dẫn"), blank=True)

    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["pages.HomePage"]
    template = "courses/catalogue.html"
    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("lead")]

    class Meta:
        verbose_name = _("danh mục khóa học")


class CoursePage(BasePage):
    """A course: content without dates. A dated delivery of it is a class."""

    code = models.CharField(_("mã khóa"), max_length=40, unique=True)
    audience = models.CharField(_("đối tượng"), max_length=20, choices=Audience.choices, db_index=True)
    tier = models.CharField(_("bậc"), max_length=20, choices=Tier.choices, db_index=True)
    summary = models.TextField(_("giới thiệu ngắn"))
    objective = models.TextField(_("mục tiêu"))
    outcomes = models.TextField(_("học xong làm được gì"), help_text=_("Mỗi dòng một việc."))
    for_whom = models.TextField(_("dành cho ai"), blank=True)
    competencies = models.TextField(_("mã năng lực"), blank=True, help_text=_("Mỗi dòng một mã."))

    parent_page_types: ClassVar[list[str]] = ["courses.CourseIndexPage"]
    template = "courses/course.html"
    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        MultiFieldPanel([FieldRowPanel([FieldPanel("code"), FieldPanel("audience"), FieldPanel("tier")])], _("Phân loại")),
        FieldPanel("summary"),
        FieldPanel("objective"),
        FieldPanel("outcomes"),
        FieldPanel("for_whom"),
        FieldPanel("competencies"),
    ]
    search_fields: ClassVar[list[Any]] = [
        *BasePage.search_fields,
        index.FilterField("audience"),
        index.FilterField("tier"),
        index.FilterField("code"),
    ]

    class Meta:
        verbose_name = _("khóa học")

    def search_text(self) -> str:
        return " ".join([self.title, self.code, self.summary, self.objective, self.outcomes, self.for_whom])

    @property
    def outcome_list(self) -> list[str]:
        return [line.strip() for line in self.outcomes.splitlines() if line.strip()]


class LessonPage(BasePage):
    minutes = models.PositiveSmallIntegerField(_("số phút"), validators=[MinValueValidator(1)])
    objective = models.TextField(_("mục tiêu"))
    promise = models.TextField(_("lời hứa đầu bài"), help_text=_("Sau bài này, bạn …"))
    body = StreamField(LESSON_BLOCKS, verbose_name=_("nội dung"))
    takeaways = models.TextField(_("ba điều mang về"), blank=True, help_text=_("Mỗi dòng một điều."))
    try_today = models.TextField(_("thử hôm nay"), blank=True)
    get_help = models.TextField(_("hỏi ai khi vướng"), blank=True)
    sources = models.TextField(_("nguồn"), blank=True, help_text=_("Mỗi dòng: tên nguồn | địa chỉ (nếu có)."))
    competencies = models.TextField(_("mã năng lực"), blank=True, help_text=_("Mỗi dòng một mã."))

    part_kind = "lesson"
    parent_page_types: ClassVar[list[str]] = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "courses/lesson.html"
    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("minutes"),
        FieldPanel("objective"),
        FieldPanel("promise"),
        FieldPanel("body"),
        MultiFieldPanel(
            [FieldPanel("takeaways"), FieldPanel("try_today"), FieldPanel("get_help"), FieldPanel("sources")], _("Cuối bài")
        ),
        FieldPanel("competencies"),
    ]

    class Meta:
        verbose_name = _("bài học")

    def search_text(self) -> str:
        texts = (" ".join(block.block.get_searchable_content(block.value)) for block in self.body)
        return " ".join([self.title, self.objective, self.promise, *texts])

    @property
    def takeaway_list(self) -> list[str]:
        return [line.strip() for line in self.takeaways.splitlines() if line.strip()]

    @property
    def source_list(self) -> tuple[tuple[str, str], ...]:
        pairs = (line.partition("|") for line in self.sources.splitlines() if line.strip())
        return tuple((text.strip(), url.strip()) for text, _bar, url in pairs)

    def question_names(self) -> list[str]:
        """The questions a learner must have answered, right or wrong, before the lesson can count as done."""
        return [block.value["name"] for block in self.body if block.block_type == "question"]


# --- how far each learner is ----------------------------------------------------------------------------------------


class Outline(models.Model):
    """The parts of a course as they stood when somebody enrolled; enrolments are judged against theirs.

    `parts` is a list of {"key": translation key, "kind": "lesson" | "quiz", "title": str}, in order.
    """

    course = models.ForeignKey(CoursePage, models.PROTECT, related_name="outlines")
    digest = models.CharField(max_length=64)
    parts = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "digest"], name="outline_once")]

    def __str__(self) -> str:
        return f"{self.course_id} {self.digest[:8]}"


class EnrolmentSource(models.TextChoices):
    SELF = "self", _("Tự đăng ký")
    CLASS = "class", _("Theo lớp")
    AGENCY = "agency", _("Cơ quan cử")


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def open(self) -> EnrolmentQuerySet:
        return self.filter(completed_at__isnull=True, withdrawn_at__isnull=True)

    def completed(self) -> EnrolmentQuerySet:
        return self.filter(completed_at__isnull=False)

    def counted(self) -> EnrolmentQuerySet:
        """What the plan counts as participations: all but those withdrawn before anything was done."""
        return self.exclude(withdrawn_at__isnull=False, completed_at__isnull=True)

    def visible_to(self, user: Any) -> EnrolmentQuerySet:
        """One's own, and those frozen to an organisation one oversees."""
        if not user.is_authenticated:
            return self.none()
        roots = overseen_roots(user)
        own = Q(learner=user)
        return self.filter(own | Q(organisation__in=Organisation.objects.below(roots))) if roots else self.filter(own)


class Enrolment(models.Model):
    """One participation of one learner in one course; a retake is a new row with the next number.

    Audience, tier, organisation and ward are frozen here, so that a transfer or a merger does not rewrite history.
    `id` is the xAPI registration.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="enrolments")
    course = models.ForeignKey(CoursePage, models.PROTECT, related_name="enrolments")
    outline = models.ForeignKey(Outline, models.PROTECT, related_name="enrolments")
    number = models.PositiveSmallIntegerField(default=1)
    source = models.CharField(max_length=10, choices=EnrolmentSource.choices, default=EnrolmentSource.SELF)

    audience = models.CharField(max_length=20, choices=Audience.choices)
    tier = models.CharField(max_length=20, choices=Tier.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="enrolments")
    ward = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")

    enrolled_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    # Scale of 10, of the best passed quiz.
    score = models.DecimalField(
        max_digits=4, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(10)]
    )
    last_part = models.UUIDField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learner", "course", "number"], name="enrolment_number_once"),
            models.UniqueConstraint(
                fields=["learner", "course"],
                condition=Q(completed_at__isnull=True, withdrawn_at__isnull=True),
                name="enrolment_one_open",
            ),
            models.CheckConstraint(
                name="enrolment_score_on_ten", condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=10)
            ),
        ]
        indexes = [
            models.Index(fields=["course", "enrolled_at"], name="enrolment_course"),
            models.Index(fields=["organisation", "course", "learner"], name="enrolment_organisation"),
            models.Index(fields=["enrolled_at"], name="enrolment_enrolled"),
            models.Index(fields=["completed_at"], condition=Q(completed_at__isnull=False), name="enrolment_completed"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Visit(models.Model):
    """A learner opened a part. What is begun and not completed is in progress."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="visits")
    part = models.UUIDField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "part"], name="visit_once")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.part}"


class PracticeAnswer(models.Model):
    """The latest answer to a formative question of a lesson: evidence of work, never a mark."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="practice")
    part = models.UUIDField()
    question = models.CharField(max_length=40)
    chosen = models.JSONField()
    correct = models.BooleanField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "part", "question"], name="practice_answer_once")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.question}"


class Completion(models.Model):
    """A part of the course done, judged on the server. The first date wins; it is never moved."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="completions")
    part = models.UUIDField()
    completed_at = models.DateTimeField()
    # What it was judged from: {"questions": 2} for a lesson, {"attempt": uuid, "score": "8.50"} for a quiz.
    evidence = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "part"], name="completion_once")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.part}"


class OutsideKind(models.TextChoices):
    ELSEWHERE = "elsewhere", _("Học ở nơi khác")
    WAIVED = "waived", _("Được ghi nhận hoàn thành")


class OutsideCompletionQuerySet(models.QuerySet["OutsideCompletion"]):
    def standing(self) -> OutsideCompletionQuerySet:
        return self.filter(withdrawn_at__isnull=True)


def private_storage() -> Storage:
    return storages["private"]


def outside_path(outside: OutsideCompletion, name: str) -> str:
    """By our own number: what somebody called her file is kept beside it, never in a path."""
    return f"outside/{outside.pk}.{name.rpartition('.')[2]}"


class OutsideCompletion(models.Model):
    """A course that counts as done without having been done here: made elsewhere, or so decided by somebody with a reason.

    It satisfies what an agency or a class asks and nothing else: it is no enrolment, earns no certificate of ours and
    stands in no figure of the plan. It is withdrawn, never deleted (docs/decisions/0022).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="outside_completions")
    course = models.ForeignKey(CoursePage, models.PROTECT, related_name="outside_completions")
    kind = models.CharField(max_length=10, choices=OutsideKind.choices)
    completed_on = models.DateField()
    issuer = models.CharField(max_length=160, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    evidence = models.FileField(storage=private_storage, upload_to=outside_path, blank=True)
    # In whose name: the organisation whose officer recorded it, or the class (which lies above this app) of its teacher.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    group = models.UUIDField(null=True)
    # The file it came in.
    batch = models.UUIDField(null=True, db_index=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    objects = OutsideCompletionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "course", "kind", "completed_on"], condition=Q(withdrawn_at__isnull=True),
                name="outside_completion_once",
            ),
            models.CheckConstraint(
                name="outside_completion_says_why",
                condition=(Q(kind=OutsideKind.ELSEWHERE) & ~Q(issuer="")) | (Q(kind=OutsideKind.WAIVED) & ~Q(reason="")),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["learner", "course"], name="outside_completion_learner")]

    def __str__(self) -> str:
        return str(self.id)
