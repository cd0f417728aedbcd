"""Every visible word goes through gettext, and the reader gets one language, not two."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import allauth
import polib
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.test import Client
from django.utils import translation

BASE = Path(settings.BASE_DIR)
sys.path.insert(0, str(BASE / "scripts"))

import messages as catalogues  # noqa: E402

VIETNAMESE = re.compile("[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1ef9]")
BRAND = "Học AI"
# Names of languages are written in the language itself.
ALLOWED = {BRAND, "Tiếng Việt"}


def bare(text: str) -> bool:
    for words in ALLOWED:
        text = text.replace(words, "")
    return VIETNAMESE.search(text) is not None


# --- sources ----------------------------------------------------------------------------------------------------------


class OwnLanguage(HTMLParser):
    """The words and attributes of a page that stand outside elements with a lang of their own (verses, consents)."""

    VOID = {"meta", "link", "input", "img", "br", "hr", "path", "rect", "circle", "use", "ellipse", "line"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.words: list[str] = []

    def _free(self) -> bool:
        return not any(foreign for _tag, foreign in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        foreign = tag != "html" and any(name == "lang" for name, _value in attrs)
        if self._free() and not foreign:
            self.words += [value for _name, value in attrs if value]
        if tag not in self.VOID:
            self.open.append((tag, foreign))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [value for _name, value in attrs if value and self._free()]

    def handle_endtag(self, tag: str) -> None:
        if tag in {name for name, _foreign in self.open}:
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._free():
            self.words.append(data.strip())


def untranslated_in_template(text: str) -> Iterator[str]:
    inside, html = None, ""
    for token in Lexer(text).tokenize():
        word = token.contents.split()[0] if token.token_type == TokenType.BLOCK and token.contents.split() else ""
        if inside:
            inside = None if word == f"end{inside}" else inside
        elif word in {"blocktranslate", "blocktrans", "comment"}:
            inside = word
        elif token.token_type == TokenType.TEXT:
            html += token.contents
        elif token.token_type in {TokenType.BLOCK, TokenType.VAR} and word not in {"translate", "trans"}:
            rest = re.sub(r"_\((\"[^\"]*\"|'[^']*')\)", "", token.contents)
            if bare(rest):
                yield rest
    page = OwnLanguage()
    page.feed(html)
    yield from (words for words in page.words if bare(words))


@pytest.mark.parametrize(
    "path", sorted((BASE / "templates").rglob("*.*ml")), ids=lambda path: path.relative_to(BASE / "templates").as_posix()
)
def test_templates_say_nothing_outside_translate_tags(path: Path) -> None:
    assert list(untranslated_in_template(path.read_text(encoding="utf-8"))) == []


CHECKED = {"views", "agency_views", "forms", "models", "blocks", "adapters", "wagtail_hooks", "context", "admin", "agency_forms"}


# Wording printed on certificates: set by the owner, frozen at issue, Vietnamese in every edition.
CONTENT = {"certificates/models.py"}


def python_sources() -> list[Path]:
    return [
        path
        for app in catalogues.APPS
        for path in sorted((BASE / app).rglob("*.py"))
        if "migrations" not in path.parts
        and path.relative_to(BASE).as_posix() not in CONTENT
        and (path.stem in CHECKED or CHECKED & set(path.parts) or "templatetags" in path.parts)
    ]


def untranslated_in_python(tree: ast.AST) -> Iterator[str]:
    harmless: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if catalogues.shape(called):
                harmless |= {id(part) for argument in node.args for part in ast.walk(argument)}
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            harmless.add(id(node.value))  # docstrings
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "preview_value":
            harmless |= {id(part) for part in ast.walk(node.value)}  # example content for authors
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in harmless and bare(node.value):
            yield node.value


@pytest.mark.parametrize("path", python_sources(), ids=lambda path: path.relative_to(BASE).as_posix())
def test_python_says_nothing_outside_gettext(path: Path) -> None:
    assert list(untranslated_in_python(ast.parse(path.read_text(encoding="utf-8")))) == []


# --- catalogues -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [catalogues.OURS, catalogues.THEIRS], ids=["en", "vi"])
def test_the_compiled_catalogue_is_that_of_its_source(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == catalogues.catalogue(path).to_binary()


def test_every_english_word_we_took_over_has_its_vietnamese() -> None:
    assert catalogues.untranslated(catalogues.catalogue(catalogues.THEIRS)) == []


@pytest.mark.parametrize("path", [catalogues.OURS, catalogues.THEIRS], ids=["en", "vi"])
def test_translations_keep_the_placeholders(path: Path) -> None:
    def holes(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", text))

    for entry in catalogues.catalogue(path):
        for text in filter(None, [entry.msgstr, *entry.msgstr_plural.values()]):
            assert holes(text) <= holes(entry.msgid) | holes(entry.msgid_plural), entry.msgid


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{% translate "Một" %}', [(None, "Một", None)]),
        ("{% translate 'Hai' as x %}", [(None, "Hai", None)]),
        ("{% blocktranslate with a=b %}Ba {{ a }} 5%{% endblocktranslate %}", [(None, "Ba %(a)s 5%%", None)]),
        ("{% blocktranslate trimmed %}\n  Bốn\n  năm\n{% endblocktranslate %}", [(None, "Bốn năm", None)]),
        ("{% blocktranslate count n=x %}{{ n }} a{% plural %}{{ n }} b{% endblocktranslate %}", [(None, "%(n)s a", "%(n)s b")]),
        ('{% translate "Tám" context "số" %}', [("số", "Tám", None)]),
        ('{{ _("Chín")|lower }}', [(None, "Chín", None)]),
        ("{% comment %}{% translate \"không\" %}{% endcomment %}Mười", []),
    ],
)  # fmt: skip
def test_messages_are_read_from_templates(source: str, found: list[Any]) -> None:
    assert [(m.context, m.singular, m.plural) for m in catalogues.of_template(source)] == found


def test_messages_are_read_from_python_under_any_name() -> None:
    source = (
        "from django.utils.translation import gettext_lazy as _, ngettext as many, pgettext\n"
        'a = _("Một" " hai")\nb = many("%(n)s ba", "%(n)s bốn", n)\nc = pgettext("số", "năm")\nd = _(name)\n'
    )
    assert [(m.context, m.singular, m.plural) for m in catalogues.of_python(source)] == [
        (None, "Một hai", None), (None, "%(n)s ba", "%(n)s bốn"), ("số", "năm", None),
    ]  # fmt: skip


# --- pages ------------------------------------------------------------------------------------------------------------


def visible(response: Any) -> str:
    """The words of a page that are in the page's own language, attributes included."""
    page = OwnLanguage()
    page.feed(re.sub(r"<script\b.*?</script>", "", response.content.decode().split("</head>", 1)[-1], flags=re.S))
    return " ".join(" ".join(page.words).split())


