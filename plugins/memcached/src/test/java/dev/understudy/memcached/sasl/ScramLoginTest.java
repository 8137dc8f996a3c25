package dev.understudy.memcached.sasl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.understudy.protocol.Secret;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScramLoginTest {
    private static final String NONCE = "rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_FIRST =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                    + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private static final String SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    private final ScramKeys keys = new ScramKeys();

    private SaslLogin login(SaslMechanism mechanism, String nonce) {
        return SaslLogin.of(mechanism, "user", new Secret("pencil"), keys, () -> nonce);
    }

    private static String sent(SaslStep step) {
        return assertInstanceOf(SaslStep.Send.class, step).message().toString(UTF_8);
    }

    /** RFC 5802, section 5; RFC 7677, section 3; the last one made with Python's hashlib. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    SCRAM_SHA_1   | fyko+d2lbbFgONRv9qkxdawL | 3rfcNHYJY1ZVvWVs7j | QSXCR+Q6sek8bf92         | v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=                 | rmF9pqV8S7suAoZWja4dJRkFsKQ=
                    SCRAM_SHA_256 | rOprNGfwEbeRWgbNEkqO     | %hvYDpWUa2RaTCAfuxFIlj)hNlF$k0 | W22ZaJ0SNY7soEsUEjb6gQ== | dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ= | 6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=
                    SCRAM_SHA_512 | rOprNGfwEbeRWgbNEkqO     | %hvYDpWUa2RaTCAfuxFIlj)hNlF$k0 | W22ZaJ0SNY7soEsUEjb6gQ== | gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ== | ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==
                    """)
    void provesThePasswordAndChecksTheServersProof(
            SaslMechanism mechanism,
            String nonce,
            String more,
            String salt,
            String proof,
            String signature) {
        SaslLogin login = login(mechanism, nonce);
        assertEquals("n,,n=user,r=" + nonce, new String(login.first(), UTF_8));
        String first = "r=" + nonce + more + ",s=" + salt + ",i=4096";
        assertEquals(
                "c=biws,r=" + nonce + more + ",p=" + proof,
                sent(login.onContinue(first.getBytes(UTF_8))));
        assertEquals(new SaslStep.Done(), login.onSuccess(("v=" + signature).getBytes(UTF_8)));
    }

    @Test
    void theServersProofMayBeAChallengeOfItsOwn() {
        SaslLogin login = login(SaslMechanism.SCRAM_SHA_256, NONCE);
        login.onContinue(SERVER_FIRST.getBytes(UTF_8));
        assertEquals("", sent(login.onContinue(SERVER_FINAL.getBytes(UTF_8))));
        assertEquals(new SaslStep.Done(), login.onSuccess("Authenticated".getBytes(UTF_8)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4= | it did not prove that it knows the password
                    v=                                             | it did not prove that it knows the password
                    Authenticated                                  | it did not prove that it knows the password
                    e=invalid-proof                                | it says invalid-proof
                    """)
    void aServerWithoutTheRightProofIsNotBelieved(String last, String why) {
        SaslLogin login = login(SaslMechanism.SCRAM_SHA_256, NONCE);
        login.onContinue(SERVER_FIRST.getBytes(UTF_8));
        assertEquals(new SaslStep.Failed(why), login.onSuccess(last.getBytes(UTF_8)));
        assertInstanceOf(SaslStep.Failed.class, login.onSuccess(SERVER_FINAL.getBytes(UTF_8)));
    }

    @Test
    void aYesBeforeAnyProofIsNone() {
        SaslLogin login = login(SaslMechanism.SCRAM_SHA_1, NONCE);
        assertInstanceOf(SaslStep.Failed.class, login.onSuccess(new byte[0]));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096     | its nonce does not go on from ours
                    r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096                  | its nonce does not go on from ours
                    r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096                            | its salt is no base64, or empty
                    r=rOprNGfwEbeRWgbNEkqOx,s=%%,i=4096                          | its salt is no base64, or empty
                    r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1       | it asks for '1' rounds, not one of 1000 to 200000
                    r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000 | it asks for '2000000' rounds, not one of 1000 to 200000
                    r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-5      | it asks for '-5' rounds, not one of 1000 to 200000
                    m=must,r=rOprNGfwEbeRWgbNEkqOx,s=aa==,i=4096                 | its first message is none of SCRAM's
                    hello                                                        | its first message is none of SCRAM's
                    """)
    void aFirstMessageThatIsWrongIsRefused(String first, String why) {
        SaslLogin login = login(SaslMechanism.SCRAM_SHA_256, NONCE);
        assertEquals(new SaslStep.Failed(why), login.onContinue(first.getBytes(UTF_8)));
        assertInstanceOf(SaslStep.Failed.class, login.onContinue(SERVER_FIRST.getBytes(UTF_8)));
    }

    @Test
    void namesAreEscapedAndPasswordsMayBeEmptyOrForeign() {
        SaslLogin login =
                SaslLogin.of(
                        SaslMechanism.SCRAM_SHA_512, "a,b=c", new Secret(""), keys, () -> "nonce");
        assertEquals("n,,n=a=2Cb=3Dc,r=nonce", new String(login.first(), UTF_8));
        assertFalse(sent(login.onContinue("r=noncex,s=c2FsdA==,i=4096".getBytes(UTF_8))).isEmpty());
        SaslLogin umlaut =
                SaslLogin.of(SaslMechanism.SCRAM_SHA_1, "ü", new Secret("ä"), keys, () -> "nonce");
        sent(umlaut.onContinue("r=noncex,s=c2FsdA==,i=4096".getBytes(UTF_8)));
    }

    @Test
    void plainIsOneMessage() {
        SaslLogin login =
                SaslLogin.of(
                        SaslMechanism.PLAIN, "user", new Secret("pencil"), keys, () -> "nonce");
        assertEquals("\0user\0pencil", new String(login.first(), UTF_8));
        assertEquals(new SaslStep.Done(), login.onSuccess("Authenticated".getBytes(UTF_8)));
        assertInstanceOf(SaslStep.Failed.class, login.onContinue(new byte[0]));
        assertThrows(
                IllegalArgumentException.class,
                () -> new PlainLogin("user", new Secret("with\0nul")));
    }

    @Test
    void whatIsSentDoesNotPrint() {
        assertEquals(
                "Send[3 bytes]", new SaslStep.Send(Unpooled.copiedBuffer("abc", UTF_8)).toString());
    }
}
