"""When a connection is read, and how long it may take what is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.flow_control import FlowControl

from shared.web.connections import Limits


class Flow(FlowControl):
    """Uvicorn's, which is resumed by whatever request is answered, whenever it looks for more: held, nothing is read. Once
    more is written than is taken, `give_up` is called when too little of it goes in a window."""

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        limits: Limits,
        give_up: Callable[[], None],
    ) -> None:
        super().__init__(transport)
        self.is_held = False
        self._loop = loop
        self._limits = limits
        self._give_up = give_up
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, is_held: bool) -> None:
        if is_held:
            self.is_held = True
            self.pause_reading()
        elif self.is_held:
            self.is_held = False
            self.resume_reading()

    def resume_reading(self) -> None:
        if not self.is_held:
            super().resume_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_again()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stop()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look_again(self) -> None:
        left = self._transport.get_write_buffer_size()
        self._timer = self._loop.call_later(self._limits.window_s, self._look, left)

    def _look(self, before: int) -> None:
        if before - self._transport.get_write_buffer_size() >= self._limits.window_bytes:
            self._look_again()
        else:
            self._give_up()
