"""The servers of a measurement: out of the lab's trees, the same port in both namespaces, filled alike.

Each server's own counters say how many requests it answered; no copier is asked for that.
"""
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
NET = os.environ.get("BENCH_NET", "bench")
LAB = os.path.join(HERE, "..", "integration-tests", "lab", "server.sh")
SIDES = ("online", "target")
PORTS = {"memcached": 11211, "mysql": 3306, "http": 80}
USER, PASSWORD, DATABASE = "bench", "benchpw", "bench"
ROWS = 10000

MEMCACHED = ["-m", "256", "-t", "1", "-c", "16000", "-b", "8192", "-U", "0"]
DATABASE_SERVER = ["--max-connections=2000", "--back-log=2000", "--thread-cache-size=256",
                   "--max-connect-errors=1000000000", "--innodb-flush-log-at-trx-commit=0"]
FILL = """
create database {database}; use {database};
create table sbtest1(id int primary key, k int not null, c char(128) not null, pad char(60) not null, key k_1(k));
insert into sbtest1 with digit(i) as (select 0 union all select 1 union all select 2 union all select 3 union all
 select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9),
 n(id) as (select 1 + a.i + 10 * b.i + 100 * c.i + 1000 * d.i from digit a, digit b, digit c, digit d)
 select id, id, sha2(id, 512), left(sha2(id, 256), 60) from n;
create user {user}@'%' {identified}; grant all on {database}.* to {user}@'%';
"""


def in_ns(side, *command):
    return ["ip", "netns", "exec", "%s-%s" % (NET, side), *command]


def lab(side, *arguments, **keywords):
    environment = dict(os.environ, LAB_NETNS="%s-%s" % (NET, side), LAB_BIND="0.0.0.0")
    return subprocess.run([LAB, *arguments], env=environment, check=True, text=True, **keywords)


def name(side, family):
    return "bench-%s-%s" % (side, family)


def start(family, trees):
    """Starts and fills one server of a family on each side; trees: the online and the target server's."""
    for side, tree in zip(SIDES, trees):
        options = {"memcached": MEMCACHED, "mysql": DATABASE_SERVER, "http": []}[family]
        lab(side, "start", name(side, family), tree, str(PORTS[family]), *options)
        if family == "memcached":
            fill = "".join("set key:%06d 0 0 100 noreply\r\n%s\r\n" % (i, "v" * 100) for i in range(ROWS)) + "quit\r\n"
            memcached(side, fill)
        elif family == "mysql":
            native = "identified via mysql_native_password using password('%s')" if tree.startswith("mariadb") else "identified by '%s'"
            sql(side, FILL.format(database=DATABASE, user=USER, identified=native % PASSWORD))


def stop(family):
    for side in SIDES:
        lab(side, "stop", name(side, family))


def sql(side, statements):
    return lab(side, "sql", name(side, "mysql"), "-N", input=statements, stdout=subprocess.PIPE).stdout


def memcached(side, commands):
    return subprocess.run(in_ns(side, "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/%d; cat >&3; cat <&3" % PORTS["memcached"]),
                          input=commands, stdout=subprocess.PIPE, check=True, text=True).stdout


def pid(side, family):
    return int(lab(side, "where", name(side, family), stdout=subprocess.PIPE).stdout.split()[-1])


def counters(side, family):
    """How many requests and connections a server has served since its start."""
    if family == "memcached":
        values = {k: int(v) for k, v in re.findall(r"STAT (cmd_get|cmd_set|total_connections) (\d+)", memcached(side, "stats\r\nquit\r\n"))}
        return {"requests": values["cmd_get"] + values["cmd_set"], "connections": values["total_connections"]}
    if family == "http":
        said = subprocess.run(in_ns(side, "curl", "-sf", "http://127.0.0.1/lab-status"), stdout=subprocess.PIPE, check=True, text=True).stdout
        accepted, _, requests = map(int, re.search(r"requests\n (\d+) (\d+) (\d+)", said).groups())
        return {"requests": requests, "connections": accepted}
    rows = sql(side, "show global status where variable_name in ('Com_select', 'Connections')").splitlines()
    values = {k: int(v) for k, v in (row.split("\t") for row in rows)}
    return {"requests": values["Com_select"], "connections": values["Connections"]}


class Served:
    """What the servers of a family have served since this was made, less what asking them costs."""

    def __init__(self, family):
        self.family = family
        before = {side: counters(side, family) for side in SIDES}
        self.begin = {side: counters(side, family) for side in SIDES}
        self.ask = {side: {k: self.begin[side][k] - before[side][k] for k in before[side]} for side in SIDES}
        self.asked = dict.fromkeys(SIDES, 0)

    def now(self, side):
        self.asked[side] += 1
        end = counters(side, self.family)
        return {k: end[k] - self.begin[side][k] - self.asked[side] * self.ask[side][k] for k in end}
