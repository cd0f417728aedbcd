"""Quizzes of record: the bank, the quiz page, and attempts that freeze what was served (quiz-engine Q1-Q9)."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import Storage, storages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.models import Orderable, Page

from courses.models import Enrolment, EnrolmentSource
from pages.models import BasePage
from people.models import Organisation, Role, RoleKind, User
from quizzes import marking
from quizzes.deadlines import Change, Terms
from quizzes.kinds import KINDS
from quizzes.marking import Method
from quizzes.review import USUAL, Item, When


def _private_storage() -> Storage:
    # What shows in a question is no more public than the question.
    return storages["private"]


# --- the bank: rows, never pages or snippets, so that no editor can list, copy or preview the keys ---------------------


EDITING = (RoleKind.EDITOR, RoleKind.OWNER)


def editing_roots(user: Any) -> list[Organisation]:
    """Where `user` may write questions. One query."""
    if not user.is_authenticated:
        return []
    return list(Organisation.objects.held_by(user, EDITING))


class CategoryQuerySet(models.QuerySet["Category"]):
    def visible_to(self, user: Any) -> CategoryQuerySet:
        """Whose keys `user` may see: all for an editor or owner of the whole city, else those of her places and below."""
        roots = editing_roots(user)
        if any(root.is_root() for root in roots):
            return self.all()
        return self.filter(owner__in=Organisation.objects.below(roots))


class Category(models.Model):
    """A named set of questions, owned by an organisation or, when empty, by the programme. Sets may stand inside sets."""

    code = models.CharField(_("mã"), max_length=60, unique=True)
    name = models.CharField(_("tên"), max_length=200)
    owner = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    # A quiz.yaml says what is in it: what the file does not have is retired, so nothing else may be put in here.
    in_files = models.BooleanField(default=False)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("ngân hàng câu hỏi")
        verbose_name_plural = _("ngân hàng câu hỏi")
        constraints = [models.UniqueConstraint(fields=["parent", "name"], name="category_name_once")]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(_("nhãn"), max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """The stable identity of a question; what it says is in its versions."""

    code = models.CharField(max_length=60, unique=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="questions")
    tags = models.ManyToManyField(Tag, related_name="questions", blank=True)
    # What its latest version asks, without accents, case and stops, hashed: two that ask the same are found by it.
    likeness = models.CharField(max_length=64, blank=True, db_index=True)
    # Code, name, stem, competency and tags of its latest version, without accents and in lower case: to search by.
    folded = models.TextField(blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.code


class Difficulty(models.TextChoices):
    EASY = "easy", _("Dễ")
    MEDIUM = "medium", _("Vừa")
    HARD = "hard", _("Khó")


class QuestionVersion(models.Model):
    """Immutable once served. An edit is the next number. `body` holds the key; its shape goes by kind (quizzes.kinds)."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=[(kind.name, kind.label) for kind in KINDS.values()])
    name = models.CharField(max_length=200, blank=True, help_text="How authors call it; learners never see it.")
    difficulty = models.CharField(max_length=10, choices=Difficulty.choices, default=Difficulty.MEDIUM)
    competency = models.CharField(max_length=60, blank=True)
    lesson = models.CharField(max_length=255, blank=True, help_text="Slug of the lesson to reread.")
    mark = models.DecimalField(
        max_digits=12, decimal_places=7, default=Decimal(1), help_text="Weight beside the other questions."
    )
    stem = models.TextField()
    body = models.JSONField()
    feedback = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "number"], name="question_version_once")]

    def __str__(self) -> str:
        return f"{self.question_id} v{self.number}"


