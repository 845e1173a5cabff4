"""The line to the broker: the only file that knows aiomqtt.

A broker is a pipe without memory here: no acknowledgement of MQTT is taken for "stored". Each connection is a new
``aiomqtt.Client`` (entering a used one again succeeds before the broker has answered), every wait has an end, and a
broken line ends a waiting publish at once.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal, TypeVar, cast

import aiomqtt

from surefoot.alerts.broker import Address, LinkError, LinkParams, Protocol, PublishError, Received, Will
from surefoot.alerts.handshake import HandshakeSocket
from surefoot.alerts.keeping import keep
from surefoot.alerts.mqttclient import Client, number

__all__ = ["Address", "Link", "LinkError", "LinkParams", "Protocol", "PublishError", "Received", "Session", "Will"]

log = logging.getLogger(__name__)
wire_log = logging.getLogger(f"{__name__}.wire")  # paho's own; what it says of a lost line, a LinkError says too
wire_log.setLevel(logging.CRITICAL)

T = TypeVar("T")

_FAILED = 0x80  # reason codes from here on mean no
_LOGIN = {0x86, 0x87, 0x8C}  # bad user name or password, not authorized, bad authentication method
_PROTOCOL = 0x84


class Session:
    """One connection, while it lasts. Everything raises LinkError when the line is lost."""

    def __init__(self, client: Client, address: Address, timeout_s: float) -> None:
        self._client = client
        self._address = address
        self._timeout_s = timeout_s

    async def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """Hand a message to the broker (QoS 1). Its acknowledgement does not mean that anybody stored it.

        PublishError when the broker does not take this one: the line goes on.
        """
        if not self._client.fits(topic, payload):  # sent nevertheless, it would cost the line
            what = f"A message of {len(payload)} bytes is more than the broker at {self._address} takes."
            raise PublishError("too_large", what, "Set its max_packet_size to 65536.")
        code = await self._answered(self._client.hand_over(topic, payload, self._timeout_s, retain))
        if code >= _FAILED:
            what = f"The broker at {self._address} does not let this user write {topic} (code {code:#x})."
            raise PublishError("denied", what, "Allow it in the broker's access list.")

    async def publish_all(self, messages: Iterable[tuple[str, bytes]], tell: Callable[[PublishError], None]) -> None:
        """Hand over several, in this order, without waiting for each: a way there and back is waited for once.

        ``tell`` hears of each that the broker does not take; it keeps nothing else from going.
        """

        async def hand_over(topic: str, payload: bytes) -> None:
            try:
                await self.publish(topic, payload)
            except PublishError as error:
                tell(error)

        async with asyncio.TaskGroup() as all_of_them:
            for topic, payload in messages:
                all_of_them.create_task(hand_over(topic, payload))

    async def subscribe(self, topic_filter: str) -> None:
        codes = await self._answered(self._client.subscribe(topic_filter, qos=1, timeout=self._timeout_s))
        if any(number(code) >= _FAILED for code in codes):
            what = f"The broker at {self._address} does not let this user read {topic_filter}."
            raise LinkError("login", what, "Allow it in the broker's access list.")

    async def batches(self, largest: int) -> AsyncIterator[list[Received]]:
        """Incoming messages as they come: all that are waiting, at least one and at most ``largest`` at a time.

        The broker is told that they have arrived when more are asked for: it sends no more than are worked through.
        """
        messages = self._client.messages
        while True:
            try:
                batch = [await anext(messages)]
                while len(messages) and len(batch) < largest:
                    batch.append(await anext(messages))
            except aiomqtt.MqttError as error:
                raise self._lost(error) from error
            yield [_received(message) for message in batch]
            for message in batch:
                self._client._client.ack(message.mid, message.qos)

    async def messages(self) -> AsyncIterator[Received]:
        """Incoming messages one by one."""
        async for batch in self.batches(1):
            yield batch[0]

    async def _answered(self, call: Coroutine[Any, Any, T]) -> T:
        """Wait for the broker's answer, but not longer than the line lives."""
        task = asyncio.ensure_future(call)
        either: list[asyncio.Future[Any]] = [task, self._client._disconnected]
        try:  # aiomqtt alone would sit out the whole timeout on a line that is gone
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise self._lost(None)
            return task.result()
        except (aiomqtt.MqttError, ValueError) as error:
            raise self._lost(error) from error
        finally:
            task.cancel()

    def _lost(self, error: Exception | None) -> LinkError:
        detail = f" ({error})" if error is not None and str(error) else ""
        what = f"The line to the broker at {self._address} was lost{detail}."
        return LinkError("lost", what, "Nothing to do: it is tried again by itself.")


