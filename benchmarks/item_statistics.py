"""How long the figures of a quiz take, and how much memory, for so many saved answers.

    python benchmarks/item_statistics.py [--answers 10000 100000 1000000] [--database postgres://…/server]

Ten questions an attempt are drawn from a bank of a hundred of all kinds; every fifth answer was changed once, every
tenth person tried again, and some left questions blank. Rows are made in bulk by one process and read by another,
whose peak memory is the figure. The database is one of its own: a SQLite file in a temporary folder, or a database on
the server named, dropped at the end. Only addresses of this machine are taken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# This file has the name of a module of the standard library: its own folder must not come first.
sys.path = [str(ROOT), *(folder for folder in sys.path if Path(folder or ".").resolve() != HERE)]

ASK, BANK, BLOCK = 10, 100, 2_000
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.test")
    import django

    django.setup()


def make(answers: int) -> dict[str, float]:
    """A course with a quiz and so many answers, counted as slots of finished attempts."""
    set_up()
    from django.core.management import call_command

    from quizzes.models import AnswerStep

    begun = time.perf_counter()
    call_command("migrate", verbosity=0)
    quiz, enrol = _course()
    versions = _bank(quiz.category)
    rng = random.Random(4738)
    for start in range(0, answers // ASK, BLOCK):
        _block(quiz, versions, enrol, range(start, min(start + BLOCK, answers // ASK)), rng)
    _analyse()
    return {"made in s": time.perf_counter() - begun, "steps": AnswerStep.objects.count()}


def _course() -> tuple[Any, Any]:
    from django.utils import timezone

    from courses.models import Enrolment, Outline
    from quizzes.models import Category, QuizPage
    from tests.world import make_course

    course = make_course("BM-1", "Khóa đo")
    quiz = QuizPage.objects.get(pk=course.quiz.pk)
    quiz.category = Category.objects.create(code="BM", name="Ngân hàng đo")
    quiz.ask = ASK
    quiz.save()
    outline = Outline.objects.create(course=course.page, digest="0" * 64, parts=[], created_at=timezone.now())

    def enrol(user: Any) -> Any:
        return Enrolment(
            learner=user, course=course.page, outline=outline, audience="cong_dan", tier="co_ban", enrolled_at=timezone.now()
        )

    return quiz, enrol


def _bank(category: Any) -> list[Any]:
    from django.utils import timezone

    from quizzes.models import Question, QuestionVersion

    bodies: list[tuple[str, dict[str, Any]]] = [
        ("single", {"options": [{"id": one, "text": f"Chọn {one}", "correct": one == "a", "feedback": ""} for one in "abcd"]}),
        ("multiple", {"options": [{"id": one, "text": f"Ý {one}", "correct": one in "ab", "feedback": ""} for one in "abcde"]}),
        ("true_false", {"answer": True, "feedback_true": "", "feedback_false": ""}),
        ("number", {"answer": "7", "tolerance": "0", "unit": ""}),
        ("matching", {"pairs": [{"id": one, "left": f"Trái {one}", "right": f"Phải {one}"} for one in "abc"], "extra": []}),
        ("ordering", {"items": [{"id": one, "text": f"Bước {one}"} for one in "abcd"]}),
    ]  # fmt: skip
    made = []
    for number in range(BANK):
        kind, body = bodies[number % len(bodies)] if number % 2 else bodies[0]
        question = Question.objects.create(code=f"bm-{number:03}", category=category)
        stem = "Bạn nên làm gì trước tiên khi nhận một cuộc gọi lạ xưng là cán bộ và đòi chuyển tiền ngay trong ngày?"
        made.append(QuestionVersion.objects.create(
            question=question, number=1, kind=kind, stem=stem, body=body, created_at=timezone.now()
        ))  # fmt: skip
    return made


def _block(quiz: Any, versions: list[Any], enrol: Any, numbers: range, rng: random.Random) -> None:
    import datetime as dt
    from decimal import Decimal

    from django.db import transaction
    from django.utils import timezone

    from courses.models import Enrolment
    from people.models import User
    from quizzes import marking
    from quizzes.models import AnswerStep, Attempt, AttemptState, Slot

    # Every tenth attempt is the second one of the person before.
    people = [User(username=f"bm{number}", full_name="Người Đo", password="!") for number in numbers if number % 10 != 9]
    attempts, slots, steps = [], [], []
    begun = timezone.now() - dt.timedelta(days=1)
    with transaction.atomic():
        enrolments = [enrol(user) for user in User.objects.bulk_create(people)]
        Enrolment.objects.bulk_create(enrolments)
        waiting = iter(enrolments)
        for place in numbers:
            if place % 10 != 9:
                enrolment, number = next(waiting), 0
            number += 1
            able, moment, marks = rng.random(), begun, Decimal(0)
            attempt = Attempt(
                enrolment=enrolment, quiz=quiz, part=quiz.translation_key, number=number, state=AttemptState.FINISHED, rules={},
                seed=place, started_at=begun, finished_at=begun + dt.timedelta(minutes=20 * number), max_marks=Decimal(ASK),
                score=Decimal(0), passed=False, scorer="1",
            )  # fmt: skip
            attempts.append(attempt)
            for position, version in enumerate(rng.sample(versions, ASK), 1):
                slot = Slot(attempt=attempt, position=position, version=version, mark=Decimal(0))
                slots.append(slot)
                if rng.random() < 0.03:
                    continue
                tries = 2 if rng.random() < 0.2 else 1
                for sequence in range(1, tries + 1):
                    moment += dt.timedelta(seconds=rng.randint(4, 90))
                    response = _answer(version, able, rng)
                    steps.append(AnswerStep(slot=slot, sequence=sequence, response=response, saved_at=moment))
                slot.mark = marking.earned(marking.mark(version.kind, version.body, response), slot.max_mark)
                marks += slot.mark
            attempt.marks = marks
        Attempt.objects.bulk_create(attempts)
        Slot.objects.bulk_create(slots)
        for step in steps:
            step.slot_id = step.slot.pk
        AnswerStep.objects.bulk_create(steps)


def _answer(version: Any, able: float, rng: random.Random) -> dict[str, Any]:
    from quizzes import responses

    if rng.random() < 0.2 + 0.7 * able:
        return responses.right_response(version.kind, version.body)
    if version.kind == "single":
        return {"choice": rng.choice("abcd")}
    if version.kind == "multiple":
        return {"choices": sorted(rng.sample("abcde", rng.randint(1, 4)))}
    if version.kind == "true_false":
        return {"value": rng.random() < 0.5}
    if version.kind == "number":
        return {"number": str(rng.randint(1, 99))}
    if version.kind == "matching":
        return {"pairs": {one: rng.choice("abc") for one in "abc"}}
    return {"places": dict(zip("abcd", rng.sample(range(1, 5), 4), strict=True))}


def _analyse() -> None:
    """As the databases do by themselves after a while."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def read() -> dict[str, float]:
    set_up()
    from quizzes.item_figures import question_figures, quiz_figures
    from quizzes.models import Question, QuizPage

    quiz = QuizPage.objects.get(category__code="BM")
    figures = {"memory before MB": memory()}
    begun, spent = time.perf_counter(), time.process_time()
    found = quiz_figures(quiz)
    figures |= {"quiz s": time.perf_counter() - begun, "quiz CPU s": time.process_time() - spent, "quiz peak MB": memory()}
    figures |= {"attempts": found.attempts, "people": found.people, "consistency": found.consistency.value or 0}
    begun = time.perf_counter()
    question_figures(Question.objects.get(code="bm-002"))
    return {**figures, "question s": time.perf_counter() - begun, "peak MB": memory()}


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--database", default="")
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make or asked.read:
        print(json.dumps({name: round(value, 2) for name, value in (make(asked.make) if asked.make else read()).items()}))
        return
    if asked.database and urlsplit(asked.database).hostname not in LOOPBACK:
        parser.error("only a server on this machine")
    for answers in asked.answers:
        measure(answers, asked.database)


def measure(answers: int, server: str) -> None:
    with tempfile.TemporaryDirectory(prefix="statistics-") as folder:
        environment = {**os.environ, "VAR_DIR": folder, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "lms.settings.test"}
        environment.pop("DATABASE_URL", None)
        name = f"hocai_statistics_{os.getpid()}"
        if server:
            environment["DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
            _sql(server, f"CREATE DATABASE {name}")
        try:
            print(f"{answers} answers, {'PostgreSQL' if server else 'SQLite'}", flush=True)
            for step in (["--make", str(answers)], ["--read"]):
                subprocess.run([sys.executable, __file__, *step], cwd=ROOT, env=environment, check=True)
        finally:
            if server:
                _sql(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _sql(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


if __name__ == "__main__":
    main()
