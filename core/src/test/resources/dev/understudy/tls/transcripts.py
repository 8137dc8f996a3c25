#!/usr/bin/env python3
"""Writes TLS connections between two OpenSSLs, as they passed a relay, with their secrets: one file for each.

usage: transcripts.py DIR        (needs openssl 3.0 or later on the PATH)

A line of a file is `client HEX`, `server HEX`, `key LINE-OF-A-KEY-LOG` or `plain client|server TEXT`, the
last for what the application said. What was sent in several writes stays in several lines.
"""
import os, socket, subprocess, sys, tempfile, threading, time

TLS12 = {
    "gcm128": "ECDHE-RSA-AES128-GCM-SHA256", "gcm256": "ECDHE-RSA-AES256-GCM-SHA384",
    "rsa-gcm128": "AES128-GCM-SHA256", "dhe-gcm256": "DHE-RSA-AES256-GCM-SHA384",
    "chacha20": "ECDHE-RSA-CHACHA20-POLY1305",
    "cbc128-sha": "ECDHE-RSA-AES128-SHA", "cbc256-sha": "AES256-SHA",
    "cbc128-sha256": "ECDHE-RSA-AES128-SHA256", "cbc256-sha256": "AES256-SHA256",
    "cbc256-sha384": "ECDHE-RSA-AES256-SHA384",
    "camellia": "CAMELLIA128-SHA", "ccm": "ECDHE-ECDSA-AES128-CCM",
}
TLS13 = {
    "gcm128": "TLS_AES_128_GCM_SHA256", "gcm256": "TLS_AES_256_GCM_SHA384",
    "chacha20": "TLS_CHACHA20_POLY1305_SHA256", "ccm": "TLS_AES_128_CCM_SHA256",
}


def certificate(work, kind):
    key, cert = f"{work}/{kind}.key", f"{work}/{kind}.pem"
    how = ["rsa:2048"] if kind == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", *how, "-subj", "/CN=localhost", "-days", "1",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Relay:
    """Passes one connection on, and writes down what came in which order."""

    def __init__(self, target):
        self.target, self.lines, self.lock = target, [], threading.Lock()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.done = threading.Thread(target=self.run)
        self.done.start()

    def run(self):
        client, _ = self.door.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        ways = [threading.Thread(target=self.pass_on, args=a)
                for a in ((client, server, "client"), (server, client, "server"))]
        [w.start() for w in ways]
        [w.join() for w in ways]

    def pass_on(self, source, sink, name):
        try:
            while data := source.recv(65536):
                with self.lock:
                    self.lines.append(f"{name} {data.hex()}")
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def wait_for(condition, what):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    sys.exit(f"waited in vain: {what}")


def talk(work, out, name, server=(), client=(), said=(b"first question\n",), kind="rsa",
         session=False):
    key, cert = certificate(work, kind)
    port, log = free_port(), f"{work}/{name}.keys"
    env = dict(os.environ, OPENSSL_CONF=f"{work}/openssl.cnf")
    opened = subprocess.Popen(["openssl", "s_server", "-accept", str(port), "-key", key, "-cert", cert, "-rev",
                               *server], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    def listens():
        return subprocess.run(["ss", "-ltnH", f"sport = :{port}"], capture_output=True).stdout != b""
    wait_for(listens, "s_server")
    try:
        for turn in ("first", "second") if session else ("only",):
            if os.path.exists(log):
                os.unlink(log)
            relay = Relay(port)
            more = {"first": ["-sess_out", f"{work}/session"], "second": ["-sess_in", f"{work}/session"], "only": []}[turn]
            asked = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{relay.port}", "-keylogfile", log,
                                      *client, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
            plain, answers = [], b""
            def reader():
                nonlocal answers
                for line in asked.stdout:
                    answers += line
            threading.Thread(target=reader, daemon=True).start()
            for question in said:
                before = len(relay.lines)
                asked.stdin.write(question)
                asked.stdin.flush()
                if question in (b"K\n", b"k\n", b"R\n"):
                    wait_for(lambda: len(relay.lines) > before, "a change of keys")
                    continue
                answer = question.strip()[::-1] + b"\n"
                wait_for(lambda: answer in answers, f"{name}: the answer to {question}")
                plain += [("client", question), ("server", answer)]
            asked.stdin.write(b"Q\n")
            asked.stdin.flush()
            asked.wait(10)
            relay.done.join()
    finally:
        opened.kill()
    with open(f"{out}/{name}.txt", "w") as f:
        f.write(f"# {name}, by transcripts.py with {subprocess.run(['openssl', 'version'], capture_output=True, text=True).stdout.strip()}\n")
        f.writelines(f"key {line}" for line in open(log) if not line.startswith("#"))
        f.writelines(line + "\n" for line in relay.lines)
        f.writelines(f"plain {who} {text.decode().strip()}\n" for who, text in plain)


def main(out):
    with tempfile.TemporaryDirectory() as work:
        with open(f"{work}/openssl.cnf", "w") as f:
            f.write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
                    "MinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n")
        for name, cipher in TLS12.items():
            kind = "ec" if "ECDSA" in cipher else "rsa"
            talk(work, out, f"tls12-{name}", ("-cipher", cipher), ("-tls1_2",), kind=kind)
            if "SHA" in cipher and "GCM" not in cipher and "CHACHA" not in cipher and name != "camellia":
                no_etm = f"{work}/openssl.cnf"
                with open(no_etm, "a") as f:
                    f.write("Options = -EncryptThenMac\n")
                talk(work, out, f"tls12-{name}-mac-then-encrypt", ("-cipher", cipher), ("-tls1_2",))
                text = open(no_etm).read().replace("Options = -EncryptThenMac\n", "")
                open(no_etm, "w").write(text)
        for name, suite in TLS13.items():
            talk(work, out, f"tls13-{name}", ("-ciphersuites", suite), ("-tls1_3", "-ciphersuites", suite))
        talk(work, out, "tls13-resumed", (), ("-tls1_3",), session=True)
        talk(work, out, "tls12-resumed", (), ("-tls1_2",), session=True)
        talk(work, out, "tls12-resumed-by-id", ("-no_ticket",), ("-tls1_2",), session=True)
        talk(work, out, "tls13-retry", ("-groups", "P-384"), ("-tls1_3", "-groups", "X25519:P-384"))
        talk(work, out, "tls13-key-update", (), ("-tls1_3",),
             said=(b"before\n", b"K\n", b"both changed\n", b"k\n", b"client changed\n"))
        talk(work, out, "tls13-padded", ("-record_padding", "512"), ("-tls1_3", "-record_padding", "512"))
        talk(work, out, "tls12-renegotiated", ("-client_renegotiation",), ("-tls1_2",), said=(b"before\n", b"R\n", b"after\n"))
        talk(work, out, "tls11", ("-cipher", "ALL:@SECLEVEL=0",), ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"))


main(sys.argv[1])
