package dev.understudy.mysql.wire;

/**
 * One of the two servers as its login left it: what the bytes of its commands and answers depend
 * on. There is one for the captured side and one for the target's.
 *
 * @param capabilities what client and server of that side agreed on
 * @param threadId the connection's id at that server, as KILL takes it
 * @param collation of the connection, by that server's own numbers
 * @param serverDefault what a session of that server has that asks for none
 */
public record ServerSide(
        ServerVersion version,
        long threadId,
        Capabilities capabilities,
        Collation collation,
        Collation serverDefault) {
    /**
     * What the connection has after COM_RESET_CONNECTION: MariaDB keeps what the login asked for,
     * MySQL takes the server's own (both tried: 10.11, 11.8, 9.7).
     */
    public Collation afterReset() {
        return version.isMariaDb() ? collation : serverDefault;
    }
}
