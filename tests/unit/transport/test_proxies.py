"""Proxies that the environment names."""

import socket
import threading
from collections.abc import Iterator

import pytest

from kirok.base.settings import TransportSettings
from kirok.transport import Transport
from kirok.transport.proxies import proxy_for

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def heard() -> Iterator[tuple[str, list[str]]]:
    """(host and port of a proxy that answers everything itself, the requests that it got)."""
    requests: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            asking, _ = listening.accept()
            with asking:
                requests.append(asking.recv(65536).decode())
                asking.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        host, port = listening.getsockname()
        yield f"{host}:{port}", requests


def test_a_proxy_is_told_the_account_that_its_address_names(
    heard: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, requests = heard
    monkeypatch.setenv("HTTP_PROXY", f"http://us%40er:pa%3Ass@{proxy}")
    assert Transport("http://tracking.example", TransportSettings(max_retries=0)).send("GET", "/x").read() == b"ok"
    assert requests[0].startswith("GET http://tracking.example/x ")
    assert "proxy-authorization: basic dxnazxi6cge6c3m=" in requests[0].lower()


@pytest.mark.parametrize(
    ("exempt", "is_exempt"),
    [
        ("10.0.0.0/8", True),
        ("192.168.0.0/16, 10.1.0.0/16", True),
        ("10.1.2.3", True),
        ("10.2.0.0/16", False),
        ("10.1.2.3/nonsense,example.org/8", False),
        ("fd00::/8", False),
    ],
)
def test_addresses_of_an_exempt_network_are_reached_without_a_proxy(
    exempt: str, is_exempt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", exempt)
    assert proxy_for("http://10.1.2.3:5000") == (None if is_exempt else "http://proxy.example:3128")
    assert proxy_for("http://tracking.example") == "http://proxy.example:3128"
