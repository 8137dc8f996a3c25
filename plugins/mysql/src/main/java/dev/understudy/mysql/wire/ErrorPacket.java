package dev.understudy.mysql.wire;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * An ERR packet.
 *
 * @param number the server's error number, 0..65535
 * @param sqlState five characters, or empty where the server gave none
 * @see "MySQL protocol manual, ERR_Packet"
 */
public record ErrorPacket(int number, String sqlState, String message) {
    public static final int HEADER = 0xFF;

    private static final int PROGRESS = 0xFFFF;
    private static final int SQL_STATE_LENGTH = 5;

    /**
     * Reads a whole payload; indices stay as they are. The SQL state is there where its mark is: an
     * error instead of a greeting comes from before any capability was agreed on.
     */
    public static Decoded<ErrorPacket> decode(ByteBuf payload) {
        Fields in = new Fields(payload);
        if (in.u8() != HEADER) {
            in.fail("not an error packet");
        }
        int number = in.u16();
        String sqlState = "";
        if (in.peek() == '#') {
            in.skip(1);
            sqlState = new String(in.bytes(SQL_STATE_LENGTH), StandardCharsets.ISO_8859_1);
        }
        String state = sqlState;
        String message = Fields.text(in.rest());
        return in.message(() -> new ErrorPacket(number, state, message));
    }

    /** Whether this is MariaDB's report of progress, which ends nothing. */
    public boolean isProgress() {
        return number == PROGRESS;
    }

    /** For a reader: cut, and without control characters, for any server can say anything. */
    @Override
    public String toString() {
        String state = sqlState.isEmpty() ? "" : " (" + sqlState + ")";
        return ForReaders.line("error " + number + state + ": " + message);
    }
}
