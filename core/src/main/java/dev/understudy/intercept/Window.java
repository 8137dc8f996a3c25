package dev.understudy.intercept;

/**
 * How many bytes of one direction of a stream may be on their way.
 *
 * <p>The sender spends credit; the receiver gives it back once it has passed the bytes on, not for
 * each frame but when a quarter has come together.
 */
final class Window {
    /** At 1 ms from end to end this is 128 MB/s for one stream. */
    static final int BYTES = 128 * 1024;

    private static final int WORTH_A_FRAME = BYTES / 4;

    private int credit = BYTES;
    private int owed;

    /** What may be sent now. */
    int credit() {
        return credit;
    }

    void spend(int bytes) {
        credit -= bytes;
    }

    /** The receiver gave so much back; false where nobody can have spent it. */
    boolean grant(int bytes) {
        if (bytes <= 0 || bytes > BYTES - credit) {
            return false;
        }
        credit += bytes;
        return true;
    }

    /** Bytes came, and were passed on or not. */
    void received(int bytes) {
        owed += bytes;
    }

    /** Whether more came than was ever allowed. */
    boolean overdrawn() {
        return owed > BYTES;
    }

    /** What to give back now; 0 while it is not worth a frame. */
    int giveBack() {
        if (owed < WORTH_A_FRAME) {
            return 0;
        }
        int all = owed;
        owed = 0;
        return all;
    }
}
