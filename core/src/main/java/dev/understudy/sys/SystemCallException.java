package dev.understudy.sys;

import java.io.IOException;

/** The kernel refused a call: the message names the call, the errno and what to do next. */
public final class SystemCallException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * @param call the function that failed, and on what: {@code bind to eth0}
     * @param errno why, a number of errno.h
     * @param nextStep what the user can do
     */
    SystemCallException(String call, int errno, String nextStep) {
        super(call + ": " + Errno.describe(errno) + ": " + nextStep);
        this.errno = errno;
    }

    /** The number of errno.h that says why. */
    public int errno() {
        return errno;
    }
}
