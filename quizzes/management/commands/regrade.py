"""Mark the attempts at a quiz anew, as the page /quizzes/regrading/ does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from people.queries import person_named
from quizzes import actions, queries
from quizzes.models import Attempt, Question, QuestionVersion, QuizPage


class Command(BaseCommand):
    help = "Marks the attempts at a quiz anew from their kept answers: first --dry-run, then with --reason and --by."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("quiz", help="Its number, its slug where that is one quiz's alone, or its course's code.")
        parser.add_argument("--question", metavar="CODE", help="This question only.")
        parser.add_argument("--by-version", dest="number", type=int, metavar="N", help="By this version of it, not the latest.")
        parser.add_argument("--attempt", metavar="ID", help="This attempt only.")
        parser.add_argument("--hand-too", action="store_true", help="Count marks given by hand anew, by the version's rubric.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would change.")
        parser.add_argument("--reason", default="", help="Why; learners read it.")
        parser.add_argument("--by", default="", metavar="USERNAME", help="Who decided it: an editor or owner of the programme.")

    def handle(self, *, dry_run: bool, reason: str, by: str, **given: Any) -> None:
        scope = _scope(given)
        plan = queries.plan(scope)
        for one in plan.shown:
            told = ", ".join(f"{change.code}: {change.old_mark:f} -> {change.new_mark:f}" for change in one.changes)
            flag = f" ! {one.flag_words}" if one.flag else ""
            self.stdout.write(f"{one.attempt_id} {one.old_score} -> {one.new_score} ({told}){flag}")
        self.stdout.write(
            f"{plan.attempts} attempts, {plan.changed} change, {plan.now_passed} pass now, {plan.no_longer} no longer, "
            f"{plan.flagged} for a person to look at, {plan.unlike} answers kept as they are"
        )
        if dry_run or not plan.changed:
            return
        person = person_named(by)
        if person is None:
            raise CommandError("--by: no such person")
        try:
            made = actions.confirm_regrading(scope=scope, seen=plan.digest, reason=reason, by=person, now=timezone.now())
        except actions.NotRegrader as error:
            raise CommandError(f"{by} is no editor or owner of the whole programme") from error
        except actions.ReasonMissing as error:
            raise CommandError("--reason is missing: learners read it") from error
        except actions.PlanMoved as error:
            raise CommandError("something changed meanwhile, nothing was done: run it again") from error
        done = 0
        while step := actions.apply_regradings(now=timezone.now(), regrading=made):
            done += step
        self.stdout.write(self.style.SUCCESS(f"{done} attempts marked anew"))


def _scope(given: dict[str, Any]) -> queries.Scope:
    """Raises CommandError."""
    quiz, question, version, attempt = _quiz(given["quiz"]), None, None, None
    if given["question"]:
        question = Question.objects.filter(code=given["question"]).first()
        if question is None:
            raise CommandError(f"no question {given['question']!r}")
    if given["number"]:
        version = QuestionVersion.objects.filter(question=question, number=given["number"]).first()
        if question is None or version is None:
            raise CommandError("--by-version needs --question, and a number that it has")
    if given["attempt"]:
        attempt = Attempt.objects.filter(quiz=quiz, pk=given["attempt"]).first()
        if attempt is None:
            raise CommandError(f"no attempt {given['attempt']!r} at this quiz")
    return queries.Scope(quiz=quiz, question=question, attempt=attempt, version=version, hand_too=given["hand_too"])


def _quiz(named: str) -> QuizPage:
    found = list(QuizPage.objects.filter(pk=int(named)) if named.isdigit() else QuizPage.objects.filter(slug=named))
    if not found:
        found = [one for one in QuizPage.objects.all() if getattr(one.get_parent().specific, "code", "") == named]
    if len(found) != 1:
        raise CommandError(f"{len(found)} quizzes are called {named!r}; give its number")
    return found[0]
