package dev.understudy.integration.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The packets of a file that tcpdump wrote on this machine (pcap, little-endian; Ethernet, IPv4,
 * TCP), to be written again as a worse network would have shown them.
 */
public final class RecordedPackets {
    private static final int FILE_HEADER = 24;
    private static final int RECORD_HEADER = 16;
    private static final int ETHERNET = 14;
    private static final int SYN = 2;

    private final byte[] fileHeader;
    private final List<Packet> packets;

    /** One packet; its stamp as the file has it. */
    private static final class Packet {
        private final long stamp;
        private final int originalLength;
        private final byte[] bytes;

        private Packet(long stamp, int originalLength, byte[] bytes) {
            this.stamp = stamp;
            this.originalLength = originalLength;
            this.bytes = bytes;
        }

        private int tcp() {
            return ETHERNET + (bytes[ETHERNET] & 0x0f) * 4;
        }

        private int sourcePort() {
            return ByteBuffer.wrap(bytes).getShort(tcp()) & 0xffff;
        }

        private int targetPort() {
            return ByteBuffer.wrap(bytes).getShort(tcp() + 2) & 0xffff;
        }

        private int sequence() {
            return ByteBuffer.wrap(bytes).getInt(tcp() + 4);
        }

        private boolean syn() {
            return (bytes[tcp() + 13] & SYN) != 0;
        }

        private int payload() {
            return bytes.length - tcp() - ((bytes[tcp() + 12] & 0xf0) >> 4) * 4;
        }

        private String direction() {
            return sourcePort() + ">" + targetPort();
        }

        private Packet at(long otherStamp) {
            return new Packet(otherStamp, originalLength, bytes);
        }
    }

    /** What was taken out of a direction. */
    public record Hole(long offset, int length) {}

    private RecordedPackets(byte[] fileHeader, List<Packet> packets) {
        this.fileHeader = fileHeader;
        this.packets = packets;
    }

    /** Reads a file. */
    public static RecordedPackets read(Path file) {
        try {
            ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
            in.order(ByteOrder.LITTLE_ENDIAN);
            byte[] header = new byte[FILE_HEADER];
            in.get(header);
            List<Packet> packets = new ArrayList<>();
            while (in.remaining() >= RECORD_HEADER) {
                long stamp = in.getLong();
                byte[] bytes = new byte[in.getInt()];
                int originalLength = in.getInt();
                in.get(bytes);
                packets.add(new Packet(stamp, originalLength, bytes));
            }
            return new RecordedPackets(header, packets);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a file of the same format. */
    public Path write(Path file) {
        int size = FILE_HEADER;
        for (Packet packet : packets) {
            size += RECORD_HEADER + packet.bytes.length;
        }
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.put(fileHeader);
        for (Packet packet : packets) {
            out.putLong(packet.stamp).putInt(packet.bytes.length);
            out.putInt(packet.originalLength).put(packet.bytes);
        }
        try {
            return Files.write(file, out.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes of the longest payload. */
    public int longestPayload() {
        return packets.stream().mapToInt(Packet::payload).max().orElse(0);
    }

    /**
     * The same with each run of data packets of one side, as a long answer is, in another order,
     * and every third packet of it twice.
     */
    public RecordedPackets reordered(long seed) {
        Random random = new Random(seed);
        List<Packet> mixed = new ArrayList<>();
        List<Packet> run = new ArrayList<>();
        for (Packet packet : packets) {
            boolean ends =
                    packet.payload() == 0
                            ? packet.syn() || isFin(packet)
                            : !run.isEmpty()
                                    && !run.getFirst().direction().equals(packet.direction());
            if (ends) {
                mixed.addAll(shuffled(run, random));
                run.clear();
            }
            if (packet.payload() > 0 && !isFin(packet)) {
                run.add(packet);
            } else {
                mixed.addAll(isFin(packet) ? shuffled(run, random) : List.of());
                if (isFin(packet)) {
                    run.clear();
                }
                mixed.add(packet);
            }
        }
        mixed.addAll(shuffled(run, random));
        return new RecordedPackets(fileHeader, inTime(mixed));
    }

    private static boolean isFin(Packet packet) {
        return (packet.bytes[packet.tcp() + 13] & 1) != 0;
    }

    private static List<Packet> shuffled(List<Packet> run, Random random) {
        List<Packet> order = new ArrayList<>(run);
        for (int i = 0; i < run.size(); i += 3) {
            order.add(run.get(i));
        }
        Collections.shuffle(order, random);
        return order;
    }

    /** Times go up, whatever the order. */
    private static List<Packet> inTime(List<Packet> order) {
        List<Packet> stamped = new ArrayList<>();
        long latest = 0;
        for (Packet packet : order) {
            // Seconds are the lower half of the little-endian pair.
            long time = Long.rotateLeft(packet.stamp, 32);
            latest = Math.max(latest, time);
            stamped.add(packet.at(Long.rotateLeft(latest, 32)));
        }
        return stamped;
    }

    /**
     * Takes out the server's n-th data packet of the n-th connection, both from 0.
     *
     * @param holes is told what was taken out
     */
    public RecordedPackets without(
            int serverPort, int connection, int dataPacket, List<Hole> holes) {
        Map<String, Integer> firstSequence = new HashMap<>();
        List<String> connections = new ArrayList<>();
        Map<String, Integer> seen = new HashMap<>();
        List<Packet> left = new ArrayList<>();
        for (Packet packet : packets) {
            String direction = packet.direction();
            if (packet.sourcePort() == serverPort && packet.syn()) {
                connections.add(direction);
                firstSequence.put(direction, packet.sequence() + 1);
            }
            boolean counts = packet.payload() > 0 && connections.indexOf(direction) == connection;
            int number = counts ? seen.merge(direction, 1, Integer::sum) - 1 : -1;
            if (number == dataPacket) {
                long offset =
                        Integer.toUnsignedLong(packet.sequence() - firstSequence.get(direction));
                holes.add(new Hole(offset, packet.payload()));
            } else {
                left.add(packet);
            }
        }
        return new RecordedPackets(fileHeader, left);
    }
}
