"""Changing a YAML text where what it says has changed, and nowhere else: who reads the diff sees the edit. Pure.

`old` and `new` are told in the same terms; only where they differ is the text touched. A text without an old one is
written in the form of the hand-written files.
"""

from __future__ import annotations

import re
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

import yaml

_PLAIN = re.compile(r"[^\W\d_][^\n]*")
_FLOW = {"competencies", "accept", "extra"}  # short lists that stand on one line


def write_yaml(value: dict[str, Any], indent: int = 0) -> str:
    """The lines of a mapping, each ending in a line break."""
    return "".join(_pair(name, part, indent) for name, part in value.items())


def rewrite_yaml(source: str, old: dict[str, Any], new: dict[str, Any]) -> str:
    """`source`, which says `old`, changed to say `new`. What it says in a form of its own is written anew."""
    node = yaml.compose(source, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        return write_yaml(new)
    edits = _Edits(source if source.endswith("\n") else source + "\n")
    edits.mapping(node, old, new)
    return edits.done()


def _pair(name: str, value: Any, indent: int) -> str:
    lead = " " * indent
    if isinstance(value, dict):
        return f"{lead}{name}:\n{write_yaml(value, indent + 2)}"
    if isinstance(value, list) and name not in _FLOW:
        return f"{lead}{name}:\n" + "".join(_item(one, indent + 2) for one in value)
    return f"{lead}{name}: {_flow(value) if isinstance(value, list) else _scalar(value, indent + 2)}\n"


def _item(value: Any, indent: int) -> str:
    lead = " " * indent
    if isinstance(value, dict):
        return lead + "- " + write_yaml(value, indent + 2).removeprefix(" " * (indent + 2))
    return f"{lead}- {_scalar(value, indent + 2)}\n"


def _flow(values: list[Any]) -> str:
    return "[" + ", ".join(_quoted(one) for one in values) + "]"


def _quoted(value: Any) -> str:
    return _scalar(value, 0, quoted=True)


def _scalar(value: Any, indent: int, *, quoted: bool = False) -> str:
    """One value behind its name: plain where YAML takes it so, a block where it has lines, else in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if "\n" in value and not quoted and _fits_block(value):
        lead = " " * indent
        return "|\n" + "\n".join(lead + line if line else "" for line in value.split("\n"))
    if not quoted and _is_plain(value):
        return value
    return yaml.safe_dump(value, allow_unicode=True, default_style='"', width=1_000_000).rstrip("\n")


def _fits_block(value: str) -> bool:
    lines = value.split("\n")
    return bool(lines[0] and lines[-1]) and not lines[0].startswith(" ") and all(line.isprintable() for line in lines)


def _is_plain(value: str) -> bool:
    if not _PLAIN.fullmatch(value) or value != value.strip() or not value.isprintable():
        return False
    try:
        return bool(yaml.safe_load(f"a: {value}") == {"a": value})
    except yaml.YAMLError:
        return False


class _Edits:
    """Pieces of the source to be replaced, by place; applied from the end."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.edits: list[tuple[int, int, str]] = []
        self.starts = [0, *(match.end() for match in re.finditer("\n", source))]

    def done(self) -> str:
        text = self.source
        placed = sorted((start, end, order, put) for order, (start, end, put) in enumerate(self.edits))
        for start, end, _order, put in reversed(placed):
            text = text[:start] + put + text[end:]
        return text

    def line(self, number: int) -> int:
        return self.starts[min(number, len(self.starts) - 1)]

    def end(self, node: yaml.Node) -> int:
        """Where the last line of `node` ends; the blank lines and comments behind it are not its own."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self.end(last[1] if isinstance(last, tuple) else last)
        if isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}:
            return len(self.source[: node.end_mark.index].rstrip()) + 1
        return self.line(node.end_mark.line + 1)

    def value(self, node: yaml.Node, name: str, old: Any, new: Any, indent: int) -> bool:
        """Change the value at `node`; False when the whole pair or item has to be written anew."""
        if old == new:
            return True
        if isinstance(node, yaml.MappingNode) and isinstance(old, dict) and isinstance(new, dict) and not node.flow_style:
            self.mapping(node, old, new)
            return True
        if isinstance(node, yaml.SequenceNode) and isinstance(old, list) and isinstance(new, list) and new:
            if node.flow_style and all(isinstance(one, str) for one in new):
                self.edits.append((node.start_mark.index, node.end_mark.index, _flow(new)))
                return True
            if not node.flow_style and len(node.value) == len(old):
                self.sequence(node, old, new)
                return True
        if isinstance(node, yaml.ScalarNode) and not isinstance(new, (dict, list)) and node.style not in {"|", ">"}:
            text = _scalar(new, indent, quoted=node.style == '"' and isinstance(new, str) and "\n" not in new)
            self.edits.append((node.start_mark.index, node.end_mark.index, text))
            return True
        return False

    def mapping(self, node: yaml.MappingNode, old: dict[str, Any], new: dict[str, Any]) -> None:
        there = {key.value: (key, value) for key, value in node.value}
        indent = node.start_mark.column
        behind = 0
        for name in [*new, *(name for name in old if name not in new)]:
            if name not in there:
                if name in new and name not in old:
                    self.edits.append((behind, behind, _pair(name, new[name], indent)))
                continue
            key, value = there[name]
            behind = self.end(value)
            if name not in new:
                self.remove(node, key, behind)
            elif not self.value(value, name, old.get(name), new[name], indent + 2):
                text = _pair(name, new[name], indent)
                self.edits.append((key.start_mark.index, behind, text[indent:]))

    def remove(self, node: yaml.MappingNode, key: yaml.Node, end: int) -> None:
        """Take a pair away; the first of an item leaves its dash to the next."""
        following = next((other for other, _value in node.value if other.start_mark.index >= end), None)
        first = self.source[self.line(key.start_mark.line) : key.start_mark.index].strip() != ""
        start = key.start_mark.index if first else self.line(key.start_mark.line)
        self.edits.append((start, following.start_mark.index if first and following else end, ""))

    def sequence(self, node: yaml.SequenceNode, old: list[Any], new: list[Any]) -> None:
        indent = node.start_mark.column
        starts = [self.line(one.start_mark.line) for one in node.value]
        ends = [self.end(one) for one in node.value]
        gap = self.source[ends[0] : starts[1]] if len(starts) > 1 else ""
        gap = gap if not gap.strip() else ""

        def write(values: list[Any], place: int) -> None:
            """Before the item at `place`, or behind the last."""
            texts = [_item(one, indent) for one in values]
            if place < len(starts):
                self.edits.append((starts[place], starts[place], "".join(text + gap for text in texts)))
            else:
                self.edits.append((ends[-1], ends[-1], "".join(gap + text for text in texts)))

        told = SequenceMatcher(None, [_name(one) for one in old], [_name(one) for one in new], autojunk=False)
        for _tag, first, last, begin, stop in told.get_opcodes():
            same = min(last - first, stop - begin)
            for before, after in zip(range(first, first + same), range(begin, begin + same), strict=True):
                child = node.value[before]
                if not self.value(child, "", old[before], new[after], indent + 2):
                    self.edits.append((starts[before], ends[before], _item(new[after], indent)))
            for before in range(first + same, last):
                self.edits.append((starts[before], starts[before + 1] if before + 1 < len(starts) else ends[before], ""))
            if begin + same < stop:
                write(new[begin + same : stop], first + same)


def _name(value: Any) -> str:
    """What an item of a list is known by, so that it is found again when it was changed or moved."""
    if isinstance(value, dict):
        return str(value.get("id") or value.get("text") or value.get("left") or sorted(value.items(), key=str))
    return str(value)
