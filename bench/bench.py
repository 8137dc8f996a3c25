#!/usr/bin/env python3
"""Measures a copier of live traffic on one machine: ours, or any other by its command line.

  bench.py servers start|stop memcached|mysql [ONLINE_TREE TARGET_TREE]
  bench.py run --workload mc --rate 1000 [--copier 'COMMAND'] [--interceptor|--agent|--tap 'COMMAND'] --out FILE
  bench.py table FILE...

In commands {ONLINE_IP} {TARGET_IP} {ASSISTANT_IP} {PORT} {CLIENT_IF} {ONLINE_IF} {ASSISTANT_IF}
{ONLINE_MAC} {TARGET_MAC} {REPORT} are filled in. README.md says what the figures mean.
"""
import argparse
import collections
import fcntl
import json
import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import time

import sampling
import servers

WORK = os.environ.get("BENCH_WORK", "/var/tmp/understudy-bench")
LOCK = os.environ.get("BENCH_LOCK", "/var/tmp/understudy-bench.lock")
FILL_IN = {"ONLINE_IP": "10.66.0.1", "TARGET_IP": "10.77.0.2", "ASSISTANT_IP": "10.77.0.3",
           "CLIENT_IF": "c1", "ONLINE_IF": "o0", "ASSISTANT_IF": "a0"}
SOURCES = ",".join("10.66.0.%d" % i for i in range(10, 18))
# Cores that other processes may use before a run counts as noisy.
NOISE = float(os.environ.get("BENCH_NOISE", "0.1"))
# What the JVM calls the threads that compile.
COMPILERS = ("C1 Compiler", "C2 Compiler")
# What may run beside a copier: tcpcopy's intercept, our agent on the target, our tap on the online host.
SECOND = ("interceptor", "agent", "tap")
READY_SECONDS = 30
STOP_SECONDS = 30


def family(workload):
    return "mysql" if workload.startswith("mysql") else "http" if workload.startswith("http") else "memcached"


# ---------------------------------------------------------------- processes

def mac(side, device):
    return subprocess.run(servers.in_ns(side, "cat", "/sys/class/net/%s/address" % device), stdout=subprocess.PIPE, text=True).stdout.strip() or \
        json.loads(subprocess.run(servers.in_ns(side, "ip", "-j", "link", "show", device), stdout=subprocess.PIPE, text=True, check=True).stdout)[0]["address"]


def start(side, command, log, fill_in):
    for word, value in fill_in.items():
        command = command.replace("{%s}" % word, value)
    with open(log, "w") as output:
        # ip netns exec becomes the command, so its pid is the command's
        return subprocess.Popen(servers.in_ns(side, *shlex.split(command)), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)


def await_word(process, log, word, settle):
    """Waits until the process has said the word, or for the settling time where there is none to wait for."""
    if not word:
        time.sleep(settle)
        return
    deadline = time.monotonic() + READY_SECONDS
    while word not in open(log).read():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit("bench: the copier did not say '%s' within %d s (exit status %s); its output, %s:\n%s"
                     % (word, READY_SECONDS, process.poll(), log, open(log).read()[-2000:]))
        time.sleep(0.05)


def stop(process):
    """Ends a process in order and returns its exit status; None: it had to be killed."""
    if process is None:
        return None
    killed = False
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed = True
    return None if killed else process.returncode


def load_command(a, seconds, rate):
    command = [os.path.join(WORK, "lg"), "-m", a.workload, "-h", FILL_IN["ONLINE_IP"], "-p", str(servers.PORTS[family(a.workload)]),
               "-c", str(a.conns), "-r", str(rate), "-d", str(seconds), "-b", SOURCES, "-k", str(a.reconnect), "-s", str(a.size)]
    return servers.in_ns("client", *command)


def load(a, freeze):
    """Runs the load to its end and returns what the generator says of it."""
    generator = subprocess.Popen(load_command(a, a.secs, a.rate), stdout=subprocess.PIPE, text=True)
    try:
        if freeze and a.freeze:
            time.sleep(min(1.0, a.secs / 4))
            freeze.send_signal(signal.SIGSTOP)
            time.sleep(a.freeze)
            freeze.send_signal(signal.SIGCONT)
        return json.loads(generator.communicate(timeout=a.secs * 3 + 30)[0].splitlines()[-1])
    finally:
        if generator.poll() is None:
            generator.kill()
            generator.wait()


