package dev.understudy.memcached.binary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OpcodeTest {
    private static BinaryHeader header(Opcode opcode, int extras, int key, int value) {
        return new BinaryHeader(
                Magic.REQUEST, opcode.code(), key, extras, 0, 0, extras + key + value, 0, 0);
    }

    @ParameterizedTest
    @EnumSource
    void isFoundByItsCodeAndItsLoudFormIsLoud(Opcode opcode) {
        assertEquals(Optional.of(opcode), Opcode.of(opcode.code()));
        assertFalse(opcode.loud().quiet());
        assertEquals(opcode.quiet(), opcode.name().endsWith("Q"));
        assertEquals(opcode.reads(), opcode.name().matches("(GET|GAT)K?Q?"));
    }

    @Test
    void aCodeOfNoOperationIsUnknown() {
        for (int code : new int[] {-1, 0x1f, 0x25, 0x89, 0xb5, 255, 256}) {
            assertEquals(Optional.empty(), Opcode.of(code));
        }
    }

    @ParameterizedTest(name = "{0}: extras {1}, key {2}, value {3}")
    @CsvSource({
        "GET,0,1,0,true",
        "GET,0,0,0,false",
        "GET,4,1,0,false",
        "GET,0,1,1,false",
        "SET,8,1,0,true",
        "SET,8,1,9,true",
        "SET,0,1,9,false",
        "SET,8,0,9,false",
        "APPENDQ,0,1,3,true",
        "APPEND,8,1,3,false",
        "NOOP,0,0,0,true",
        "NOOP,0,1,0,false",
        "INCREMENT,20,1,0,true",
        "INCREMENTQ,20,1,1,false",
        "DECREMENT,0,1,0,false",
        "TOUCH,4,1,0,true",
        "GATKQ,4,1,0,true",
        "GAT,0,1,0,false",
        "STAT,0,0,0,true",
        "STAT,0,5,0,true",
        "FLUSH,0,0,0,true",
        "FLUSHQ,4,0,0,true",
        "FLUSH,8,0,0,false",
        "SASL_AUTH,0,5,3,true",
        "SASL_STEP,0,0,3,false",
        "SASL_LIST,0,0,0,true"
    })
    void tellsWhatMayComeWithIt(Opcode opcode, int extras, int key, int value, boolean fits) {
        assertEquals(fits, opcode.fits(header(opcode, extras, key, value)));
    }

    @Test
    void couchbaseIsNeverSentCodesThatMeanSomethingElseThere() {
        assertEquals(Opcode.GAT, Opcode.GATK.forCouchbase());
        assertEquals(Opcode.GAT, Opcode.GATKQ.forCouchbase());
        assertEquals(Opcode.GET, Opcode.GETKQ.forCouchbase());
        assertEquals(Opcode.SET, Opcode.SETQ.forCouchbase());
    }

    @Test
    void statusesAreFoundByTheirNumber() {
        for (Status status : Status.values()) {
            assertEquals(Optional.of(status), Status.of(status.code()));
        }
        assertEquals(Optional.empty(), Status.of(0x4242));
        assertTrue(Status.TEMPORARY_FAILURE.temporary());
        assertFalse(Status.OUT_OF_MEMORY.temporary());
    }
}
