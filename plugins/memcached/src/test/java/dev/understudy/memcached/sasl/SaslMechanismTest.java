package dev.understudy.memcached.sasl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SaslMechanismTest {
    private static final Set<SaslMechanism> ALL = EnumSet.allOf(SaslMechanism.class);

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256,SCRAM_SHA_256,SCRAM-SHA-256",
        "SCRAM-SHA512 SCRAM-SHA256 SCRAM-SHA1 PLAIN,SCRAM_SHA_512,SCRAM-SHA512",
        "CRAM-MD5  PLAIN ,PLAIN,PLAIN",
        "SCRAM-SHA-1-PLUS SCRAM-SHA-1,SCRAM_SHA_1,SCRAM-SHA-1"
    })
    void theBestOfAListIsTakenAsTheServerSpellsIt(String list, SaslMechanism best, String name) {
        assertEquals(
                Optional.of(new SaslMechanism.Offer(best, name)), SaslMechanism.best(list, ALL));
    }

    @Test
    void whatIsNotAllowedIsNotTaken() {
        assertEquals(
                Optional.empty(),
                SaslMechanism.best("PLAIN", EnumSet.of(SaslMechanism.SCRAM_SHA_1)));
        assertEquals(Optional.empty(), SaslMechanism.best("", ALL));
        assertEquals(Optional.empty(), SaslMechanism.best("CRAM-MD5 ANONYMOUS", ALL));
    }

    /** The table of RFC 4013, section 3, and characters beyond. */
    @Test
    void textsArePrepared() {
        assertEquals("IX", SaslPrep.prepared("I\u00ADX", "it"));
        assertEquals("user", SaslPrep.prepared("user", "it"));
        assertEquals("USER", SaslPrep.prepared("USER", "it"));
        assertEquals("a", SaslPrep.prepared("\u00AA", "it"));
        assertEquals("IX", SaslPrep.prepared("\u2168", "it"));
        assertEquals("a b", SaslPrep.prepared("a\u00A0b", "it"));
        for (String refused : new String[] {"\u0007", "\u06271", "\uE000", "a\u007Fb"}) {
            assertThrows(IllegalArgumentException.class, () -> SaslPrep.prepared(refused, "it"));
        }
    }
}
