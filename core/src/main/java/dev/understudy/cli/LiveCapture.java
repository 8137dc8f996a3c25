package dev.understudy.cli;

import dev.understudy.capture.PacketSource;
import java.io.IOException;
import java.util.List;

/** Opens live captures of this host. */
interface LiveCapture {
    /**
     * Packets of these servers are kept from its return on.
     *
     * @throws IOException where there is no such interface, or no permission; for the user
     */
    PacketSource open(String interfaceName, List<Endpoint> online, int ringMib) throws IOException;
}