class MediaQuerySet(models.QuerySet["Media"]):
    def visible_to(self, user: Any) -> MediaQuerySet:
        """Of questions that were served to `user`."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(versions__slots__attempt__enrolment__learner=user).distinct()


class Media(models.Model):
    """A picture or a sound that questions refer to as `media:NAME`. The name is the SHA-256 of what is in the file, so
    that a version goes on meaning the same; the file is never changed."""

    name = models.CharField(max_length=72, unique=True)
    file = models.FileField(storage=_private_storage, upload_to="quizzes")
    size = models.PositiveIntegerField()
    added_at = models.DateTimeField()
    versions = models.ManyToManyField(QuestionVersion, related_name="media", blank=True)

    objects = MediaQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Pool(models.Model):
    """The questions that one choice (a category with those inside it, tags, a difficulty) draws from, numbered in the order
    that a draw spreads over. So a start reads the places it drew and nothing else, however large the bank.

    It is made again when it is `stale`: the bank changed since. What is served is always looked up in the bank itself.
    """

    key = models.CharField(max_length=64, unique=True)
    category = models.ForeignKey(Category, models.CASCADE, related_name="+")
    tags = models.JSONField(default=list)
    difficulty = models.CharField(max_length=10, choices=Difficulty.choices, blank=True)
    # How many stand in each stretch that gets its share: a competency at one difficulty.
    strata = models.JSONField(default=list)
    stale = models.BooleanField(default=True, db_index=True)

    def __str__(self) -> str:
        return self.key

    @property
    def size(self) -> int:
        return sum(self.strata)


class PoolEntry(models.Model):
    id = models.BigAutoField(primary_key=True)
    pool = models.ForeignKey(Pool, models.CASCADE, related_name="entries")
    place = models.PositiveIntegerField()
    question = models.ForeignKey(Question, models.CASCADE, related_name="entries")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pool", "place"], name="pool_place_once")]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.place}"


class QuestionFile(models.Model):
    """A file of questions between being looked at and being taken in. Deleted a day after it was sent."""

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=120)
    file = models.FileField(storage=_private_storage, upload_to="question-files")
    # Names of categories from the outermost, with "/" between.
    path = models.CharField(max_length=400)
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


# --- the quiz: a page that says the rules ------------------------------------------------------------------------------


class Expiry(models.TextChoices):
    """What becomes of an attempt whose time is over and that nobody handed in (quiz-engine Q13)."""

    SUBMIT = "submit", _("tự nộp, câu đã lưu được tính")
    GRACE = "grace", _("được nộp thêm một lúc, sau đó không tính")
    ABANDON = "abandon", _("lượt đó không tính")


class Purpose(models.TextChoices):
    """What an attempt is for. Only a graded one is passed or failed."""

    GRADED = "graded", _("tính điểm")
    PRACTICE = "practice", _("luyện tập: làm xong là xong phần này")


class Behaviour(models.TextChoices):
    """When an answer is marked (quiz-engine Q7)."""

    DEFERRED = "deferred", _("chấm khi nộp bài")
    IMMEDIATE = "immediate", _("chấm ngay từng câu, xem giải thích rồi sang câu sau")
    CERTAINTY = "certainty", _("chấm khi nộp, có hỏi chắc chắn đến đâu")


class Navigation(models.TextChoices):
    FREE = "free", _("qua lại tự do")
    SEQUENTIAL = "sequential", _("lần lượt, không quay lại")


_SCORE = re.compile(r"\d{1,2}([.,]\d{1,2})?")


def _shown_from(item: Item) -> models.CharField:
    return models.CharField(item.label, max_length=10, choices=When.choices, default=USUAL[item])


class QuizPage(BasePage):
    intro = models.TextField(_("lời dẫn"), blank=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="quizzes", verbose_name=_("ngân hàng câu hỏi"))
    ask = models.PositiveSmallIntegerField(_("số câu"), default=10, validators=[MinValueValidator(1), MaxValueValidator(100)])
    pass_mark = models.DecimalField(
        _("mức đạt (thang 10)"), max_digits=4, decimal_places=2, default=Decimal(7),
        validators=[MinValueValidator(0), MaxValueValidator(10)],
    )  # fmt: skip
    attempts_allowed = models.PositiveSmallIntegerField(
        _("số lượt làm"), null=True, blank=True, help_text=_("Để trống: không hạn chế.")
    )
    time_limit_minutes = models.PositiveSmallIntegerField(
        _("thời gian (phút)"), null=True, blank=True, help_text=_("Để trống: không tính giờ.")
    )
    delay_minutes = models.PositiveIntegerField(
        _("nghỉ giữa hai lượt (phút)"), null=True, blank=True, help_text=_("Để trống: làm lại được ngay.")
    )
    opens_at = models.DateTimeField(_("mở từ"), null=True, blank=True, help_text=_("Để trống: mở ngay."))
    closes_at = models.DateTimeField(
        _("đóng lúc"), null=True, blank=True, help_text=_("Lượt đang làm cũng hết giờ vào lúc này. Để trống: không đóng.")
    )
    shuffle = models.BooleanField(_("xáo phương án"), default=True)
    purpose = models.CharField(_("để làm gì"), max_length=10, choices=Purpose.choices, default=Purpose.GRADED)
    behaviour = models.CharField(_("cách chấm"), max_length=10, choices=Behaviour.choices, default=Behaviour.DEFERRED)
    navigation = models.CharField(_("thứ tự làm"), max_length=10, choices=Navigation.choices, default=Navigation.FREE)
    expiry = models.CharField(
        _("hết giờ mà chưa nộp"), max_length=10, choices=Expiry.choices, default=Expiry.SUBMIT,
        help_text=_("Câu trả lời đã lưu luôn được giữ; mục này chỉ nói chúng có được tính không."),
    )  # fmt: skip
    grace_minutes = models.PositiveSmallIntegerField(
        _("thêm thời gian để nộp (phút)"), null=True, blank=True, help_text=_("Chỉ để bấm nộp, không sửa câu trả lời nữa.")
    )
    grade_method = models.CharField(
        _("điểm tính"), max_length=10, choices=Method.choices, default=Method.HIGHEST,
        help_text=_("Khi một người làm nhiều lượt."),
    )  # fmt: skip
    password = models.CharField(
        _("mật khẩu để bắt đầu"), max_length=60, blank=True, help_text=_("Người coi thi đọc cho cả phòng. Để trống: không cần.")
    )
    bands = models.TextField(
        _("nhận xét theo điểm"), blank=True,
        help_text=_("Mỗi dòng: từ mấy điểm | nhận xét. Ví dụ: 8 | Bạn nắm rất chắc. Dưới mức thấp nhất thì không có nhận xét."),
    )  # fmt: skip
    show_score = _shown_from(Item.SCORE)
    show_answers = _shown_from(Item.ANSWERS)
    show_verdicts = _shown_from(Item.VERDICTS)
    show_remarks = _shown_from(Item.REMARKS)
    show_explanations = _shown_from(Item.EXPLANATIONS)
    show_keys = _shown_from(Item.KEYS)
    anonymous_marking = models.BooleanField(
        _("chấm không biết tên"), default=True, help_text=_("Người chấm thấy mã bài, không thấy tên người làm.")
    )
    second_marker = models.BooleanField(
        _("hai người chấm"), default=False,
        help_text=_("Câu tự luận do hai người chấm riêng; lệch nhiều thì người thứ ba quyết định."),
    )  # fmt: skip

    part_kind = "quiz"
    parent_page_types: ClassVar[list[str]] = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "quizzes/quiz.html"
    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("intro"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("category"), FieldPanel("ask"), FieldPanel("pass_mark")]),
                FieldRowPanel([FieldPanel("attempts_allowed"), FieldPanel("time_limit_minutes"), FieldPanel("delay_minutes")]),
                FieldRowPanel([FieldPanel("opens_at"), FieldPanel("closes_at"), FieldPanel("shuffle")]),
                FieldRowPanel([FieldPanel("purpose"), FieldPanel("behaviour"), FieldPanel("navigation")]),
                FieldRowPanel([FieldPanel("expiry"), FieldPanel("grace_minutes"), FieldPanel("password")]),
                FieldRowPanel([FieldPanel("grade_method"), FieldPanel("bands")]),
            ],
            _("Cách kiểm tra"),
        ),
        MultiFieldPanel([FieldPanel(f"show_{item}") for item in Item], _("Người học được xem"), classname="collapsed"),
        MultiFieldPanel([FieldRowPanel([FieldPanel("anonymous_marking"), FieldPanel("second_marker")])], _("Chấm tay")),
        InlinePanel(
            "sections", heading=_("Các phần"), label=_("phần"),
            help_text=_("Để trống: mọi câu được rút từ ngân hàng ở trên. Có phần thì chỉ các phần được tính."),
        ),
    ]  # fmt: skip

    class Meta:
        verbose_name = _("bài kiểm tra")

    def clean(self) -> None:
        super().clean()
        if self.opens_at and self.closes_at and self.opens_at >= self.closes_at:
            raise ValidationError({"closes_at": _("Giờ đóng phải sau giờ mở.")})
        if (self.expiry == Expiry.GRACE) != bool(self.grace_minutes):
            raise ValidationError({"grace_minutes": _("Điền số phút khi, và chỉ khi, hết giờ rồi vẫn được nộp thêm một lúc.")})
        if not self.closes_at and When.CLOSED in self.review_policy.values():
            raise ValidationError({"closes_at": _("Có mục chỉ cho xem sau giờ đóng, nên bài phải có giờ đóng.")})
        try:
            self.band_list  # noqa: B018  read for what it refuses
        except ValueError as error:
            raise ValidationError({"bands": _("Mỗi dòng cần một số từ 0 đến 10, dấu | rồi lời nhận xét.")}) from error

    @property
    def review_policy(self) -> dict[str, str]:
        """What is shown when, by quizzes.review.Item."""
        return {str(item): getattr(self, f"show_{item}") for item in Item}

    @property
    def band_list(self) -> list[tuple[Decimal, str]]:
        """From which score on the scale of 10 which words hold, the highest first. Raises ValueError."""
        found = []
        for line in self.bands.splitlines():
            least, bar, words = (part.strip() for part in line.partition("|"))
            if not line.strip():
                continue
            if not bar or not words or not _SCORE.fullmatch(least) or Decimal(least.replace(",", ".")) > 10:
                raise ValueError(line)
            found.append((Decimal(least.replace(",", ".")), words))
        return sorted(found, reverse=True)

    @property
    def terms(self) -> Terms:
        return Terms(
            opens_at=self.opens_at, closes_at=self.closes_at, minutes=self.time_limit_minutes, attempts=self.attempts_allowed,
            delay_minutes=self.delay_minutes,
        )  # fmt: skip

    def search_text(self) -> str:
        # Never the questions: the search index is read by everybody.
        return f"{self.title} {self.intro}"

    @property
    def parts(self) -> list[QuizSection]:
        """Its sections in order; a quiz without any is one section that draws from the quiz's own bank. One query."""
        return list(self.sections.all()) or [QuizSection(page=self, ask=self.ask, shuffle=True)]

    @property
    def asked(self) -> int:
        """How many questions an attempt has."""
        return sum(part.asked for part in self.parts)

    @property
    def minutes(self) -> int:
        """A fair guess for the outline: the limit, or a minute and a half a question."""
        return self.time_limit_minutes or round(self.asked * 1.5)


