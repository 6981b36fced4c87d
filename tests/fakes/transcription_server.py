"""A server with OpenAI's transcription endpoint on loopback, that answers as a test likes."""

from __future__ import annotations

import asyncio
import io
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import soundfile
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from asr_fair.records import Samples


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    at_s: float
    form: dict[str, str]
    headers: dict[str, str]
    samples: Samples
    sample_rate_hz: int
    subtype: str


Respond = Callable[[RequestHandler, Asked], None]


def say(status: int = 200, content: object = None, **headers: str) -> Respond:
    """Answer with JSON (or, for a str, with that body)."""

    def respond(handler: RequestHandler, asked: Asked) -> None:
        handler.set_status(status)
        for name, value in headers.items():
            handler.set_header(name.replace("_", "-"), value)
        if isinstance(content, str):
            handler.write(content)
        else:
            handler.set_header("Content-Type", "application/json")
            handler.write(json.dumps({"text": "hello there"} if content is None else content))

    return respond


def hang(handler: RequestHandler, asked: Asked) -> None:
    """Answer too late for everybody."""
    time.sleep(0.6)


def reset(handler: RequestHandler, asked: Asked) -> None:
    """Hang up."""
    handler.request.connection.stream.close()


def trickle(handler: RequestHandler, asked: Asked) -> None:
    """A header, and then a byte now and then for ever: no single wait is long."""
    stream = handler.request.connection.stream
    stream.socket.setblocking(True)
    stream.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    for _ in range(12):
        time.sleep(0.1)
        try:
            stream.socket.sendall(b"x")
        except OSError:
            break
    stream.close()


@dataclass
class Server:
    """Answers by `script`, one after the other; the last one from then on."""

    script: list[Respond]
    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, handler: RequestHandler) -> None:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            respond = self.script[min(len(self.asked), len(self.script) - 1)]
            (file,) = handler.request.files["file"]
            opened = soundfile.SoundFile(io.BytesIO(file.body))
            form = {key: handler.get_body_argument(key, strip=False) for key in handler.request.arguments}
            headers = dict(handler.request.headers)
            samples = opened.read(dtype="float32")
            one = Asked(time.monotonic(), form, headers, samples, opened.samplerate, opened.subtype)
            self.asked.append(one)
        try:
            respond(handler, one)
        finally:
            with self.lock:
                self.at_once -= 1


@contextmanager
def serving(*script: Respond, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server with a thread of its own; each request gets another thread."""
    server = Server(list(script))
    ready, loops = threading.Event(), []

    class Handler(RequestHandler):
        async def post(self) -> None:
            await asyncio.get_running_loop().run_in_executor(None, server.answer, self)

        def log_exception(self, *args: object) -> None:
            """A client that has gone is what the test wants."""

    async def main() -> None:
        socket, port = bind_unused_port()
        application = Application([(r"/v1/audio/transcriptions", Handler)], log_function=lambda _: None)
        http = HTTPServer(application, ssl_options=tls)
        http.add_socket(socket)
        server.base_url = f"{'http' if tls is None else 'https'}://127.0.0.1:{port}/v1"
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        ready.set()
        await stop.wait()
        http.stop()
        await http.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop, stop = loops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
