"""What every kind of question can do (quiz-engine Q7), and what a page may know of a question.

Between page and server an option is known by its place in the order it was served in, from 1. Its id stays on the
server: the id of a right side names its left side, and the ids of ordered items stand in the right order, so an id
in the page's source would be the key (quiz-engine Q20).
"""

from __future__ import annotations

import random
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from string import ascii_lowercase
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from people.text import nfc

Plain = Mapping[str, Any]
Body = Mapping[str, Any]
Response = dict[str, Any]
# A posted form: name → values, as QueryDict.lists() gives them.
Fields = Mapping[str, Sequence[str]]

TEXT_LIMIT = 200
_SHARE = re.compile(r"[+-]?(?:\d{1,12}(?:/\d{1,12}|\.\d{0,12})?|\.\d{1,12})")


class Bad(ValueError):
    """Why a question is refused, to its author; the caller adds which one."""


class ResponseError(ValueError):
    """The answer cannot be kept; the message says why, to the learner."""


# --- what is shown ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing that can be picked. `value` is what the form sends."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """A left side, an item or a statement with a list to pick from. `name` is the form's field."""

    name: str
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of a text with gaps: Markdown, or a gap when `name` (the form's field) is not empty."""

    text: str = ""
    name: str = ""
    number: int = 0
    typed: str = ""
    numeric: bool = False
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Area:
    """A place on a picture: `shape` and `points` as SVG wants them, in a box of 1000 × 1000."""

    value: str
    name: str
    shape: str
    coords: tuple[int, ...]
    chosen: bool

    @property
    def width(self) -> int:
        return self.coords[2] - self.coords[0]

    @property
    def height(self) -> int:
        return self.coords[3] - self.coords[1]

    @property
    def points(self) -> str:
        return " ".join(f"{x},{y}" for x, y in zip(self.coords[::2], self.coords[1::2], strict=False))


@dataclass(frozen=True, kw_only=True)
class Level:
    text: str
    points: Decimal


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One line of a rubric, its levels from the least to the most."""

    name: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page may know of a question: never more than is here."""

    kind: str
    choices: tuple[Choice, ...] = ()
    rows: tuple[Row, ...] = ()
    text: str = ""
    unit: str = ""
    pieces: tuple[Piece, ...] = ()
    image: str = ""
    alt: str = ""
    areas: tuple[Area, ...] = ()
    several: bool = False
    lines: int = 0
    least_words: int = 0
    most_words: int = 0
    files: tuple[str, ...] = ()
    most_files: int = 0
    types: tuple[str, ...] = ()
    rubric: tuple[Criterion, ...] = ()

    @property
    def template(self) -> str:
        return f"quizzes/kinds/{self.kind}.html"


# --- a kind ----------------------------------------------------------------------------------------------------------


class Kind(ABC):
    """A kind of question. A body is what `read` makes of the plain form (content/README.md); a response is a small
    dict, {} when nothing was answered. Both are JSON."""

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    interaction: ClassVar[str]  # xAPI interactionType
    by_hand: ClassVar[bool] = False  # a person marks it
    scored: ClassVar[bool] = True
    rich: ClassVar[bool] = False  # the answer in words is Markdown of the author's

    @abstractmethod
    def read(self, plain: Plain) -> dict[str, Any]:
        """The body of a plain form. Raises Bad."""

    @abstractmethod
    def tell(self, body: Body) -> dict[str, Any]:
        """The plain form of a body; `read` of it gives the same body."""

    def draw_order(self, body: Body, shuffle: bool, rng: random.Random) -> list[str]:
        """The order of ids to freeze in the slot."""
        return []

    @abstractmethod
    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        """The question as it is drawn, with the learner's answer in it."""

    def wording(self, stem: str, body: Body) -> str:
        """All that is asked, as Markdown: for who reads it without answering."""
        return stem

    @abstractmethod
    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        """A posted form as a response. Fields that the question does not have are ignored; a place that was not served
        is refused. Raises ResponseError."""

    def redraw(self, body: Body, order: Sequence[str], fields: Fields) -> Shown:
        """The question with what was posted in it, when that could not be kept: what was typed stays, what was picked and
        not served does not."""
        return self.show(body, order, {})

    @abstractmethod
    def fits(self, body: Body, response: Response) -> bool:
        """Whether the served question can have this answer; may raise KeyError, TypeError, AttributeError for no."""

    def progress(self, body: Body, response: Response) -> str:
        """One of "none", "part" or "full"."""
        return "full" if response else "none"

    @abstractmethod
    def mark(self, body: Body, response: Response) -> Fraction:
        """The share of the mark that an answer earns: least(body) … 1. Not asked of kinds marked by hand."""

    def least(self, body: Body) -> Fraction:
        return Fraction(0)

    @abstractmethod
    def summarise(self, body: Body, response: Response) -> list[str]:
        """The answer in words, a line each."""

    @abstractmethod
    def right(self, body: Body) -> Response:
        """An answer that earns the whole mark; {} where there is no such thing."""

    def remarks(self, body: Body, response: Response) -> list[str]:
        """What the author says to who answered so; only about what was chosen."""
        return []

    @abstractmethod
    def explain(self, body: Body) -> str:
        """How it is marked, in a sentence or two, to the author."""

    def components(self, body: Body) -> dict[str, Any]:
        """Parts of the xAPI definition; nothing of them is a key."""
        return {}

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        """The response as xAPI words it; None for what is typed freely: it may name a person, and a statement must not."""
        return None


# --- reading plain forms ---------------------------------------------------------------------------------------------


def text_of(value: Any) -> str:
    return nfc("" if value is None else str(value))


def paragraphs_of(value: Any) -> str:
    """Markdown: NFC, its line breaks kept."""
    return unicodedata.normalize("NFC", str(value or "").replace("\x00", "")).replace("\r\n", "\n").strip()


def list_of(plain: Plain, name: str, least: int, most: int = len(ascii_lowercase)) -> list[Any]:
    values = plain.get(name)
    if not isinstance(values, list) or len(values) < least:
        raise Bad(_("cần ít nhất %(least)s mục trong “%(name)s”.") % {"least": least, "name": name})
    if len(values) > most:
        raise Bad(_("“%(name)s” có quá nhiều mục.") % {"name": name})
    return values


def part_of(value: Any, name: str) -> Plain:
    if not isinstance(value, dict):
        raise Bad(_("mỗi mục trong “%(name)s” phải có tên và nội dung.") % {"name": name})
    return value


def distinct(texts: list[str], name: str) -> list[str]:
    if not all(texts):
        raise Bad(_("có một mục trống trong “%(name)s”.") % {"name": name})
    if len(set(texts)) < len(texts):
        raise Bad(_("hai mục trong “%(name)s” giống nhau.") % {"name": name})
    return texts


def one_of(plain: Plain, name: str, allowed: tuple[str, ...]) -> str:
    """The first of `allowed` is the value when nothing is given."""
    value = plain.get(name, allowed[0])
    if value not in allowed:
        told = {"name": name, "allowed": ", ".join(allowed)}
        raise Bad(_("“%(name)s” phải là một trong: %(allowed)s.") % told)
    return str(value)


def share_of(value: Any) -> Fraction:
    """A share of the mark, -1 … 1: "1/3", 0.5, "-0.25"."""
    said = str(value).strip()
    try:
        # Fraction("1e999999999") alone would keep the machine busy for hours.
        share = Fraction(said if _SHARE.fullmatch(said) else "")
    except (ValueError, ZeroDivisionError) as error:
        raise Bad(_("tỷ lệ điểm “%(value)s” không phải là số như 1/2 hoặc 0.5.") % {"value": value}) from error
    if abs(share) > 1 or share.denominator > 10**9:
        raise Bad(_("tỷ lệ điểm phải từ -1 đến 1."))
    return share


def number_of(value: Any, name: str) -> Decimal:
    """A finite number written with a decimal point."""
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise Bad(_("“%(name)s” phải là số, viết phần lẻ bằng dấu chấm.") % {"name": name}) from error
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise Bad(_("“%(name)s” phải là số, viết phần lẻ bằng dấu chấm.") % {"name": name})
    return number


def digits(text: str) -> Decimal | str:
    """A number of a body for a plain form; as text where YAML would read other digits than it has (1.50, or very many)."""
    return Decimal(text) if str(float(text)) in (text, f"{text}.0") else text


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what says something."""
    return {name: value for name, value in values.items() if value not in ("", None, [], {}, False)}


# --- reading answers -------------------------------------------------------------------------------------------------


def one(fields: Fields, name: str) -> str:
    values = fields.get(name) or [""]
    return nfc(str(values[-1]))


def served(order: Sequence[str], token: str) -> str:
    """The id at a place of the order. Raises ResponseError."""
    if token.isascii() and token.isdigit() and 1 <= int(token[:4]) <= len(order):
        return order[int(token[:4]) - 1]
    raise ResponseError(_("Phương án này không có trong câu hỏi. Bạn tải lại trang rồi chọn lại."))


def choices_of(order: Sequence[str], texts: Mapping[str, str], picked: set[Any]) -> tuple[Choice, ...]:
    return tuple(Choice(value=str(place), text=texts[one], chosen=one in picked) for place, one in enumerate(order, 1))


def component(identity: str, text: str) -> dict[str, Any]:
    return {"id": identity, "description": {"vi": text}}
