package dev.understudy.capture;

import java.io.IOException;

/** A recording cannot be read on: its message names the file, the byte and what to do. */
public final class CaptureFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long byteOffset;

    CaptureFormatException(String name, long byteOffset, String problem, String nextStep) {
        super(name + ": at byte " + byteOffset + ": " + problem + ": " + nextStep);
        this.byteOffset = byteOffset;
    }

    /** Where in the recording, after decompression, the block or record begins that is wrong. */
    public long byteOffset() {
        return byteOffset;
    }
}