def await_target(served):
    """Waits until the target has served what the online server has, or has stopped getting on."""
    before = -1
    while True:
        time.sleep(1)
        online, target = (served.now(side)["requests"] for side in servers.SIDES)
        if target >= online or target == before:
            return
        before = target


# ---------------------------------------------------------------- one run

def measure(a, repetition):
    kind = family(a.workload)
    report = os.path.join(WORK, "report")
    shutil.rmtree(report, ignore_errors=True)
    fill_in = dict(FILL_IN, PORT=str(servers.PORTS[kind]), REPORT=report, ONLINE_MAC=mac("online", "o0"), TARGET_MAC=mac("target", "t0"))
    tools, status = {}, {}
    with open(LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        served = servers.Served(kind)
        try:
            for tool, side, command, ready in (("interceptor", "assistant", a.interceptor, None), ("agent", "target", a.agent, a.agent_ready),
                                               ("copier", a.copier_side, a.copier, a.ready), ("tap", "online", a.tap, a.tap_ready)):
                if command:
                    log = os.path.join(WORK, tool + ".log")
                    tools[tool] = start(side, command, log, fill_in)
                    await_word(tools[tool], log, ready, a.settle)
            if a.warm:
                subprocess.run(load_command(a, a.warm, a.warm_rate), stdout=subprocess.DEVNULL, check=True)
                await_target(served)
            watched = {tool: process.pid for tool, process in tools.items()} | {side: servers.pid(side, kind) for side in servers.SIDES}
            begin = {side: served.now(side) for side in servers.SIDES}
            drops, others, machine = sampling.drops(), sampling.others(), sampling.machine()
            used, t0 = {w: sampling.process(pid) for w, pid in watched.items()}, time.monotonic()
            generator = load(a, tools.get("copier"))
            t1 = time.monotonic()
            others, machine = sampling.used_since(others, sampling.others()), [b - a for a, b in zip(machine, sampling.machine())]
            at_load_end = served.now("target")["requests"] - begin["target"]["requests"]
            time.sleep(a.drain)
            used_after = {w: sampling.process(pid) for w, pid in watched.items()}
            drops = {k: v - drops[k] for k, v in sampling.drops().items()}
            died = [tool for tool, process in tools.items() if process.poll() is not None]
        finally:
            status = {tool: stop(tools[tool]) for tool in ("tap", "copier", "agent", "interceptor") if tool in tools}
        whole = {side: served.now(side) for side in servers.SIDES}
    delta = {side: {k: whole[side][k] - begin[side][k] for k in whole[side]} for side in servers.SIDES}
    result = {"workload": a.workload, "label": a.label, "rate": a.rate, "conns": a.conns, "secs": a.secs, "warm": a.warm, "freeze": a.freeze,
              "repetition": repetition, "whole": whole, "delta": delta, "target_at_load_end": at_load_end, "load": generator, "died": died, "status": status,
              "drops": drops, "machine_busy": round(machine[0] / max(1, machine[1]), 3), "others_core_frac": round(others / 1e6 / (t1 - t0), 3)}
    for w, requests in [(t, delta["target"]["requests"]) for t in tools] + [(s, delta[s]["requests"]) for s in servers.SIDES]:
        if used[w] and used_after[w]:
            cpu, user = (used_after[w][k] - used[w][k] for k in ("cpu_us", "user_us"))
            threads = {name: us - used[w]["threads"].get(name, 0) for name, us in used_after[w]["threads"].items()}
            result[w] = {"us_per_request": round(cpu / requests, 2) if requests else None, "user_us_per_request": round(user / requests, 2) if requests else None,
                         "cores": round(cpu / 1e6 / (t1 - t0), 3), "most_mb": round(used_after[w]["most_mb"], 1)}
            if w in tools and requests:
                result[w]["threads"] = {name: round(us / requests, 2) for name, us in sorted(threads.items(), key=lambda t: -t[1]) if us > 0}
                result[w]["compilers_us_per_request"] = round(sum(us for name, us in threads.items() if name.startswith(COMPILERS)) / requests, 2)
    if os.path.exists(report + "/report.json"):
        with open(report + "/report.json") as file:
            told = json.load(file)
        result["report"] = {k: told.get(k) for k in ("outcome", "packets", "sessions", "requests", "lagMicros")}
    return result


def copied(r):
    asked = r["delta"]["online"]["requests"]
    return 100 * r["delta"]["target"]["requests"] / asked if asked else None


def total(counted):
    return sum(counted.values()) if isinstance(counted, dict) else counted or 0


def shortcomings(a, r):
    """What a run was asked to keep to and did not, a sentence each."""
    found = []
    if r["died"]:
        found.append("ended during the load: %s" % ", ".join(r["died"]))
    for key in ("errors", "connect_errors"):
        if r["load"][key]:
            found.append("clients of the online server had %d %s" % (r["load"][key], key.replace("_", " ")))
    if a.all_copied:
        online, target = (r["whole"][side]["requests"] for side in servers.SIDES)
        if online != target:
            found.append("requests: %d at the online server, %d at the target" % (online, target))
        told = r.get("report")
        if not told:
            found.append("no report.json")
        else:
            bad = {"dropped by the kernel": told["packets"]["droppedByKernel"], "requests lost": told["requests"]["lost"],
                   "requests unanswered": told["requests"]["unanswered"], "sessions left out": told["sessions"]["leftOut"]}
            found += ["%s by the report: %s" % (what, json.dumps(n)) for what, n in bad.items() if total(n)]
    if a.most_mb and r.get("copier", {}).get("most_mb", 0) > a.most_mb:
        found.append("resident memory %.0f MiB, allowed %d" % (r["copier"]["most_mb"], a.most_mb))
    return found


def run(a):
    good = tries = 0
    failed = False
    while good < a.reps and tries < a.reps + a.retry_noisy:
        tries += 1
        r = measure(a, tries)
        r["shortcomings"] = shortcomings(a, r)
        noisy = r["others_core_frac"] > a.noise
        print("%s %s %s/s: %s" % (a.workload, a.label, a.rate or "max", json.dumps(
            {"online": r["delta"]["online"]["requests"], "target": r["delta"]["target"]["requests"], "copier": r.get("copier"), "others_core_frac": r["others_core_frac"],
             "machine_busy": r["machine_busy"], "outcome": r.get("report", {}).get("outcome")})), file=sys.stderr, flush=True)
        for sentence in r["shortcomings"]:
            print("  NOT MET: " + sentence, file=sys.stderr, flush=True)
        for tool in r["died"]:
            print("  its output ends: " + open(os.path.join(WORK, tool + ".log")).read()[-2000:], file=sys.stderr, flush=True)
        failed |= bool(r["shortcomings"])
        if a.out:
            with open(a.out, "a") as out:
                out.write(json.dumps(r) + "\n")
        good += not noisy or tries - good > a.retry_noisy
    return 1 if failed else 0


# ---------------------------------------------------------------- tables

def spread(values, form="%.1f"):
    values = [v for v in values if v is not None]
    if not values:
        return "-"
    middle, least, most = (form % v for v in (statistics.median(values), min(values), max(values)))
    return middle if least == most else "%s (%s..%s)" % (middle, least, most)


def ratio(r, tool):
    """CPU per request of a tool against the online server's own in the same run: a slow machine slows both."""
    mine, server = (r.get(k, {}).get("us_per_request") for k in (tool, "online"))
    return mine / server if mine and server else None


def table(files):
    groups = collections.OrderedDict()
    for name in files:
        for line in open(name):
            r = json.loads(line)
            groups.setdefault((r["workload"], r["label"], r["rate"], r["conns"]), []).append(r)
    print("| workload | setup | asked/s | sessions | clean/all | online p50 / p99 µs | copied % | copier µs/req | of it user | of it JIT | second µs/req "
          "| copier : online server | RSS MB copier / second | kernel drops | others' cores | machine busy |")
    print("|---" * 16 + "|")
    for (workload, label, rate, conns), every in groups.items():
        clean = [r for r in every if r["others_core_frac"] <= NOISE]
        # as few as one clean run says nothing of the spread: the two least noisy ones are shown
        shown = clean if len(clean) >= min(2, len(every)) else sorted(every, key=lambda r: r["others_core_frac"])[:2]
        mark = "" if shown is clean else "~"
        of = lambda tool, key: [r[tool][key] for r in shown if tool in r]
        has_copier = any("copier" in r for r in shown)
        most = lambda tool: "%.0f" % max(of(tool, "most_mb"), default=0) if of(tool, "most_mb") else "-"
        second = next((tool for tool in SECOND if any(tool in r for r in shown)), SECOND[0])
        dropped = [total(r["report"]["packets"]["droppedByKernel"]) for r in shown if r.get("report")] or [total(r["drops"]) for r in shown]
        print("| " + " | ".join(str(cell) for cell in (
            workload, label, rate or "max", conns, "%d/%d%s" % (len(clean), len(every), mark),
            "%d / %d" % tuple(statistics.median(r["load"][k] for r in shown) for k in ("p50_us", "p99_us")),
            spread([copied(r) for r in shown], "%.2f") if has_copier else "-", spread(of("copier", "us_per_request")), spread(of("copier", "user_us_per_request")),
            spread([r["copier"].get("compilers_us_per_request") for r in shown if "copier" in r]),
            spread(of(second, "us_per_request")), spread([ratio(r, "copier") for r in shown], "%.2f"),
            most("copier") + " / " + most(second), max(dropped) if has_copier else "-",
            spread([r["others_core_frac"] for r in shown], "%.2f"), spread([r["machine_busy"] for r in shown], "%.2f"))) + " |")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    s = commands.add_parser("servers")
    s.add_argument("what", choices=["start", "stop"])
    s.add_argument("family", choices=list(servers.PORTS))
    s.add_argument("trees", nargs="*")
    commands.add_parser("table").add_argument("files", nargs="+")
    r = commands.add_parser("run")
    r.add_argument("--workload", required=True, choices=["mc", "mc-close", "mysql", "mysql-ps", "http", "http-close"])
    r.add_argument("--label", default="none")
    r.add_argument("--rate", type=int, default=0, help="requests a second; 0: as fast as the answers allow")
    r.add_argument("--conns", type=int, default=50)
    r.add_argument("--secs", type=int, default=4)
    r.add_argument("--warm", type=int, default=0, help="seconds of load before, not measured")
    r.add_argument("--warm-rate", type=int, default=5000)
    r.add_argument("--drain", type=float, default=2)
    r.add_argument("--freeze", type=float, default=0, help="stop the copier for so many seconds during the load")
    r.add_argument("--reconnect", type=int, default=0, help="MySQL: queries until a connection is made anew")
    r.add_argument("--size", type=int, default=100, help="bytes of a memcached value")
    r.add_argument("--copier")
    r.add_argument("--ready", help="the word in the copier's output that the load waits for")
    r.add_argument("--copier-side", default="online", choices=["online", "assistant"], help="where the copier runs")
    r.add_argument("--interceptor", help="runs on the assistant, begun before the copier")
    r.add_argument("--agent", help="runs on the target, begun before the copier")
    r.add_argument("--agent-ready", default="intercepting")
    r.add_argument("--tap", help="runs on the online host, begun after the copier")
    r.add_argument("--tap-ready", default="capturing")
    r.add_argument("--settle", type=float, default=1, help="seconds to wait for a tool that says no word")
    r.add_argument("--reps", type=int, default=1)
    r.add_argument("--noise", type=float, default=NOISE, help="repeat a run when others used more cores than this")
    r.add_argument("--retry-noisy", type=int, default=4)
    r.add_argument("--all-copied", action="store_true", help="fail when a request is missing at the target, or a packet in the capture")
    r.add_argument("--most-mb", type=int, default=0, help="fail when the copier's resident memory went past this")
    r.add_argument("--out")
    return parser.parse_args()


def main():
    # as exceptions, so that what was started is ended; a shell's background command ignores SIGINT
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, frame: sys.exit(128 + n))
    os.makedirs(WORK, exist_ok=True)
    a = arguments()
    if a.command == "table":
        return table(a.files)
    if a.command == "run":
        return run(a)
    if a.what == "start":
        if len(a.trees) != 2:
            sys.exit("bench: servers start FAMILY needs the online and the target server's tree")
        return servers.start(a.family, a.trees)
    return servers.stop(a.family)


if __name__ == "__main__":
    sys.exit(main())
