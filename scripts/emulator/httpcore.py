# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 over plain sockets.

Not http.server: bodies of many MiB have to arrive at memory speed. A body is
received straight into one buffer of its Content-Length, a piece at a time, and
each piece is hashed while the processor's cache still holds it; both steps run
without the interpreter's lock, so connections truly work side by side.
"""
import hashlib
import json
import mmap
import socket
import struct
import threading
import time
import traceback
import urllib.parse

MAX_HEAD = 64 << 10
MAX_HEADERS = 200
MAX_BODY = 5 << 30
PIECE = 1 << 20
HUGE = 4 << 20

REASONS = {
    100: "Continue", 200: "OK", 204: "No Content", 206: "Partial Content",
    301: "Moved Permanently", 302: "Found", 304: "Not Modified", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 409: "Conflict", 411: "Length Required",
    412: "Precondition Failed", 413: "Payload Too Large", 415: "Unsupported Media Type",
    416: "Range Not Satisfiable", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 500: "Internal Server Error",
    501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Gone(Exception):
    """The peer closed or reset the connection, or we were told to."""


class BadRequest(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Request:
    """One request. `body` is bytes-like, or None when it was not kept."""

    def __init__(self, method, target, headers, conn_id):
        self.method = method
        self.target = target
        self.headers = headers
        self.conn_id = conn_id
        path, _, query = target.partition("?")
        if path.startswith(("http://", "https://")):
            path = "/" + path.split("/", 3)[3] if path.count("/") > 2 else "/"
        self.raw_path = path
        self.raw_query = query
        self.path = urllib.parse.unquote(path, errors="surrogateescape")
        self.body = b""
        self.body_size = 0
        self.body_sha256 = hashlib.sha256().hexdigest()
        self.log = None
        self.signer = None

    def header(self, name, default=""):
        return self.headers.get(name.lower(), default)

    def query(self):
        """Decoded parameters; the last one wins. '+' stays a plus sign, as in S3."""
        return dict(self.query_pairs())

    def query_pairs(self):
        pairs = []
        for item in self.raw_query.split("&"):
            if item:
                name, _, value = item.partition("=")
                pairs.append((urllib.parse.unquote(name), urllib.parse.unquote(value)))
        return pairs


class Response:
    def __init__(self, status=200, body=b"", headers=None, content_type=None):
        self.status = status
        self.headers = dict(headers or {})
        self.pieces = body if isinstance(body, list) else [body]
        if content_type:
            self.headers["Content-Type"] = content_type

    def size(self):
        return sum(len(p) for p in self.pieces)


def json_response(value, status=200, headers=None, content_type="application/json"):
    return Response(status, json.dumps(value).encode(), headers, content_type)


def buffer(size):
    """Writable and of this size. Large ones come straight from the kernel, in huge
    pages: what a bytearray costs in page faults is more than hashing its content."""
    if size < HUGE:
        return bytearray(size)
    area = mmap.mmap(-1, size)
    try:
        area.madvise(mmap.MADV_HUGEPAGE)
    except (AttributeError, OSError):
        pass
    return memoryview(area)


class Connection:
    def __init__(self, server, sock, number):
        self.server = server
        self.sock = sock
        self.number = number
        self.buf = bytearray()
        self.scratch = None
        self.all_at_once = 0 if server.tls else socket.MSG_WAITALL

    # -- receiving ---------------------------------------------------------

    def _more(self):
        try:
            data = self.sock.recv(MAX_HEAD)
        except OSError:
            raise Gone from None
        if not data:
            raise Gone
        self.buf += data

    def read_head(self):
        while True:
            while self.buf[:2] == b"\r\n":
                del self.buf[:2]
            end = self.buf.find(b"\r\n\r\n")
            if end >= 0:
                break
            if len(self.buf) > MAX_HEAD:
                raise BadRequest(431, "request head too long")
            self._more()
        head = bytes(self.buf[:end]).decode("latin-1")
        del self.buf[:end + 4]
        return self._parse_head(head.split("\r\n"))

    def _parse_head(self, lines):
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise BadRequest(400, "malformed request line")
        if len(lines) > MAX_HEADERS:
            raise BadRequest(431, "too many headers")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise BadRequest(400, "malformed header line")
            name = name.lower()
            value = value.strip(" \t")
            if name in headers:
                if name in ("host", "content-length", "authorization"):
                    raise BadRequest(400, "header given twice: " + name)
                value = headers[name] + "," + value
            headers[name] = value
        if "host" not in headers:
            raise BadRequest(400, "no Host header")
        request = Request(words[0], words[1], headers, self.number)
        wish = headers.get("connection", "").lower()
        request.close = "close" in wish or (words[2] == "HTTP/1.0" and
                                            "keep-alive" not in wish)
        return request

    def declared_length(self, request):
        """Content-Length, or None for a chunked body."""
        if "transfer-encoding" in request.headers:
            if request.header("transfer-encoding").lower() != "chunked" or \
                    "content-length" in request.headers:
                raise BadRequest(400, "unusable Transfer-Encoding")
            return None
        text = request.header("content-length", "0")
        if not text.isascii() or not text.isdigit() or len(text) > 15:
            raise BadRequest(400, "malformed Content-Length")
        if int(text) > MAX_BODY:
            raise BadRequest(413, "body too large")
        return int(text)

    def _recv_exactly(self, view):
        """Fills view: first from what was read ahead, then from the socket."""
        have = min(len(self.buf), len(view))
        if have:
            view[:have] = self.buf[:have]
            del self.buf[:have]
        while have < len(view):
            try:
                got = self.sock.recv_into(view[have:], 0, self.all_at_once)
            except OSError:
                raise Gone from None
            if got == 0:
                raise Gone
            have += got

    def read_body(self, request, keep, pause=None):
        """pause: (byte offset, function) to be called when that much has come."""
        length = self.declared_length(request)
        if length is None:
            self._read_chunked(request)
            return
        digest = hashlib.sha256()
        body = buffer(length if keep else 0)
        if not keep and self.scratch is None:
            self.scratch = bytearray(PIECE)
        done = 0
        while done < length:
            n = min(PIECE, length - done)
            if pause and done <= pause[0] < done + n:
                n = pause[0] - done
                if n == 0:
                    pause[1]()
                    pause = None
                    continue
            view = memoryview(body)[done:done + n] if keep else \
                memoryview(self.scratch)[:n]
            self._recv_exactly(view)
            digest.update(view)
            view.release()
            done += n
            request.body_size = done
        if pause:
            pause[1]()
        request.body = body if keep else None
        request.body_sha256 = digest.hexdigest()

    def _read_line(self):
        while True:
            end = self.buf.find(b"\r\n")
            if end >= 0:
                line = bytes(self.buf[:end])
                del self.buf[:end + 2]
                return line
            if len(self.buf) > MAX_HEAD:
                raise BadRequest(400, "chunk line too long")
            self._more()

    def _read_chunked(self, request):
        body = bytearray()
        while True:
            size = self._read_line().split(b";")[0].strip()
            try:
                n = int(size, 16)
            except ValueError:
                raise BadRequest(400, "malformed chunk") from None
            if n < 0 or len(body) + n > MAX_BODY:
                raise BadRequest(413, "body too large")
            if n == 0:
                break
            piece = bytearray(n)
            self._recv_exactly(memoryview(piece))
            body += piece
            if self._read_line() != b"":
                raise BadRequest(400, "malformed chunk")
        while self._read_line() != b"":
            pass
        request.body = body
        request.body_size = len(body)
        request.body_sha256 = hashlib.sha256(body).hexdigest()

    # -- sending -----------------------------------------------------------

    def send(self, request, response, close, limit=None):
        """limit: send so many bytes of head and body only (a truncated answer)."""
        head_only = request is not None and request.method == "HEAD"
        lines = ["HTTP/1.1 %d %s" % (response.status,
                                     REASONS.get(response.status, "Status"))]
        headers = dict(response.headers)
        lower = {name.lower() for name in headers}
        if "date" not in lower:
            headers["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        if "content-length" not in lower and response.status not in (204, 304):
            headers["Content-Length"] = str(response.size())
        if close:
            headers["Connection"] = "close"
        lines += ["%s: %s" % pair for pair in headers.items()]
        # Values that came from a query may hold anything; a line stays a line.
        lines = [line.replace("\r", " ").replace("\n", " ") for line in lines]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        pieces = [head]
        if not head_only and response.status not in (204, 304):
            pieces += response.pieces
        if limit is None and sum(map(len, pieces)) < 64 << 10:
            pieces = [b"".join(pieces)]
        try:
            for piece in pieces:
                if limit is not None:
                    piece = memoryview(piece)[:limit]
                    limit -= len(piece)
                self.sock.sendall(piece)
        except OSError:
            raise Gone from None

    def cut(self, reset):
        """Ends the connection at once; with a reset the peer's kernel drops even
        what it had received and not yet read."""
        if reset:
            linger = struct.pack("ii", 1, 0)
            try:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            except OSError:
                pass
        raise Gone

    # -- one connection's life ----------------------------------------------

    def _shake_hands(self):
        if self.server.tls:
            try:
                self.sock = self.server.tls.wrap_socket(self.sock, server_side=True)
            except OSError:
                raise Gone from None

    def run(self):
        try:
            self._shake_hands()
            while not self.server.stopping.is_set():
                try:
                    request = self.read_head()
                    self.exchange(request)
                except BadRequest as e:
                    self.send(None, json_response({"message": str(e)}, e.status), True)
                    return
                if request.close:
                    return
        except Gone:
            pass
        finally:
            self.server.forget(self)
            try:
                self.sock.close()
            except OSError:
                pass

    def exchange(self, request):
        service = self.server.route(request)
        record = self.server.log.begin(service.name, request)
        request.log = record
        fault = self.server.faults.match(service.name, request)
        if fault:
            record["fault"] = fault.number
        try:
            self._exchange(request, service, record, fault)
        except Gone:
            if record["status"] is None:
                record["cut"] = True
            raise
        finally:
            record["size"] = request.body_size
            self.server.log.end(record)

    @staticmethod
    def _handle(service, request):
        try:
            return service.handle(request)
        except Exception:
            traceback.print_exc()
            return json_response({"message": "the emulator has failed"}, 500)

    def _exchange(self, request, service, record, fault):
        wait = self.server.wait
        keep = service.keeps_body(request)
        if fault:
            if fault.hold:
                fault.cleared.wait()
            wait(fault.delay_ms)
            if fault.cut == "before":
                self.cut(fault.reset)
            if fault.early:
                record["status"] = fault.status
                self.send(request, fault.response(), True)
                raise Gone
        if request.header("expect").lower() == "100-continue":
            try:
                self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            except OSError:
                raise Gone from None
        pause = None
        if fault and fault.cut == "body":
            pause = (fault.cut_bytes, lambda: self.cut(fault.reset))
        elif fault and fault.stall_ms:
            pause = (fault.cut_bytes, lambda: wait(fault.stall_ms))
        self.read_body(request, keep, pause)
        self.server.log.body(record, request, service)
        if fault and fault.status and not fault.after:
            response = fault.response()
        else:
            response = self._handle(service, request)
            record["handled"] = response.status
            if fault and fault.status:
                response = fault.response()
        limit = None
        if fault:
            wait(fault.delay_after_ms)
            if fault.cut == "after":
                self.cut(fault.reset)
            if fault.content_type:
                response.headers["Content-Type"] = fault.content_type
            if fault.cut == "answer":
                limit = fault.cut_bytes
        record["status"] = response.status
        self.send(request, response, request.close, limit)
        if limit is not None:
            record["cut"] = True
            self.cut(fault.reset)


class Server:
    """One listening port. route(request) gives the service that answers; tls is an
    SSLContext, or None for plain HTTP."""

    def __init__(self, host, port, route, log, faults, tls=None):
        self.route = route
        self.tls = tls
        self.log = log
        self.faults = faults
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._connections = set()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(256)
        shown = "[%s]" % host if ":" in host else host
        scheme = "https" if tls else "http"
        self.url = "%s://%s:%d" % (scheme, shown, self.listener.getsockname()[1])

    def start(self):
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.stopping.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, sock, self.log.next_connection())
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=connection.run, daemon=True).start()

    def forget(self, connection):
        with self._lock:
            self._connections.discard(connection)

    def wait(self, ms):
        if ms:
            self.stopping.wait(ms / 1000)

    def stop(self):
        self.stopping.set()
        self.faults.clear()
        with self._lock:
            connections = list(self._connections)
        for sock in [self.listener] + [c.sock for c in connections]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()
