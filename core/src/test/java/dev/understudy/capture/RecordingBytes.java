package dev.understudy.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Writes pcapng and pcap by hand, in either byte order, and remembers where packets end. */
final class RecordingBytes {
    private final ByteBuffer out;
    private final List<Integer> packetEnds = new ArrayList<>();
    private final List<Integer> borders = new ArrayList<>();

    RecordingBytes(ByteOrder order) {
        out = ByteBuffer.allocate(1 << 20).order(order);
    }

    byte[] bytes() {
        byte[] bytes = new byte[out.position()];
        out.get(0, bytes);
        return bytes;
    }

    int length() {
        return out.position();
    }

    /** Packets whose bytes lie wholly in the first {@code cut} bytes. */
    long packetsBefore(int cut) {
        return packetEnds.stream().filter(end -> end <= cut).count();
    }

    /** Whether a block or record ends exactly at {@code cut}. */
    boolean isBorder(int cut) {
        return borders.contains(cut);
    }

    RecordingBytes sectionHeader() {
        return sectionHeader(out.order());
    }

    RecordingBytes sectionHeader(ByteOrder order) {
        out.order(order);
        int start = begin(0x0a0d0d0a);
        out.putInt(0x1a2b3c4d).putShort((short) 1).putShort((short) 0).putLong(-1);
        return end(start);
    }

    RecordingBytes interfaceDescription(int linkType, int snapLength, byte[]... options) {
        int start = begin(1);
        out.putShort((short) linkType).putShort((short) 0).putInt(snapLength);
        for (byte[] option : options) {
            out.put(option);
        }
        return end(start);
    }

    byte[] option(int code, byte... value) {
        ByteBuffer option = ByteBuffer.allocate(4 + padded(value.length)).order(out.order());
        option.putShort((short) code).putShort((short) value.length).put(value);
        return option.array();
    }

    byte[] option(int code, long value) {
        byte[] bytes = ByteBuffer.allocate(8).order(out.order()).putLong(value).array();
        return option(code, bytes);
    }

    RecordingBytes enhancedPacket(int interfaceId, long units, int original, byte... data) {
        int start = begin(6);
        out.putInt(interfaceId).putInt((int) (units >>> 32)).putInt((int) units);
        out.putInt(data.length).putInt(original).put(data);
        packetEnds.add(out.position());
        return end(start);
    }

    RecordingBytes obsoletePacket(int interfaceId, long units, int original, byte... data) {
        int start = begin(2);
        out.putShort((short) interfaceId).putShort((short) 9);
        out.putInt((int) (units >>> 32)).putInt((int) units);
        out.putInt(data.length).putInt(original).put(data);
        packetEnds.add(out.position());
        return end(start);
    }

    RecordingBytes simplePacket(int original, byte... data) {
        int start = begin(3);
        out.putInt(original).put(data);
        packetEnds.add(out.position());
        return end(start);
    }

    RecordingBytes statistics(int interfaceId, byte[]... options) {
        int start = begin(5);
        out.putInt(interfaceId).putLong(0);
        for (byte[] option : options) {
            out.put(option);
        }
        return end(start);
    }

    RecordingBytes block(int type, byte... body) {
        int start = begin(type);
        out.put(body);
        return end(start);
    }

    RecordingBytes raw(int... words) {
        for (int word : words) {
            out.putInt(word);
        }
        return this;
    }

    RecordingBytes pcapHeader(int magic, int linkType) {
        out.putInt(magic).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0);
        out.putInt(262144).putInt(linkType);
        borders.add(out.position());
        return this;
    }

    RecordingBytes pcapRecord(int seconds, int fraction, int original, byte... data) {
        out.putInt(seconds).putInt(fraction).putInt(data.length).putInt(original).put(data);
        packetEnds.add(out.position());
        borders.add(out.position());
        return this;
    }

    private int begin(int type) {
        int start = out.position();
        out.putInt(type).putInt(0);
        return start;
    }

    private RecordingBytes end(int start) {
        out.position(start + padded(out.position() - start));
        int length = out.position() + 4 - start;
        out.putInt(length).putInt(start + 4, length);
        borders.add(out.position());
        return this;
    }

    private static int padded(int length) {
        return length + 3 & ~3;
    }
}
