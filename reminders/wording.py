"""The words of reminders: what the rules are called, and a letter written out. Letters are in Vietnamese."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pages.templatetags.house import weekday
from people.text import unmarked
from reminders.judgement import Fact, Policy, Rule

NAMES: dict[Rule, str | Promise] = {
    Rule.REQUEST: gettext_lazy("Yêu cầu về dữ liệu phải trả lời"),
    Rule.OVERDUE: gettext_lazy("Việc đã quá hạn"),
    Rule.DUE_SOON: gettext_lazy("Việc sắp tới hạn"),
    Rule.STARTS: gettext_lazy("Buổi học, bài giao sắp bắt đầu"),
    Rule.EXPIRING: gettext_lazy("Khóa sắp phải học lại"),
    Rule.CERTIFICATE: gettext_lazy("Giấy xác nhận đã có"),
    Rule.DIGEST: gettext_lazy("Bản tin đầu tuần cho cán bộ theo dõi"),
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What an officer reads at the start of the week: people, and courses by date with how many have not finished them."""

    place: str
    staff: int
    completed: int
    overdue: int
    expiring: int
    counted_at: dt.datetime | None
    next: tuple[tuple[str, dt.datetime | None, int], ...] = field(default=())


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str


def summary(rule: Rule, policy: Policy) -> str:
    """One sentence on what a rule does as it is set."""
    match rule:
        case Rule.REQUEST:
            return _("Luôn bật: từ %(days)s ngày trước hạn của pháp luật, mỗi ngày một thư cho người trả lời, đến khi xong.") % {
                "days": policy.ahead
            }  # fmt: skip
        case Rule.OVERDUE:
            return _("Cách %(every)s ngày một thư, mỗi việc nhắc nhiều nhất %(most)s lần.") % {
                "every": policy.every, "most": policy.most,
            }  # fmt: skip
        case Rule.DUE_SOON:
            return _("Nhắc một lần, %(days)s ngày trước hạn. Dời hạn thì nhắc lại theo hạn mới.") % {"days": policy.ahead}
        case Rule.STARTS:
            return _("Nhắc một lần, %(days)s ngày trước khi bắt đầu. Đổi giờ thì báo lại.") % {"days": policy.ahead}
        case Rule.EXPIRING:
            return _("Nhắc một lần, %(days)s ngày trước khi hết hiệu lực.") % {"days": policy.ahead}
        case Rule.CERTIFICATE:
            return _("Báo ngay khi có giấy; giấy cấp quá %(days)s ngày thì thôi.") % {"days": policy.ahead}
    return _("Ngày làm việc đầu tuần: bao nhiêu người xong, bao nhiêu quá hạn, việc nào tới hạn. Chỉ có số, không có tên.")


def change_words(rule: Rule, after: Mapping[str, Any]) -> str:
    """What a change of a rule left, as kept in RuleChange."""
    if not after["on"]:
        return _("Tắt.")
    return _("Bật.") + " " + summary(rule, Policy(**{name: after[name] for name in ("ahead", "every", "most")}))


def hours_words(after: Mapping[str, Any]) -> str:
    return _("Từ %(opens)s đến %(closes)s, nhiều nhất %(a_day)s thư một ngày.") % after


def letter(
    *, name: str, facts: Sequence[Fact], figures: Figures | None, site: str, stop_url: str, now: dt.datetime
) -> Letter:
    """`name`: the given name. `site`: the address of the site without a slash at the end. `stop_url` empty: nothing in it can be
    stopped."""
    with translation.override("vi"):
        told = [fact for fact in facts if fact.rule != Rule.DIGEST]
        sections = [
            [str(NAMES[rule]) + ":", *(line for fact in told if fact.rule == rule for line in _lines(fact, site, now))]
            for rule in Rule if any(fact.rule == rule for fact in told)
        ]  # fmt: skip
        if any(fact.rule != Rule.REQUEST for fact in told):
            sections.append([_("Xem tất cả ở “Việc học của tôi”:"), f"{site}/learn/"])
        if figures:
            sections.append([*_week(figures), f"{site}/agencies/"])
        ends = [_("Học AI, Thành phố Hồ Chí Minh")]
        if stop_url:
            ends += ["", _("Bạn không muốn nhận thư nhắc như thế này nữa? Mở liên kết và bấm một lần:"), stop_url]
        if any(fact.required and fact.rule != Rule.REQUEST for fact in facts):
            ends += ["", _("Việc do cơ quan yêu cầu thì vẫn được nhắc, vì đó là nhiệm vụ của bạn.")]
        parts = [[_("Chào %(name)s,") % {"name": name}], *sections, ends]
        return Letter(_subject(told, figures), "\n\n".join("\n".join(part) for part in parts))


@dataclass(frozen=True)
class Text:
    """A text message, in letters every phone and every network has; and its parts for an approved template."""

    body: str
    fields: dict[str, str]


def text(*, name: str, facts: Sequence[Fact], figures: Figures | None, site: str) -> Text:
    """At most 306 characters, which is two messages of a network."""
    with translation.override("vi"):
        told = [fact for fact in facts if fact.rule != Rule.DIGEST]
        what = _subject(told, figures).removeprefix("Học AI: ")
        link = f"{site}/learn/" if told else f"{site}/agencies/"
        ends = ". " + _("Xem: %(link)s") % {"link": link}
        starts = _("Học AI: %(name)s ơi, ") % {"name": name}
        body = unaccented(starts + what)[: 306 - len(ends)] + unaccented(ends)
        return Text(body, {"name": name, "what": what, "link": link})