class Link:
    """The way to one broker. Nothing global is installed and nothing is opened before it is used.

    ``protocol`` "any": MQTT 5, or 3.1.1 where the broker is found to know no other.
    """

    def __init__(
        self,
        broker_url: str,
        client_id: str,
        *,
        protocol: Protocol | Literal["any"] = "5",
        will: Will | None = None,
        params: LinkParams | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.address = Address.parse(broker_url)
        self.params = params or LinkParams()
        self._client_id = client_id
        self.protocol: Protocol = "5" if protocol == "any" else protocol
        self._is_to_find_out = protocol == "any"
        self._will = will
        self._chance = chance

    def with_will(self, will: Will | None) -> Link:
        """The same way, with a last will."""
        link = object.__new__(Link)
        link.__dict__.update(self.__dict__, _will=will)
        return link

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Session]:
        """One connection, or LinkError saying why not."""
        if self._is_to_find_out:
            await self._find_out()
        client = self._new_client()
        entering = asyncio.ensure_future(client.__aenter__())
        try:
            await asyncio.shield(entering)
        except asyncio.CancelledError:
            await asyncio.wait({entering})  # its thread cannot be stopped, and would leave a socket behind
            _close(client)
            raise
        except (aiomqtt.MqttError, OSError) as error:
            reached = client._client.socket() is not None
            _close(client)
            raise self._explain(error, reached) from error
        client._disconnected.add_done_callback(_look_at)
        try:
            yield Session(client, self.address, self.params.timeout_s)
        finally:
            with suppress(aiomqtt.MqttError, OSError):
                await client.__aexit__(None, None, None)
            _close(client)

    async def keep(
        self, talk: Callable[[Session], Awaitable[None]], on_trouble: Callable[[LinkError], None] | None = None
    ) -> None:
        """Connect and ``talk``, again and again whenever the line is lost, until ``talk`` returns: see ``keep``."""
        await keep((self,), talk, on_trouble, self._chance)

    async def _find_out(self) -> None:
        """Which protocol this broker speaks; without a will, over whose form in MQTT 5 an older broker may hang."""
        probe = self.with_will(None)
        probe._is_to_find_out = False
        try:
            async with probe.connect():
                pass
        except LinkError as error:
            if error.trouble != "protocol":
                raise
            self.protocol = "3.1.1"
        self._is_to_find_out = False

    def _new_client(self) -> Client:
        version = aiomqtt.ProtocolVersion
        will = aiomqtt.Will(self._will.topic, self._will.payload, 1, self._will.retain) if self._will else None
        client = Client(
            self.address.host,
            self.address.port,
            username=self.address.user,
            password=self.address.password,
            identifier=self._client_id,
            protocol=version.V5 if self.protocol == "5" else version.V311,
            will=will,
            timeout=self.params.timeout_s,
            keepalive=self.params.keepalive_s,
            tls_context=self._tls() if self.address.secure else None,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # else small messages wait 40 ms
            logger=wire_log,
        )
        client._client.manual_ack_set(True)  # else all that comes is taken, whether or not it can be worked through
        cast(Any, client)._loop = _Loop(client)
        return client

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.params.ca_file)
            context.sslsocket_class = HandshakeSocket
            if self.params.certificate_file:
                context.load_cert_chain(self.params.certificate_file, self.params.key_file)
        except OSError as error:
            what = f"The certificate files cannot be read: {error}."
            raise LinkError("tls", what, "Check the paths and rights of the files.") from None
        return context

    def _explain(self, error: Exception, reached: bool) -> LinkError:
        """The reason by type, never by text: behind aiomqtt's error stands the operating system's, as its context."""
        cause = error.__context__ if isinstance(error.__context__, OSError) else error
        match cause:
            case aiomqtt.MqttCodeError():
                return self._refusal(number(cause.rc))
            case ConnectionRefusedError():
                what, remedy = f"Nothing answers at {self.address}.", "Start the broker, or correct host and port."
                return LinkError("refused", what, remedy)
            case socket.gaierror():
                what, remedy = f"There is no host named {self.address.host}.", "Correct the name, or check the network."
                return LinkError("unknown_host", what, remedy)
            case ssl.SSLError() | ConnectionResetError() if self.address.secure:
                what = f"No trusted connection to the broker at {self.address}: {cause.strerror or cause}."
                remedy = "Check its certificate, this machine's clock, and that the port speaks TLS."
                return LinkError("tls", what, remedy)
            case OSError() if not reached:
                what = f"The host {self.address} cannot be reached ({cause.strerror or str(cause) or 'no answer'})."
                return LinkError("unreachable", what, "Check the network, and host and port.")
        what = f"{self.address} accepts connections but does not answer as an MQTT broker."
        return LinkError("silent", what, "Check the port, and mqtts:// where the broker wants TLS.")

    def _refusal(self, code: int) -> LinkError:
        if code in _LOGIN:
            what = f"The broker at {self.address} refuses this user or password."
            return LinkError("login", what, "Correct them in the broker's address: mqtt://user:password@host:port.")
        if code == _PROTOCOL:
            what = f"The broker at {self.address} does not speak MQTT {self.protocol}."
            return LinkError("protocol", what, "Use the other protocol (5 or 3.1.1).")
        what = f"The broker at {self.address} turned the connection down (code {code:#x})."
        return LinkError("refused", what, "Look at the broker's log.")


class _Loop:
    """The event loop as aiomqtt sees it: aiomqtt begins to watch a socket one turn of the loop late.

    By then a broken line has closed it, and its number means nothing or another socket: such a number is left alone.
    """

    def __init__(self, client: aiomqtt.Client) -> None:
        self._loop, self._paho = client._loop, client._client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any) -> asyncio.Handle:
        return self._loop.call_soon_threadsafe(self._if_open, callback, args)

    def _if_open(self, callback: Callable[..., Any], args: tuple[Any, ...]) -> None:
        now = self._paho.socket()
        if not args or (now is not None and now.fileno() == args[0]):
            callback(*args)


def _received(message: aiomqtt.Message) -> Received:
    payload = message.payload if isinstance(message.payload, bytes) else str(message.payload or "").encode()
    return Received(message.topic.value, payload)


def _close(client: aiomqtt.Client) -> None:
    """Close what a failed or lost connection left open; does nothing to a closed one."""
    with suppress(OSError, ValueError):
        client._client.disconnect()


def _look_at(gone: asyncio.Future[None]) -> None:
    """Every lost line ends in an exception here; unseen, asyncio would report it as forgotten."""
    if not gone.cancelled():
        gone.exception()
