package dev.understudy.tls;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.GeneralSecurityException;
import java.util.Optional;

/**
 * Follows one connection of TLS 1.2 or 1.3 that it is no part of: reads the hellos, asks the {@link
 * KeyTable} for the connection's secrets, and opens its records, one at a time. Each direction's
 * records have to be shown in order and without a gap, and a side's answer after what it answers.
 *
 * @see "RFC 5246; RFC 8446"
 */
public final class TlsConnection {
    private static final int TLS_12 = 0x0303;
    private static final int TLS_13 = 0x0304;

    /** Empty records in a row; no implementation sends more than one. */
    private static final int MAX_EMPTY_RECORDS = 32;

    private static final int ALERT_LENGTH = 2;
    private static final int CLOSE_NOTIFY = 0;
    private static final int FATAL = 2;
    private static final int FIXED_IV_LENGTH = 4;
    private static final int IV_LENGTH = 12;

    /** What both hellos have agreed on. */
    private record Agreed(
            boolean tls13, CipherSuite suite, HelloRandom serverRandom, boolean encryptThenMac) {}

    /** How far a direction has come. */
    private enum Phase {
        /** What it says is not encrypted. */
        CLEAR,
        /** It is encrypted by the handshake's key, of TLS 1.3. */
        HANDSHAKE,
        /** It is encrypted by the key for data. */
        DATA,
        /** It has ended. */
        CLOSED
    }

    private static final class Half {
        private final Direction direction;
        private final HandshakeMessages messages = new HandshakeMessages();
        private Phase phase = Phase.CLEAR;
        private Optional<RecordProtection> protection = Optional.empty();

        /** Of TLS 1.3, what the next key is made of. */
        private byte[] trafficSecret = {};

        private int emptyRecords;
        private int keyChanges;

        private Half(Direction direction) {
            this.direction = direction;
        }

        private void encrypt(Phase next) {
            phase = next;
            protection = Optional.empty();
            keyChanges++;
        }
    }

    private final KeyTable keys;
    private final Half client = new Half(Direction.FROM_CLIENT);
    private final Half server = new Half(Direction.FROM_SERVER);
    private Optional<Hello.Client> hello = Optional.empty();
    private Optional<Agreed> agreed = Optional.empty();
    private boolean retried;

    /** Begins with the first record of either direction. */
    public TlsConnection(KeyTable keys) {
        this.keys = keys;
    }

    /** Whether a client that speaks first begins with these bytes to speak TLS. */
    public static Detection detect(ByteBuf firstBytes) {
        int at = firstBytes.readerIndex();
        int readable = firstBytes.readableBytes();
        // Record: type, version 3.x, length; handshake: type, length; version 3.x again.
        int[] fixed = {
            RecordHeader.HANDSHAKE, 3, -1, -1, -1, HandshakeMessages.CLIENT_HELLO, 0, -1, -1, 3
        };
        for (int i = 0; i < Math.min(readable, fixed.length); i++) {
            if (fixed[i] >= 0 && firstBytes.getUnsignedByte(at + i) != fixed[i]) {
                return Detection.NO_MATCH;
            }
        }
        return readable < fixed.length ? Detection.NEED_MORE : Detection.MATCH;
    }

    /** Reads the next record of a direction at the reader index of {@code in}. */
    public TlsStep next(Direction direction, ByteBuf in) {
        Half half = half(direction);
        if (half.phase == Phase.CLOSED) {
            in.skipBytes(in.readableBytes());
            return new TlsStep.Incomplete();
        }
        try {
            return record(half, in);
        } catch (Unreadable e) {
            return e.step();
        } catch (GeneralSecurityException e) {
            return new TlsStep.Failed(
                    "tls-cipher", "the JDK cannot open a record: " + e.getClass().getSimpleName());
        }
    }

    private TlsStep record(Half half, ByteBuf in) throws Unreadable, GeneralSecurityException {
        if (in.readableBytes() < RecordHeader.LENGTH) {
            return new TlsStep.Incomplete();
        }
        RecordHeader header = RecordHeader.peek(in);
        if (in.readableBytes() < RecordHeader.LENGTH + header.length()) {
            return new TlsStep.Incomplete();
        }
        ByteBuf fragment = in.slice(in.readerIndex() + RecordHeader.LENGTH, header.length());
        TlsStep step =
                isClear(half, header)
                        ? content(half, header.type(), fragment)
                        : open(half, header, fragment);
        if (!(step instanceof TlsStep.KeysMissing)) {
            in.skipBytes(RecordHeader.LENGTH + header.length());
        }
        return step;
    }

