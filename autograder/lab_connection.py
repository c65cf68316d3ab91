"""How JupyterLab's server hands on what a kernel says. JupyterLab loads it by name: `lab.PROMPT`."""

from __future__ import annotations

import asyncio

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

__all__ = ["Prompt"]


class Prompt(ZMQChannelsWebsocketConnection):
    """Each message at once. As it comes, the server lets TCP hold a small one back until the browser has acknowledged the
    one before (RFC 896), which browsers may put off for 40 ms."""

    def connect(self) -> asyncio.Future[None] | None:
        self.websocket_handler.set_nodelay(True)
        return super().connect()
