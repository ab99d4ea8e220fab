# SPDX-License-Identifier: Apache-2.0
"""The program: options, start, the line that says it is ready, stop."""
import argparse
import ipaddress
import json
import os
import signal
import ssl
import sys
import threading

from . import (__version__, control, seed as seeds, sessions, sigv4, sts,
               switches as switchboard)
from .amc import Amc
from .control import Control
from .faults import Faults, NoFaults, NoLog, RequestLog
from .httpcore import Server
from .lwa import CONSENT_PATHS, PATH, Lwa
from .metadata import CONTAINER_PATH, PATHS, Metadata
from .s3 import S3
from .schema import Refused
from .sigv4 import ALGORITHM
from .switches import Switches
from .world import World

DESCRIPTION = """\
A local stand-in for Login with Amazon, the Amazon Marketing Cloud APIs, S3 and STS,
and for the services that hand out keys to a machine, for trying out and for tests.
Listens on loopback only; never a part of production."""

EPILOG = """\
PORTS
By default each service has a port of its own, chosen by the system, and one line of
JSON on standard output names them all when everything answers:
  {"lwa": URL, "amc": URL, "s3": URL, "sts": URL, "metadata": URL, "control": URL,
   "token_endpoint": URL, "authorize_endpoint": URL, "container_endpoint": URL,
   "region":.., "bucket":.., "client_id":.., "client_secret":.., "refresh_token":..,
   "access_key_id":.., "secret_access_key":.., "role_arn":.., "account_id":..,
   "marketplace_id":.., "instance":.., "pid":..}
With --port one port serves all five: %s is LWA, /amc is AMC, /latest and
/container the metadata services, / with an Action STS, and S3 the rest and whatever is
signed with %s for another service than sts. S3 is addressed by path
(http://127.0.0.1:N/bucket/key) or by host (Host: bucket.localhost).

CONTROL PORT
%s

FAULTS
%s

SWITCHES (--set NAME=VALUE, or POST /config)
%s

SEED
%s

EXIT STATUS
0 after SIGTERM, SIGINT or POST /shutdown; 1 when a port or the state directory cannot
be used; 2 for wrong usage; 3 for a seed, switch or fault rule that makes no sense.
""" % (PATH, ALGORITHM, control.HELP, control.FAULT_HELP, switchboard.help_text(),
       seeds.HELP)


def _loopback(text):
    text = {"localhost": "127.0.0.1"}.get(text, text)
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        raise argparse.ArgumentTypeError("not an IP address: " + text) from None
    if not address.is_loopback:
        raise argparse.ArgumentTypeError("only loopback addresses are served, not " +
                                         text)
    return str(address)


def _port(text):
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError("not a port: " + text)
    return int(text)


def parser():
    p = argparse.ArgumentParser(
        prog="amc-emulator", description=DESCRIPTION, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = p.add_argument
    add("--host", type=_loopback, default="127.0.0.1", metavar="ADDRESS",
        help="loopback address to listen on (default 127.0.0.1)")
    add("--port", type=_port, metavar="N",
        help="one port for all services together; 0 = any free one")
    add("--lwa-port", type=_port, default=0, metavar="N", help="Login with Amazon's own")
    add("--amc-port", type=_port, default=0, metavar="N", help="AMC's own")
    add("--s3-port", type=_port, default=0, metavar="N", help="S3's own")
    add("--sts-port", type=_port, default=0, metavar="N", help="STS's own")
    add("--metadata-port", type=_port, default=0, metavar="N",
        help="own port of what hands out keys to machines and containers")
    add("--control-port", type=_port, default=0, metavar="N",
        help="port of the control interface; 0 = any free one (default)")
    add("--tls-cert", metavar="FILE", help="certificate chain (PEM): all but the control "
        "port speak HTTPS")
    add("--tls-key", metavar="FILE", help="its key, if that is in another file")
    add("--seed", metavar="FILE",
        help="JSON with identities, keys, accounts, instances, data sets, buckets")
    add("--state", metavar="DIR",
        help="keep everything in DIR, so that a restart resumes; switches, faults and "
             "the request log are not kept (default: in memory)")
    add("--processing-ms", type=int, metavar="MS",
        help="time an upload takes; the same as --set processing_ms=MS")
    add("--set", action="append", default=[], metavar="NAME=VALUE",
        help="a switch, see below; may be repeated")
    add("--faults", metavar="FILE", help="JSON list of fault rules to begin with")
    add("--discard-bodies", action="store_true",
        help="keep only size and hash of parts and objects over 1 MiB (for measuring "
             "throughput); uploads from such objects succeed unchecked, with empty "
             "metrics")
    add("--keep-bodies", action="store_true",
        help="object bodies too go into the request log (base64 where not text)")
    add("--ready-fd", type=int, metavar="FD",
        help="write the ready line to FD and close it, instead of standard output")
    add("--exit-on-eof", action="store_true",
        help="end when standard input does, so that a dead parent leaves no emulator")
    add("--verbose", action="store_true", help="a line for each request on stderr")
    add("--version", action="version", version="amc-emulator (amcfs) " + __version__)
    return p


class BadInput(Exception):
    pass


def read_json(path, use):
    """Gives the document to use(), whose complaints are the file's fault."""
    try:
        with open(path, encoding="utf-8") as f:
            use(json.load(f))
    except KeyError as e:
        raise BadInput("%s: member %s is missing" % (path, e)) from None
    except (OSError, ValueError, TypeError, AttributeError, Refused) as e:
        raise BadInput("%s: %s" % (path, e)) from None


class Ending:
    """Woken by a signal or by set(). A pipe that the interpreter's own C handler
    writes to: a Python handler runs too late when the signal comes between the last
    instruction and the blocking call."""

    def __init__(self):
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    def catch(self, numbers):
        for number in numbers:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._writer)

    def set(self):
        os.write(self._writer, b"x")

    def wait(self):
        os.read(self._reader, 1)


