package dev.understudy.integration.lab;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A recording of one connection, written packet by packet (pcap; Ethernet, IPv4, TCP): of a size
 * that no capture on a loaded machine would take without loss. Times are 10 µs apart.
 */
public final class WrittenRecording implements AutoCloseable {
    /** Larger than the MTU, as packets of hosts that offload are. */
    private static final int MAX_PAYLOAD = 32_000;

    private static final int HEADERS = 14 + 20 + 20;
    private static final int CLIENT = 0xC0000263; // 192.0.2.99
    private static final int SERVER = 0xC0000201; // 192.0.2.1
    private static final int CLIENT_PORT = 40_000;
    private static final int FIN = 1;
    private static final int SYN = 2;
    private static final int ACK = 16;

    private final OutputStream out;
    private final int serverPort;
    private final int[] sent = new int[2];
    private long micros = 1_700_000_000_000_000L;

    private WrittenRecording(OutputStream out, int serverPort) {
        this.out = out;
        this.serverPort = serverPort;
    }

    /** Begins with the handshake of a client and the server 192.0.2.1. */
    public static WrittenRecording open(Path file, int serverPort) {
        try {
            WrittenRecording recording =
                    new WrittenRecording(
                            new BufferedOutputStream(Files.newOutputStream(file), 1 << 20),
                            serverPort);
            recording.out.write(
                    ByteBuffer.allocate(24)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(0xa1b2c3d4)
                            .putInt(2 | 4 << 16)
                            .putLong(0)
                            .putInt(262_144)
                            .putInt(1)
                            .array());
            recording.packet(0, SYN, new byte[0], 0, 0);
            recording.packet(1, SYN | ACK, new byte[0], 0, 0);
            return recording;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The client sends this. */
    public WrittenRecording client(byte[] bytes) {
        return send(0, bytes);
    }

    /** The server sends this. */
    public WrittenRecording server(byte[] bytes) {
        return send(1, bytes);
    }

    private WrittenRecording send(int side, byte[] bytes) {
        for (int at = 0; at < bytes.length; at += MAX_PAYLOAD) {
            packet(side, ACK, bytes, at, Math.min(MAX_PAYLOAD, bytes.length - at));
        }
        return this;
    }

    private void packet(int side, int flags, byte[] bytes, int from, int length) {
        micros += 10;
        int whole = HEADERS + length;
        ByteBuffer record = ByteBuffer.allocate(16 + whole).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt((int) (micros / 1_000_000)).putInt((int) (micros % 1_000_000));
        record.putInt(whole).putInt(whole);
        record.order(ByteOrder.BIG_ENDIAN);
        record.put(new byte[12]).putShort((short) 0x0800);
        record.putInt(0x45 << 24 | (whole - 14)).putInt(0).putInt(64 << 24 | 6 << 16);
        record.putInt(side == 0 ? CLIENT : SERVER).putInt(side == 0 ? SERVER : CLIENT);
        record.putShort((short) (side == 0 ? CLIENT_PORT : serverPort));
        record.putShort((short) (side == 0 ? serverPort : CLIENT_PORT));
        record.putInt(sent[side]).putInt(sent[1 - side]);
        record.putInt(5 << 28 | flags << 16 | 0xFFFF).putInt(0);
        record.put(bytes, from, length);
        sent[side] += length + ((flags & (SYN | FIN)) == 0 ? 0 : 1);
        try {
            out.write(record.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Both sides end. */
    @Override
    public void close() {
        packet(0, FIN | ACK, new byte[0], 0, 0);
        packet(1, FIN | ACK, new byte[0], 0, 0);
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
