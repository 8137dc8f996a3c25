package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.LengthEncoded;
import dev.understudy.mysql.wire.Packet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** Packets as clients and servers write them, for the tests of this package. */
final class Bytes {
    private Bytes() {}

    static ByteBuf hex(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replaceAll("\\s", "")));
    }

    static ByteBuf join(ByteBuf... parts) {
        ByteBuf out = Unpooled.buffer();
        for (ByteBuf part : parts) {
            out.writeBytes(part, part.readerIndex(), part.readableBytes());
        }
        return out;
    }

    /** A packet with the given sequence id around a payload. */
    static ByteBuf packet(int sequence, ByteBuf payload) {
        return Packet.encoded(sequence, payload);
    }

    static ByteBuf text(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A command with what stands behind its first byte. */
    static ByteBuf command(Command command, ByteBuf... rest) {
        return packet(0, join(Unpooled.buffer().writeByte(command.code()), join(rest)));
    }

    static ByteBuf query(String sql) {
        return command(Command.COM_QUERY, text(sql));
    }

    static ByteBuf u32(long value) {
        return Unpooled.buffer().writeIntLE((int) value);
    }

    static ByteBuf ok() {
        return packet(1, okPayload(0x00, 0, 0x0002, 0));
    }

    static ByteBuf okPayload(int header, int affectedRows, int status, int warnings) {
        ByteBuf out = Unpooled.buffer().writeByte(header);
        LengthEncoded.encode(out, affectedRows);
        LengthEncoded.encode(out, 0);
        return out.writeShortLE(status).writeShortLE(warnings);
    }

    static ByteBuf errorPayload(int number, String message) {
        return Unpooled.buffer()
                .writeByte(0xFF)
                .writeShortLE(number)
                .writeBytes(text("#HY000" + message));
    }

    static ByteBuf error(int number, String message) {
        return packet(1, errorPayload(number, message));
    }

    static ByteBuf eofPayload(int status, int warnings) {
        return Unpooled.buffer().writeByte(0xFE).writeShortLE(warnings).writeShortLE(status);
    }

    static ByteBuf columnPayload(Column column, boolean extended) {
        ByteBuf out = Unpooled.buffer();
        for (String field : List.of("def", "db", "t", "t", column.name(), column.name())) {
            LengthEncoded.encode(out, field.getBytes(StandardCharsets.UTF_8));
        }
        if (extended) {
            LengthEncoded.encode(out, new byte[] {0, 4, 'j', 's', 'o', 'n'});
        }
        return out.writeByte(0x0C)
                .writeShortLE(column.collation())
                .writeIntLE(1024)
                .writeByte(column.type())
                .writeShortLE(column.unsigned() ? 0x20 : 0)
                .writeByte(column.decimals())
                .writeShortLE(0);
    }

    static ByteBuf textRow(String... values) {
        ByteBuf out = Unpooled.buffer();
        for (String value : values) {
            if (value == null) {
                out.writeByte(0xFB);
            } else {
                LengthEncoded.encode(out, value.getBytes(StandardCharsets.UTF_8));
            }
        }
        return out;
    }

    /** The answer to a prepare, under DEPRECATE_EOF, of a statement without columns. */
    static ByteBuf prepared(long id, int parameters) {
        ByteBuf head =
                Unpooled.buffer()
                        .writeByte(0)
                        .writeIntLE((int) id)
                        .writeShortLE(0)
                        .writeShortLE(parameters)
                        .writeByte(0)
                        .writeShortLE(0);
        ByteBuf out = join(packet(1, head));
        for (int i = 0; i < parameters; i++) {
            out.writeBytes(packet(2 + i, columnPayload(new Column("?", 253, false), false)));
        }
        return out;
    }

    /** A result of one text column, under DEPRECATE_EOF and nothing else. */
    static ByteBuf rows(String... values) {
        ByteBuf out =
                join(
                        packet(1, Unpooled.buffer().writeByte(1)),
                        packet(2, columnPayload(new Column("name", 253, false), false)));
        int sequence = 3;
        for (String value : values) {
            out.writeBytes(packet(sequence++, textRow(value)));
        }
        return out.writeBytes(packet(sequence, okPayload(0xFE, 0, 2, 0)));
    }

    static Capabilities usual() {
        return new Capabilities(Capabilities.PROTOCOL_41 | Capabilities.DEPRECATE_EOF);
    }
}