def code_text(code: str) -> str:
    with translation.override("vi"):
        said = _("Học AI: mã xác nhận số điện thoại của bạn là %(code)s, dùng trong 10 phút. Không đưa mã cho ai.")
        return unaccented(said % {"code": code})


def unaccented(words: str) -> str:
    plain = unmarked(words)
    for fine, simple in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("–", "-"), ("…", "...")):
        plain = plain.replace(fine, simple)
    return plain


def _subject(told: Sequence[Fact], figures: Figures | None) -> str:
    if not told:
        return "Học AI: " + (_("tuần này ở %(place)s") % {"place": figures.place} if figures else "")
    if len(told) > 1:
        count = len(told)
        return "Học AI: " + ngettext("%(count)s việc bạn cần xem", "%(count)s việc bạn cần xem", count) % {"count": count}
    (fact,) = told
    words = {
        Rule.REQUEST: _("có yêu cầu về dữ liệu phải trả lời"),
        Rule.OVERDUE: _("đã quá hạn “%(title)s”"),
        Rule.DUE_SOON: _("sắp tới hạn “%(title)s”"),
        Rule.STARTS: _("sắp bắt đầu “%(title)s”"),
        Rule.EXPIRING: _("sắp phải học lại “%(title)s”"),
        Rule.CERTIFICATE: _("giấy xác nhận “%(title)s” đã có"),
    }[fact.rule]
    return "Học AI: " + words % {"title": fact.title}


def _lines(fact: Fact, site: str, now: dt.datetime) -> list[str]:
    title = fact.title
    if fact.of and fact.of != fact.title:
        title = _("%(title)s (khóa %(course)s)") % {"title": title, "course": fact.of}
    by = fact.by if fact.required or not fact.by or fact.by.lower().startswith("lớp") else _("lớp %(name)s") % {"name": fact.by}
    when = moment(fact.at, now)
    match fact.rule:
        case Rule.REQUEST:
            by = _("Báo đã nhận") if fact.place == "acknowledge" else _("Trả lời")
            late = _("%(what)s: đã quá hạn, lẽ ra %(when)s.") if fact.at < now else _("%(what)s: hạn %(when)s.")
            said = late % {"what": by, "when": when}
        case Rule.OVERDUE | Rule.DUE_SOON if fact.required:
            said = _("%(by)s yêu cầu, hạn %(when)s.") % {"by": by, "when": when}
        case Rule.OVERDUE | Rule.DUE_SOON:
            said = _("%(by)s giao, hạn %(when)s.") % {"by": by[:1].upper() + by[1:], "when": when}
        case Rule.STARTS:
            said = _("Bắt đầu %(when)s.") % {"when": when}
            if fact.place:
                said += " " + _("Nơi học: %(place)s.") % {"place": fact.place}
        case Rule.EXPIRING:
            said = _("%(by)s yêu cầu; lần học trước có hiệu lực đến %(when)s.") % {"by": by, "when": when}
        case _:
            said = _("Tải về hoặc cho người khác xem ở đây:")
    lines = [f"- {title}. {said}"]
    if fact.url:
        lines.append("  " + (fact.url if fact.url.startswith("http") else f"{site}{fact.url}"))
    return lines


def moment(at: dt.datetime, now: dt.datetime) -> str:
    """ "hết thứ Sáu, 27/11/2026", "8:00 thứ Hai, 30/11/2026", with "hôm nay" and "ngày mai" where it is."""
    local, today = timezone.localtime(at), timezone.localdate(now)
    near = {0: _("hôm nay"), 1: _("ngày mai")}.get((local.date() - today).days)
    day = f"{near or weekday(at)}, {local:%d/%m/%Y}"
    return _("hết %(day)s") % {"day": day} if (local.hour, local.minute) == (23, 59) else f"{local.hour}:{local:%M} {day}"


def _week(figures: Figures) -> list[str]:
    lines = [
        _("Tuần này ở %(place)s:") % {"place": figures.place},
        _("- %(staff)s người; %(completed)s đã hoàn thành ít nhất một khóa.")
        % {"staff": localize(figures.staff), "completed": localize(figures.completed)},
        _("- %(count)s người có việc quá hạn.") % {"count": localize(figures.overdue)},
    ]
    if figures.expiring:
        lines.append(_("- %(count)s người có khóa sắp phải học lại.") % {"count": localize(figures.expiring)})
    for title, due_at, unfinished in figures.next:
        said = {"title": title, "count": localize(unfinished)}
        if due_at:
            day = timezone.localtime(due_at)
            lines.append(_("- %(title)s, hạn %(day)s: còn %(count)s người chưa xong.") % {**said, "day": f"{day:%d/%m/%Y}"})
        else:
            lines.append(_("- %(title)s: còn %(count)s người chưa xong.") % said)
    if figures.counted_at:
        at = timezone.localtime(figures.counted_at)
        lines.append(_("Số liệu lúc %(time)s.") % {"time": f"{at.hour}:{at:%M}, {at:%d/%m/%Y}"})
    return lines
