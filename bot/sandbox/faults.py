"""Trouble on request: what Telegram and the network do to a bot on a bad day.

A fault matches calls by method and chat and strikes a number of times or with a probability;
the random numbers come from a seed, so a run repeats exactly.

Kinds: `flood` (429 with retry_after), `server_error` (5xx with an HTML body, as a gateway gives it),
`delay` (before the call takes effect), `delay_after` (after it took effect, before the answer),
`lost_response` (takes effect, then the connection breaks), `reset` (breaks before anything happens),
`blocked` (403 of a private chat), `kicked` (403 of a group).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from .world import ApiError

KINDS = ("flood", "server_error", "delay", "delay_after", "lost_response", "reset", "blocked", "kicked")


@dataclass
class Fault:
    """One rule; `times` None means for ever, `share` is the probability of each matching call."""

    kind: str
    method: str | None = None
    chat_id: int | None = None
    times: int | None = 1
    share: float = 1.0
    retry_after: float = 1
    status: int = 502
    seconds: float = 0.0
    struck: int = 0


class Dropped(Exception):
    """The connection must break without an answer."""


class Gateway(Exception):
    """An answer that does not come from the Bot API: an HTML page with a 5xx status."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@dataclass
class Strike:
    """What a call has to suffer besides an error: pauses in seconds and a lost answer."""

    before: float = 0.0
    after: float = 0.0
    lost: bool = False
    kinds: list[str] = field(default_factory=list)


class Faults:
    """The rules in force, asked once for every call, in the order they were added."""

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[Fault] = []
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def add(self, fault: Fault) -> Fault:
        """Puts a rule in force and gives it back, so that `struck` can be read later."""
        if fault.kind not in KINDS:
            raise ValueError(f"unknown fault {fault.kind!r}, known are {', '.join(KINDS)}")
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Ends all trouble."""
        self.rules.clear()

    def strike(self, method: str, chat_id: int | None) -> tuple[Strike, Exception | None]:
        """What happens to this call: pauses, and the error (if any) to raise after the first pause."""
        strike = Strike()
        error: Exception | None = None
        if not self.rules:
            return strike, None
        for fault in self.rules:
            if not self._hits(fault, method, chat_id):
                continue
            fault.struck += 1
            strike.kinds.append(fault.kind)
            if fault.kind == "delay":
                strike.before += fault.seconds
            elif fault.kind == "delay_after":
                strike.after += fault.seconds
            elif fault.kind == "lost_response":
                strike.lost = True
            elif error is None:
                error = self._error(fault)
        self.rules = [rule for rule in self.rules if rule.times is None or rule.struck < rule.times]
        return strike, error

    def _hits(self, fault: Fault, method: str, chat_id: int | None) -> bool:
        if fault.method is not None and fault.method.lower() != method.lower():
            return False
        if fault.chat_id is not None and fault.chat_id != chat_id:
            return False
        if fault.times is not None and fault.struck >= fault.times:
            return False
        return fault.share >= 1.0 or self._random.random() < fault.share

    @staticmethod
    def _error(fault: Fault) -> Exception:
        if fault.kind == "flood":
            return ApiError(
                429, f"Too Many Requests: retry after {fault.retry_after}", {"retry_after": fault.retry_after}
            )
        if fault.kind == "server_error":
            return Gateway(fault.status)
        if fault.kind == "reset":
            return Dropped()
        if fault.kind == "blocked":
            return ApiError(403, "Forbidden: bot was blocked by the user")
        return ApiError(403, "Forbidden: bot was kicked from the group chat")
