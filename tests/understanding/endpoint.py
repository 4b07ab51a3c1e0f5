"""A small server that speaks the embeddings protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Server:
    """Answers with ``vector`` of each text; what it answers next can be set."""

    def __init__(self, vector: Callable[[str], list[float]] = lambda text: [float(len(text)), 1.0]) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.status, self.body, self.withheld = 200, "", 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(asked)
                outer.keys.append(self.headers["Authorization"])
                rows = [
                    {"index": number, "embedding": vector(text)} for number, text in enumerate(asked["input"])
                ]
                body = (outer.body or json.dumps({"data": rows[::-1]})).encode()
                self.send_response(outer.status if self.path == "/v1/embeddings" else 404)
                self.send_header("Content-Length", str(len(body) + outer.withheld))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
