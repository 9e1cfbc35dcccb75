"""The network between the workers and Meta: late when told to, and cut in any of three ways."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Literal

Cut = Literal["refused", "reset", "silent"]
NO_LINGER = struct.pack("ii", 1, 0)


class Cable:
    """A relay on a port of its own.

    refused: the port is closed. reset: whoever connects is reset. silent: whoever connects is never answered.
    Whatever is open when the cable is cut fares alike: a question under way is lost, or its answer.

    Args:
        port: of Meta, on this machine.
        latency: seconds that an answer takes from Meta to the worker.
    """

    def __init__(self, port: int, latency: float = 0.0) -> None:
        self.latency = latency
        self._meta = port
        self._cut: Cut | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._relays: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cable", daemon=True)
        self._thread.start()
        self.port = 0
        self._call(self._listen())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self, how: Cut) -> None:
        """Until `mend`, nobody reaches Meta."""
        self._call(self._take(how))

    def mend(self, *, ends: bool = False) -> None:
        """Meta can be reached again, if it could not.

        Args:
            ends: reset those who wait in silence; else they wait on, as nobody tells them.
        """
        self._call(self._give(ends))

    def close(self) -> None:
        self._call(self._give(ends=True))
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _call(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _take(self, how: Cut) -> None:
        self._cut = how
        if how == "refused":
            self._server.close()
        if how != "silent":
            self._reset_all()

    async def _give(self, ends: bool) -> None:
        refused, self._cut = self._cut == "refused", None
        if ends:
            self._reset_all()
        if refused:
            await self._listen()

    async def _shut(self) -> None:
        self._server.close()
        mine = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not mine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Whoever was accepted and not yet attended to; transports close in the loop's next turns.
        self._reset_all()
        for _ in range(3):
            await asyncio.sleep(0)

    def _reset_all(self) -> None:
        for writer in list(self._open):
            reset(writer)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Known at once: a relay that is cancelled before its first turn closes nothing.
        self._open.add(writer)
        relay = self._loop.create_task(self._relay(reader, writer))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._cut == "reset":
                reset(writer)
                return
            meta_reader, meta_writer = await asyncio.open_connection("127.0.0.1", self._meta)
            try:
                there = asyncio.create_task(self._pass_on(reader, meta_writer, 0.0))
                back = asyncio.create_task(self._pass_on(meta_reader, writer, self.latency))
                # A worker that has gone takes its question along; Meta may have answered it all the same.
                await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
                there.cancel()
                back.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
            finally:
                meta_writer.transport.abort()
        except OSError:
            reset(writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, latency: float) -> None:
        with contextlib.suppress(OSError):
            while content := await reader.read(65_536):
                if latency:
                    await asyncio.sleep(latency)
                # What was under way when the cable was cut silently never arrives, after its mending neither.
                if self._cut == "silent":
                    await self._swallow(reader)
                    return
                writer.write(content)
                await writer.drain()

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        while await reader.read(65_536):
            pass


def reset(writer: asyncio.StreamWriter) -> None:
    """Closes so that the other side gets a reset instead of an end."""
    with contextlib.suppress(OSError, AttributeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    writer.transport.abort()


@contextlib.contextmanager
def cable(port: int, latency: float = 0.0) -> Iterator[Cable]:
    """A cable to Meta for the length of the block."""
    made = Cable(port, latency)
    try:
        yield made
    finally:
        made.close()
