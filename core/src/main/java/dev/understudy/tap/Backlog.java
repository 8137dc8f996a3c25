package dev.understudy.tap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * What a tap keeps until it knows that it was taken: batches in their order, in memory outside of
 * the heap, which is had in blocks as they are needed, up to a limit, and used again. The capture
 * adds, the link sends and takes out; either on its own thread. What finds no room is not kept, and
 * leaves a jump in the numbers.
 */
final class Backlog implements AutoCloseable {
    /**
     * Several times the longest batch, so that little is left unused behind the last of a block.
     */
    static final int BLOCK_BYTES = 4 << 20;

    private static final class Block {
        private final ByteBuffer memory;
        private int end;
        private int batches;

        private Block(ByteBuffer memory) {
            this.memory = memory;
        }

        private boolean hasRoom(int length) {
            return memory.capacity() - end >= length;
        }
    }

    private record Entry(long first, int packets, Block block, int offset, int length) {
        private long next() {
            return first + packets;
        }
    }

    private final Arena arena = Arena.ofShared();
    private final ArrayDeque<Block> free = new ArrayDeque<>();
    private final ArrayDeque<Entry> unsent = new ArrayDeque<>();
    private final ArrayDeque<Entry> sent = new ArrayDeque<>();
    private Optional<Block> filling = Optional.empty();
    private int blocksLeft;
    private long packets;

    /**
     * An empty one.
     *
     * @param bytes room, counted in whole blocks of {@value #BLOCK_BYTES}, at least one
     */
    Backlog(long bytes) {
        if (bytes < BLOCK_BYTES) {
            throw new IllegalArgumentException("a backlog of " + bytes + " bytes");
        }
        blocksLeft = Math.toIntExact(bytes / BLOCK_BYTES);
    }

    /** Keeps a copy; false where there is no room. */
    synchronized boolean add(ByteBuffer batch, long first, int count) {
        int length = batch.remaining();
        if (filling.isEmpty() || !filling.get().hasRoom(length)) {
            Optional<Block> another = freeBlock();
            if (another.isEmpty()) {
                return false;
            }
            Optional<Block> full = filling;
            filling = another;
            full.ifPresent(this::freeIfEmpty);
        }
        Block block = filling.get();
        block.memory.put(block.end, batch, batch.position(), length);
        unsent.add(new Entry(first, count, block, block.end, length));
        block.end += length;
        block.batches++;
        packets += count;
        return true;
    }

    private Optional<Block> freeBlock() {
        if (!free.isEmpty()) {
            return Optional.of(free.pop());
        }
        if (blocksLeft == 0) {
            return Optional.empty();
        }
        blocksLeft--;
        return Optional.of(new Block(arena.allocate(BLOCK_BYTES).asByteBuffer()));
    }

    private void freeIfEmpty(Block block) {
        if (block.batches == 0) {
            block.end = 0;
            if (filling.orElse(null) != block) {
                free.push(block);
            }
        }
    }

    /** The next batch to send, in place: it is good until it was taken. */
    synchronized Optional<ByteBuf> next() {
        Entry entry = unsent.poll();
        if (entry == null) {
            return Optional.empty();
        }
        sent.add(entry);
        return Optional.of(
                Unpooled.wrappedBuffer(entry.block().memory.slice(entry.offset(), entry.length())));
    }

    /** All that was sent and not taken is sent again: the link is a new one. */
    synchronized void rewind() {
        while (!sent.isEmpty()) {
            unsent.addFirst(sent.pollLast());
        }
    }

    /**
     * The other end has all packets before this one: by this link, or by an earlier one.
     *
     * @return false if that would be a part of a batch
     */
    synchronized boolean taken(long before) {
        while (!sent.isEmpty() && sent.peek().next() <= before) {
            remove(sent.poll());
        }
        while (sent.isEmpty() && !unsent.isEmpty() && unsent.peek().next() <= before) {
            remove(unsent.poll());
        }
        Entry oldest = sent.isEmpty() ? unsent.peek() : sent.peek();
        return oldest == null || oldest.first() >= before;
    }

    private void remove(Entry entry) {
        packets -= entry.packets();
        entry.block().batches--;
        freeIfEmpty(entry.block());
    }

    /** Packets kept. */
    synchronized long packets() {
        return packets;
    }

    /** Whether all that was added was taken. */
    synchronized boolean isEmpty() {
        return sent.isEmpty() && unsent.isEmpty();
    }

    /** Forgets all that is kept. */
    synchronized void clear() {
        rewind();
        taken(Long.MAX_VALUE);
    }

    /** Gives the memory back; no batch of it may be in use. */
    @Override
    public void close() {
        arena.close();
    }
}
