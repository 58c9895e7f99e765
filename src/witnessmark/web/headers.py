"""What every answer carries so that a browser does nothing we did not mean with it; what is refused at once."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""No inline script or style, nothing from elsewhere (W3C Content Security Policy Level 3)."""
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
LARGEST_FORM_BYTES = 32 * 1024 * 1024
"""Largest body of a form; files come through the upload routes, which stream to disk."""
STREAMED = "/uploads/"
"""Paths that hold this take bodies of any size and look after them."""


class Guard:
    """ASGI middleware: answers only under our own names, bounds bodies, and sets the headers.

    Parameters
    ----------
    app : ASGIApp
    hosts : tuple of str
        Names without port.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), str(scope["path"])

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                made = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    made[name] = value
                if not path.startswith(("/static/", "/leaflet/")):
                    made.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(headers, path)
        if refusal is not None:
            await refusal(scope, receive, sending)
            return
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_FORM_BYTES and STREAMED not in path:
                return {"type": "http.disconnect"}
            return message

        await self._app(scope, receiving, sending)

    def _refusal(self, headers: Headers, path: str) -> PlainTextResponse | None:
        host = headers.get("host", "")
        name = host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0]
        if name.lower() not in self._hosts:
            return PlainTextResponse(
                f"This desk does not answer under that name. Ask it as one of: {', '.join(sorted(self._hosts))}.", 421
            )
        length = headers.get("content-length", "0")
        if STREAMED not in path and (not length.isdigit() or int(length) > LARGEST_FORM_BYTES):
            return PlainTextResponse("This is more than a form may hold. Files go through the upload page.", 413)
        return None
