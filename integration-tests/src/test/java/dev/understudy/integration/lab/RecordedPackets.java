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
import java.util.LinkedHashMap;
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
    private static final int FIN = 1;
    private static final int SYN = 2;
    private static final int RST = 4;
    private static final int ACK = 16;

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

        private int acknowledged() {
            return ByteBuffer.wrap(bytes).getInt(tcp() + 8);
        }

        private boolean has(int flag) {
            return (bytes[tcp() + 13] & flag) != 0;
        }

        private boolean syn() {
            return has(SYN);
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
        return packet.has(FIN);
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

    /** Which packets a capture misses. */
    public enum Loss {
        /** Each with the same chance. */
        SINGLE,
        /** Some in a row. */
        RUNS,
        /** A whole block of a ring. */
        BLOCKS,
        /** SYN and SYN+ACK. */
        HANDSHAKES,
        /** FIN, and what carries no data. */
        ENDS_AND_ACKNOWLEDGMENTS,
        /** What the client sends. */
        REQUESTS,
        /** What the server sends. */
        ANSWERS;

        private boolean hits(Packet packet, int serverPort) {
            boolean data = packet.payload() > 0;
            return switch (this) {
                case SINGLE, RUNS, BLOCKS -> true;
                case HANDSHAKES -> packet.syn();
                case ENDS_AND_ACKNOWLEDGMENTS -> packet.has(FIN) || (!data && !packet.syn());
                case REQUESTS -> data && packet.targetPort() == serverPort;
                case ANSWERS -> data && packet.sourcePort() == serverPort;
            };
        }

        private int length(Random random) {
            return switch (this) {
                case RUNS -> 2 + random.nextInt(19);
                case BLOCKS -> 500;
                default -> 1;
            };
        }
    }

    /**
     * Which packets are missed.
     *
     * @param share of those that may be hit, about
     * @return true for each packet that is missed, by its number
     */
    public boolean[] missed(Loss loss, double share, int serverPort, long seed) {
        Random random = new Random(seed);
        boolean[] missed = new boolean[packets.size()];
        for (int i = 0; i < missed.length; i++) {
            int length = loss.length(random);
            if (loss.hits(packets.get(i), serverPort) && random.nextDouble() < share / length) {
                for (int end = Math.min(missed.length, i + length); i < end; i++) {
                    missed[i] = true;
                }
            }
        }
        return missed;
    }

    /** The same without the packets that were missed. */
    public RecordedPackets without(boolean[] missed) {
        List<Packet> left = new ArrayList<>();
        for (int i = 0; i < missed.length; i++) {
            if (!missed[i]) {
                left.add(packets.get(i));
            }
        }
        return new RecordedPackets(fileHeader, left);
    }

    /**
     * What can be known of one connection when packets were missed, of clients that put each
     * request in a packet of its own and wait for its answer.
     *
     * @param shown whether it is seen at all
     * @param damaged whether what is left proves that something is missing
     * @param requests of the client that stand before what is missing
     */
    public record Known(boolean shown, boolean damaged, int requests) {}

    /** What can be known of each connection. */
    public List<Known> known(boolean[] missed, int serverPort) {
        Map<Integer, List<Integer>> connections = new LinkedHashMap<>();
        for (int i = 0; i < missed.length; i++) {
            Packet packet = packets.get(i);
            int client =
                    packet.sourcePort() == serverPort ? packet.targetPort() : packet.sourcePort();
            connections.computeIfAbsent(client, _ -> new ArrayList<>()).add(i);
        }
        return connections.values().stream().map(numbers -> known(numbers, missed)).toList();
    }

    private Known known(List<Integer> numbers, boolean[] missed) {
        int client = packets.get(numbers.getFirst()).sourcePort();
        List<Packet> left = new ArrayList<>();
        int requests = 0;
        boolean lostData = false;
        for (int number : numbers) {
            Packet packet = packets.get(number);
            if (!missed[number]) {
                left.add(packet);
            }
            lostData |= missed[number] && packet.payload() > 0;
            requests += !lostData && packet.payload() > 0 && packet.sourcePort() == client ? 1 : 0;
        }
        boolean shown = left.stream().anyMatch(packet -> packet.syn() || packet.payload() > 0);
        boolean midway = left.stream().noneMatch(Packet::syn);
        boolean damaged =
                numbers.stream()
                        .map(packets::get)
                        .filter(Packet::syn)
                        .anyMatch(syn -> lacks(left, syn));
        return new Known(shown, shown && (midway || damaged), midway ? 0 : requests);
    }

    /**
     * Whether what is left of the direction that began with {@code syn} is proved to be too little.
     */
    private static boolean lacks(List<Packet> left, Packet syn) {
        long there = 1;
        long proved = 1;
        for (Packet packet : left) {
            boolean same = packet.sourcePort() == syn.sourcePort();
            if (packet.has(RST)) {
                continue;
            }
            if (same && !packet.syn()) {
                long from = Integer.toUnsignedLong(packet.sequence() - syn.sequence());
                proved = Math.max(proved, from + packet.payload());
                there = from == there ? from + packet.payload() : there;
            } else if (!same && packet.has(ACK)) {
                proved =
                        Math.max(
                                proved,
                                Integer.toUnsignedLong(packet.acknowledged() - syn.sequence()));
            }
        }
        // One number more is that of the FIN.
        return proved - there > 1;
    }
}
