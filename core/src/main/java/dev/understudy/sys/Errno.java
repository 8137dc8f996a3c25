package dev.understudy.sys;

/** Numbers of Linux's errno.h, the same on x86-64 and arm64, for which there is a next step. */
final class Errno {
    static final int EPERM = 1;
    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int EAFNOSUPPORT = 97;
    static final int EADDRINUSE = 98;
    static final int EADDRNOTAVAIL = 99;
    static final int ENETDOWN = 100;

    private Errno() {}

    /** Name, number and the C library's words for it. */
    static String describe(int errno) {
        String name =
                switch (errno) {
                    case EPERM -> "EPERM";
                    case EINTR -> "EINTR";
                    case EAGAIN -> "EAGAIN";
                    case EADDRINUSE -> "EADDRINUSE";
                    case EADDRNOTAVAIL -> "EADDRNOTAVAIL";
                    case ENOMEM -> "ENOMEM";
                    case EACCES -> "EACCES";
                    case ENODEV -> "ENODEV";
                    case EINVAL -> "EINVAL";
                    case EAFNOSUPPORT -> "EAFNOSUPPORT";
                    case ENETDOWN -> "ENETDOWN";
                    default -> "errno " + errno;
                };
        return name + " (" + LibC.errorText(errno) + ")";
    }
}
