package dev.understudy.sys;

import java.nio.ByteBuffer;

/**
 * Runs a classic BPF program over a packet, as the kernel would: the instructions our filters use,
 * and the three ancillary loads. A load past the packet's end rejects it.
 */
final class BpfMachine {
    private final int protocol;
    private final int packetType;
    private final int hardwareType;

    BpfMachine(int protocol, int packetType, int hardwareType) {
        this.protocol = protocol;
        this.packetType = packetType;
        this.hardwareType = hardwareType;
    }

    /** How many bytes of the packet pass. */
    int run(PacketFilter filter, byte[] packet) {
        long[] program = filter.instructions();
        ByteBuffer data = ByteBuffer.wrap(packet);
        int[] memory = new int[16];
        int a = 0;
        int x = 0;
        try {
            for (int at = 0; ; at++) {
                int code = (int) (program[at] >>> 48);
                int ifTrue = (int) (program[at] >>> 40) & 0xff;
                int ifFalse = (int) (program[at] >>> 32) & 0xff;
                int k = (int) program[at];
                switch (code) {
                    case 0x20 -> a = ancillary(k);
                    case 0x40 -> a = data.getInt(x + k);
                    case 0x48 -> a = Short.toUnsignedInt(data.getShort(x + k));
                    case 0x50 -> a = Byte.toUnsignedInt(data.get(x + k));
                    case 0x60 -> a = memory[k];
                    case 0x02 -> memory[k] = a;
                    case 0x01 -> x = k;
                    case 0x07 -> x = a;
                    case 0x00 -> a = k;
                    case 0x04 -> a += k;
                    case 0x0c -> a += x;
                    case 0x54 -> a &= k;
                    case 0x64 -> a <<= k;
                    case 0x74 -> a >>>= k;
                    case 0x15 -> at += a == k ? ifTrue : ifFalse;
                    case 0x45 -> at += (a & k) != 0 ? ifTrue : ifFalse;
                    case 0x05 -> at += k;
                    case 0x06 -> {
                        return k;
                    }
                    default -> throw new AssertionError("code " + Integer.toHexString(code));
                }
            }
        } catch (IndexOutOfBoundsException e) {
            return 0;
        }
    }

    private int ancillary(int k) {
        return switch (k) {
            case -0x1000 -> protocol;
            case -0x1000 + 4 -> packetType;
            case -0x1000 + 28 -> hardwareType;
            default -> throw new AssertionError("load at " + k);
        };
    }
}
