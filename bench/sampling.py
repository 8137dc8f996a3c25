"""What processes and the machine have used so far, out of /proc."""
import os
import re
import subprocess

import servers

TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
KERNEL_THREAD = 0x00200000


def process(pid):
    """CPU of the whole thread group in microseconds, and the most memory it ever held; None: it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as stat, open("/proc/%d/status" % pid) as status:
            fields, most = stat.read().rsplit(")", 1)[1].split(), re.search(r"VmHWM:\s+(\d+)", status.read())
    except (FileNotFoundError, ProcessLookupError):
        return None
    user, system = (int(fields[i]) * TICK_US for i in (11, 12))
    return {"user_us": user, "cpu_us": user + system, "threads": threads(pid), "most_mb": int(most.group(1)) / 1024 if most else 0}


def threads(pid):
    """CPU in microseconds by the name of the thread; of those that still run."""
    used = {}
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/stat" % (pid, thread)) as stat:
                line = stat.read()
            name, fields = line[line.index("(") + 1:line.rindex(")")], line.rsplit(")", 1)[1].split()
            used[name] = used.get(name, 0) + (int(fields[11]) + int(fields[12])) * TICK_US
    except (FileNotFoundError, ProcessLookupError):
        pass
    return used


def machine():
    """Busy and all time of all cores, in ticks."""
    with open("/proc/stat") as stat:
        values = list(map(int, stat.readline().split()[1:9]))
    return sum(values) - values[3] - values[4], sum(values)


def others():
    """CPU in microseconds of each process outside the measurement's namespaces: the noise."""
    ours = {os.stat("/run/netns/" + n).st_ino for n in os.listdir("/run/netns") if n.startswith(servers.NET + "-")}
    used = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        try:
            if os.stat("/proc/%s/ns/net" % pid).st_ino in ours:
                continue
            with open("/proc/%s/stat" % pid) as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if not int(fields[6]) & KERNEL_THREAD:
            used[pid, fields[19]] = (int(fields[11]) + int(fields[12])) * TICK_US
    return used


def used_since(before, after):
    """CPU in microseconds between two looks at the others; what ended in between is not in it."""
    return sum(now - before.get(process, 0) for process, now in after.items())


def drops():
    """Packets that the kernel dropped at sockets of the online and assistant side, and before any socket.

    A ring's drops are not in here: the copier has to tell them.
    """
    count = {"softnet": 0}
    with open("/proc/net/softnet_stat") as lines:
        count["softnet"] = sum(int(line.split()[1], 16) for line in lines)
    for side in ("online", "assistant"):
        for flag, kind in (("-w", "raw"), ("-0", "packet")):
            shown = subprocess.run(servers.in_ns(side, "ss", "-H", flag, "-a", "-m"), stdout=subprocess.PIPE, text=True, check=True).stdout
            count["%s-%s" % (side, kind)] = sum(map(int, re.findall(r",d(\d+)\)", shown)))
    return count
