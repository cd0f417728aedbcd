"""One learner studies one course through the real actions, in one of a few ways."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from certificates.actions import issue
from courses import actions as course_actions
from courses.models import CoursePage, Enrolment, EnrolmentSource, LessonPage
from courses.queries import course_outline
from people.models import Organisation, User
from quizzes import actions as quiz_actions
from quizzes.models import Attempt, QuestionVersion, QuizPage
from quizzes.responses import right_response


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """How far somebody goes. `skill` is the chance (0..1) to know an answer; `lessons` the share of lessons done."""

    name: str
    weight: int
    lessons: float
    attempts: int
    skill: float


PATTERNS = (
    Pattern(name="looks in", weight=22, lessons=0.0, attempts=0, skill=0.6),
    Pattern(name="begins", weight=20, lessons=0.4, attempts=0, skill=0.7),
    Pattern(name="nearly there", weight=12, lessons=0.8, attempts=0, skill=0.75),
    Pattern(name="reads all", weight=6, lessons=1.0, attempts=0, skill=0.75),
    Pattern(name="fails", weight=5, lessons=1.0, attempts=1, skill=0.35),
    Pattern(name="passes", weight=25, lessons=1.0, attempts=1, skill=0.96),
    Pattern(name="passes later", weight=10, lessons=1.0, attempts=2, skill=0.9),
)


def play(
    *, learner: User, course: CoursePage, pattern: Pattern, start: dt.datetime, seed: int,
    organisation: Organisation | None = None, source: str = EnrolmentSource.SELF,
) -> Enrolment:  # fmt: skip
    """Study `course` from `start` on, a lesson a day; everything follows from `seed`."""
    rng = random.Random(seed)  # noqa: S311
    now = start
    enrolment = course_actions.enrol(learner=learner, course=course, now=now, organisation=organisation, source=source)
    outline = course_outline(course)
    lessons = {page.translation_key: page for page in LessonPage.objects.child_of(course).live()}
    keys = [part.key for part in outline.parts if part.kind == "lesson"]
    done = round(len(keys) * pattern.lessons)
    for place, key in enumerate(keys[: done + 1]):
        now = start + dt.timedelta(days=place, minutes=rng.randint(1, 9))
        _study(enrolment, lessons[key], pattern.skill, now, rng, finish=place < done)
    quiz = QuizPage.objects.child_of(course).live().first()
    for number in range(pattern.attempts if quiz else 0):
        last = number == pattern.attempts - 1
        now = start + dt.timedelta(days=len(keys) + number, minutes=rng.randint(1, 30))
        skill = pattern.skill if last else 0.3
        _sit(enrolment, quiz, skill, now, rng)
    enrolment = Enrolment.objects.select_related("learner", "course", "outline").get(pk=enrolment.pk)
    if enrolment.completed_at:
        issue(enrolment=enrolment, now=enrolment.completed_at + dt.timedelta(minutes=1))
    return enrolment


def _study(enrolment: Enrolment, lesson: LessonPage, skill: float, now: dt.datetime, rng: random.Random, *, finish: bool) -> None:
    course_actions.open_part(enrolment=enrolment, part=lesson.translation_key, now=now)
    if not finish:
        return
    for place, block in enumerate(block for block in lesson.body if block.block_type == "question"):
        options = list(block.value["options"])
        right = [at for at, option in enumerate(options) if option["correct"]]
        chosen = right if rng.random() < skill else [rng.randrange(len(options))]
        course_actions.answer_practice(
            enrolment=enrolment, lesson=lesson, question=block.value["name"], chosen=chosen,
            now=now + dt.timedelta(minutes=3 + 2 * place),
        )  # fmt: skip
    course_actions.complete_lesson(enrolment=enrolment, lesson=lesson, now=now + dt.timedelta(minutes=lesson.minutes))


def _sit(enrolment: Enrolment, quiz: QuizPage, skill: float, now: dt.datetime, rng: random.Random) -> Attempt:
    attempt = quiz_actions.start_attempt(enrolment=enrolment, quiz=quiz, now=now, seed=rng.getrandbits(40))
    for slot in attempt.slots.select_related("version").order_by("position"):
        now += dt.timedelta(seconds=rng.randint(20, 70))
        quiz_actions.save_answer(
            attempt=attempt, position=slot.position, response=_answer(slot.version, rng.random() < skill, rng), now=now
        )
    return quiz_actions.finish_attempt(attempt=attempt, now=now + dt.timedelta(seconds=30))


def _answer(version: QuestionVersion, knows: bool, rng: random.Random) -> dict[str, object]:
    right = right_response(version.kind, version.body)
    if knows:
        return right
    wrong = [option["id"] for option in version.body.get("options", []) if not option["correct"]]
    answers: dict[str, dict[str, object]] = {
        "single": {"choice": rng.choice(wrong) if wrong else right.get("choice")},
        "multiple": {"choices": [rng.choice(wrong)] if wrong else right.get("choices")},
        "true_false": {"value": not right.get("value")},
        "short_text": {"text": "em chưa biết"},
        "number": {"number": "999"},
    }
    return answers.get(version.kind) or _shifted(version.kind, right)


def _shifted(kind: str, right: dict[str, object]) -> dict[str, object]:
    """Every pair or place moved by one: an answer that is wrong throughout."""
    name = "pairs" if kind == "matching" else "places"
    given = dict(right[name])  # type: ignore[call-overload]
    values = list(given.values())
    return {name: dict(zip(given, values[1:] + values[:1], strict=True))}
