package dev.understudy.protocol;

import java.net.InetSocketAddress;

/**
 * What a session knows from the start.
 *
 * @param id unique in the run, from 1, in the order of capture
 * @param joinedMidway whether the connection was open before the capture saw it
 * @param targetIndex which of the copy's targets, from 0
 * @param copyNumber which of the multiplied copies, from 0
 */
public record SessionContext(
        RunContext run,
        long id,
        InetSocketAddress client,
        InetSocketAddress server,
        boolean joinedMidway,
        int targetIndex,
        int copyNumber) {}
