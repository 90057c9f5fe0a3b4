"""How several endpoints are asked at once, and what counts as their answer.

    agreed    the answer that a quorum gives alike; ends with the vote that makes the quorum
    answers   all answers of a quorum or more; stragglers get a second
    newest    of the blocks that they name, the newest that a quorum has come to, alike
    first     the first answer that proves itself, from one after the other; when one hesitates,
              the next is asked as well

Without a quorum each ends in UnavailableError, or in WrongChainError where those that are left
could never be one.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from provenance.errors import MalformedError, ProvenanceError, UnavailableError, WrongChainError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.chain.client import ChainClient
    from provenance.chain.endpoint import Endpoint
    from provenance.ledger.chain_port import Block

__all__ = ["MANY_EXCHANGES", "Votes"]

GRACE_SECONDS: Final = 1.0
"""How long others are waited for where more answers than a quorum make a better one."""

HEDGE_SECONDS: Final = 1.0
"""How long a node may take over something provable before the next one is asked as well."""

_EXCHANGES: Final = 2
"""A question is over after so many time-outs of one exchange: three of the pin and one or two of
its own lie behind it, and a node that needs longer for them is of no use."""

MANY_EXCHANGES: Final = 6
"""The same for receipts, which some nodes give only one by one."""

_T = TypeVar("_T")


class Votes:
    """Endpoints of one chain, and how many of them have to agree; any thread may ask."""

    def __init__(self, endpoints: Sequence[Endpoint], *, quorum: int, timeout: float) -> None:
        """Ask ``endpoints``, each exchange with which takes at most ``timeout`` seconds.

        Raises:
            MalformedError: ``quorum`` is not from 1 to the number of endpoints.
        """
        if not 1 <= quorum <= len(endpoints):
            raise MalformedError(f"expected 1 to {len(endpoints)}, got {quorum}", field="quorum")
        self.quorum = quorum
        self._endpoints = endpoints
        self._timeout = timeout

    def heard(self, question: Callable[[ChainClient], _T]) -> list[_T]:
        """Return the answers of all who answer in time, be they fewer than a quorum."""
        return [answer for _, answer in self._enough(self._poll(question))]

    def answers(self, question: Callable[[ChainClient], _T], subject: str) -> list[_T]:
        """Return the answers of a quorum or more, whatever they are.

        Args:
            subject: what is asked for, in words for an error or a warning.
        """
        poll = self._poll(question)
        found = self._enough(poll)
        if len(found) < self.quorum:
            raise self._no_quorum(subject, poll.errors)
        return [answer for _, answer in found]

    def agreed(self, question: Callable[[ChainClient], _T], subject: str) -> _T:
        """Return the answer that a quorum gives alike."""
        poll = self._poll(question)
        votes: dict[_T, list[Endpoint]] = {}
        while not poll.is_over:
            voted = poll.take()
            if voted is None:
                continue
            endpoint, answer = voted
            votes.setdefault(answer, []).append(endpoint)
            if len(votes[answer]) >= self.quorum:
                _tell_outvoted(votes, answer, subject)
                return answer
        raise self._no_quorum(subject, poll.errors)

    def newest(self, question: Callable[[ChainClient], Block], subject: str) -> Block:
        """Return the newest named block that a quorum has come to, with equal hash."""
        poll = self._poll(question)
        named = self._enough(poll)
        blocks = sorted({block for _, block in named}, key=lambda b: b.number, reverse=True)
        for candidate in blocks:
            reached = [(e, block) for e, block in named if block.number >= candidate.number]
            if len(reached) >= self.quorum and self._is_agreed(candidate, reached, subject):
                return candidate
        raise self._no_quorum(subject, poll.errors)

    def _is_agreed(
        self, candidate: Block, reached: Sequence[tuple[Endpoint, Block]], subject: str
    ) -> bool:
        """Tell whether a quorum of those at or past the candidate's height have it there."""
        poll = _Poll(
            lambda client: client.canonical_block(candidate.number),
            seconds=self._timeout * _EXCHANGES,
        )
        votes: dict[Block | None, list[Endpoint]] = {candidate: []}
        for endpoint, block in reached:
            if block.number == candidate.number:
                votes.setdefault(block, []).append(endpoint)
        if len(votes[candidate]) < self.quorum:
            for endpoint, block in reached:
                if block.number > candidate.number:
                    poll.put(endpoint)
        while len(votes[candidate]) < self.quorum and not poll.is_over:
            voted = poll.take()
            if voted is not None:
                votes.setdefault(voted[1], []).append(voted[0])
        if len(votes[candidate]) < self.quorum:
            return False
        _tell_outvoted(votes, candidate, subject)
        return True

    def first(
        self,
        question: Callable[[ChainClient], _T | None],
        subject: str,
        *,
        is_good: Callable[[_T], bool] = lambda _: True,
        exchanges: int = _EXCHANGES,
    ) -> _T | None:
        """Return the first answer that proves itself; None when a quorum has none to give."""
        poll = _Poll(question, seconds=self._timeout * exchanges)
        waiting = deque(sorted(self._endpoints, key=lambda endpoint: endpoint.is_failing))
        absent = 0
        while waiting or not poll.is_over:
            if waiting:
                poll.put(waiting.popleft())
            answered = poll.take(HEDGE_SECONDS if waiting else None)
            if answered is None:
                continue
            endpoint, answer = answered
            if answer is None:
                absent += 1
            elif is_good(answer):
                return answer
            else:
                endpoint.note_outvoted(subject)
        if absent >= self.quorum:
            return None
        raise self._no_quorum(subject, poll.errors)

    def _poll(self, question: Callable[[ChainClient], _T]) -> _Poll[_T]:
        poll = _Poll(question, seconds=self._timeout * _EXCHANGES)
        for endpoint in self._endpoints:
            poll.put(endpoint)
        return poll

    def _enough(self, poll: _Poll[_T]) -> list[tuple[Endpoint, _T]]:
        """Return all answers; whoever comes long after the quorum is not waited for."""
        found = []
        while not poll.is_over:
            answer = poll.take()
            if answer is not None:
                found.append(answer)
                if len(found) == self.quorum:
                    poll.hurry(GRACE_SECONDS)
        return found

    def _no_quorum(self, subject: str, errors: Sequence[ProvenanceError]) -> ProvenanceError:
        """Return what to raise: the one node's own error, or what is missing."""
        if len(self._endpoints) == 1 and errors:
            return errors[0]
        total = len(self._endpoints)
        wrong = [error for error in errors if isinstance(error, WrongChainError)]
        said = "; ".join(str(error) for error in errors)[:500]
        if total - len(wrong) < self.quorum:
            return WrongChainError(
                f"{len(wrong)} of {total} nodes are of another chain, {self.quorum} have to "
                f"agree: {said}"
            )
        return UnavailableError(
            f"{self.quorum} of {total} nodes have to agree on {subject} and do not"
            + (f": {said}" if said else "")
        )


