package dev.understudy.capture;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * VLAN tags that the kernel leaves before the IP header of a cooked packet that had more than one.
 * A tag on its way in begins with its four last bytes: priority and number, then the EtherType of
 * what follows. Neither the packet's way nor its EtherType tells for all kernels whether tags are
 * there, so the bytes have to: an IP header tells how long its packet is.
 */
final class InnerTags {
    static final int ETHERTYPE_IPV4 = 0x0800;
    static final int ETHERTYPE_IPV6 = 0x86dd;

    /** No IP header found. */
    static final int NOT_IP = -1;

    /** Tags read over, as the filter does. */
    private static final int MAX_TAGS = 2;

    private static final int TAG_BYTES = 4;

    /** Bytes that Ethernet fills a short packet up with: to 64 with headers and checksum. */
    private static final int MAX_PADDING_BYTES = 46;

    private static final ValueLayout.OfShort NETWORK_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private InnerTags() {}

    /** How many bytes of tags lie before the IP header, or {@link #NOT_IP}. */
    static int bytesBeforeIp(MemorySegment memory, long offset, int captured, int original) {
        for (int at = 0; at <= MAX_TAGS * TAG_BYTES && at + 6 <= captured; at += TAG_BYTES) {
            if (at > 0 && !isIpEtherType(u16(memory, offset + at - 2))) {
                continue;
            }
            if (isIpHeader(memory, offset + at, original - at)) {
                return at;
            }
        }
        return NOT_IP;
    }

    private static boolean isIpEtherType(int type) {
        return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6;
    }

    /** Whether a header stands there whose packet is as long as what is there. */
    private static boolean isIpHeader(MemorySegment memory, long at, int length) {
        int version = memory.get(ValueLayout.JAVA_BYTE, at) >> 4 & 0xf;
        int said;
        if (version == 4) {
            said = u16(memory, at + 2);
        } else if (version == 6) {
            said = 40 + u16(memory, at + 4);
        } else {
            return false;
        }
        // 0 in the length field: longer than the field can say (Linux's BIG TCP).
        boolean unsaid = said == 0 || (said == 40 && version == 6);
        return unsaid || (said <= length && length - said <= MAX_PADDING_BYTES);
    }

    private static int u16(MemorySegment memory, long at) {
        return Short.toUnsignedInt(memory.get(NETWORK_SHORT, at));
    }
}
