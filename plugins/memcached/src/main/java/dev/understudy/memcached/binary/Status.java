package dev.understudy.memcached.binary;

import java.util.Optional;

/**
 * How an answer says that a request went, in memcached and in Couchbase.
 *
 * @see "memcached 1.6, protocol_binary.h; Couchbase kv_engine, include/mcbp/protocol/status.h"
 */
public enum Status {
    SUCCESS(0x00),
    KEY_NOT_FOUND(0x01),
    KEY_EXISTS(0x02),
    VALUE_TOO_LARGE(0x03),
    INVALID_ARGUMENTS(0x04),
    NOT_STORED(0x05),
    /** An increment or decrement of what is no number. */
    NOT_A_NUMBER(0x06),
    /** Couchbase: the key's vbucket is on another node; the body may hold a newer cluster map. */
    NOT_MY_VBUCKET(0x07),
    /** Couchbase: no bucket was selected. */
    NO_BUCKET(0x08),
    /** Couchbase: an item was locked by GET_LOCKED. */
    LOCKED(0x09),
    /** Couchbase: the login is no longer valid. */
    AUTH_STALE(0x1f),
    AUTH_ERROR(0x20),
    AUTH_CONTINUE(0x21),
    /** Couchbase: a value is out of the range that it may have. */
    RANGE(0x22),
    /** Couchbase: the user may not do that. */
    NO_ACCESS(0x24),
    /** Couchbase: the node is starting. */
    NOT_INITIALIZED(0x25),
    UNKNOWN_COMMAND(0x81),
    OUT_OF_MEMORY(0x82),
    NOT_SUPPORTED(0x83),
    INTERNAL_ERROR(0x84),
    BUSY(0x85),
    TEMPORARY_FAILURE(0x86),
    UNKNOWN_COLLECTION(0x88),
    NO_COLLECTIONS_MANIFEST(0x89),
    UNKNOWN_SCOPE(0x8c),
    DURABILITY_INVALID_LEVEL(0xa0),
    DURABILITY_IMPOSSIBLE(0xa1),
    SYNC_WRITE_IN_PROGRESS(0xa2),
    SYNC_WRITE_AMBIGUOUS(0xa3),
    SYNC_WRITE_RE_COMMIT_IN_PROGRESS(0xa4);

    private final int code;

    Status(int code) {
        this.code = code;
    }

    /** The number on the wire, 0..65535. */
    public int code() {
        return code;
    }

    /** The status with this number. */
    public static Optional<Status> of(int code) {
        for (Status status : values()) {
            if (status.code == code) {
                return Optional.of(status);
            }
        }
        return Optional.empty();
    }

    /** Whether the same request may succeed a little later. */
    public boolean temporary() {
        return this == BUSY
                || this == TEMPORARY_FAILURE
                || this == NOT_INITIALIZED
                || this == SYNC_WRITE_IN_PROGRESS
                || this == SYNC_WRITE_RE_COMMIT_IN_PROGRESS;
    }
}
