package dev.understudy.cli;

import java.time.Duration;

/** Looks whether a capture would see anything. */
interface CaptureProbe {
    /**
     * Opens a capture for a moment.
     *
     * @return packets of the online server that were seen
     * @throws RefusedException where the capture cannot be opened
     */
    long packetsSeen(String interfaceName, Endpoint online, Duration look) throws RefusedException;
}