def _tell_outvoted(votes: dict[_T, list[Endpoint]], answer: _T, subject: str) -> None:
    for other, endpoints in votes.items():
        if other != answer:
            for endpoint in endpoints:
                endpoint.note_outvoted(subject)


class _Poll(Generic[_T]):
    """One question to several endpoints at once, and their answers as they come in."""

    def __init__(self, question: Callable[[ChainClient], _T], *, seconds: float) -> None:
        """Prepare; nobody is asked yet.

        Args:
            seconds: after so long whoever has not answered is not waited for.
        """
        self._question = question
        self._deadline = time.monotonic() + seconds
        self._results: queue.SimpleQueue[tuple[Endpoint, object]] = queue.SimpleQueue()
        self._left = 0
        self.errors: list[ProvenanceError] = []
        """Of those who could not answer."""

    @property
    def is_over(self) -> bool:
        """Tell whether nobody is left to wait for, or no time."""
        return not self._left or time.monotonic() >= self._deadline

    def put(self, endpoint: Endpoint) -> None:
        """Ask one more endpoint."""
        if endpoint.start(partial(self._answer, endpoint)):
            self._left += 1
        else:
            self.errors.append(UnavailableError(f"{endpoint.place} is stuck"))

    def hurry(self, seconds: float) -> None:
        """Wait no longer than so many seconds from now."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    def take(self, seconds: float | None = None) -> tuple[Endpoint, _T] | None:
        """Return the next answer, None when there is none in time or it was an error."""
        if not self._left:
            return None
        wait = max(0.0, self._deadline - time.monotonic())
        try:
            endpoint, answer = self._results.get(
                timeout=wait if seconds is None else min(wait, seconds)
            )
        except queue.Empty:
            return None
        self._left -= 1
        if isinstance(answer, _Failure):
            self.errors.append(answer.error)
            return None
        return endpoint, cast("_T", answer)

    def _answer(self, endpoint: Endpoint) -> None:
        try:
            answer: object = endpoint.ask(self._question)
        except ProvenanceError as error:
            answer = _Failure(error)
        self._results.put((endpoint, answer))


@dataclass(frozen=True, slots=True)
class _Failure:
    """An error as an answer, apart from an error that a question returns on purpose."""

    error: ProvenanceError
