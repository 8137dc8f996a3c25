package dev.understudy.capture;

/** A recording of which less than the magic number is known. */
final class UndeterminedFormat implements RecordingFormat {
    private static final int MAGIC_BYTES = 4;
    private static final String NEXT_STEP =
            "give a pcap or pcapng file, plain or gzipped, as understudy record, tcpdump -w or"
                    + " dumpcap make it";

    private final String name;
    private final SecretsReader secrets;

    UndeterminedFormat(String name, SecretsReader secrets) {
        this.name = name;
        this.secrets = secrets;
    }

    /**
     * The format that {@code in} begins with, the window set to its byte order; this one while too
     * few bytes are there to tell.
     */
    RecordingFormat determined(ByteWindow in) throws CaptureFormatException {
        if (!in.has(MAGIC_BYTES)) {
            return this;
        }
        in.order(false);
        int magic = in.i32(0);
        if (magic == PcapngFormat.SECTION_HEADER) {
            return new PcapngFormat(name, secrets);
        }
        in.order(magic != PcapFormat.MAGIC_MICROS && magic != PcapFormat.MAGIC_NANOS);
        return switch (in.i32(0)) {
            case PcapFormat.MAGIC_MICROS -> new PcapFormat(name, false);
            case PcapFormat.MAGIC_NANOS -> new PcapFormat(name, true);
            default ->
                    throw new CaptureFormatException(
                            name, 0, "no capture: begins with " + hex(magic), NEXT_STEP);
        };
    }

    /** The error for a recording that ends before it could be told what it is. */
    CaptureFormatException tooShort(ByteWindow in) {
        String problem = in.isEmpty() ? "it is empty" : "it ends before a capture could begin";
        return new CaptureFormatException(name, 0, problem, NEXT_STEP);
    }

    private static String hex(int magic) {
        return String.format(
                "%02x %02x %02x %02x",
                magic >>> 24, magic >> 16 & 0xff, magic >> 8 & 0xff, magic & 0xff);
    }

    @Override
    public Step step(ByteWindow in, PacketBatch into) {
        return Step.MORE;
    }

    @Override
    public long begunAt(ByteWindow in) {
        return 0;
    }
}