    /** TLS 1.3 lets some records pass as they are, for the sake of boxes on the way. */
    private boolean isClear(Half half, RecordHeader header) {
        return switch (half.phase) {
            case CLEAR, CLOSED -> true;
            case HANDSHAKE ->
                    header.type() == RecordHeader.CHANGE_CIPHER_SPEC
                            || header.type() == RecordHeader.ALERT;
            case DATA -> false;
        };
    }

    private TlsStep open(Half half, RecordHeader header, ByteBuf fragment)
            throws Unreadable, GeneralSecurityException {
        Agreed how = agreed.orElseThrow();
        if (how.tls13() && header.type() != RecordHeader.APPLICATION_DATA) {
            throw Unreadable.malformed(
                    "a record of type %d %s where all are encrypted"
                            .formatted(header.type(), half.direction));
        }
        if (half.protection.isEmpty()) {
            half.protection = protection(half, how);
            if (half.protection.isEmpty()) {
                return new TlsStep.KeysMissing();
            }
        }
        RecordProtection protection = half.protection.get();
        boolean proven = protection.isProven();
        byte[] content =
                protection
                        .open(header, fragment)
                        .orElseThrow(() -> notAuthentic(half.direction, proven));
        ByteBuf plain = Unpooled.wrappedBuffer(content);
        int type = header.type();
        if (how.tls13()) {
            type = innerType(plain);
        }
        if (plain.readableBytes() > RecordHeader.MAX_PLAIN_BYTES) {
            throw Unreadable.malformed(
                    "a record with %d bytes of content".formatted(plain.readableBytes()));
        }
        return content(half, type, plain);
    }

    private Unreadable notAuthentic(Direction direction, boolean proven) {
        return proven
                ? new Unreadable(
                        "tls-record-damaged",
                        "a record %s is not authentic: bytes of it were changed or are missing"
                                .formatted(direction))
                : new Unreadable(
                        "wrong-keys",
                        "the first record %s cannot be opened with the secrets of client random %s: is the key log of this connection?"
                                .formatted(direction, hello.orElseThrow().random()));
    }

    /** Takes the padding and the type off the end (RFC 8446, section 5.4). */
    private static int innerType(ByteBuf plain) throws Unreadable {
        int end = plain.writerIndex();
        while (end > plain.readerIndex() && plain.getByte(end - 1) == 0) {
            end--;
        }
        if (end == plain.readerIndex()) {
            throw Unreadable.malformed("a record of nothing but padding");
        }
        plain.writerIndex(end - 1);
        return plain.getUnsignedByte(end - 1);
    }

    private TlsStep content(Half half, int type, ByteBuf content) throws Unreadable {
        if (content.isReadable()) {
            half.emptyRecords = 0;
        } else if (++half.emptyRecords > MAX_EMPTY_RECORDS) {
            throw Unreadable.malformed(
                    "more than %d empty records in a row".formatted(MAX_EMPTY_RECORDS));
        }
        return switch (type) {
            case RecordHeader.HANDSHAKE -> handshake(half, content);
            case RecordHeader.CHANGE_CIPHER_SPEC -> changeCipherSpec(half, content);
            case RecordHeader.ALERT -> alert(half, content);
            case RecordHeader.APPLICATION_DATA -> data(half, content);
            case RecordHeader.HEARTBEAT -> new TlsStep.Passed();
            default -> throw Unreadable.malformed("a record of type " + type);
        };
    }

    private static TlsStep data(Half half, ByteBuf content) throws Unreadable {
        if (half.phase != Phase.DATA) {
            throw Unreadable.malformed(
                    "data %s before the handshake was done".formatted(half.direction));
        }
        return content.isReadable() ? new TlsStep.Plain(content) : new TlsStep.Passed();
    }

    private static TlsStep alert(Half half, ByteBuf content) throws Unreadable {
        if (content.readableBytes() != ALERT_LENGTH) {
            throw Unreadable.malformed("an alert of %d bytes".formatted(content.readableBytes()));
        }
        int level = content.readUnsignedByte();
        int description = content.readUnsignedByte();
        if (description != CLOSE_NOTIFY && level != FATAL) {
            return new TlsStep.Passed();
        }
        half.phase = Phase.CLOSED;
        return new TlsStep.Closed(description == CLOSE_NOTIFY);
    }

