"""The file of agencies: rows as read by csv.DictReader → agencies, parents before children."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from people.text import nfc

# Whoever is said to be merged, renamed or abolished without a date known to us ended, for our purposes, on the eve of
# two-tier local government (01/07/2025). Corrected by the operation of merging, never here.
DEFAULT_ENDED_ON = dt.date(2025, 6, 30)
# The mergers of city departments reported on 20/02/2025 (domain dossier B13).
MERGED_IN_FEBRUARY_2025 = dt.date(2025, 2, 28)
_FEBRUARY_2025 = {"STTTT", "SKHDT", "SLDTBXH", "STNMT", "SNNPTNT", "SQHKT", "SGTVT"}
_ENDED = {"merged", "renamed", "abolished"}
# Names of several bodies at once: kept, so that tasks can be led by them, but never a place where people belong.
_GROUPS = {"SBN", "XA-168", "TD-QH", "DN-ICT"}


class BadAgencies(ValueError):
    """The file names a parent or successor it does not have, repeats a code, or goes round in a circle."""


@dataclass(frozen=True, kw_only=True)
class Agency:
    """`valid_to` is the day from which the agency is no more; `merged?` (a proposal) does not end anybody."""

    code: str
    name: str
    short_name: str
    kind: str
    parent: str
    valid_to: dt.date | None
    successor: str
    note: str


def parse(rows: Iterable[Mapping[str, str]], short_names: Mapping[str, str] | None = None) -> list[Agency]:
    """Agencies in an order in which each parent stands before its children. Raises BadAgencies."""
    found: dict[str, Agency] = {}
    for row in rows:
        agency = _agency(row, short_names or {})
        if agency.code in found:
            raise BadAgencies(agency.code)
        found[agency.code] = agency
    for agency in found.values():
        for code in (agency.parent, agency.successor):
            if code and code not in found:
                raise BadAgencies(f"{agency.code}: {code}")
    ordered: list[Agency] = []
    placed: set[str] = set()
    waiting = list(found.values())
    while waiting:
        ready = [agency for agency in waiting if not agency.parent or agency.parent in placed]
        if not ready:
            raise BadAgencies(", ".join(agency.code for agency in waiting))
        ordered += ready
        placed |= {agency.code for agency in ready}
        waiting = [agency for agency in waiting if agency.code not in placed]
    return ordered


def _agency(row: Mapping[str, str], short_names: Mapping[str, str]) -> Agency:
    code = nfc(row["code"])
    ended = row["status"] in _ENDED
    notes = [nfc(row.get("note", ""))]
    if row["status"] not in {"active", *_ENDED}:
        notes.append(row["status"])
    return Agency(
        code=code, name=nfc(row["name_vi"]), short_name=nfc(short_names.get(code, "")),
        kind="group" if code in _GROUPS else nfc(row["type"]), parent=nfc(row.get("parent", "")),
        valid_to=(MERGED_IN_FEBRUARY_2025 if code in _FEBRUARY_2025 else DEFAULT_ENDED_ON) if ended else None,
        successor=nfc(row.get("successor", "")) if ended else "", note=" · ".join(note for note in notes if note),
    )  # fmt: skip
