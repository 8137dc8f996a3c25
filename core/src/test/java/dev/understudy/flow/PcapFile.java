package dev.understudy.flow;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A classic pcap file of microseconds, little-endian: as tcpdump writes it on this machine. */
final class PcapFile {
    private static final int MAGIC = 0xa1b2c3d4;
    private static final int HEADER = 24;
    private static final int PACKET_HEADER = 16;

    final int linkType;
    final List<Packet> packets = new ArrayList<>();

    /** One packet, and the length it had on the wire. */
    @SuppressWarnings("ArrayRecordComponent")
    record Packet(long timeNanos, byte[] data, int originalLength) {}

    PcapFile(int linkType) {
        this.linkType = linkType;
    }

    void add(long timeNanos, byte[] data) {
        packets.add(new Packet(timeNanos, data, data.length));
    }

    void write(Path path) throws IOException {
        int size = HEADER;
        for (Packet packet : packets) {
            size += PACKET_HEADER + packet.data().length;
        }
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).putShort((short) 2).putShort((short) 4);
        out.putInt(0).putInt(0).putInt(262_144).putInt(linkType);
        for (Packet packet : packets) {
            out.putInt((int) (packet.timeNanos() / 1_000_000_000));
            out.putInt((int) (packet.timeNanos() % 1_000_000_000 / 1000));
            out.putInt(packet.data().length).putInt(packet.originalLength()).put(packet.data());
        }
        Files.write(path, out.array());
    }

    static PcapFile read(Path path) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt(0) != MAGIC) {
            throw new IOException(path + " is not a pcap file of microseconds, little-endian");
        }
        PcapFile file = new PcapFile(in.getInt(20));
        in.position(HEADER);
        while (in.hasRemaining()) {
            long seconds = Integer.toUnsignedLong(in.getInt());
            long micros = Integer.toUnsignedLong(in.getInt());
            byte[] data = new byte[in.getInt()];
            int original = in.getInt();
            in.get(data);
            file.packets.add(new Packet(seconds * 1_000_000_000 + micros * 1000, data, original));
        }
        return file;
    }
}
