#!/usr/bin/env python
"""Our words and their translations, without GNU gettext.

    python scripts/messages.py collect    take our msgids into locale/en, keep the translations that still apply
    python scripts/messages.py compile    write the .mo of each catalogue
    python scripts/messages.py check      say what is missing; exit 1 if anything is

Our msgids are Vietnamese, so locale/en holds their English. locale/vi is kept by hand: it holds Vietnamese for the
English msgids of Django and allauth that their own catalogues leave in English.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.utils.translation.template import templatize

BASE = Path(__file__).resolve().parent.parent
APPS = ["lms", "plans", "reminders", "certificates", "classes", "quizzes", "courses", "pages", "lrs", "people"]
OURS = BASE / "locale" / "en" / "LC_MESSAGES" / "django.po"
THEIRS = BASE / "locale" / "vi" / "LC_MESSAGES" / "django.po"
HEADER = {
    "Project-Id-Version": "hoc-ai",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
}
PLURALS = {"en": "nplurals=2; plural=(n != 1);", "vi": "nplurals=1; plural=0;"}

# Which arguments of a call are context, singular and plural.
SHAPES = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
_CALL = re.compile(r"(?<![\w.])(_|n?p?gettext)\(")
_STRING = re.compile(r"\s*u?('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")\s*,?")


@dataclass
class Message:
    context: str | None
    singular: str
    plural: str | None
    files: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str | None, str]:
        return self.context, self.singular


def shape(name: str) -> tuple[int | None, int, int | None] | None:
    return SHAPES.get("gettext" if name == "_" else name.removesuffix("_lazy").removesuffix("_noop"))


def build(places: tuple[int | None, int, int | None], words: list[str | None]) -> Message | None:
    def at(place: int | None) -> str | None:
        return words[place] if place is not None and place < len(words) else None

    singular = at(places[1])
    return Message(at(places[0]), singular, at(places[2])) if singular else None


def of_template(text: str) -> Iterator[Message]:
    """The messages of a Django template, as its translate and blocktranslate tags look them up."""
    code = templatize(text)
    for call in _CALL.finditer(code):
        places, words, end = shape(call[1]), [], call.end()
        while found := _STRING.match(code, end):
            words.append(ast.literal_eval(found[1]))
            end = found.end()
        if places and (message := build(places, words)):
            yield message


def of_python(text: str) -> Iterator[Message]:
    """The messages of a Python module: calls of gettext and its kin under whatever name they were imported."""
    tree = ast.parse(text)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        places = shape(names.get(called, called))
        words = [a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else None for a in node.args]
        if places and (message := build(places, words)):
            yield message


def sources() -> Iterator[Path]:
    for root in [BASE / "templates", *(BASE / app / "templates" for app in APPS)]:
        yield from sorted(path for path in root.rglob("*") if path.suffix in {".html", ".txt"})
    for app in APPS:
        yield from sorted(path for path in (BASE / app).rglob("*.py") if "migrations" not in path.parts)


def messages() -> dict[tuple[str | None, str], Message]:
    found: dict[tuple[str | None, str], Message] = {}
    for path in sources():
        text = path.read_text(encoding="utf-8")
        for message in of_python(text) if path.suffix == ".py" else of_template(text):
            kept = found.setdefault(message.key, message)
            kept.plural = kept.plural or message.plural
            kept.files.add(path.relative_to(BASE).as_posix())
    return found


def catalogue(path: Path) -> polib.POFile:
    if path.exists():
        return polib.pofile(str(path), wrapwidth=120)
    language = path.parts[-3]
    po = polib.POFile(wrapwidth=120)
    po.metadata = {**HEADER, "Language": language, "Plural-Forms": PLURALS[language]}
    return po


def collect() -> None:
    """Translations that no message needs any more are dropped: the history keeps them."""
    old = {(entry.msgctxt, entry.msgid): entry for entry in catalogue(OURS)}
    new = polib.POFile(wrapwidth=120)
    new.metadata = {**HEADER, "Language": "en", "Plural-Forms": PLURALS["en"]}
    for key, message in sorted(messages().items(), key=lambda item: (min(item[1].files), item[0][1])):
        kept = old.get(key)
        entry = polib.POEntry(
            msgctxt=message.context,
            msgid=message.singular,
            occurrences=[(name, "") for name in sorted(message.files)],
            flags=["python-format"] if "%(" in message.singular else [],
        )
        if message.plural is not None:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = dict(kept.msgstr_plural) if kept and kept.msgstr_plural else {0: "", 1: ""}
        else:
            entry.msgstr = kept.msgstr if kept else ""
        new.append(entry)
    OURS.parent.mkdir(parents=True, exist_ok=True)
    new.save(str(OURS))
    print(f"{len(new)} messages, {len(untranslated(new))} without English")


def compile_catalogues() -> None:
    for path in (OURS, THEIRS):
        path.with_suffix(".mo").write_bytes(catalogue(path).to_binary())


def untranslated(po: polib.POFile) -> list[polib.POEntry]:
    return [entry for entry in po if not entry.obsolete and (entry.fuzzy or not entry.translated())]


def problems() -> list[str]:
    """What stands between us and complete catalogues, one line each."""
    found = []
    po = catalogue(OURS)
    kept = {(entry.msgctxt, entry.msgid) for entry in po}
    needed = messages()
    found += [f"not collected: {key[1]!r} ({min(needed[key].files)})" for key in needed if key not in kept]
    found += [f"no longer used: {key[1]!r}" for key in kept if key not in needed]
    found += [f"no English: {entry.msgid!r} ({entry.occurrences[0][0]})" for entry in untranslated(po)]
    found += [f"no Vietnamese: {entry.msgid!r}" for entry in untranslated(catalogue(THEIRS))]
    for path in (OURS, THEIRS):
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.read_bytes() != catalogue(path).to_binary():
            found.append(f"not compiled: {path.relative_to(BASE)}")
    return found


def check() -> None:
    found = problems()
    print("\n".join(found) or "all is translated")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    verbs = {"collect": collect, "compile": compile_catalogues, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verbs[sys.argv[1]]()
