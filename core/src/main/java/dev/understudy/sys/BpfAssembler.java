package dev.understudy.sys;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a classic BPF program with jumps to labels further on. A comparison reaches only 255
 * instructions far, so each skips or takes a plain jump right behind it, which reaches all.
 */
final class BpfAssembler {
    /** The kernel takes no more instructions than these (BPF_MAXINSNS). */
    static final int MAX_INSTRUCTIONS = 4096;

    /** Bytes of a packet that pass: all of any. */
    private static final int WHOLE_PACKET = 262_144;

    private static final int JUMP = 0x05;

    private final List<Long> instructions = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();
    private final Map<Integer, String> jumps = new HashMap<>();

    /** A label no other has. */
    String newLabel() {
        return "at " + instructions.size();
    }

    BpfAssembler label(String name) {
        labels.put(name, instructions.size());
        return this;
    }

    BpfAssembler loadWord(int at) {
        return add(0x20, at);
    }

    BpfAssembler loadWordAtX(int offset) {
        return add(0x40, offset);
    }

    BpfAssembler loadHalfAtX(int offset) {
        return add(0x48, offset);
    }

    BpfAssembler loadByteAtX(int offset) {
        return add(0x50, offset);
    }

    BpfAssembler load(int slot) {
        return add(0x60, slot);
    }

    BpfAssembler store(int slot) {
        return add(0x02, slot);
    }

    BpfAssembler number(int value) {
        return add(0x00, value);
    }

    /** Adds a number to what was loaded. */
    BpfAssembler plus(int value) {
        return add(0x04, value);
    }

    BpfAssembler setX(int value) {
        return add(0x01, value);
    }

    BpfAssembler moveToX() {
        return add(0x07, 0);
    }

    BpfAssembler addX() {
        return add(0x0c, 0);
    }

    BpfAssembler and(int mask) {
        return add(0x54, mask);
    }

    BpfAssembler shiftLeft(int bits) {
        return add(0x64, bits);
    }

    BpfAssembler shiftRight(int bits) {
        return add(0x74, bits);
    }

    BpfAssembler ifIs(int value, String target) {
        return add(0x15, 0, 1, value).jump(target);
    }

    BpfAssembler ifNot(int value, String target) {
        return add(0x15, 1, 0, value).jump(target);
    }

    BpfAssembler ifAny(int bits, String target) {
        return add(0x45, 0, 1, bits).jump(target);
    }

    BpfAssembler jump(String target) {
        jumps.put(instructions.size(), target);
        return add(JUMP, 0);
    }

    BpfAssembler accept() {
        return add(0x06, WHOLE_PACKET);
    }

    BpfAssembler drop() {
        return add(0x06, 0);
    }

    /**
     * The instructions: 16 bits of code, 8 and 8 of jumps, 32 of operand, from the high bits on.
     */
    long[] program() {
        if (instructions.size() > MAX_INSTRUCTIONS) {
            throw new IllegalStateException(instructions.size() + " instructions");
        }
        long[] program = instructions.stream().mapToLong(Long::longValue).toArray();
        jumps.forEach((from, to) -> program[from] |= labels.get(to) - from - 1);
        return program;
    }

    private BpfAssembler add(int code, int operand) {
        return add(code, 0, 0, operand);
    }

    private BpfAssembler add(int code, int ifTrue, int ifFalse, int operand) {
        instructions.add(
                (long) code << 48
                        | (long) ifTrue << 40
                        | (long) ifFalse << 32
                        | Integer.toUnsignedLong(operand));
        return this;
    }
}
