"""Whether a statement posted by an outside tool is one: structure only, by the xAPI 1.0.3 and 2.0 data rules.

Built on plain dicts: tincan costs 0.3 ms a statement and fails on properties it does not know (2.0 contextAgents).
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lrs import vocabulary

MAX_KEY = 255  # what the ledger's columns hold

_IRI = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+$")
_SHA1 = re.compile(r"^[0-9a-fA-F]{40}$")
_UUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_DURATION = re.compile(
    r"^P(?=.)(\d+W|(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?D)?(T(?=.)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?)$"
)
_VERSION = re.compile(r"^(1\.0|2\.0)(\.\d+)?$")
_IFIS = ("mbox", "mbox_sha1sum", "openid", "account")


class Invalid(Exception):
    """What is wrong with a statement or a request, in a sentence for the developer of the tool (answered with 400)."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A statement that may be kept. `body` is as posted, without what the store sets itself."""

    statement_id: uuid.UUID | None
    actor: str
    verb: str
    activity: str
    registration: uuid.UUID | None
    timestamp: dt.datetime | None
    voids: uuid.UUID | None
    version: str
    body: dict[str, Any]


def parse_json(text: bytes | str) -> Any:
    """JSON without NaN, lone surrogates, doubled keys or absurd nesting, which some database would refuse later."""
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_doubles)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Invalid(f"the body is not valid JSON: {error}") from error
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def check_statement(value: Any) -> Posted:
    """Raises Invalid."""
    body = _object(value, "statement", _STATEMENT, {"actor", "verb", "object"})
    _no_nulls(body, "statement")
    posted_id = as_uuid(body["id"], "id") if "id" in body else None
    if "version" in body and not (isinstance(body["version"], str) and _VERSION.match(body["version"])):
        raise Invalid("version must be 1.0.x or 2.0.x")
    _core(body)
    target = body["object"]
    voids = None
    if body["verb"]["id"] == vocabulary.VOIDED.iri:
        if target.get("objectType") != "StatementRef":
            raise Invalid("a voiding statement must have a StatementRef as its object")
        voids = as_uuid(target["id"], "object.id")
    context = body.get("context", {})
    return Posted(
        statement_id=posted_id,
        actor=_short(actor_key(body["actor"]), "actor"),
        verb=_short(body["verb"]["id"], "verb.id"),
        activity=_short(object_key(target), "object.id"),
        registration=as_uuid(context["registration"], "context.registration") if "registration" in context else None,
        timestamp=as_time(body["timestamp"], "timestamp") if "timestamp" in body else None,
        voids=voids,
        version=body.get("version", ""),
        body={key: part for key, part in body.items() if key not in {"stored", "authority", "version"}},
    )


def actor_key(actor: dict[str, Any]) -> str:
    """How the ledger knows an actor: `homePage|name` of an account, the mbox, `sha1:…`, or the OpenID."""
    if "account" in actor:
        return f"{actor['account']['homePage']}|{actor['account']['name']}"
    if "mbox_sha1sum" in actor:
        return f"sha1:{actor['mbox_sha1sum'].lower()}"
    return str(actor.get("mbox") or actor.get("openid") or "")


def object_key(target: dict[str, Any]) -> str:
    """How the ledger knows an object: the IRI of an activity, `statement:…`, `agent:…`, or "" for a sub-statement."""
    kind = target.get("objectType", "Activity")
    if kind == "StatementRef":
        return f"statement:{str(target['id']).lower()}"
    if kind in {"Agent", "Group"}:
        return f"agent:{actor_key(target)}"
    return str(target["id"]) if kind == "Activity" else ""


def check_actor(value: Any, where: str) -> dict[str, Any]:
    """An Agent or a Group. Raises Invalid."""
    actor = _object(value, where, {"objectType", "name", "member", *_IFIS}, set())
    kind = actor.get("objectType", "Agent")
    if kind not in {"Agent", "Group"}:
        raise Invalid(f"{where}.objectType must be Agent or Group")
    identifiers = [name for name in _IFIS if name in actor]
    if len(identifiers) > 1 or (kind == "Agent" and not identifiers):
        raise Invalid(f"{where} must have exactly one of {', '.join(_IFIS)}")
    if "name" in actor:
        _text(actor["name"], f"{where}.name")
    for name in identifiers:
        _IFI_CHECKS[name](actor[name], f"{where}.{name}")
    _members(actor, kind, identifiers, where)
    return actor


