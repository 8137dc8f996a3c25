package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong before the run: a message with the thing, the value and the next step; 2. */
class BadInputTest {
    @TempDir private Path directory;
    private CommandLineRun understudy;

    @BeforeEach
    void files() throws Exception {
        Files.writeString(directory.resolve("day.pcapng"), "");
        Files.writeString(directory.resolve("typo.yaml"), "limits:\n  diferences: 1\n");
        Files.writeString(directory.resolve("broken.yaml"), "limits: [1,\n");
        Files.writeString(directory.resolve("missing.yaml"), "tcp:\n  key: ${env:NO_SUCH}\n");
        Files.writeString(
                directory.resolve("copies.yaml"),
                "copies:\n- online: 192.0.2.1:1\n  target: 192.0.2.2:1\n");
        String agents =
                "copies: [{ online: 192.0.2.1:1, target: [192.0.2.2:1, 192.0.2.3:1], intercept: %s }]";
        Files.writeString(
                directory.resolve("agents.yaml"),
                agents.formatted("['192.0.2.2:1=192.0.2.2:9', 192.0.2.3:9]"));
        Files.writeString(
                directory.resolve("noagent.yaml"), agents.formatted("'192.0.2.2:1=192.0.2.2:9'"));
        Files.writeString(directory.resolve("badagent.yaml"), agents.formatted("nowhere"));
        Files.writeString(directory.resolve("nocopy.yaml"), "copies:\n- online: 192.0.2.1:1\n");
        Files.createDirectory(directory.resolve("plugins"));
        understudy = new CommandLineRun(directory.resolve("plugins"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
"""
# command line, with D for the directory                                          | part of the message
""                                                                                | no command: name copy
cpoy                                                                              | 'cpoy' is no command: name copy, replay, record, tap, intercept, explain, ctl, plugins or doctor
copy -i lo --online 192.0.2.1:1                                                   | --target ADDR:PORT go together: name both
copy -i lo                                                                        | name --online ADDR:PORT and --target ADDR:PORT, or --copy
copy -i lo --target 192.0.2.2:1                                                   | nothing to copy: --online
copy -i lo --copy 192.0.2.1:1=192.0.2.2:1 --target 192.0.2.3:1                    | say the same thing: name one of them
copy -i lo --copy 192.0.2.1:1                                                     | '192.0.2.1:1' is no copy: write ONLINE=TARGET
copy -i lo --copy 192.0.2.1:1=192.0.2.2:1,                                        | '' is no server: write
copy -i lo --copy 192.0.2.1:1=192.0.2.2:1@tcp=x                                   | is no copy: write ONLINE=TARGET
copy -i lo --copy 192.0.2.1:1=192.0.2.2:1@mysqk                                   | unknown protocol 'mysqk'
copy -i lo --copy 192.0.2.1:1=192.0.2.2:1 --copy 192.0.2.2:1=192.0.2.3:1          | is the online server 192.0.2.2:1 itself
copy -i lo --copy 192.0.2.1:1=192.0.2.2:1,192.0.2.2:1                             | 192.0.2.1:1 is to be copied to 192.0.2.2:1 twice
copy -i lo --copy [2001:db8::1]:1=[2001:db8::2]:1 --copy [2001:db8::1]:1=[2001:db8:0::2]:1 | twice: name each pair once
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --control 192.0.2.1:1        | is the online server 192.0.2.1:1 itself
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --control 192.0.2.2:1        | twice: name each pair once
copy -i lo --copy 192.0.2.1:1=192.0.2.2:1 --copy 192.0.2.3:1=192.0.2.2:1 --control 192.0.2.4:1 | of which of 2 copies?
copy -i lo --config D/copies.yaml --online 192.0.2.1:1 --target 192.0.2.2:1       | what to copy is said twice
copy -i lo --config D/nocopy.yaml                                                 | nocopy.yaml, line 1: copies[0].target is missing
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --sample 10                  | '10' is no share: write 10%
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --sample 101%                | '101%' is no share
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --sample user:10%            | 'user:10%' is no share
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --multiply 0                 | --multiply 0: it must be from 1 to 100
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --multiply 101               | --multiply 101: it must be from 1 to 100
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --clients 192.0.2.1/24       | has bits set behind the first 24
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --clients 192.0.2.0/33       | from 0 to 32
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --target 192.0.2.3:1 --client-address keep --return-route | --return-route is for one target
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --tarpit                     | '--tarpit' is no option of understudy copy
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 now                          | 'now' belongs to no option of understudy copy: give each value behind its option
copy -i lo --online 192.0.2.1 --target 192.0.2.2:1                                | '192.0.2.1' is no server: write
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address keep | name --intercept ADDR:PORT
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address keep --intercept 192.0.2.2:36524 | --intercept and --secret-file go together
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --target 192.0.2.3:1 --client-address keep --secret-file D --intercept 192.0.2.2:1=192.0.2.2:9 | the target 192.0.2.3:1 has no --intercept: name 192.0.2.3:1=ADDR:PORT
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address keep --secret-file D --intercept 192.0.2.9:9 --intercept 192.0.2.8:9 | --intercept without a target is named twice
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address keep --secret-file D --intercept 192.0.2.3:1=192.0.2.8:9 | --intercept 192.0.2.3:1=…: that is no target
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address keep --secret-file D --intercept 192.0.2.2:1=192.0.2.8:9 --intercept 192.0.2.2:1=192.0.2.7:9 | named twice for one target
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address keep --return-route --secret-file D | name one
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --secret-file D | --intercept and --secret-file go together
copy -i lo --config D/agents.yaml --client-address keep | intercept in copies of the configuration needs --secret-file FILE
copy -i lo --config D/agents.yaml --secret-file D | --client-address own needs neither
copy -i lo --config D/agents.yaml --client-address keep --return-route | two ways to the same end
copy -i lo --config D/agents.yaml --client-address keep --secret-file D --intercept 192.0.2.3:1=192.0.2.8:9 | named twice for one target
copy -i lo --config D/noagent.yaml --client-address keep --secret-file D | the target 192.0.2.3:1 has no --intercept
copy -i lo --config D/badagent.yaml --client-address keep --secret-file D | badagent.yaml, line 1: copies[0]: 'nowhere'
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address own --return-route | needs neither --intercept nor --return-route
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address map:2001:db8::/64 --return-route | is of the other family
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address map:10.0.0.1/8 --return-route | has bits set behind the first 8
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address mine | 'mine' is no client address
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --client-address keep --return-route --table 254 | --table 254
intercept --secret-file D | --protect ADDR:PORT
intercept --protect 127.0.0.1:1 | no --secret-file
intercept --protect 192.0.2.1:1 --secret-file D | no interface here has this address
intercept --protect 127.0.0.1:1 --secret-file D --mark none | --mark none
intercept --protect 127.0.0.1:1 --secret-file D | is a directory
copy -i lo --online 192.0.2.1:0 --target 192.0.2.2:1                              | port must be from 1 to 65535
copy -i lo --online 192.0.2.1:65536 --target 192.0.2.2:1                          | port must be from 1 to 65535
copy -i lo --online ::1:3306 --target 192.0.2.2:1                                 | '::1:3306' is no server
copy -i lo --online 0.0.0.0:3306 --target 192.0.2.2:1                             | stands for every address
copy -i lo --online no-such-host.invalid:1 --target 192.0.2.2:1                   | 'no-such-host.invalid' has no address
copy -i lo --online 192.0.2.1:1 --target 192.0.2.1:1                              | is the online server
copy -i lo --online 127.0.0.1:9 --target localhost:9                              | is the online server
copy -i lo --online 127.0.0.1:9 --target 127.0.0.9:9                              | is the online server
copy --from udp://:4789 --online 192.0.2.1:1 --target 192.0.2.2:1                 | write tap://, vxlan:// or geneve://
copy --from vxlan://:4789 --online 192.0.2.1:1 --target 192.0.2.2:1               | name the mirror's addresses by --mirror-source
copy --from vxlan://:4789 --mirror-source 192.0.2.9/32 --vni 16777216 --online 192.0.2.1:1 --target 192.0.2.2:1 | --vni 16777216: a network's number
copy --from vxlan://:4789 --mirror-source 192.0.2.9 --online 192.0.2.1:1 --target 192.0.2.2:1 | '192.0.2.9' is no range of addresses
copy -i lo --vni 1 --online 192.0.2.1:1 --target 192.0.2.2:1                      | --mirror-source and --vni are for --from vxlan://
copy -i nosuch0 --online 192.0.2.1:1 --target 192.0.2.2:1                         | no interface 'nosuch0': there are
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --duration 30                | '30' is no duration
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --duration 0s                | is no time at all
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --order random               | write causal, commit or session
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --max-differences -1         | a count is 0 or more
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --ring-mib 0                 | must be from 1 to 1024
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --protocol mysqk             | unknown protocol 'mysqk': known are tcp
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --config D/none.yaml         | none.yaml cannot be read
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --config D/typo.yaml         | typo.yaml, line 2: unknown setting 'limits.diferences'
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --config D/broken.yaml       | this is no YAML
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --config D/missing.yaml      | variable NO_SUCH is not set
copy -i lo --online 192.0.2.1:1 --target 192.0.2.2:1 --report D/day.pcapng        | is a file: name a directory
replay --online 192.0.2.1:1 --target 192.0.2.2:1                                  | FILE
replay D/night.pcap --online 192.0.2.1:1 --target 192.0.2.2:1                     | night.pcap: check its name
replay D --online 192.0.2.1:1 --target 192.0.2.2:1                                | is a directory
replay - --online 192.0.2.1:1 --target 192.0.2.2:1                                | standard input is a terminal
replay D/day.pcapng --online 192.0.2.1:1 --target 192.0.2.2:1 --speed fast        | 'fast' is no speed
replay D/day.pcapng --online 192.0.2.1:1 --target 192.0.2.2:1 --speed 0           | '0' is no speed
replay D/day.pcapng --online 192.0.2.1:1 --target 192.0.2.2:1 --loop 0            | --loop 0: it must be from 1
replay - --online 192.0.2.1:1 --target 192.0.2.2:1 --loop 2                       | standard input is
replay D/day.pcapng --online 192.0.2.1:1 --target 192.0.2.2:1 --skip-idle 5       | '5' is no duration
ctl                                                                               | Missing required parameter
explain 7 --report D                                                              | has no sessions.jsonl: name the directory that --report of a run named
explain                                                                           | Missing required parameter
ctl --socket D/none.sock status                                                   | none.sock: no run answers there
ctl --socket D/day.pcapng status                                                  | no run answers there
replay D/day.pcapng --online 192.0.2.1:1 --target 192.0.2.2:1 --speed NaN         | 'NaN' is no speed
record -i lo --online 192.0.2.1:1                                                 | --output
record -i lo --online 192.0.2.1:1 -o D/no/such.pcapng                             | cannot be written
record -i lo --online 192.0.2.1:1 -o D                                            | cannot be written
""")
    void isRefusedWithAMessage(String line, String part) {
        String[] arguments =
                line.isEmpty()
                        ? new String[0]
                        : line.replace("D/", directory + "/")
                                .replace(" D ", " " + directory + " ")
                                .replaceFirst(" D$", " " + directory)
                                .split(" ", -1);
        assertEquals(2, understudy.run(arguments));
        assertTrue(understudy.err().contains(part), understudy.err());
        assertEquals("", understudy.out());
        assertFalse(understudy.wasBegun());
        assertFalse(understudy.err().contains("\tat "), "a stack trace is for faults of ours");
    }

    @Test
    void whatTheEngineRefusesIsToldWithoutTrace() {
        understudy.engine(
                (plan, control) -> {
                    throw new RefusedException("no permission to capture: run as root");
                });
        assertEquals(
                2,
                understudy.run(
                        "copy", "-i", "lo", "--online", "192.0.2.1:1", "--target", "192.0.2.2:1"));
        assertEquals("understudy copy: no permission to capture: run as root\n", understudy.err());
    }

    @Test
    void aFaultOfOursIsAnInternalError() {
        understudy.engine(
                (plan, control) -> {
                    throw new IllegalStateException("impossible");
                });
        assertEquals(
                5,
                understudy.run(
                        "copy", "-i", "lo", "--online", "192.0.2.1:1", "--target", "192.0.2.2:1"));
        assertTrue(understudy.err().startsWith("internal error, please report this:"));
        assertTrue(understudy.err().contains("impossible"));
    }
}