class App:
    def __init__(self, options):
        self.options = options
        self.ended = Ending()
        self.switches = Switches()
        try:
            for assignment in options.set:
                self.switches.set_text(assignment)
            if options.processing_ms is not None:
                self.switches.set({"processing_ms": options.processing_ms})
        except ValueError as e:
            raise BadInput(str(e)) from None
        if options.state:
            os.makedirs(options.state, mode=0o700, exist_ok=True)
        self.world = World(self.switches, options.state, options.discard_bodies)
        if not options.state or not self.world.load():
            if options.seed:
                read_json(options.seed, self.world.plant_default)
            else:
                self.world.plant_default({})
        self.faults = Faults()
        if options.faults:
            read_json(options.faults, self.faults.add)
        self.log = RequestLog(options.keep_bodies, self._say if options.verbose else None)
        self.lwa, self.amc, self.s3 = Lwa(self.world), Amc(self.world), S3(self.world)
        self.sts, self.metadata = sts.Sts(self.world), Metadata(self.world)
        self.control = Control(self.world, self.amc, self.log, self.faults,
                               self.ended.set)
        self.servers = {}

    @staticmethod
    def _say(text):
        print(text, file=sys.stderr, flush=True)

    def _route_all(self, request):
        """A signed request is S3's whatever its path: with host addressing a key may
        well begin with amc/."""
        if request.header("authorization").startswith(ALGORITHM):
            return self.sts if sigv4.service_of(request) == "sts" else self.s3
        if request.path == PATH or request.path in CONSENT_PATHS:
            return self.lwa
        if request.path == "/amc" or request.path.startswith("/amc/"):
            return self.amc
        if request.path.startswith(PATHS):
            return self.metadata
        return self.sts if sts.is_meant(request) else self.s3

    def _tls(self):
        if not self.options.tls_cert:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.options.tls_cert, self.options.tls_key)
        return context

    def _open(self):
        options, tls = self.options, self._tls()

        def server(port, route):
            return Server(options.host, port, route, self.log, self.faults, tls)
        if options.port is not None:
            shared = server(options.port, self._route_all)
            self.servers = dict.fromkeys(("lwa", "amc", "s3", "sts", "metadata"), shared)
        else:
            self.servers = {
                "lwa": server(options.lwa_port, lambda r: self.lwa),
                "amc": server(options.amc_port, lambda r: self.amc),
                "s3": server(options.s3_port, lambda r: self.s3),
                "sts": server(options.sts_port, lambda r: self.sts),
                "metadata": server(options.metadata_port, lambda r: self.metadata)}
        self.servers["control"] = Server(options.host, options.control_port,
                                         lambda r: self.control, NoLog(), NoFaults())

    def ready_line(self):
        world = self.world
        out = {name: s.url for name, s in self.servers.items()}
        out["token_endpoint"] = out["lwa"] + PATH
        out["authorize_endpoint"] = out["lwa"] + CONSENT_PATHS[0]
        for role in world.roles.values():
            out["role_arn"] = role["arn"]
            out["container_endpoint"] = out["metadata"] + CONTAINER_PATH + \
                sessions.role_name(role["arn"])
            break
        out["region"] = world.region
        out["bucket"] = next(iter(world.buckets), None)
        for ident, client in world.clients.items():
            out.update(client_id=ident, client_secret=client["client_secret"],
                       refresh_token=next(iter(client["refresh_tokens"]), None))
            break
        for key in world.keys.values():
            out.update(access_key_id=key["access_key_id"],
                       secret_access_key=key["secret_access_key"])
            break
        for account in world.accounts:
            out.update(account_id=account["accountId"],
                       marketplace_id=account["marketplaceId"])
            break
        out["instance"] = next(iter(world.instances), None)
        out["pid"] = os.getpid()
        return json.dumps(out) + "\n"

    def _announce(self):
        line = self.ready_line()
        if self.options.ready_fd is None:
            sys.stdout.write(line)
            sys.stdout.flush()
        else:
            with os.fdopen(self.options.ready_fd, "w") as f:
                f.write(line)

    def _watch_stdin(self):
        while os.read(0, 4096):
            pass
        self.ended.set()

    def run(self):
        self.ended.catch((signal.SIGTERM, signal.SIGINT))
        self._open()
        self.amc.uploads.start()
        for server in set(self.servers.values()):
            server.start()
        if self.options.exit_on_eof:
            threading.Thread(target=self._watch_stdin, daemon=True).start()
        self._announce()
        self.ended.wait()
        self.amc.uploads.stop()
        for server in set(self.servers.values()):
            server.stop()
        self.world.save()
        return 0


def main(argv=None):
    options = parser().parse_args(argv)
    try:
        return App(options).run()
    except (BadInput, OSError) as e:
        print("amc-emulator: %s" % e, file=sys.stderr)
        return 3 if isinstance(e, BadInput) else 1