def _members(actor: dict[str, Any], kind: str, identifiers: list[str], where: str) -> None:
    if kind == "Agent":
        if "member" in actor:
            raise Invalid(f"{where} is an Agent and cannot have members")
        return
    members = actor.get("member", [])
    if not isinstance(members, list) or (not identifiers and not members):
        raise Invalid(f"{where}.member must be a list of agents")
    for number, member in enumerate(members):
        if check_actor(member, f"{where}.member[{number}]").get("objectType", "Agent") != "Agent":
            raise Invalid(f"{where}.member[{number}] must be an Agent")


def as_uuid(value: Any, where: str) -> uuid.UUID:
    if not isinstance(value, str) or not _UUID.match(value):
        raise Invalid(f"{where} must be a UUID")
    return uuid.UUID(value)


def as_time(value: Any, where: str) -> dt.datetime:
    """An RFC 3339 moment, in UTC. Raises Invalid, also without a zone."""
    try:
        moment = dt.datetime.fromisoformat(value)
        if moment.tzinfo is None or "T" not in value.upper():
            raise ValueError
        return moment.astimezone(dt.UTC)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise Invalid(f"{where} must be a time with its zone, as 2026-11-23T09:00:00+07:00") from error


def as_iri(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _IRI.match(value):
        raise Invalid(f"{where} must be an IRI")
    return value


# --- the parts of a statement ---------------------------------------------------------------------------------------

_STATEMENT = {
    "id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority", "version",
}  # fmt: skip
_SUB_STATEMENT = {"objectType", "actor", "verb", "object", "result", "context", "timestamp"}


def _core(body: dict[str, Any], inside: str = "") -> None:
    check_actor(body["actor"], f"{inside}actor")
    verb = _object(body["verb"], f"{inside}verb", {"id", "display"}, {"id"})
    as_iri(verb["id"], f"{inside}verb.id")
    _words(verb.get("display", {}), f"{inside}verb.display")
    _target(body["object"], inside)
    if "result" in body:
        _result(body["result"], f"{inside}result")
    if "context" in body:
        _context(body["context"], f"{inside}context")


def _target(value: Any, inside: str) -> None:
    where = f"{inside}object"
    kind = value.get("objectType", "Activity") if isinstance(value, dict) else "Activity"
    if kind in {"Agent", "Group"}:
        check_actor(value, where)
    elif kind == "StatementRef":
        as_uuid(_object(value, where, {"objectType", "id"}, {"id"})["id"], f"{where}.id")
    elif kind == "SubStatement" and not inside:
        body = _object(value, where, _SUB_STATEMENT, {"actor", "verb", "object"})
        if "timestamp" in body:
            as_time(body["timestamp"], f"{where}.timestamp")
        _core(body, "object.")
    elif kind == "Activity":
        _activity(value, where)
    else:
        raise Invalid(f"{where}.objectType cannot be {str(kind)[:40]}")


def _activity(value: Any, where: str) -> None:
    activity = _object(value, where, {"objectType", "id", "definition"}, {"id"})
    if activity.get("objectType", "Activity") != "Activity":
        raise Invalid(f"{where}.objectType must be Activity")
    as_iri(activity["id"], f"{where}.id")
    definition = _object(activity.get("definition", {}), f"{where}.definition", _DEFINITION, set())
    for name in ("name", "description"):
        _words(definition.get(name, {}), f"{where}.definition.{name}")
    for name in ("type", "moreInfo"):
        if name in definition:
            as_iri(definition[name], f"{where}.definition.{name}")
    _extensions(definition.get("extensions", {}), f"{where}.definition.extensions")


_DEFINITION = {
    "name", "description", "type", "moreInfo", "extensions", "interactionType", "correctResponsesPattern",
    "choices", "scale", "source", "target", "steps",
}  # fmt: skip


def _result(value: Any, where: str) -> None:
    result = _object(value, where, {"score", "success", "completion", "response", "duration", "extensions"}, set())
    for name in ("success", "completion"):
        if name in result and not isinstance(result[name], bool):
            raise Invalid(f"{where}.{name} must be true or false")
    if "response" in result:
        _text(result["response"], f"{where}.response")
    if "duration" in result and not (isinstance(result["duration"], str) and _DURATION.match(result["duration"])):
        raise Invalid(f"{where}.duration must be an ISO 8601 duration, as PT2M30S")
    _extensions(result.get("extensions", {}), f"{where}.extensions")
    _score(_object(result.get("score", {}), f"{where}.score", {"scaled", "raw", "min", "max"}, set()), f"{where}.score")


def _score(score: dict[str, Any], where: str) -> None:
    for name, number in score.items():
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise Invalid(f"{where}.{name} must be a number")
    if not -1 <= score.get("scaled", 0) <= 1:
        raise Invalid(f"{where}.scaled must be between -1 and 1")
    in_order = [score[name] for name in ("min", "raw", "max") if name in score]
    if in_order != sorted(in_order) or ("min" in score and "max" in score and score["min"] >= score["max"]):
        raise Invalid(f"{where}: min, raw and max are not in order")


def _context(value: Any, where: str) -> None:
    context = _object(value, where, _CONTEXT, set())
    if "registration" in context:
        as_uuid(context["registration"], f"{where}.registration")
    for name in ("instructor", "team"):
        if name in context:
            actor = check_actor(context[name], f"{where}.{name}")
            if name == "team" and actor.get("objectType") != "Group":
                raise Invalid(f"{where}.team must be a Group")
    for name in ("revision", "platform", "language"):
        if name in context:
            _text(context[name], f"{where}.{name}")
    if "statement" in context:
        reference = _object(context["statement"], f"{where}.statement", {"objectType", "id"}, {"objectType", "id"})
        as_uuid(reference["id"], f"{where}.statement.id")
    _context_activities(context.get("contextActivities", {}), f"{where}.contextActivities")
    _context_people(context, where)
    _extensions(context.get("extensions", {}), f"{where}.extensions")


_CONTEXT = {
    "registration", "instructor", "team", "contextActivities", "contextAgents", "contextGroups", "revision",
    "platform", "language", "statement", "extensions",
}  # fmt: skip


def _context_activities(value: Any, where: str) -> None:
    for name, around in _object(value, where, {"parent", "grouping", "category", "other"}, set()).items():
        for number, activity in enumerate(around if isinstance(around, list) else [around]):
            _activity(activity, f"{where}.{name}[{number}]")


def _context_people(context: dict[str, Any], where: str) -> None:
    """contextAgents and contextGroups of xAPI 2.0."""
    for name, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        entries = context.get(name, [])
        if not isinstance(entries, list):
            raise Invalid(f"{where}.{name} must be a list")
        for number, entry in enumerate(entries):
            found = _object(entry, f"{where}.{name}[{number}]", {"objectType", inner, "relevantTypes"}, {"objectType", inner})
            check_actor(found[inner], f"{where}.{name}[{number}].{inner}")


# --- the smallest parts ---------------------------------------------------------------------------------------------


def _object(value: Any, where: str, known: set[str], needed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{where} must be an object")
    strange = sorted(set(value) - known)
    if "attachments" in strange:
        raise Invalid("attachments are not accepted here")
    if strange:
        raise Invalid(f"{where} has the unknown property {strange[0][:80]!r}")
    missing = sorted(needed - set(value))
    if missing:
        raise Invalid(f"{where}.{missing[0]} is missing")
    return value


def _no_nulls(value: Any, where: str) -> None:
    for name, part in value.items():
        if part is None:
            raise Invalid(f"{where}.{name} must not be null")
        if name == "extensions":
            continue
        for inner in part if isinstance(part, list) else [part]:
            if isinstance(inner, dict):
                _no_nulls(inner, f"{where}.{name}")


def _text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise Invalid(f"{where} must be text")


def _words(value: Any, where: str) -> None:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise Invalid(f"{where} must map languages to texts")


def _extensions(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise Invalid(f"{where} must be an object")
    for key in value:
        as_iri(key, f"a key of {where}")


def _account(value: Any, where: str) -> None:
    account = _object(value, where, {"homePage", "name"}, {"homePage", "name"})
    as_iri(account["homePage"], f"{where}.homePage")
    if not isinstance(account["name"], str) or not account["name"]:
        raise Invalid(f"{where}.name must be text")


def _mbox(value: Any, where: str) -> None:
    if not isinstance(value, str) or not re.match(r"^mailto:[^@\s]+@[^@\s]+$", value):
        raise Invalid(f"{where} must be mailto: and an address")


def _sha1(value: Any, where: str) -> None:
    if not isinstance(value, str) or not _SHA1.match(value):
        raise Invalid(f"{where} must be 40 hexadecimal digits")


def _short(key: str, where: str) -> str:
    if len(key) > MAX_KEY:
        raise Invalid(f"{where} is longer than {MAX_KEY} characters")
    return key


_IFI_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "mbox": _mbox,
    "mbox_sha1sum": _sha1,
    "openid": as_iri,
    "account": _account,
}
