package dev.understudy.capture;

import dev.understudy.wire.LinkLayer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * pcapng: sections, each with a byte order and interfaces of its own, made of blocks. Packets of
 * all three kinds of block are read; statistics give the drop counts; every other block, and every
 * option not needed, is passed over by its length without being kept.
 *
 * @see "draft-ietf-opsawg-pcapng"
 */
final class PcapngFormat implements RecordingFormat {
    static final int SECTION_HEADER = 0x0a0d0d0a;

    private static final int INTERFACE_DESCRIPTION = 1;
    private static final int PACKET = 2;
    private static final int SIMPLE_PACKET = 3;
    private static final int INTERFACE_STATISTICS = 5;
    private static final int ENHANCED_PACKET = 6;
    private static final int DECRYPTION_SECRETS = 10;

    /** Secrets of the kind {@code TLSK}: a key log. */
    private static final int TLS_KEY_LOG = 0x544c534b;

    private static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
    private static final int MAJOR = 1;

    /** Type, length, and the length again: what the least block has. */
    private static final int FRAME_BYTES = 12;

    private static final int SECTION_HEADER_BYTES = 28;
    private static final int STATISTICS_FIXED_BYTES = 20;
    private static final int DESCRIPTION_FIXED_BYTES = 16;
    private static final int PACKET_FIXED_BYTES = 28;
    private static final int SECRETS_FIXED_BYTES = 16;
    private static final int SIMPLE_PACKET_FIXED_BYTES = 12;

    /** Longest block that carries options we read, in bytes: it is looked at as a whole. */
    private static final int MAX_DESCRIBING_BLOCK_BYTES = 1 << 20;

    /** Longest packet block, in bytes; what Wireshark and libpcap accept. */
    private static final int MAX_PACKET_BLOCK_BYTES = 16 << 20;

    /** Longest block of secrets that is looked at, in bytes; a longer one is passed over. */
    static final int MAX_SECRETS_BLOCK_BYTES = 16 << 20;

    /** Interfaces of one section; a packet names its own by 16 or 32 bits. */
    private static final int MAX_INTERFACES = 1 << 16;

    private static final int OPTION_END = 0;
    private static final int IF_TSRESOL = 9;
    private static final int IF_TSOFFSET = 14;
    private static final int ISB_IFDROP = 5;
    private static final int ISB_OSDROP = 7;

    /** What a section told about one of its interfaces. Statistics are running sums. */
    private static final class Interface {
        final int linkType;
        final long snapLength;
        TimeUnits units = TimeUnits.MICROS;
        long interfaceDropped;
        long droppedByKernel;

        Interface(int linkType, long snapLength) {
            this.linkType = linkType;
            this.snapLength = snapLength;
        }
    }

    private final String name;
    private final SecretsReader secrets;
    private final List<Interface> interfaces = new ArrayList<>();
    private long interfaceDroppedBefore;
    private long droppedByKernelBefore;
    private long lastTimeNanos;
    private long secretsPassedOver;

    private long blockAt;
    private long blockLength;

    /** Set once what we want of a block is taken, until its trailing length has been checked. */
    private boolean atTrailer;

    PcapngFormat(String name, SecretsReader secrets) {
        this.name = name;
        this.secrets = secrets;
    }

    @Override
    public long droppedByKernel() {
        long sum = droppedByKernelBefore;
        for (Interface each : interfaces) {
            sum += each.droppedByKernel;
        }
        return sum;
    }

    @Override
    public long interfaceDropped() {
        long sum = interfaceDroppedBefore;
        for (Interface each : interfaces) {
            sum += each.interfaceDropped;
        }
        return sum;
    }

    @Override
    public List<String> warnings() {
        return secretsPassedOver == 0
                ? List.of()
                : List.of(
                        "%d blocks of secrets of the recording are above %d MiB each and were passed over: sessions that need them are left out; give the key log by --tls-keylog"
                                .formatted(secretsPassedOver, MAX_SECRETS_BLOCK_BYTES >> 20));
    }

    @Override
    public long begunAt(ByteWindow in) {
        return atTrailer ? blockAt : in.offset();
    }

