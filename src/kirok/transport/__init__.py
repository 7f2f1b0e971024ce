"""One way to a tracking server.

Everything goes through one `send(request)`: sockets in life, an application in the same process in tests.
"""

from kirok.transport.exchange import ConnectionFailed, HttpRequest, HttpResponse, Sender
from kirok.transport.transport import Body, Transport

__all__ = ["Body", "ConnectionFailed", "HttpRequest", "HttpResponse", "Sender", "Transport"]