class QuizSection(Orderable):
    """A stretch of a quiz: named questions, then some drawn at random; none comes twice in an attempt."""

    page = ParentalKey(QuizPage, on_delete=models.CASCADE, related_name="sections")
    title = models.CharField(_("tên phần"), max_length=120, blank=True, help_text=_("Để trống: không có đầu đề."))
    intro = models.TextField(_("lời dẫn"), blank=True)
    fixed = models.TextField(
        _("câu cố định"), blank=True,
        help_text=_("Mỗi dòng một mã câu hỏi. Thêm @3 sau mã để luôn dùng bản thứ 3; không thêm thì dùng bản mới nhất."),
    )  # fmt: skip
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("rút từ ngân hàng"),
        help_text=_("Gồm cả các chủ đề bên trong. Để trống: ngân hàng của bài kiểm tra."),
    )  # fmt: skip
    tags = models.CharField(_("chỉ câu có nhãn"), max_length=200, blank=True, help_text=_("Cách nhau bằng dấu phẩy."))
    difficulty = models.CharField(_("chỉ câu có độ khó"), max_length=10, choices=Difficulty.choices, blank=True)
    ask = models.PositiveSmallIntegerField(_("số câu rút"), default=0, validators=[MaxValueValidator(100)])
    shuffle = models.BooleanField(_("xáo thứ tự câu"), default=True)

    panels: ClassVar[list[Any]] = [
        FieldPanel("title"),
        FieldPanel("intro"),
        FieldPanel("fixed"),
        FieldRowPanel([FieldPanel("category"), FieldPanel("ask"), FieldPanel("shuffle")]),
        FieldRowPanel([FieldPanel("tags"), FieldPanel("difficulty")]),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("phần của bài kiểm tra")

    def __str__(self) -> str:
        return self.title

    @property
    def codes(self) -> list[tuple[str, int | None]]:
        """Code and version (None: the latest) of each named question."""
        lines = [line.strip().rpartition("@") for line in self.fixed.splitlines() if line.strip()]
        return [(code, int(number)) if code and number.isdecimal() else (code + at + number, None) for code, at, number in lines]

    @property
    def tag_names(self) -> list[str]:
        return sorted({name.strip() for name in self.tags.split(",") if name.strip()})

    @property
    def asked(self) -> int:
        return len(self.codes) + self.ask

    def clean(self) -> None:
        super().clean()
        if not self.asked:
            raise ValidationError({"ask": _("Một phần phải có ít nhất một câu.")})
        codes = [code for code, _number in self.codes]
        twice = next((code for code in codes if codes.count(code) > 1), "")
        if twice:
            raise ValidationError({"fixed": _("Câu %(code)s có hai lần.") % {"code": twice}})
        for code, number in self.codes:
            found = QuestionVersion.objects.filter(question__code=code, question__retired_at__isnull=True)
            if not (found if number is None else found.filter(number=number)).exists():
                raise ValidationError({"fixed": _("Không có câu %(code)s dùng được.") % {"code": code}})
        missing = set(self.tag_names) - set(Tag.objects.filter(name__in=self.tag_names).values_list("name", flat=True))
        if missing:
            raise ValidationError({"tags": _("Không có nhãn “%(name)s”.") % {"name": min(missing)}})


# --- attempts ----------------------------------------------------------------------------------------------------------


class AttemptState(models.TextChoices):
    IN_PROGRESS = "in_progress", _("Đang làm")
    SUBMITTED = "submitted", _("Đã nộp, chờ chấm")
    FINISHED = "finished", _("Đã nộp")
    ABANDONED = "abandoned", _("Bỏ dở")


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def open(self) -> AttemptQuerySet:
        return self.filter(state=AttemptState.IN_PROGRESS)

    def waiting(self) -> AttemptQuerySet:
        """Handed in, and somebody has to mark what no machine can."""
        return self.filter(state=AttemptState.SUBMITTED)

    def visible_to(self, user: Any) -> AttemptQuerySet:
        return self.filter(enrolment__learner=user) if user.is_authenticated else self.none()

    def markable_by(self, user: Any) -> AttemptQuerySet:
        """Whose answers `user` may read and mark; never her own (docs/decisions/0027). One query for her roles."""
        if not user.is_authenticated:
            return self.none()
        held = Role.objects.current().filter(user=user, kind__in=[RoleKind.TEACHER, RoleKind.EDITOR, RoleKind.OWNER])
        reach = Q(pk__in=[])
        for role in held.select_related("organisation"):
            place = role.organisation
            if role.kind == RoleKind.TEACHER:
                reach |= Q(enrolment__source=EnrolmentSource.CLASS, enrolment__organisation__path__startswith=place.path)
            elif place.depth == 1:  # the whole programme: also who belongs to no place
                reach |= Q(pk__isnull=False)
            else:
                reach |= Q(enrolment__organisation__path__startswith=place.path)
        return self.filter(reach).exclude(enrolment__learner=user)


class Attempt(models.Model):
    """One sitting. `rules` freezes what was promised at the start:

    {"ask": int, "pass_mark": "7.00", "attempts_allowed": int | null, "time_limit_minutes": int | null,
     "closes_at": ISO 8601 in UTC | null, "purpose": str, "behaviour": str, "navigation": str, "expiry": str,
     "grace_minutes": int | null, "review": {item: when}, "overrides": [id] and "factor": "1.50" where she has any,
     "deadline_before": ISO 8601 where it was extended, "sections": [{"title": str, "intro": str}] where it is divided}

    and, of one that waits for a person since it was handed in, "second_marker": bool.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="attempts")
    quiz = models.ForeignKey(QuizPage, models.PROTECT, related_name="attempts")
    # The quiz's translation key, which survives the page.
    part = models.UUIDField()
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=20, choices=AttemptState.choices, default=AttemptState.IN_PROGRESS)
    rules = models.JSONField()
    seed = models.BigIntegerField()
    # Where questions come one by one: the one that may be answered now; one more than there are when all have been.
    reached = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField()
    deadline = models.DateTimeField(null=True, blank=True)
    # From when it is looked at again, whether its learner comes back or not: the deadline and the time to hand in after it.
    check_at = models.DateTimeField(null=True, blank=True)
    # When it was handed in; when its score stood, which is later where a person had to mark.
    finished_at = models.DateTimeField(null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    marks = models.DecimalField(max_digits=12, decimal_places=7, null=True, blank=True)
    max_marks = models.DecimalField(max_digits=12, decimal_places=7)
    score = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True, help_text="Scale of 10.")
    passed = models.BooleanField(null=True, blank=True)
    scorer = models.CharField(max_length=20, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "quiz", "number"], name="attempt_number_once"),
            models.UniqueConstraint(fields=["enrolment", "quiz"], condition=Q(state="in_progress"), name="attempt_one_open"),
            models.CheckConstraint(
                name="attempt_finished_has_score",
                condition=~Q(state="finished") | Q(score__isnull=False, finished_at__isnull=False, passed__isnull=False),
            ),
            models.CheckConstraint(
                name="attempt_submitted_is_not_judged",
                condition=~Q(state="submitted") | Q(score__isnull=True, passed__isnull=True, finished_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "check_at"], name="attempt_check")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def behaviour(self) -> str:
        return str(self.rules.get("behaviour", Behaviour.DEFERRED))

    @property
    def asks_certainty(self) -> bool:
        return self.behaviour == Behaviour.CERTAINTY

    @property
    def hands_itself_in(self) -> bool:
        """When its time is over and nobody handed it in."""
        return bool(self.rules.get("expiry", Expiry.SUBMIT) == Expiry.SUBMIT)

    @property
    def review(self) -> dict[str, str]:
        """What is shown when (quizzes.review)."""
        return dict(self.rules.get("review", {}))

    @property
    def one_by_one(self) -> bool:
        return self.behaviour == Behaviour.IMMEDIATE or self.rules.get("navigation") == Navigation.SEQUENTIAL

    @property
    def graded(self) -> bool:
        return self.rules.get("purpose", Purpose.GRADED) == Purpose.GRADED

    @property
    def two_markers(self) -> bool:
        return bool(self.rules.get("second_marker"))

    @property
    def alias(self) -> str:
        """What it is called where nobody is named."""
        return self.id.hex[:4].upper()


class Slot(models.Model):
    """A question as it was served in an attempt.

    `order` is the order of option ids (of item or right-side ids) shown. The mark is a projection of the last step.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="slots")
    position = models.PositiveSmallIntegerField()
    version = models.ForeignKey(QuestionVersion, models.PROTECT, related_name="slots")
    order = models.JSONField(default=list)
    # Which of the attempt's sections, from 1.
    section = models.PositiveSmallIntegerField(default=1)
    flagged = models.BooleanField(default=False)
    # When its learner had it marked on the spot; its answer is settled since.
    checked_at = models.DateTimeField(null=True, blank=True)
    max_mark = models.DecimalField(max_digits=12, decimal_places=7, default=Decimal(1))
    mark = models.DecimalField(max_digits=12, decimal_places=7, null=True, blank=True)
    # The version by which it was marked anew, when that is not the one that was served.
    judged_by = models.ForeignKey(QuestionVersion, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="slot_position_once"),
            models.UniqueConstraint(fields=["attempt", "version"], name="slot_question_once"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} #{self.position}"

    def share(self, response: dict[str, Any]) -> Fraction:
        """How much of a marked question was right, however sure its learner was; may be below 0."""
        if not self.max_mark:
            return Fraction(0)
        if self.attempt.asks_certainty:
            return marking.mark(self.version.kind, (self.judged_by or self.version).body, response) or Fraction(0)
        return Fraction(self.mark or 0) / Fraction(self.max_mark)


