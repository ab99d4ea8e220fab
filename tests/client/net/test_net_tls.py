# SPDX-License-Identifier: Apache-2.0
"""test_net_tls.py PROGRAM: makes a certificate and two TLS servers for it, a good one
and one that is too old; PROGRAM is test_net_tls."""
import http.server
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import warnings


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"trusted")

    def log_message(self, *_):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # refused handshakes are what is tested


def openssl(where, *args):
    subprocess.run(["openssl", *args], cwd=where, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_certificate(where):
    with open(os.path.join(where, "san"), "w", encoding="utf-8") as f:
        f.write("subjectAltName = IP:127.0.0.1\n")
    openssl(where, "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-days", "2", "-subj", "/CN=test CA")
    openssl(where, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-keyout", "key.pem", "-out", "csr", "-subj", "/CN=server")
    openssl(where, "x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "cert.pem", "-days", "2", "-extfile", "san")


def serve(where, old):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(where, "cert.pem"),
                            os.path.join(where, "key.pem"))
    if old:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = Quiet(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return str(server.server_address[1])


def main(program):
    if not shutil.which("openssl"):
        return 77  # skipped
    with tempfile.TemporaryDirectory() as where:
        make_certificate(where)
        return subprocess.run([program, serve(where, False), serve(where, True),
                               os.path.join(where, "ca.pem")], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
