"""Errors of the switchboard. Attributes decide what happens, text explains.

RenjiError
├── BadRecord                a stored or received record cannot be read
├── BadBackup                a backup that is not whole, not ours, or would overwrite something
├── BadSettings              lists every unknown, missing or impossible setting
├── BadWording               content that cannot be loaded or rendered
├── AcceptError              the message was not stored; the channel must not be told "received"
│   ├── Full                 at the cap: 503, try again
│   ├── Limited              more than may come in: by one Address (429) or by all (503); `after_s` says when again
│   └── StoreUnavailable     Redis did not answer in time: 503, try again
├── BadInput                 what came from outside is malformed; `status` is the HTTP status to answer
├── LeaseLost                the partition belongs to another worker now; drop what was being done
├── TurnConflict             the conversation moved on while this turn ran; its result is void
├── TurnFailed               the turn began and failed: counts as an attempt; `permanent` quarantines at once
├── NotReachable             Rasa, actions, CRM or Redis cannot be reached: not an attempt, wait and retry
├── NotOwner                 an agent spoke or acted in a conversation that is not theirs (409)
└── SendError                a channel did not take a message; `retryable` decides
    ├── ChannelThrottled     retryable, `after_s` says when
    ├── ChannelUnreachable   retryable
    ├── WindowClosed         final: the channel's reply window is over
    └── AddressGone          final: unsubscribed, blocked, unknown
"""

from __future__ import annotations


class RenjiError(Exception):
    """Base of all errors of the switchboard."""


class BadRecord(RenjiError):
    pass


class BadBackup(RenjiError):
    pass


class BadSettings(RenjiError):
    pass


class BadWording(RenjiError):
    pass


class AcceptError(RenjiError):
    pass


class Full(AcceptError):
    pass


class Limited(AcceptError):
    """`whose`: "address", or "all"."""

    def __init__(self, whose: str, after_s: float) -> None:
        super().__init__(f"too many messages of {whose}, again in {after_s:.1f} s")
        self.whose = whose
        self.after_s = after_s


class StoreUnavailable(AcceptError):
    pass


class BadInput(RenjiError):
    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class LeaseLost(RenjiError):
    pass


class TurnConflict(RenjiError):
    pass


class TurnFailed(RenjiError):
    def __init__(self, message: str, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class NotReachable(RenjiError):
    pass


class NotOwner(RenjiError):
    pass


class SendError(RenjiError):
    retryable = False
    after_s: float = 1.0


class ChannelThrottled(SendError):
    retryable = True

    def __init__(self, message: str, after_s: float = 1.0) -> None:
        super().__init__(message)
        self.after_s = after_s


class ChannelUnreachable(SendError):
    retryable = True


class WindowClosed(SendError):
    pass


class AddressGone(SendError):
    pass
