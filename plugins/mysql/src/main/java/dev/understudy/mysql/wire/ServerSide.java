package dev.understudy.mysql.wire;

/**
 * One of the two servers as its login left it: what the bytes of its commands and answers depend
 * on. There is one for the captured side and one for the target's.
 *
 * @param capabilities what client and server of that side agreed on
 * @param threadId the connection's id at that server, as KILL takes it
 * @param collation of the connection, by that server's own numbers
 */
public record ServerSide(
        ServerVersion version, long threadId, Capabilities capabilities, Collation collation) {}