    @Override
    public Step step(ByteWindow in, PacketBatch into) throws CaptureFormatException {
        if (atTrailer) {
            return trailer(in);
        }
        if (!in.has(FRAME_BYTES)) {
            return Step.MORE;
        }
        blockAt = in.offset();
        int type = in.i32(0);
        if (type == SECTION_HEADER) {
            return sectionHeader(in);
        }
        blockLength = checkedLength(in.u32(4), type);
        return switch (type) {
            case INTERFACE_DESCRIPTION -> interfaceDescription(in);
            case ENHANCED_PACKET -> packet(in, into, in.u32(8));
            case PACKET -> packet(in, into, in.u16(8));
            case SIMPLE_PACKET -> simplePacket(in, into);
            case INTERFACE_STATISTICS -> interfaceStatistics(in);
            case DECRYPTION_SECRETS -> decryptionSecrets(in);
            // Names, journals, custom blocks and what is still to be invented.
            default -> done(in);
        };
    }

    private long checkedLength(long length, int type) throws CaptureFormatException {
        if (length < FRAME_BYTES || length % 4 != 0) {
            throw damaged("a block of type " + type + " of " + length + " bytes");
        }
        long limit =
                switch (type) {
                    case INTERFACE_DESCRIPTION, INTERFACE_STATISTICS -> MAX_DESCRIBING_BLOCK_BYTES;
                    case ENHANCED_PACKET, PACKET, SIMPLE_PACKET -> MAX_PACKET_BLOCK_BYTES;
                    default -> Long.MAX_VALUE;
                };
        if (length > limit) {
            throw damaged("a block of type " + type + " of " + length + " bytes, above " + limit);
        }
        return length;
    }

    /** Passes over the rest of the block, up to the length that ends it. */
    private Step done(ByteWindow in) {
        in.skip(blockLength - 4);
        atTrailer = true;
        return Step.TAKEN;
    }

    private Step trailer(ByteWindow in) throws CaptureFormatException {
        if (!in.has(4)) {
            return Step.MORE;
        }
        if (in.u32(0) != blockLength) {
            throw damaged("a block of " + blockLength + " bytes ends with the length " + in.u32(0));
        }
        in.skip(4);
        atTrailer = false;
        return Step.TAKEN;
    }

    private Step sectionHeader(ByteWindow in) throws CaptureFormatException {
        if (!in.has(SECTION_HEADER_BYTES - 4)) {
            return Step.MORE;
        }
        in.order(true);
        if (in.i32(8) != BYTE_ORDER_MAGIC) {
            in.order(false);
        }
        if (in.i32(8) != BYTE_ORDER_MAGIC) {
            throw damaged("a section without a byte-order magic");
        }
        blockLength = in.u32(4);
        if (blockLength < SECTION_HEADER_BYTES || blockLength % 4 != 0) {
            throw damaged("a section header of " + blockLength + " bytes");
        }
        if (in.u16(12) != MAJOR) {
            throw damaged("pcapng version " + in.u16(12) + ", only 1 is known");
        }
        droppedByKernelBefore = droppedByKernel();
        interfaceDroppedBefore = interfaceDropped();
        interfaces.clear();
        return done(in);
    }

    private Step interfaceDescription(ByteWindow in) throws CaptureFormatException {
        requireAtLeast(DESCRIPTION_FIXED_BYTES + 4);
        if (!in.has((int) blockLength)) {
            return Step.MORE;
        }
        if (interfaces.size() == MAX_INTERFACES) {
            throw damaged("more than " + MAX_INTERFACES + " interfaces in a section");
        }
        Interface described = new Interface(LinkLayer.ofFile(in.u16(8)), in.u32(12));
        int resolution = TimeUnits.MICROS_RESOLUTION;
        long offsetSeconds = 0;
        for (int at = DESCRIPTION_FIXED_BYTES; isOption(in, at); at = afterOption(in, at)) {
            int length = in.u16(at + 2);
            if (in.u16(at) == IF_TSRESOL && length >= 1) {
                resolution = in.u8(at + 4);
            } else if (in.u16(at) == IF_TSOFFSET && length >= 8) {
                offsetSeconds = in.i64(at + 4);
            }
        }
        if (!TimeUnits.isKnown(resolution)) {
            throw damaged("an interface with time resolution 0x" + Integer.toHexString(resolution));
        }
        described.units = new TimeUnits(resolution, offsetSeconds);
        interfaces.add(described);
        return done(in);
    }

    private Step interfaceStatistics(ByteWindow in) throws CaptureFormatException {
        requireAtLeast(STATISTICS_FIXED_BYTES + 4);
        if (!in.has((int) blockLength)) {
            return Step.MORE;
        }
        Interface of = interfaceOf(in.u32(8));
        for (int at = STATISTICS_FIXED_BYTES; isOption(in, at); at = afterOption(in, at)) {
            int length = in.u16(at + 2);
            if (in.u16(at) == ISB_IFDROP && length >= 8) {
                of.interfaceDropped = Math.max(0, in.i64(at + 4));
            } else if (in.u16(at) == ISB_OSDROP && length >= 8) {
                of.droppedByKernel = Math.max(0, in.i64(at + 4));
            }
        }
        return done(in);
    }

