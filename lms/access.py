"""Who may open what: every address of the site with its rule, one line each.

A test walks the URL configuration and tries every address as everybody, with what is theirs and what is another's
(tests/lms/test_access.py). An address without a line here fails it. `manage.py access_matrix` prints the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import ResolverMatch

# The outsider is officer and teacher elsewhere in the city: what is "another's" is his.
ANONYMOUS, LEARNER, TEACHER, OFFICER, OWNER, EDITOR, AUDITOR, SUPPORT, OUTSIDER = ROLES = (
    "anonymous", "learner", "teacher", "officer", "owner", "editor", "auditor", "support", "outsider",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """Who is let in. `own`: to what belongs to the learner, to Bình's class, to Chi's ward; `other`: to the outsider's."""

    words: str
    own: frozenset[str]
    other: frozenset[str]
    # Whoever holds a role needs her second factor here, also where the page shows her only what the public sees.
    staff: bool = False
    # Whoever has a second factor, a learner too, has given it in this session.
    guarded: bool = False

    @classmethod
    def of(cls, words: str, own: Iterable[str], other: Iterable[str] | None = None, **more: bool) -> Rule:
        mine = frozenset(own)
        return cls(words, mine, mine if other is None else frozenset(other), **more)


_SIGNED_IN = set(ROLES) - {ANONYMOUS}

ANYBODY = Rule.of("anybody", ROLES)
ANYBODY_STAFF_SEE_MORE = Rule.of("anybody; staff see more", ROLES, staff=True)
ON_THE_WAY = Rule.of("in the middle of logging in; leads home whoever is signed in", _SIGNED_IN)
CLOSED = Rule.of("nobody: leads to the site's own page", ())
UNSET = Rule.of("anybody, where a national sign-in is set up; elsewhere there is no such page", ())
KEY = Rule.of("a key and its secret, no account", ())
SIGNED_IN = Rule.of("whoever is signed in", _SIGNED_IN)
OLD_ENOUGH = Rule.of("signed in and not a child, where gateways to phones are set up; elsewhere there is no such page", ())
ONES_FACTORS = Rule.of("whoever is signed in, with the second factor if she has one", _SIGNED_IN, guarded=True)
SIGNED_IN_STAFF_SEE_MORE = Rule.of("whoever is signed in; teachers see their classes", _SIGNED_IN, staff=True)
ONES_OWN = Rule.of("the person herself", {LEARNER}, {OUTSIDER})
LETTER = Rule.of("whoever holds the letter, no account", ROLES)
PROVED_ADDRESS = Rule.of("whoever holds the letter and has proved the address it went to", {LEARNER}, {OUTSIDER})
EARNED = Rule.of("whose it is, and who oversees where it was earned", {LEARNER}, {OUTSIDER, OWNER, AUDITOR})
ANY_TEACHER = Rule.of("teacher, of any school", {TEACHER, OUTSIDER}, staff=True)
CLASS_TEACHER = Rule.of("a teacher of this class", {TEACHER}, {OUTSIDER}, staff=True)
ANY_OVERSEER = Rule.of("officer, owner or auditor, of any place", {OFFICER, OWNER, AUDITOR, OUTSIDER}, staff=True)
OVERSEER = Rule.of(
    "officer, owner or auditor whose scope holds it", {OFFICER, OWNER, AUDITOR}, {OUTSIDER, OWNER, AUDITOR}, staff=True
)
IN_CHARGE = Rule.of("officer or owner whose scope holds it", {OFFICER, OWNER}, {OUTSIDER, OWNER}, staff=True)
ANY_IN_CHARGE = Rule.of("officer or owner, of any place", {OFFICER, OWNER, OUTSIDER}, staff=True)
ANY_IN_CHARGE_OR_TEACHER = Rule.of(
    "officer, owner or teacher, of any place; each sees her own people", {TEACHER, OFFICER, OWNER, OUTSIDER}, staff=True
)
REACHES = Rule.of(
    "officer or owner whose scope holds the learner, teacher of her school",
    {TEACHER, OFFICER, OWNER}, {OUTSIDER, OWNER}, staff=True,
)  # fmt: skip
PROGRAMME_OWNER = Rule.of("owner of the programme", {OWNER}, staff=True)
OWNER_OVER = Rule.of("owner over all that is touched", {OWNER}, staff=True)
TAKES_BACK = Rule.of(
    "who may do it may take it back: owner over all that is touched; of a new name the officer too",
    {OFFICER, OWNER}, {OUTSIDER, OWNER}, staff=True,
)  # fmt: skip
SENT_IT = Rule.of("the owner who sent the file", {OWNER}, (), staff=True)
SENT_LIST = Rule.of("the officer or owner who sent the list, while in charge there", {OFFICER}, {OUTSIDER}, staff=True)
ASKED_FOR_IT = Rule.of("the officer who asked for it or keeps it", {OFFICER}, {OUTSIDER}, staff=True)
SENDS_STAFF = Rule.of(
    "officer or owner, to a class that takes people from agencies, held above, at or below her place",
    {OFFICER, OWNER}, {OUTSIDER, OWNER}, staff=True,
)  # fmt: skip
READS_EVIDENCE = Rule.of(
    "owner; officer or auditor over a lead agency of the indicator or over the whole city; who entered it",
    {OFFICER, OWNER, AUDITOR}, {OUTSIDER, OWNER, AUDITOR}, staff=True,
)  # fmt: skip
ANSWERS_REQUESTS = Rule.of("owner or support", {OWNER, SUPPORT}, staff=True)
VIEWS_AS = Rule.of("owner or support, as a learner of theirs who holds no power", {OWNER, SUPPORT}, (), staff=True)
MERGES = Rule.of(
    "officer or owner whose scope holds both accounts, owner or support over them",
    {OFFICER, OWNER, SUPPORT}, {OUTSIDER, OWNER, SUPPORT}, staff=True,
)  # fmt: skip
READS_ANSWER = Rule.of(
    "the person herself; once it is handed in, who may mark it",
    {LEARNER, TEACHER, EDITOR, OWNER}, {OUTSIDER, EDITOR, OWNER}, staff=True,
)  # fmt: skip
MARKS = Rule.of(
    "teacher, of what was learnt in a class of his school; editor or owner, of what her place holds; nobody of her own",
    {TEACHER, EDITOR, OWNER}, {EDITOR, OWNER}, staff=True,
)  # fmt: skip
ANY_MARKER = Rule.of("teacher, editor or owner, of any place", {TEACHER, EDITOR, OWNER, OUTSIDER}, staff=True)
SENT_QUESTIONS = Rule.of("the editor or owner who sent the file", {EDITOR}, (), staff=True)
REGRADES = Rule.of("editor or owner of the whole programme", {EDITOR, OWNER}, staff=True)
EDITORS = Rule.of("editor or owner", {EDITOR, OWNER}, staff=True)

