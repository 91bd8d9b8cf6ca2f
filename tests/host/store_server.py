#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Serves the files of a folder over HTTP on loopback, well or badly.

usage: store_server.py ROOT LOG [CERTIFICATE KEY]

Listens on two ports (with a certificate: on a third, by TLS), says them in a line, and ends with its standard input.
An address is /FAULT/SCOPE/PATH: the file ROOT/PATH, with FAULT where SCOPE is `all`, or `chunks` and PATH's last name
begins with a digit. LOG gets a line a request: port, path, Authorization, and how many requests
are being answered, this one included.
"""
import http.server
import os
import re
import ssl
import sys
import threading
import time

LOCK = threading.Lock()
SEEN = {}
ACTIVE = set()


def times_seen(path):
    """How often path was asked for before."""
    with LOCK:
        SEEN[path] = SEEN.get(path, 0) + 1
        return SEEN[path] - 1


def unquoted(path):
    """Percent-encoded bytes as file names have them."""
    plain = re.sub(rb'%([0-9A-Fa-f]{2})', lambda match: bytes([int(match[1], 16)]), path.encode())
    return os.fsdecode(plain)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one connection's requests; a method in capitals is a fault."""
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True  # headers and body are written apart
    root = log = ''
    ports = ()

    def log_message(self, *_):
        pass

    def do_GET(self):  # pylint: disable=invalid-name
        with LOCK, open(self.log, 'a', encoding='utf-8') as log:
            ACTIVE.add(self)
            log.write(f'{self.server.server_port} {self.path} {self.headers.get("Authorization", "-")} {len(ACTIVE)}\n')
        try:
            self.serve()
        finally:
            with LOCK:
                ACTIVE.discard(self)

    def serve(self):
        _, fault, scope, path = (self.path + '///').split('/', 3)
        path = path.rstrip('/')
        file = os.path.join(self.root, unquoted(path))
        if scope == 'chunks' and not os.path.basename(path)[:1].isdigit():
            fault = 'plain'
        if not os.path.isfile(file):
            self.answer(404, b'<html>nothing here</html>')
            return
        with open(file, 'rb') as stream:
            body = stream.read()
        verb, _, argument = fault.partition('-')
        getattr(self, verb.upper())(body, argument, path)

    def answer(self, code, body, headers=(), length=None):
        """A whole answer; length: what it says of its body."""
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    # ---- Well ----

    def PLAIN(self, body, _, __):
        asked = re.fullmatch(r'bytes=(\d*)-(\d*)', self.headers.get('Range', ''))
        if asked is None:
            self.answer(200, body)
            return
        first = int(asked[1]) if asked[1] else max(len(body) - int(asked[2]), 0)
        last = min(int(asked[2]) if asked[1] and asked[2] else len(body) - 1, len(body) - 1)
        if first >= len(body):
            self.answer(416, b'')
        else:
            self.answer(206, body[first:last + 1], [('Content-Range', f'bytes {first}-{last}/{len(body)}')])

    def CHUNKED(self, body, _, __):
        self.send_response(200)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        step = max(7, len(body) // 9)
        for at in range(0, len(body), step):
            piece = body[at:at + step]
            self.wfile.write(b'%x\r\n%s\r\n' % (len(piece), piece))
        self.wfile.write(b'0\r\n\r\n')

    def LATENCY(self, body, milliseconds, path):
        time.sleep(int(milliseconds) / 1000)
        with LOCK:
            ACTIVE.discard(self)  # before the client can have the answer and ask for more
        self.PLAIN(body, '', path)

    def TOKEN(self, body, wanted, path):
        said = self.headers.get('Authorization')
        if said is None:
            self.answer(401, b'')
        elif said != 'Bearer ' + wanted:
            self.answer(403, b'')
        else:
            self.PLAIN(body, '', path)

    # ---- Badly ----

    def WHOLE(self, body, _, __):
        self.answer(200, body)  # also where a part is asked for

    def ELSEWHERE(self, body, argument, path):
        """Another part than is asked for; a whole body where no part is."""
        if self.headers.get('Range') is None:
            self.PLAIN(body, argument, path)
        else:
            self.answer(206, body[1:3], [('Content-Range', f'bytes 1-2/{len(body)}')])

    def STATUS(self, _, code, __):
        self.answer(int(code), b'<html>an error</html>')

    def TWICE(self, body, code, path):
        if times_seen(self.path) < 2:
            self.answer(int(code), b'busy', [('Retry-After', '0')])
        else:
            self.PLAIN(body, '', path)

    def BUSY(self, body, seconds, path):
        if times_seen(self.path) < 1:
            self.answer(429, b'busy', [('Retry-After', seconds)])
        else:
            self.PLAIN(body, '', path)

    def STALL(self, _, __, ___):
        self.close_connection = True
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf')
        self.connection.settimeout(20)
        try:
            self.connection.recv(1)  # until the client has had enough
        except OSError:
            pass

    def TRICKLE(self, body, _, __):
        self.close_connection = True
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(body))
        for i in range(min(len(body), 100)):
            time.sleep(0.2)
            try:
                self.wfile.write(body[i:i + 1])
            except OSError:
                return

    def SHORT(self, body, _, __):
        self.close_connection = True
        self.answer(200, body[:5], length=len(body))

    def ONCE(self, body, _, path):
        if times_seen(self.path) < 1:
            self.SHORT(body, '', path)
        else:
            self.PLAIN(body, '', path)

    def LONG(self, body, _, __):
        self.close_connection = True
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body + b'more'))

    def LIES(self, body, _, __):
        self.close_connection = True
        self.answer(200, body, length=1 << 40)

    def ENDLESS(self, _, __, ___):
        self.close_connection = True
        try:
            self.wfile.write(b'HTTP/1.1 200 OK\r\n\r\n')
            while True:
                self.wfile.write(bytes(1 << 16))
        except OSError:
            pass

    def EARLY(self, _, __, ___):
        self.close_connection = True

    def GZIP(self, body, _, __):
        self.answer(200, body, [('Content-Encoding', 'gzip')])

    def PAGE(self, _, __, ___):
        self.answer(200, b'<html><body>Please log in.</body></html>', [('Content-Type', 'text/html')])

    def HEADERS(self, body, length, __):
        self.close_connection = True
        n_lines = 1 if int(length) > 1000 else 1000
        self.answer(200, body, [(f'X-{i}', 'x' * int(length)) for i in range(n_lines)])

    def CHANGED(self, body, _, __):
        self.answer(200, body[:-1] + bytes([body[-1] ^ 1]))

    # ---- Elsewhere ----

    def moved(self, address):
        self.answer(302, b'', [('Location', address)])

    def LOOP(self, _, __, ___):
        self.moved(self.path)

    def OTHER(self, _, __, path):
        self.moved(f'http://127.0.0.1:{self.ports[1]}/plain/all/{path}')

    def SAME(self, _, __, path):
        self.moved(f'/plain/all/{path}')

    def BACK(self, _, __, path):
        """To the other host, and home from there."""
        self.moved(f'http://127.0.0.1:{self.ports[1]}/home/all/{path}')

    def HOME(self, _, __, path):
        self.moved(f'http://127.0.0.1:{self.ports[0]}/plain/all/{path}')

    def FILE(self, _, __, ___):
        self.moved('file:///etc/passwd')

    def NOWHERE(self, _, __, ___):
        self.answer(302, b'')


def main(root, log, certificate=None, key=None):
    Handler.root, Handler.log = root, log
    servers = [http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) for _ in range(3 if certificate else 2)]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        servers[2].socket = context.wrap_socket(servers[2].socket, server_side=True)
    Handler.ports = [server.server_port for server in servers]
    for server in servers:
        server.handle_error = lambda *_: None  # clients hang up; that is what is tested
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(*Handler.ports, flush=True)
    sys.stdin.read()
    os._exit(0)  # whatever a stalled answer is waiting for


if __name__ == '__main__':
    main(*sys.argv[1:])