    private Step decryptionSecrets(ByteWindow in) throws CaptureFormatException {
        requireAtLeast(SECRETS_FIXED_BYTES + 4);
        if (blockLength > MAX_SECRETS_BLOCK_BYTES) {
            secretsPassedOver++;
            return done(in);
        }
        if (!in.has((int) blockLength)) {
            return Step.MORE;
        }
        long length = in.u32(12);
        if (length > blockLength - SECRETS_FIXED_BYTES - 4) {
            throw damaged("secrets of " + length + " bytes that their block does not hold");
        }
        if (in.i32(8) == TLS_KEY_LOG) {
            String text =
                    new String(
                            in.array(),
                            in.index(SECRETS_FIXED_BYTES),
                            (int) length,
                            StandardCharsets.ISO_8859_1);
            secrets.keyLog(text);
        }
        return done(in);
    }

    /** Whether an option lies at {@code at} in the block, wholly within it. */
    private boolean isOption(ByteWindow in, int at) throws CaptureFormatException {
        if (at + 4 > blockLength - 4 || in.u16(at) == OPTION_END) {
            return false;
        }
        if (at + 4 + in.u16(at + 2) > blockLength - 4) {
            throw damaged("an option of " + in.u16(at + 2) + " bytes that its block does not hold");
        }
        return true;
    }

    private static int afterOption(ByteWindow in, int at) {
        return at + 4 + (in.u16(at + 2) + 3 & ~3);
    }

    private Step packet(ByteWindow in, PacketBatch into, long interfaceId)
            throws CaptureFormatException {
        requireAtLeast(PACKET_FIXED_BYTES + 4);
        if (!in.has(PACKET_FIXED_BYTES)) {
            return Step.MORE;
        }
        Interface from = interfaceOf(interfaceId);
        int captured = checkedCapture(in.u32(20), PACKET_FIXED_BYTES);
        if (!in.has(PACKET_FIXED_BYTES + captured)) {
            return Step.MORE;
        }
        if (!into.hasRoom(captured)) {
            return Step.BATCH_FULL;
        }
        lastTimeNanos = from.units.toEpochNanos(in.u32(12) << 32 | in.u32(16));
        into.add(
                lastTimeNanos,
                from.linkType,
                in.i32(24),
                in.array(),
                in.index(PACKET_FIXED_BYTES),
                captured);
        return done(in);
    }

    /** Such a packet has no time of its own: it takes that of the packet before it. */
    private Step simplePacket(ByteWindow in, PacketBatch into) throws CaptureFormatException {
        requireAtLeast(SIMPLE_PACKET_FIXED_BYTES + 4);
        Interface from = interfaceOf(0);
        long original = in.u32(8);
        long snapped = from.snapLength == 0 ? original : Math.min(original, from.snapLength);
        int captured = checkedCapture(snapped, SIMPLE_PACKET_FIXED_BYTES);
        if (!in.has(SIMPLE_PACKET_FIXED_BYTES + captured)) {
            return Step.MORE;
        }
        if (!into.hasRoom(captured)) {
            return Step.BATCH_FULL;
        }
        into.add(
                lastTimeNanos,
                from.linkType,
                (int) original,
                in.array(),
                in.index(SIMPLE_PACKET_FIXED_BYTES),
                captured);
        return done(in);
    }

    private int checkedCapture(long captured, int fixedBytes) throws CaptureFormatException {
        if (captured > PacketBatch.MAX_PACKET_BYTES || fixedBytes + captured + 4 > blockLength) {
            throw damaged(
                    "a packet of "
                            + captured
                            + " captured bytes in a block of "
                            + blockLength
                            + " bytes");
        }
        return (int) captured;
    }

    private Interface interfaceOf(long id) throws CaptureFormatException {
        if (id >= interfaces.size()) {
            throw damaged(
                    "interface "
                            + id
                            + " named, but the section has "
                            + interfaces.size()
                            + " so far");
        }
        return interfaces.get((int) id);
    }

    private void requireAtLeast(int bytes) throws CaptureFormatException {
        if (blockLength < bytes) {
            throw damaged("a block of " + blockLength + " bytes, its kind has at least " + bytes);
        }
    }

    private CaptureFormatException damaged(String problem) {
        return RecordingFormat.damaged(name, blockAt, problem);
    }
}
