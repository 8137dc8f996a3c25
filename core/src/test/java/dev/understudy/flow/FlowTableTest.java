package dev.understudy.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.wire.Frame;
import org.junit.jupiter.api.Test;

class FlowTableTest {
    private final Story story = new Story();

    @Test
    void givesBothDirectionsInOrder() {
        story.handshake()
                .client(0, "select 1")
                .server(0, 8, Frame.ACK, "1")
                .client(8, 1, Frame.ACK | Frame.FIN, "")
                .server(1, 9, Frame.ACK | Frame.FIN, "")
                .client(9, 2, Frame.ACK, "");
        assertEquals("open >'select 1' <'1' >FIN <FIN", story.told());
        assertEquals(PacketFate.WITHOUT_PAYLOAD, story.fate());
        assertEquals(2, story.table.counts().packets().get(PacketFate.USED));
    }

    @Test
    void waitsForWhatComesLate() {
        story.handshake().client(3, "def").client(6, "ghi").client(0, "abc");
        assertEquals("open >'abcdefghi'", story.told());
    }

    @Test
    void joinsMidway() {
        story.client(0, 0, Frame.ACK, "").client(100, 500, Frame.ACK, "abc").server(500, "xyz");
        assertEquals("midway >'abc' <'xyz'", story.told());
    }
}