def english_of_allauth() -> set[str]:
    """Phrases of two words and more: single words such as "Code" are also names of things."""
    po = polib.pofile(str(Path(allauth.__file__).parent / "locale/de/LC_MESSAGES/django.po"))
    return {entry.msgid for entry in po if " " in entry.msgid and "%" not in entry.msgid and not VIETNAMESE.search(entry.msgid)}


def pages(language: str, user: Any) -> list[tuple[str, str]]:
    """The account pages by name, as a reader of `language` sees them."""
    # The middleware switches the thread's language and leaves it so, as Django's own does.
    with translation.override(settings.LANGUAGE_CODE):
        return list(_pages(language, user))


def _pages(language: str, user: Any) -> Iterator[tuple[str, str]]:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    yield "start", visible(client.get("/account/sign-up/"))
    yield "start, wrong", visible(client.post("/account/sign-up/", {"birth_year": "x"}))
    client.post("/account/sign-up/", {"birth_year": 2015, "audience": "hs_pt"})
    yield "sign-up", visible(client.get("/accounts/signup/"))
    yield (
        "sign-up, wrong",
        visible(client.post("/accounts/signup/", {"email": "x", "username": "ab", "full_name": "7", "password1": "1"})),
    )
    yield "log-in", visible(client.get("/accounts/login/"))
    yield "log-in, empty", visible(client.post("/accounts/login/", {}))
    yield "log-in, wrong", visible(client.post("/accounts/login/", {"login": "ai", "password": "sai"}))
    yield "reset", visible(client.get("/accounts/password/reset/"))
    yield "reset, done", visible(client.post("/accounts/password/reset/", {"email": "ai@example.com"}, follow=True))
    yield "reset, bad link", visible(client.get("/accounts/password/reset/key/1-x-y/"))
    yield "confirm, bad link", visible(client.get("/accounts/confirm-email/x/"))
    yield "inactive", visible(client.get("/accounts/inactive/"))
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    client.force_login(user)
    yield "account", visible(client.get("/account/"))
    for path in ("email/", "password/change/", "2fa/", "reauthenticate/", "logout/"):
        yield path, visible(client.get(f"/accounts/{path}"))
    yield "password, wrong", visible(client.post("/accounts/password/change/", {"oldpassword": "x", "password1": "12345"}))
    client.post("/accounts/reauthenticate/", {"password": "mat-khau-thu-1"})
    yield "second factor", visible(client.get("/accounts/2fa/totp/activate/"))
    yield "second factor, wrong", visible(client.post("/accounts/2fa/totp/activate/", {"code": "1"}))
    yield "not found", visible(client.get("/khong-co/"))


@pytest.mark.django_db
def test_the_account_pages_show_no_english_to_a_vietnamese_reader(an: Any) -> None:
    foreign = english_of_allauth() | {"This field is required", "Enter a valid", "This password", "Ensure this value"}
    for name, text in pages("vi", an):
        assert {phrase for phrase in foreign if phrase in text} == set(), name
        assert len(text) > 100, name
