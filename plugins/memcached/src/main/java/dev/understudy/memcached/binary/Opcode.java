package dev.understudy.memcached.binary;

import java.util.Optional;

/**
 * The operations of memcached's binary protocol. Couchbase uses 0x23 and 0x24 for something else:
 * see {@link #forCouchbase}.
 *
 * @see "memcached 1.6, protocol_binary.h and proto_bin.c"
 */
public enum Opcode {
    GET(0x00, Shape.KEY),
    SET(0x01, Shape.STORE),
    ADD(0x02, Shape.STORE),
    REPLACE(0x03, Shape.STORE),
    DELETE(0x04, Shape.KEY),
    INCREMENT(0x05, Shape.ARITHMETIC),
    DECREMENT(0x06, Shape.ARITHMETIC),
    QUIT(0x07, Shape.BARE),
    FLUSH(0x08, Shape.FLUSH),
    GETQ(0x09, Shape.KEY),
    NOOP(0x0a, Shape.BARE),
    VERSION(0x0b, Shape.BARE),
    GETK(0x0c, Shape.KEY),
    GETKQ(0x0d, Shape.KEY),
    APPEND(0x0e, Shape.KEY_VALUE),
    PREPEND(0x0f, Shape.KEY_VALUE),
    STAT(0x10, Shape.OPTIONAL_KEY),
    SETQ(0x11, Shape.STORE),
    ADDQ(0x12, Shape.STORE),
    REPLACEQ(0x13, Shape.STORE),
    DELETEQ(0x14, Shape.KEY),
    INCREMENTQ(0x15, Shape.ARITHMETIC),
    DECREMENTQ(0x16, Shape.ARITHMETIC),
    QUITQ(0x17, Shape.BARE),
    FLUSHQ(0x18, Shape.FLUSH),
    APPENDQ(0x19, Shape.KEY_VALUE),
    PREPENDQ(0x1a, Shape.KEY_VALUE),
    VERBOSITY(0x1b, Shape.ANY),
    TOUCH(0x1c, Shape.TOUCH),
    GAT(0x1d, Shape.TOUCH),
    GATQ(0x1e, Shape.TOUCH),
    SASL_LIST(0x20, Shape.BARE),
    SASL_AUTH(0x21, Shape.KEY_VALUE),
    SASL_STEP(0x22, Shape.KEY_VALUE),
    GATK(0x23, Shape.TOUCH),
    GATKQ(0x24, Shape.TOUCH);

    /** The exptime of an increment or decrement that must not create its key. */
    public static final int DO_NOT_CREATE = 0xFFFFFFFF;

    /** Bytes of the extras of a store: flags and exptime, four each. */
    public static final int STORE_EXTRAS = 8;

    /** Bytes of the extras of increments and decrements: delta, initial (8 each), exptime (4). */
    public static final int ARITHMETIC_EXTRAS = 20;

    /** Bytes of the extras of touch and of get-and-touch: exptime. */
    public static final int TOUCH_EXTRAS = 4;

    /** Bytes of the extras of an answer that holds a value: its flags. */
    public static final int FLAGS_EXTRAS = 4;

    private enum Shape {
        BARE,
        KEY,
        KEY_VALUE,
        OPTIONAL_KEY,
        STORE,
        ARITHMETIC,
        TOUCH,
        FLUSH,
        ANY;

        boolean fits(BinaryHeader header) {
            int extras = header.extrasLength();
            boolean key = header.keyLength() > 0;
            boolean value = header.valueLength() > 0;
            return switch (this) {
                case BARE -> header.bodyLength() == 0;
                case KEY -> extras == 0 && key && !value;
                case KEY_VALUE -> extras == 0 && key;
                case OPTIONAL_KEY -> extras == 0;
                case STORE -> extras == STORE_EXTRAS && key;
                case ARITHMETIC -> extras == ARITHMETIC_EXTRAS && key && !value;
                case TOUCH -> extras == TOUCH_EXTRAS && key && !value;
                case FLUSH -> (extras == 0 || extras == 4) && !key && !value;
                case ANY -> true;
            };
        }
    }

    private final int code;
    private final Shape shape;

    Opcode(int code, Shape shape) {
        this.code = code;
        this.shape = shape;
    }

    private static final Opcode[] BY_CODE = new Opcode[GATKQ.code + 1];

    static {
        for (Opcode opcode : values()) {
            BY_CODE[opcode.code] = opcode;
        }
    }

    /** The byte on the wire, 0..255. */
    public int code() {
        return code;
    }

    /** The operation with this code; empty where memcached has none. */
    public static Optional<Opcode> of(int code) {
        return code < 0 || code >= BY_CODE.length
                ? Optional.empty()
                : Optional.ofNullable(BY_CODE[code]);
    }

    /**
     * Whether a request of this operation may have such extras, key and value. memcached answers
     * what does not fit with {@link Status#INVALID_ARGUMENTS} and closes.
     */
    public boolean fits(BinaryHeader request) {
        return shape.fits(request);
    }

    /** Whether the ordinary answer is left out: a read's on a miss, a write's on success. */
    public boolean quiet() {
        return loud() != this;
    }

    /** Whether it asks for a value; its quiet form is answered on hits alone. */
    public boolean reads() {
        Opcode loud = loud();
        return loud == GET || loud == GETK || loud == GAT || loud == GATK;
    }

    /** Whether a hit's answer repeats the key. */
    public boolean answersKey() {
        return this == GETK || this == GETKQ || this == GATK || this == GATKQ;
    }

    /** The same operation in the form that is always answered. */
    public Opcode loud() {
        return switch (this) {
            case GETQ -> GET;
            case GETKQ -> GETK;
            case GATQ -> GAT;
            case GATKQ -> GATK;
            case SETQ -> SET;
            case ADDQ -> ADD;
            case REPLACEQ -> REPLACE;
            case DELETEQ -> DELETE;
            case INCREMENTQ -> INCREMENT;
            case DECREMENTQ -> DECREMENT;
            case QUITQ -> QUIT;
            case FLUSHQ -> FLUSH;
            case APPENDQ -> APPEND;
            case PREPENDQ -> PREPEND;
            case GET, SET, ADD, REPLACE, DELETE, INCREMENT, DECREMENT, QUIT, FLUSH, NOOP -> this;
            case VERSION, GETK, APPEND, PREPEND, STAT, VERBOSITY, TOUCH, GAT, GATK -> this;
            case SASL_LIST, SASL_AUTH, SASL_STEP -> this;
        };
    }

    /**
     * The loud form under a code that means the same in Couchbase: without the key in the answer,
     * since Couchbase has no GATK, and 0x23 and 0x24 control the server there.
     */
    public Opcode forCouchbase() {
        Opcode loud = loud();
        if (loud == GETK) {
            return GET;
        }
        return loud == GATK ? GAT : loud;
    }
}
