"""Changes: rules set, rounds walked, letters sent, letters stopped."""

from reminders.actions.phones import confirm_code, gateway, remove_phone, send_code
from reminders.actions.rounds import advance, rehearse, remind, tell_certificates
from reminders.actions.rules import apply_rehearsal, set_hours, switch_off
from reminders.actions.sending import deliver
from reminders.actions.stops import read_token, resume, stop, stop_token, want

__all__ = [
    "advance",
    "apply_rehearsal",
    "confirm_code",
    "deliver",
    "gateway",
    "read_token",
    "rehearse",
    "remind",
    "remove_phone",
    "resume",
    "send_code",
    "set_hours",
    "stop",
    "stop_token",
    "switch_off",
    "tell_certificates",
    "want",
]