class AnswerStep(models.Model):
    """An answer as it was saved. Steps are only ever added; the last one counts."""

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="steps")
    sequence = models.PositiveIntegerField()
    response = models.JSONField()
    # How sure she said she was, 1 … 3, where that is asked.
    certainty = models.PositiveSmallIntegerField(null=True, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slot", "sequence"], name="answer_step_once")]

    def __str__(self) -> str:
        return f"{self.slot_id} {self.sequence}"


# --- what holds for one learner ------------------------------------------------------------------------------------------


class OverrideQuerySet(models.QuerySet["Override"]):
    def standing(self) -> OverrideQuerySet:
        return self.filter(withdrawn_at__isnull=True)


class Override(models.Model):
    """Other terms of one quiz for one learner, with who gave them and why (quiz-engine Q30). Withdrawn, never deleted.

    A group (a room, a class that had a power cut) is a row for each of its learners, with the same `group`.
    """

    quiz = models.ForeignKey(QuizPage, models.PROTECT, related_name="overrides")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quiz_overrides")
    group = models.UUIDField(null=True, blank=True, db_index=True)
    opens_at = models.DateTimeField(_("mở từ"), null=True, blank=True)
    closes_at = models.DateTimeField(_("đóng lúc"), null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(_("thời gian (phút)"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("số lượt làm"), null=True, blank=True)
    reason = models.CharField(_("lý do"), max_length=300)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = OverrideQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["quiz", "learner"], condition=Q(withdrawn_at__isnull=True, group__isnull=True), name="override_own_once"
            ),
            models.UniqueConstraint(
                fields=["quiz", "learner", "group"], condition=Q(withdrawn_at__isnull=True), name="override_group_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quiz_id} {self.learner_id}"

    @property
    def change(self) -> Change:
        return Change(opens_at=self.opens_at, closes_at=self.closes_at, minutes=self.minutes, attempts=self.attempts)


class AccommodationQuerySet(models.QuerySet["Accommodation"]):
    def standing(self, today: dt.date) -> AccommodationQuerySet:
        return self.filter(Q(until__isnull=True) | Q(until__gte=today), withdrawn_at__isnull=True)


class Accommodation(models.Model):
    """More time for one learner in every quiz with a limit (quiz-engine Q31), with who gave it and why."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="accommodations")
    factor = models.DecimalField(
        _("thời gian gấp"), max_digits=3, decimal_places=2, default=Decimal("1.5"),
        validators=[MinValueValidator(Decimal("1.1")), MaxValueValidator(3)],
    )  # fmt: skip
    reason = models.CharField(_("lý do"), max_length=300)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    until = models.DateField(_("đến hết ngày"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = AccommodationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learner"], condition=Q(withdrawn_at__isnull=True), name="accommodation_once"),
            models.CheckConstraint(name="accommodation_gives_more", condition=Q(factor__gt=1)),
        ]

    def __str__(self) -> str:
        return f"{self.learner_id} × {self.factor}"


class AnswerFileQuerySet(models.QuerySet["AnswerFile"]):
    def readable_by(self, user: Any) -> AnswerFileQuerySet:
        """The learner's own; and what was handed in, by whoever may mark it."""
        if not user.is_authenticated:
            return self.none()
        handed_in = Attempt.objects.markable_by(user).exclude(state=AttemptState.IN_PROGRESS)
        return self.filter(Q(slot__attempt__enrolment__learner=user) | Q(slot__attempt__in=handed_in))


class AnswerFile(models.Model):
    """What was sent to a question that takes files; its steps name it by id. Never changed, shown or run: only saved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slot = models.ForeignKey(Slot, models.CASCADE, related_name="files")
    # As the learner called it, without what could deceive a reader (quizzes.uploads).
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=5)
    file = models.FileField(storage=_private_storage, upload_to="answers")
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField()

    objects = AnswerFileQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slot", "sha256", "name"], name="answer_file_once")]

    def __str__(self) -> str:
        return str(self.id)


# --- marking by hand and marking anew ------------------------------------------------------------------------------------


class MarkRound(models.TextChoices):
    FIRST = "first", _("Lần chấm thứ nhất")
    SECOND = "second", _("Lần chấm thứ hai")
    SETTLED = "settled", _("Quyết định sau cùng")


class ManualMark(models.Model):
    """What a person gave for an answer. Rows are only ever added: the last of a round counts, and undoing is another row."""

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="hand_marks")
    number = models.PositiveSmallIntegerField()
    round = models.CharField(max_length=10, choices=MarkRound.choices)
    marker = models.ForeignKey(User, models.PROTECT, related_name="+")
    mark = models.DecimalField(max_digits=12, decimal_places=7)
    # The level reached in each criterion of the rubric, from 0; empty where there is none.
    levels = models.JSONField(default=list)
    comment = models.TextField(blank=True)
    marked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slot", "number"], name="manual_mark_number_once"),
            models.CheckConstraint(name="manual_mark_not_below_0", condition=Q(mark__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.slot_id} {self.number}"

    @property
    def given(self) -> tuple[str, int, Decimal]:
        """As quizzes.marking reads it."""
        return (self.round, self.marker_id, self.mark)


class Regrading(models.Model):
    """Attempts at a quiz marked anew from their kept answers: who confirmed which plan, and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    quiz = models.ForeignKey(QuizPage, models.PROTECT, related_name="regradings")
    question = models.ForeignKey(Question, models.PROTECT, null=True, blank=True, related_name="+")
    # The version to mark by; the latest of each question when empty.
    version = models.ForeignKey(QuestionVersion, models.PROTECT, null=True, blank=True, related_name="+")
    hand_too = models.BooleanField(default=False)
    scorer = models.CharField(max_length=20)
    reason = models.TextField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    # SHA-256 of the plan that was looked at and confirmed.
    plan = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["quiz", "plan"], name="regrading_plan_once")]

    def __str__(self) -> str:
        return str(self.id)


class Flag(models.TextChoices):
    """Why a person has to look: nothing that was confirmed is ever taken back by itself."""

    NONE = "", _("Không cần xem")
    PASS = "pass", _("Nay chưa đạt, nhưng phần này đã tính là xong")
    SCORE = "score", _("Điểm đã ghi cho khóa học nay khác")


class RegradedAttemptQuerySet(models.QuerySet["RegradedAttempt"]):
    def carried_out(self) -> RegradedAttemptQuerySet:
        return self.filter(done_at__isnull=False, skipped=False)


class RegradedAttempt(models.Model):
    """What a regrading does to one attempt: written when the plan is confirmed, done one attempt a transaction."""

    regrading = models.ForeignKey(Regrading, models.CASCADE, related_name="attempts")
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="regraded")
    old_score = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    new_score = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    old_passed = models.BooleanField(null=True, blank=True)
    new_passed = models.BooleanField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # Left as it was, since somebody changed it after the plan was made.
    skipped = models.BooleanField(default=False)
    flag = models.CharField(max_length=10, choices=Flag.choices, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.TextField(blank=True)

    objects = RegradedAttemptQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["regrading", "attempt"], name="regraded_attempt_once")]
        indexes = [models.Index(fields=["regrading"], condition=Q(done_at__isnull=True), name="regrading_owed")]

    def __str__(self) -> str:
        return f"{self.regrading_id} {self.attempt_id}"


class RegradingChange(models.Model):
    """A question of an attempt that got another mark, or another version to mark it by."""

    regraded = models.ForeignKey(RegradedAttempt, models.CASCADE, related_name="changes")
    slot = models.ForeignKey(Slot, models.CASCADE, related_name="regradings")
    old_version = models.ForeignKey(QuestionVersion, models.PROTECT, related_name="+")
    new_version = models.ForeignKey(QuestionVersion, models.PROTECT, related_name="+")
    old_mark = models.DecimalField(max_digits=12, decimal_places=7)
    new_mark = models.DecimalField(max_digits=12, decimal_places=7)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["regraded", "slot"], name="regrading_change_once")]

    def __str__(self) -> str:
        return f"{self.regraded_id} {self.slot_id}"