# By the name of the route; by its pattern where it has none.
RULES: dict[str, Rule] = {
    # --- the site ---
    "livez": ANYBODY,
    "readyz": ANYBODY,
    "display": ANYBODY,
    "learn": SIGNED_IN,
    "khoa-hoc/": ANYBODY,
    "khoa-hoc/<path:path>": ANYBODY,
    "wagtail_serve": ANYBODY,
    # --- one's account ---
    "account": SIGNED_IN,
    "sign_up_start": ANYBODY,
    "account_name": SIGNED_IN,
    "account_consent": SIGNED_IN,
    "account_activate": ANYBODY,
    "account_activate_link": LETTER,
    "account_activate_join": PROVED_ADDRESS,
    "guardian_link": ANYBODY,
    "guardian": LETTER,
    "lift_restriction": SIGNED_IN,
    "account_data": SIGNED_IN,
    "account_copy": SIGNED_IN,
    "readings": SIGNED_IN,
    "data_requests": SIGNED_IN,
    "cancel_request": ONES_OWN,
    "request_queue": ANSWERS_REQUESTS,
    "handle_request": ANSWERS_REQUESTS,
    "account_end_session": SIGNED_IN,
    "second_factor": SIGNED_IN,
    "view_as": VIEWS_AS,
    "end_view_as": SIGNED_IN,
    "staff_powers": ANY_OVERSEER,
    "staff_grant": ANY_IN_CHARGE,
    "staff_decide": PROGRAMME_OWNER,
    "staff_end": IN_CHARGE,
    "staff_reset_second_factor": PROGRAMME_OWNER,
    "staff_duplicates": Rule.of("officer, owner or support, of any place", {OFFICER, OWNER, SUPPORT, OUTSIDER}, staff=True),
    "staff_merge": MERGES,
    "staff_unmerge": MERGES,
    "ways_in": ONES_FACTORS,
    "unlink_identity": Rule.of("the person herself, with the second factor if she has one", {LEARNER}, {OUTSIDER}, guarded=True),
    "openid_connect_login": UNSET,
    "openid_connect_callback": UNSET,
    "socialaccount_signup": UNSET,
    "socialaccount_login_cancelled": UNSET,
    "account_merged": UNSET,
    "account_login": ANYBODY,
    "account_logout": ANYBODY,
    "account_inactive": ANYBODY,
    "account_signup": ANYBODY,
    "account_reauthenticate": SIGNED_IN,
    "account_email": ONES_FACTORS,
    "account_email_verification_sent": ANYBODY,
    "account_confirm_email": ANYBODY,
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN,
    "account_reset_password": ANYBODY,
    "account_reset_password_done": ANYBODY,
    "account_reset_password_from_key": ANYBODY,
    "account_reset_password_from_key_done": ANYBODY,
    "account_request_login_code": ANYBODY,
    "account_confirm_login_code": ON_THE_WAY,
    "mfa_index": SIGNED_IN,
    "mfa_authenticate": ON_THE_WAY,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": ONES_FACTORS,
    "mfa_deactivate_totp": ONES_FACTORS,
    "mfa_list_webauthn": ONES_FACTORS,
    "mfa_add_webauthn": ONES_FACTORS,
    "mfa_edit_webauthn": ONES_FACTORS,
    "mfa_remove_webauthn": ONES_FACTORS,
    "mfa_login_webauthn": ON_THE_WAY,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "mfa_view_recovery_codes": ONES_FACTORS,
    "mfa_generate_recovery_codes": ONES_FACTORS,
    "mfa_download_recovery_codes": ONES_FACTORS,
    # --- learning ---
    "courses:enrol": SIGNED_IN,
    "courses:answer": ANYBODY,
    "courses:opened": ANYBODY,
    "courses:done": ANYBODY,
    "courses:withdraw": ONES_OWN,
    "quizzes:start": SIGNED_IN,
    "quizzes:attempt": ONES_OWN,
    "quizzes:evidence": ONES_OWN,
    "quizzes:save": ONES_OWN,
    "quizzes:media": ONES_OWN,
    "quizzes:go_on": ONES_OWN,
    "quizzes:upload": ONES_OWN,
    "quizzes:answer_file": READS_ANSWER,
    "quizzes:marking": ANY_MARKER,
    "quizzes:pile": MARKS,
    "quizzes:mark": MARKS,
    "quizzes:regradings": REGRADES,
    "quizzes:regrade": REGRADES,
    "quizzes:look": PROGRAMME_OWNER,
    "quizzes:finish": ONES_OWN,
    "quizzes:bank": EDITORS,
    "quizzes:bank_export": EDITORS,
    "quizzes:bank_send": EDITORS,
    "quizzes:bank_template": EDITORS,
    "quizzes:bank_file": SENT_QUESTIONS,
    "quizzes:bank_figures": EDITORS,
    "quizzes:bank_question": EDITORS,
    "quizzes:bank_retire": EDITORS,
    "quizzes:terms": ANY_IN_CHARGE_OR_TEACHER,
    "quizzes:accommodations": ANY_IN_CHARGE_OR_TEACHER,
    "quizzes:withdraw_override": REACHES,
    "quizzes:withdraw_accommodation": REACHES,
    "certificates:lookup": ANYBODY,
    "certificates:verify": ANYBODY,
    "certificates:claim": ONES_OWN,
    "certificates:pdf": EARNED,
    # --- classes ---
    "classes:list": SIGNED_IN_STAFF_SEE_MORE,
    "classes:create": ANY_TEACHER,
    "classes:sign_in": ANYBODY,
    "classes:join": SIGNED_IN,
    "classes:letter_read": ONES_OWN,
    "classes:here": SIGNED_IN,
    "classes:scanned": ANYBODY,
    "classes:open_classes": ANY_IN_CHARGE,
    "classes:detail": CLASS_TEACHER,
    "classes:export": CLASS_TEACHER,
    "classes:assign": CLASS_TEACHER,
    "classes:assign_path": CLASS_TEACHER,
    "classes:due": CLASS_TEACHER,
    "classes:withdraw": CLASS_TEACHER,
    "classes:learners": CLASS_TEACHER,
    "classes:exception": CLASS_TEACHER,
    "classes:letter": CLASS_TEACHER,
    "classes:groups": CLASS_TEACHER,
    "classes:group": CLASS_TEACHER,
    "classes:copy": CLASS_TEACHER,
    "classes:settings": CLASS_TEACHER,
    "classes:dates": CLASS_TEACHER,
    "classes:rules": CLASS_TEACHER,
    "classes:open": CLASS_TEACHER,
    "classes:close": CLASS_TEACHER,
    "classes:reopen": CLASS_TEACHER,
    "classes:cancel": CLASS_TEACHER,
    "classes:archive": CLASS_TEACHER,
    "classes:unarchive": CLASS_TEACHER,
    "classes:trainer": CLASS_TEACHER,
    "classes:sessions": CLASS_TEACHER,
    "classes:session_change": CLASS_TEACHER,
    "classes:session_cancel": CLASS_TEACHER,
    "classes:roll": CLASS_TEACHER,
    "classes:screen": CLASS_TEACHER,
    "classes:walk_in": CLASS_TEACHER,
    "classes:door": CLASS_TEACHER,
    "classes:paper": CLASS_TEACHER,
    "classes:attach": CLASS_TEACHER,
    "classes:attached": CLASS_TEACHER,
    "classes:remarks": CLASS_TEACHER,
    "classes:minutes": CLASS_TEACHER,
    "classes:waiting": CLASS_TEACHER,
    "classes:turn_away": CLASS_TEACHER,
    "classes:nominate": SENDS_STAFF,
    "classes:refuse": SENDS_STAFF,
    "classes:add": CLASS_TEACHER,
    "classes:consents": CLASS_TEACHER,
    "classes:consent_forms": CLASS_TEACHER,
    "classes:slips": CLASS_TEACHER,
    "classes:pins": CLASS_TEACHER,
    "classes:pin": CLASS_TEACHER,
    "classes:member": CLASS_TEACHER,
    "classes:view_as": CLASS_TEACHER,
    "classes:rename": CLASS_TEACHER,
    "classes:waive": CLASS_TEACHER,
    "classes:unwaive": CLASS_TEACHER,
    "classes:password": CLASS_TEACHER,
    "classes:remove": CLASS_TEACHER,
    "classes:restore": CLASS_TEACHER,
    # --- agencies ---
    "agencies:overview": ANY_OVERSEER,
    "agencies:export": ANY_OVERSEER,
    "agencies:tree": ANY_OVERSEER,
    "agencies:unit": OVERSEER,
    "agencies:rename": IN_CHARGE,
    "agencies:move": OWNER_OVER,
    "agencies:merge": OWNER_OVER,
    "agencies:split": OWNER_OVER,
    "agencies:close": OWNER_OVER,
    "agencies:import": PROGRAMME_OWNER,
    "agencies:import_template": PROGRAMME_OWNER,
    "agencies:import_preview": SENT_IT,
    "agencies:import_errors": SENT_IT,
    "agencies:lists": ANY_OVERSEER,
    "agencies:list_progress": ASKED_FOR_IT,
    "agencies:list_file": ASKED_FOR_IT,
    "agencies:list_drop": ASKED_FOR_IT,
    "agencies:keep_view": ANY_OVERSEER,
    "agencies:change_view": ASKED_FOR_IT,
    "agencies:list_ask": OVERSEER,
    "agencies:operations": ANY_OVERSEER,
    "agencies:operation": OVERSEER,
    "agencies:undo": TAKES_BACK,
    "agencies:agency": OVERSEER,
    "agencies:agency_export": OVERSEER,
    "agencies:people_export": OVERSEER,
    "agencies:rosters": IN_CHARGE,
    "agencies:roster_template": IN_CHARGE,
    "agencies:waiting": IN_CHARGE,
    "agencies:waiting_papers": IN_CHARGE,
    "agencies:waiting_letters": IN_CHARGE,
    "agencies:roster": IN_CHARGE,
    "agencies:roster_progress": IN_CHARGE,
    "agencies:roster_columns": IN_CHARGE,
    "agencies:roster_mend": IN_CHARGE,
    "agencies:roster_apply": IN_CHARGE,
    "agencies:roster_undo": IN_CHARGE,
    "agencies:roster_drop": IN_CHARGE,
    "agencies:roster_errors": IN_CHARGE,
    "agencies:require": IN_CHARGE,
    "agencies:outside": IN_CHARGE,
    "agencies:outside_add": IN_CHARGE,
    "agencies:outside_send": IN_CHARGE,
    "agencies:outside_template": IN_CHARGE,
    "agencies:outside_withdraw": IN_CHARGE,
    "agencies:outside_evidence": IN_CHARGE,
    "agencies:completion_list": SENT_LIST,
    "agencies:completion_errors": SENT_LIST,
    "agencies:completion_undo": SENT_LIST,
    "agencies:withdraw": IN_CHARGE,
    # --- plans ---
    "plans:list": ANYBODY,
    "plans:plan": ANYBODY_STAFF_SEE_MORE,
    "plans:indicator": ANYBODY_STAFF_SEE_MORE,
    "plans:evidence": READS_EVIDENCE,
    "plans:close": PROGRAMME_OWNER,
    "plans:report_pdf": ANY_OVERSEER,
    "plans:report_xlsx": ANY_OVERSEER,
    # --- reminders ---
    "reminders:rules": PROGRAMME_OWNER,
    "reminders:rule": PROGRAMME_OWNER,
    "reminders:off": PROGRAMME_OWNER,
    "reminders:hours": PROGRAMME_OWNER,
    "reminders:changes": PROGRAMME_OWNER,
    "reminders:rehearsal": PROGRAMME_OWNER,
    "reminders:progress": PROGRAMME_OWNER,
    "reminders:mine": SIGNED_IN,
    "reminders:phone": OLD_ENOUGH,
    "reminders:phone_code": OLD_ENOUGH,
    "reminders:phone_remove": SIGNED_IN,
    "reminders:stop": LETTER,
    # --- other systems ---
    "lrs:statements": KEY,
    "lrs:about": ANYBODY,
    # --- Wagtail ---
    "wagtaildocs_serve": ANYBODY,
    "wagtaildocs_authenticate_with_password": ANYBODY,
    "wagtailcore_authenticate_with_password": ANYBODY,
    "wagtailcore_login": CLOSED,
    "_util/login/": CLOSED,
    "cms/login/": CLOSED,
    "^cms/password_reset/": CLOSED,
}

# Whole trees that are not ours, by the beginning of the pattern.
GROUPS: dict[str, Rule] = {"cms/": EDITORS}

MISSING = 'no rule for {key!r} ({path}): add one line to RULES in lms/access.py, as  "{key}": SIGNED_IN,'


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    parameters: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.name or self.path


def routes() -> list[Route]:
    """Every address of the URL configuration."""
    return list(_walk(get_resolver(), "", "", ()))


def _walk(resolver: URLResolver, path: str, namespace: str, parameters: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        here = path + str(entry.pattern)
        taken = (*parameters, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name}" if entry.name else "", here, taken)
        else:
            yield from _walk(entry, here, namespace + (f"{entry.namespace}:" if entry.namespace else ""), taken)


def rule_for(key: str, path: str) -> Rule | None:
    return RULES.get(key) or next((rule for start, rule in GROUPS.items() if path.startswith(start)), None)


def rule_of_request(match: ResolverMatch) -> Rule | None:
    """The rule of the address that was asked for."""
    return rule_for(match.view_name if match.url_name else match.route, match.route)
