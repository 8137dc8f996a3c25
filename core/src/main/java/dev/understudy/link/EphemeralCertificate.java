package dev.understudy.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import javax.net.ssl.SSLException;

/**
 * A key and a certificate for one run of a host, since TLS wants one. Nobody looks at it: who the
 * other end is shows {@link SharedSecret}. The JDK can sign a certificate but has no door to write
 * one, so its few fields are written here (RFC 5280, section 4.1; DER is ITU-T X.690).
 */
final class EphemeralCertificate {
    private static final String TLS_1_3 = "TLSv1.3";
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OBJECT_IDENTIFIER = 0x06;
    private static final int UTF8_STRING = 0x0c;
    private static final int GENERALIZED_TIME = 0x18;

    /** ecdsa-with-SHA256 (RFC 5758, section 3.2) and the attribute commonName (X.520). */
    private static final byte[] ECDSA_SHA256 = ByteBufUtil.decodeHexDump("2a8648ce3d040302");

    private static final byte[] COMMON_NAME = ByteBufUtil.decodeHexDump("550403");

    private EphemeralCertificate() {}

    /** TLS 1.3 with a new key, for a server. */
    static SslContext server() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair keys = generator.generateKeyPair();
            return SslContextBuilder.forServer(keys.getPrivate(), certificate(keys))
                    .sslProvider(SslProvider.JDK)
                    .protocols(TLS_1_3)
                    .build();
        } catch (GeneralSecurityException | SSLException e) {
            throw new IllegalStateException("this JDK cannot do TLS 1.3 with P-256", e);
        }
    }

    /** TLS 1.3 for its clients, who take any certificate. */
    static SslContext client() {
        try {
            return SslContextBuilder.forClient()
                    .sslProvider(SslProvider.JDK)
                    .protocols(TLS_1_3)
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .endpointIdentificationAlgorithm(null)
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("this JDK cannot do TLS 1.3", e);
        }
    }

    static X509Certificate certificate(KeyPair keys) throws GeneralSecurityException {
        byte[] algorithm = der(SEQUENCE, der(OBJECT_IDENTIFIER, ECDSA_SHA256));
        byte[] text = der(UTF8_STRING, ascii("understudy"));
        byte[] name =
                der(SEQUENCE, der(SET, der(SEQUENCE, der(OBJECT_IDENTIFIER, COMMON_NAME), text)));
        // Times say nothing here, and a clock that is wrong must not matter.
        byte[] validity =
                der(
                        SEQUENCE,
                        der(GENERALIZED_TIME, ascii("20000101000000Z")),
                        der(GENERALIZED_TIME, ascii("99991231235959Z")));
        byte[] signed =
                der(
                        SEQUENCE,
                        der(INTEGER, new byte[] {1}),
                        algorithm,
                        name,
                        validity,
                        name,
                        keys.getPublic().getEncoded());
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(keys.getPrivate());
        signature.update(signed);
        byte[] whole =
                der(SEQUENCE, signed, algorithm, der(BIT_STRING, new byte[] {0}, signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(whole));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Tag, length, and the parts one behind the other; none of ours has 64 KiB. */
    private static byte[] der(int tag, byte[]... parts) {
        ByteBuf content = Unpooled.wrappedBuffer(parts);
        int length = content.readableBytes();
        ByteBuf out = Unpooled.buffer(length + 4).writeByte(tag);
        if (length < 0x80) {
            out.writeByte(length);
        } else if (length < 0x100) {
            out.writeByte(0x81).writeByte(length);
        } else {
            out.writeByte(0x82).writeShort(length);
        }
        return ByteBufUtil.getBytes(out.writeBytes(content));
    }
}
