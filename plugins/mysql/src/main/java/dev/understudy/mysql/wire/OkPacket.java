package dev.understudy.mysql.wire;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;

/**
 * An OK packet: header 0x00, or 0xFE where it takes the place of the EOF packet.
 *
 * @param affectedRows unsigned
 * @param lastInsertId unsigned
 * @param status the {@code STATUS_} bits
 * @param warnings 0..65535
 * @see "MySQL protocol manual, OK_Packet"
 */
public record OkPacket(
        long affectedRows, long lastInsertId, int status, int warnings, String info) {
    public static final int HEADER = 0x00;

    public static final int STATUS_IN_TRANSACTION = 0x0001;
    public static final int STATUS_AUTOCOMMIT = 0x0002;
    public static final int STATUS_MORE_RESULTS = 0x0008;
    public static final int STATUS_CURSOR_EXISTS = 0x0040;
    public static final int STATUS_LAST_ROW_SENT = 0x0080;
    public static final int STATUS_SESSION_STATE_CHANGED = 0x4000;

    /** Reads a whole payload, by the flags its side agreed on; indices stay as they are. */
    public static Decoded<OkPacket> decode(ByteBuf payload, Capabilities capabilities) {
        Fields in = new Fields(payload);
        in.skip(1);
        long affectedRows = in.lengthEncoded();
        long lastInsertId = in.lengthEncoded();
        int status = in.u16();
        int warnings = in.u16();
        // With SESSION_TRACK the text has a length, but is left out where nothing follows.
        String info =
                Fields.text(
                        capabilities.has(Capabilities.SESSION_TRACK) && in.remaining() > 0
                                ? in.lengthEncodedBytes()
                                : in.rest());
        return in.message(() -> new OkPacket(affectedRows, lastInsertId, status, warnings, info));
    }

    /** Whether these status bits are all set. */
    public boolean has(int statusBits) {
        return (status & statusBits) == statusBits;
    }
}
