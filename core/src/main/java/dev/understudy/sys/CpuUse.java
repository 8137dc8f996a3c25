package dev.understudy.sys;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Processor time since this host was started, all its processors together, in clock ticks
 * (proc(5)). Only differences say something.
 *
 * @param own spent by this process
 * @param busy not idle, by whomever; waiting for disks is idle
 * @param all there was
 */
public record CpuUse(long own, long busy, long all) {
    private static final Path OF_HOST = Path.of("/proc/stat");
    private static final Path OF_PROCESS = Path.of("/proc/self/stat");

    /** Behind the name of the program, which may hold blanks: fields 14 and 15 of proc(5). */
    private static final int USER_TICKS = 11;

    private static final int SYSTEM_TICKS = 12;
    private static final int IDLE = 3;
    private static final int WAITING = 4;

    /** Times of guests are in those of users already. */
    private static final int COUNTED = 8;

    /** What it is now. */
    public static CpuUse now() throws IOException {
        return parse(Files.readString(OF_PROCESS), Files.readString(OF_HOST));
    }

    /**
     * Reads the two files.
     *
     * @throws IOException where they say something else
     */
    static CpuUse parse(String ofProcess, String ofHost) throws IOException {
        try {
            List<String> own =
                    List.of(ofProcess.substring(ofProcess.lastIndexOf(')') + 2).split(" ", -1));
            String[] host = ofHost.lines().findFirst().orElse("").split(" +", -1);
            if (!host[0].equals("cpu")) {
                throw new IOException(OF_HOST + " does not begin with 'cpu'");
            }
            long all = 0;
            long idle = 0;
            for (int i = 0; i < COUNTED; i++) {
                long ticks = Long.parseLong(host[i + 1]);
                all += ticks;
                idle += i == IDLE || i == WAITING ? ticks : 0;
            }
            return new CpuUse(
                    Long.parseLong(own.get(USER_TICKS)) + Long.parseLong(own.get(SYSTEM_TICKS)),
                    all - idle,
                    all);
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new IOException(
                    "%s and %s are not as proc(5) has them".formatted(OF_PROCESS, OF_HOST), e);
        }
    }

    /** What was spent since an earlier one. */
    public CpuUse since(CpuUse earlier) {
        return new CpuUse(own - earlier.own, busy - earlier.busy, all - earlier.all);
    }

    /** Of the time of all processors, 0..1. */
    public double ownShare() {
        return all <= 0 ? 0 : own / (double) all;
    }

    /** Of the time of all processors, 0..1. */
    public double busyShare() {
        return all <= 0 ? 0 : busy / (double) all;
    }
}