    private TlsStep changeCipherSpec(Half half, ByteBuf content) throws Unreadable {
        if (content.readableBytes() != 1 || content.readByte() != 1) {
            throw Unreadable.malformed("a change of ciphers that is none");
        }
        boolean tls13 = agreed.map(Agreed::tls13).orElse(retried);
        if (tls13) {
            return new TlsStep.Passed();
        }
        if (agreed.isEmpty() || half.phase != Phase.CLEAR || half.messages.isWithin()) {
            throw Unreadable.malformed(
                    "a change of ciphers %s out of turn".formatted(half.direction));
        }
        half.encrypt(Phase.DATA);
        return new TlsStep.Passed();
    }

    private TlsStep handshake(Half half, ByteBuf content) throws Unreadable {
        for (Optional<HandshakeMessages.Message> message = half.messages.next(content);
                message.isPresent();
                message = half.messages.next(content)) {
            int before = half.keyChanges;
            message(half, message.get());
            if (half.keyChanges != before && content.isReadable()) {
                throw Unreadable.malformed("a change of keys within a record");
            }
        }
        return new TlsStep.Passed();
    }

    private void message(Half half, HandshakeMessages.Message message) throws Unreadable {
        boolean tls13 = agreed.map(Agreed::tls13).orElse(false);
        switch (message.type()) {
            case HandshakeMessages.CLIENT_HELLO -> clientHello(half, message.body());
            case HandshakeMessages.SERVER_HELLO -> serverHello(half, message.body());
            case HandshakeMessages.HELLO_REQUEST -> {
                if (half.phase == Phase.DATA) {
                    throw renegotiated();
                }
            }
            case HandshakeMessages.FINISHED -> {
                // Behind data it ends an authentication of the client, and changes no key.
                if (tls13 && half.phase == Phase.HANDSHAKE) {
                    half.encrypt(Phase.DATA);
                }
            }
            case HandshakeMessages.KEY_UPDATE -> {
                if (tls13 && half.phase == Phase.DATA) {
                    keyUpdate(half);
                }
            }
            default -> {
                // Certificates, keys, tickets: of no use here.
            }
        }
    }

    private static Unreadable renegotiated() {
        return new Unreadable(
                "tls-renegotiation", "the connection agrees on new keys while it is open");
    }

    private void clientHello(Half half, ByteBuf body) throws Unreadable {
        if (half.direction != Direction.FROM_CLIENT) {
            throw Unreadable.malformed("a client's hello from the server");
        }
        if (half.phase == Phase.DATA) {
            throw renegotiated();
        }
        if (agreed.isPresent() || (hello.isPresent() && !retried)) {
            throw Unreadable.malformed("a second hello of the client");
        }
        Hello.Client read = Hello.Client.decode(body);
        if (read.earlyData()) {
            throw new Unreadable(
                    "tls-early-data", "the client sends data before the server's hello (0-RTT)");
        }
        hello = Optional.of(read);
    }

    private void serverHello(Half half, ByteBuf body) throws Unreadable {
        if (half.direction != Direction.FROM_SERVER || hello.isEmpty() || agreed.isPresent()) {
            throw Unreadable.malformed("a server's hello out of turn");
        }
        Hello.Server read = Hello.Server.decode(body);
        if (read.version() != TLS_12 && read.version() != TLS_13) {
            throw new Unreadable(
                    "tls-version-0x%04X".formatted(read.version()),
                    "version 0x%04X: TLS 1.2 (0x0303) and 1.3 (0x0304) are read"
                            .formatted(read.version()));
        }
        if (read.compression() != 0) {
            throw new Unreadable("tls-compression", "the records are compressed");
        }
        if (read.truncatedHmac()) {
            throw new Unreadable("tls-truncated-hmac", "the records have truncated MACs");
        }
        if (read.retry()) {
            retried = true;
            return;
        }
        boolean tls13 = read.version() == TLS_13;
        agreed =
                Optional.of(
                        new Agreed(
                                tls13,
                                CipherSuite.of(read.suite(), tls13),
                                read.random(),
                                read.encryptThenMac()));
        if (tls13) {
            server.encrypt(Phase.HANDSHAKE);
            client.encrypt(Phase.HANDSHAKE);
        }
    }

    private void keyUpdate(Half half) throws Unreadable {
        CipherSuite.Hash hash = agreed.orElseThrow().suite().hash();
        try {
            half.trafficSecret =
                    KeyDerivation.expandLabel(
                            hash, half.trafficSecret, "traffic upd", hash.length());
            half.protection = Optional.of(protection13(half, agreed.orElseThrow().suite()));
            half.keyChanges++;
        } catch (GeneralSecurityException e) {
            throw Unreadable.malformed("a change of keys: " + e.getClass().getSimpleName());
        }
    }

