package dev.understudy.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InnerTagsTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # packet                  | bytes from the network header on | original | before
                    IPv4                      | 450000280001 | 40   | 0
                    IPv4, padded              | 450000280001 | 46   | 0
                    IPv4 as long as its type  | 450008004500 | 2048 | 0
                    IPv4, longer than said    | 450000000001 | 90000 | 0
                    IPv6                      | 600000000014 | 60   | 0
                    IPv6, longer than said    | 600000000000 | 90000 | 0
                    IPv4 in a tag             | 012c0800450000280001 | 44 | 4
                    IPv4 in a tag, priority 2 | 40640800450000280001 | 44 | 4
                    IPv6 in a tag, priority 3 | 606486dd600000000014 | 64 | 4
                    IPv4 in two tags          | 012c810000040800450000280001 | 48 | 8
                    ARP in a tag              | 012c0806000108000604 | 32 | -1
                    IPv4 in three tags        | 012c8100000481000005080045000028 | 52 | -1
                    cut within a tag          | 012c08 | 44 | -1
                    nothing                   | '' | 0 | -1
                    """)
    void findsTheIpHeader(String name, String hex, int original, int before) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        MemorySegment memory = MemorySegment.ofArray(bytes);
        assertEquals(before, InnerTags.bytesBeforeIp(memory, 0, bytes.length, original));
    }
}