    /** What opens the records of a direction from here on, if the secrets are there. */
    private Optional<RecordProtection> protection(Half half, Agreed how)
            throws GeneralSecurityException, Unreadable {
        Optional<ConnectionSecrets> secrets = keys.find(hello.orElseThrow().random());
        Optional<byte[]> secret = secrets.flatMap(known -> known.secret(label(half, how)));
        if (secret.isEmpty()) {
            return Optional.empty();
        }
        if (!how.tls13()) {
            return Optional.of(protection12(half, how, secret.get()));
        }
        if (secret.get().length != how.suite().hash().length()) {
            throw new Unreadable(
                    "wrong-keys",
                    "a secret of %d bytes does not fit the suite %s"
                            .formatted(secret.get().length, how.suite().name()));
        }
        half.trafficSecret = secret.get();
        return Optional.of(protection13(half, how.suite()));
    }

    private static SecretLabel label(Half half, Agreed how) {
        if (!how.tls13()) {
            return SecretLabel.CLIENT_RANDOM;
        }
        boolean data = half.phase == Phase.DATA;
        return switch (half.direction) {
            case FROM_CLIENT ->
                    data
                            ? SecretLabel.CLIENT_TRAFFIC_SECRET_0
                            : SecretLabel.CLIENT_HANDSHAKE_TRAFFIC_SECRET;
            case FROM_SERVER ->
                    data
                            ? SecretLabel.SERVER_TRAFFIC_SECRET_0
                            : SecretLabel.SERVER_HANDSHAKE_TRAFFIC_SECRET;
        };
    }

    private static RecordProtection protection13(Half half, CipherSuite suite)
            throws GeneralSecurityException {
        byte[] secret = half.trafficSecret;
        return new RecordProtection.Aead(
                suite,
                KeyDerivation.expandLabel(suite.hash(), secret, "key", suite.keyLength()),
                KeyDerivation.expandLabel(suite.hash(), secret, "iv", IV_LENGTH),
                true);
    }

    /** Takes a direction's part of the key block (RFC 5246, section 6.3). */
    private RecordProtection protection12(Half half, Agreed how, byte[] master)
            throws GeneralSecurityException {
        CipherSuite suite = how.suite();
        Optional<CipherSuite.Hash> mac = suite.bulk().mac();
        int macLength = mac.map(CipherSuite.Hash::length).orElse(0);
        int ivLength =
                switch (suite.bulk()) {
                    case GCM -> FIXED_IV_LENGTH;
                    case CHACHA20_POLY1305 -> IV_LENGTH;
                    case CBC_SHA, CBC_SHA256, CBC_SHA384 -> 0;
                };
        byte[] randoms = how.serverRandom().then(hello.orElseThrow().random());
        int length = 2 * (macLength + suite.keyLength() + ivLength);
        ByteBuf block =
                Unpooled.wrappedBuffer(
                        KeyDerivation.prf(suite.hash(), master, "key expansion", randoms, length));
        boolean second = half.direction == Direction.FROM_SERVER;
        byte[] macKey = part(block, macLength, second);
        byte[] key = part(block, suite.keyLength(), second);
        byte[] iv = part(block, ivLength, second);
        return mac.isPresent()
                ? new RecordProtection.Cbc(mac.get(), key, macKey, how.encryptThenMac())
                : new RecordProtection.Aead(suite, key, iv, false);
    }

    /** One of two parts of the block that are as long; both are taken. */
    private static byte[] part(ByteBuf block, int length, boolean second) {
        byte[] mine = new byte[length];
        if (second) {
            block.skipBytes(length).readBytes(mine);
        } else {
            block.readBytes(mine).skipBytes(length);
        }
        return mine;
    }

    /**
     * Version and suite, as {@code TLS 1.3 TLS_AES_128_GCM_SHA256}; empty before both are known.
     */
    public Optional<String> describe() {
        return agreed.map(how -> (how.tls13() ? "TLS 1.3 " : "TLS 1.2 ") + how.suite().name());
    }

    /** The client's random, shortened, as it stands in a key log; empty before the hello. */
    public Optional<String> clientRandom() {
        return hello.map(read -> read.random().toString());
    }

    /** Whether an alert has ended a direction. */
    public boolean hasEnded(Direction direction) {
        return half(direction).phase == Phase.CLOSED;
    }

    private Half half(Direction direction) {
        return switch (direction) {
            case FROM_CLIENT -> client;
            case FROM_SERVER -> server;
        };
    }
}
